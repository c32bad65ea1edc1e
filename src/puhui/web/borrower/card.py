"""Her identity card: one page to show it, with what became of the picture and of the comparison."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from puhui.customers.domain import Customer, CustomerState, IdentityCardState
from puhui.customers.queries import find_card
from puhui.evidence.domain.files import MEGABYTE, MOST_BYTES
from puhui.journeys import show_card
from puhui.web import clock
from puhui.web.borrower.proofs import sent_file
from puhui.web.borrower.session import go, show, signed_in, up
from puhui.web.shared import inputs


@require_http_methods(["GET", "POST"])
@signed_in
def card_page(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will say what the card is read for, take its picture, and tell what came of it."""
    if request.method == "POST":
        show_card.give(
            customer_id=customer.id,
            content=sent_file(request),
            key=inputs.form_key(request),
            now=clock.now(request),
        )
        return go("identity_card")
    card = find_card(customer.id)
    return show(
        request,
        "card",
        card=card,
        state=card.state.value if card else "",
        reading=card is not None and card.state is IdentityCardState.ASKED,
        matter=_matter(card.reason) if card else "",
        identified=customer.state is CustomerState.IDENTIFIED,
        megabytes=MOST_BYTES // MEGABYTE,
        up=up("me", _("Me")),
    )


def _matter(reason: str) -> str:
    """What is the matter and what to do, in a sentence."""
    said = {
        "CARD_UNREADABLE": _("Name and number could not be read. Take the picture again: flat, sharp, the whole front."),
        "CARD_OTHER_NUMBER": _("The number on the card is not the one that you gave. Show your own card, or write to us."),
        "CARD_OTHER_NAME": _("The name on the card is not the one that you gave. Show your own card, or write to us."),
        "CARD_NO_READER": _("No reading program is installed here, so nothing was read. Write to us."),
        "REGISTER_OTHER": _("The register knows this number under another name. Write to us; a person will look at it."),
        "REGISTER_UNKNOWN": _("The register does not know this number. Write to us; a person will look at it."),
    }  # fmt: skip
    return str(said.get(reason, ""))
