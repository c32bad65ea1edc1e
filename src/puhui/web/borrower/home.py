"""Home: what needs her now, one card per thing, the most urgent first; the heading is the first card's answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from puhui.contact import queries as contact
from puhui.customers.domain import Customer
from puhui.decisions import queries as decisions
from puhui.decisions.domain import ApplicationState
from puhui.decisions.domain.stored import Application
from puhui.journeys import house
from puhui.journeys.ask_for_help import HELP
from puhui.lines import queries as lines
from puhui.loans.domain import LoanState
from puhui.offers import queries as offers
from puhui.payments import queries as payments
from puhui.protection import queries as protection
from puhui.relief.queries import list_requests
from puhui.web import clock
from puhui.web.borrower.cases import headline as case_title
from puhui.web.borrower.loan_view import LoanCard, list_cards
from puhui.web.borrower.quoting import currency, product_name, view_of
from puhui.web.borrower.session import show
from puhui.web.borrower.talk import worth_of
from puhui.web.shared import formats
from puhui.web.templatetags.puhui import day_short, money, yuan
from puhui.web.who import customer_of

SOON_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One thing that needs her, or that is hers."""

    kind: str  # name of its template
    urgency: int  # smaller comes first
    headline: str  # the heading of the page when it is the first card
    data: dict[str, Any] = field(default_factory=dict)  # what its template shows

    def context(self) -> dict[str, Any]:
        """This function will return what the template is given."""
        return {"template": f"borrower/cards/{self.kind}.html", **self.data}


@require_safe
def home_page(request: HttpRequest) -> HttpResponseBase:
    """This function will show the home page of a customer, or the welcome page."""
    customer = customer_of(request)
    now = clock.now(request)
    if customer is None:
        product = house.product(now)
        terms = ", ".join(str(term) for term in product.terms)
        return show(request, "welcome", product=product, policy=house.policy(now), terms=terms)
    cards = sorted(cards_of(request, customer), key=lambda card: card.urgency)
    quote = cards[0].data["view"].quote if cards[0].kind == "quote" else None
    return show(
        request,
        "home",
        nav="home",
        greeting=greeting(request, customer),
        headline=cards[0].headline,
        cards=[card.context() for card in cards],
        held=any(card.kind == "frozen" for card in cards),
        worth=worth_of(quote, customer_id=customer.id, now=now) if quote is not None else {},
    )


def greeting(request: HttpRequest, customer: Customer) -> str:
    """This function will greet her by the hour, with her given name once it is known."""
    hour = clock.now(request).astimezone(ZoneInfo(settings.LENDER["zone"])).hour
    hello = (
        _("Good morning") if 5 <= hour < 12 else _("Good afternoon") if 12 <= hour < 18 else _("Good evening")
    )
    given = customer.name[-2:] if len(customer.name) > 2 else customer.name
    return f"{hello}{_(', ')}{given}" if given else hello


def cards_of(request: HttpRequest, customer: Customer) -> Iterator[Card]:
    """This function will yield every card that she has today, at least one."""
    now, today = clock.now(request), clock.today(request)
    mandate = payments.get_active_mandate(customer_id=customer.id)
    holds = contact.list_holds(customer.id)
    hold = next((one for one in holds if one.reason == HELP and one.active(now)), None)
    views = list_cards(customer, today)
    for view in views:
        yield from _loan_cards(view, today, mandate=mandate is not None, frozen=hold is not None)
    if hold is not None:
        yield Card(
            kind="frozen",
            urgency=40,
            headline=_("Frozen: nothing is added, no one will chase you"),
            data={
                "until": hold.until - timedelta(seconds=1) if hold.until else None,
                "asked": next(iter(list_requests(customer_id=customer.id, open_only=True, limit=1)), None),
            },
        )
    calm = hold is None and not any(view.position.late_minor for view in views)
    yield from _offer_cards(request, customer, calm=calm)
    for case in protection.list_cases(customer.id, open_only=True, limit=5):
        data = {"case": case, "title": case_title(case)}
        yield Card(kind="case", urgency=90, headline=case_title(case), data=data)


