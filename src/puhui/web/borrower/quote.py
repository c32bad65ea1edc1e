"""She reads her binding quote, and the contract that signing it would make."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from puhui.customers.domain import Customer
from puhui.decisions import queries as decisions
from puhui.journeys import house
from puhui.loans import queries as loans
from puhui.offers import queries as offers
from puhui.offers.domain import Quote
from puhui.runtime.signing import public_key
from puhui.web import clock
from puhui.web.borrower.quoting import penalty_text, view_of
from puhui.web.borrower.session import own, show, signed_in, up


def quote_of(customer: Customer, quote_id: str) -> Quote:
    """This function will return a quote of this customer. Raises: NotFoundHere."""
    quote: Quote = own(offers.find_quote(id=quote_id), customer)
    return quote


@require_safe
@signed_in
def signed_text(request: HttpRequest, customer: Customer, quote_id: str) -> HttpResponseBase:
    """This function will hand out a quote as the house signed it: the text byte for byte, its signature, the key."""
    quote = quote_of(customer, quote_id)
    text, signature = offers.get_signed_text(quote_id=quote.id)
    response = JsonResponse(
        {"text": text, "signature": signature, **public_key()}, json_dumps_params={"ensure_ascii": False}
    )
    response["Content-Disposition"] = f'attachment; filename="{quote.number}.json"'
    return response


@require_safe
@signed_in
def quote_page(request: HttpRequest, customer: Customer, quote_id: str) -> HttpResponseBase:
    """This function will show a quote: cost, every instalment, until when it binds."""
    quote = quote_of(customer, quote_id)
    now = clock.now(request)
    signed = offers.find_signature(quote_id=quote.id)
    contract = loans.find_contract_of_quote(quote_id=quote.id) if signed else None
    decision = decisions.get_decision(quote.decision_id)
    return show(
        request,
        "quote",
        quote=quote,
        view=view_of(quote),
        policy=house.policy(now),
        decision=decision,
        daily_penalty=penalty_text(quote),
        signed=signed,
        contract=contract,
        expired=signed is None and now > quote.valid_until,
        about=f"quote:{quote.number}",
        language=get_language(),
        up=up("home", _("Your quote")),
    )