def _loan_cards(view: LoanCard, today: date, *, mandate: bool, frozen: bool) -> Iterator[Card]:
    position = view.position
    base = {
        "loan": view.loan,
        "position": position,
        "product_name": view.name,
        "mandate": mandate,
        "frozen": frozen,
    }
    if view.payout_state == "failed":
        yield Card(
            kind="payout_failed",
            urgency=5,
            headline=_("The money did not arrive; nothing is owed"),
            data=base | view.payout,
        )
    elif position.state is LoanState.PENDING:
        amount = yuan(view.loan.principal_minor)
        said = _("%(amount)s is on its way to you") % {"amount": amount}
        yield Card(kind="payout", urgency=10, headline=said, data=base | view.payout)
    elif position.late_minor:
        said = _("%(amount)s hasn’t arrived; it is %(days)s late") % {
            "amount": money(position.late_minor),
            "days": ngettext("%(n)d day", "%(n)d days", position.dpd_days) % {"n": position.dpd_days},
        }
        yield Card(kind="late", urgency=0, headline=said, data=base)
    elif position.next_due_date is not None:
        days = (position.next_due_date - today).days
        soon = days <= SOON_DAYS
        said = _("Your next payment is %(amount)s on %(day)s") % {
            "amount": money(position.next_due_minor),
            "day": day_short(position.next_due_date),
        }
        data = base | {
            "soon": soon,
            "days": days,
            "due_date": position.next_due_date,
            "amount_minor": position.next_due_minor,
        }
        yield Card(kind="due", urgency=20 if soon else 45, headline=said, data=data)


def _offer_cards(request: HttpRequest, customer: Customer, *, calm: bool) -> Iterator[Card]:
    """Quotes and answers of hers always; new money only while nothing is late and nothing is frozen."""
    now, today = clock.now(request), clock.today(request)
    line = lines.find_line(customer_id=customer.id)
    quotes = [
        one
        for one in offers.list_quotes(customer_id=customer.id)
        if not one.signed and now <= one.quote.valid_until
    ]
    for one in quotes[:1]:
        left = (one.quote.valid_until.astimezone(ZoneInfo(settings.LENDER["zone"])).date() - today).days
        days = ngettext("%(n)d day left", "%(n)d days left", left) % {"n": left}
        said = _("You have a quote, %(days)s") % {"days": days if left else _("until tonight")}
        view = view_of(one.quote)
        yield Card(kind="quote", urgency=30, headline=said, data={"view": view, "product_name": view.name})
    application = decisions.find_latest_application(customer.id)
    if application is not None:
        yield from _application_cards(application)
    if not calm:
        return
    open_line = line is not None and line.is_open(today)
    if line is not None and open_line and line.available_minor >= house.product(now).amount_min_minor:
        name = product_name(request)
        said = _("You can draw up to %(amount)s") % {"amount": yuan(line.available_minor)}
        yield Card(kind="line", urgency=50, headline=said, data={"line": line, "product_name": name})
    if not open_line and (application is None or application.state is ApplicationState.DECIDED):
        product = house.product(now)
        data = {
            "product": product,
            "policy": house.policy(now),
            "product_name": product_name(request),
            "again": application is not None,
        }
        said = _("You can ask for up to %(amount)s") % {
            "amount": formats.yuan(product.amount_max_minor, currency())
        }
        yield Card(kind="apply", urgency=80, headline=said, data=data)


def _application_cards(application: Application) -> Iterator[Card]:
    if application.state is ApplicationState.DRAFT:
        data = {
            "state": _("Not sent"),
            "words": _("What you typed is here. Go on where you stopped, or leave it."),
            "url": reverse("apply", args=[1]),
            "act": _("Go on"),
        }
        yield Card(kind="application", urgency=45, headline=_("Your application waits for you"), data=data)
    elif application.state is ApplicationState.SUBMITTED:
        data = {
            "state": _("Working on it"),
            "words": _("We are reading your credit report. Usually it takes seconds."),
            "url": reverse("apply_wait"),
            "act": _("See how far it is"),
        }
        yield Card(kind="application", urgency=15, headline=_("Your answer is on its way"), data=data)
    else:
        stored = decisions.find_decision(application.id)
        kind = stored.decision.verdict.kind if stored else ""
        if kind == "approved":
            return
        referred = kind == "referred"
        data = {
            "state": _("With a person") if referred else _("Answered"),
            "words": _("A person looks at it and writes to you. You need to do nothing.")
            if referred
            else _("The sum behind the answer, and what would help, stand here."),
            "url": reverse("verdict", args=[application.id]),
            "act": _("See the answer"),
        }
        said = _("A person looks at your application") if referred else _("Your application has its answer")
        yield Card(kind="application", urgency=35 if referred else 70, headline=said, data=data)
