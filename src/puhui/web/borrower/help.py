"""She asks for help: one press freezes, with no question first; what happened she may say afterwards, or not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from puhui.contact import queries as contact
from puhui.customers.domain import Customer
from puhui.journeys import ask_for_help, complain, house, relief_ask, relief_rests
from puhui.loans.domain import LoanState
from puhui.loans.queries import get_position
from puhui.protection import queries as protection
from puhui.protection.domain import Case, CaseKind
from puhui.relief import queries as relief
from puhui.relief.domain import AgreementState, ReliefAgreement, ReliefRequest
from puhui.web import clock
from puhui.web.borrower.loan_view import list_cards
from puhui.web.borrower.relief_view import causes
from puhui.web.borrower.session import go, own, show, signed_in, up
from puhui.web.shared import inputs
from puhui.web.templatetags.puhui import money
from puhui.web.who import customer_of

DISPUTE = "dispute"  # a doubt about the bill: a person looks at it


@require_http_methods(["GET", "POST"])
def help_page(request: HttpRequest) -> HttpResponseBase:
    """This function will freeze at a press, and then show what is frozen and what comes next."""
    if request.method == "POST":
        return _pressed(request)
    customer = customer_of(request)
    policy = house.policy(clock.now(request))
    case = open_request(customer) if customer is not None else None
    if customer is None or case is None:
        return show(
            request,
            "help",
            policy=policy,
            case=None,
            waits=_can_wait(customer, clock.today(request)) if customer is not None else [],
            hide_pill=True,
            up=up("home", _("Get help")),
        )
    return show(
        request,
        "help",
        policy=policy,
        case=case,
        causes=causes(),
        cause=asked.cause if (asked := _asked(customer)) else "",
        hide_pill=True,
        up=up("home", _("Get help")),
        **frozen(request, customer),
    )


@signed_in
def _pressed(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    key, now = inputs.form_key(request), clock.now(request)
    if case_id := request.POST.get("case"):
        case: Case = own(protection.find_case(case_id), customer)
        return _said(request, customer, case)
    ask_for_help.ask(customer_id=customer.id, loan_id=None, text="", key=key, now=now)
    return go("help")


def _said(request: HttpRequest, customer: Customer, case: Case) -> HttpResponseBase:
    """What happened: with a loan it begins relief; a doubt, or no loan, goes to the person who answers."""
    key, now = inputs.form_key(request), clock.now(request)
    cause, loan_id = request.POST.get("cause", ""), request.POST.get("loan", "")
    words = dict(causes()).get(cause, "")
    typed = inputs.text(request, "text", required=not words and not loan_id)
    relieves = bool(loan_id) and cause != DISPUTE
    if relieves and not words:
        raise inputs.FieldMissing("cause")
    if typed or not relieves:
        text = "\n".join(filter(None, (words, typed)))
        complain.add_note(customer_id=customer.id, case_id=case.id, text=text, key=key, now=now)
    if not relieves:
        return go("case", case.id)
    asked = relief_ask.start(customer_id=customer.id, loan_id=loan_id, cause=cause, key=key, now=now)
    return go("relief_forgot" if cause == relief_ask.FORGOT else "relief_budget", asked.id)


def _asked(customer: Customer) -> ReliefRequest | None:
    """Her open request for relief, the newest one."""
    return next(iter(relief.list_requests(customer_id=customer.id, open_only=True, limit=1)), None)


def _can_wait(customer: Customer, today: date) -> list[ReliefAgreement]:
    """Her signed plans whose next payment can wait a month on her word: that asks for no freeze and no new plan."""
    found = []
    for one in relief.list_agreements(customer_id=customer.id):
        if one.state is AgreementState.RUNNING:
            wait = relief_rests.find_wait(one, get_position(loan_id=one.loan_id, as_of=today))
            if wait is not None and wait.left:
                found.append(one)
    return found


def open_request(customer: Customer) -> Case | None:
    """This function will return her open request for help, the newest one."""
    found = [one for one in protection.list_cases(customer.id, open_only=True) if one.kind is CaseKind.HELP]
    return max(found, key=lambda one: one.opened_at) if found else None


def frozen(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """This function will say what is frozen until when, how often she used it, and what is owed."""
    now, today = clock.now(request), clock.today(request)
    holds = [one for one in contact.list_holds(customer.id) if one.reason == ask_for_help.HELP]
    active = [one for one in holds if one.active(now)]
    until = max((one.until for one in active if one.until), default=None)
    uses = sum(one.from_at > now - timedelta(days=365) for one in holds)
    owed, penalty = [], 0
    views = [one for one in list_cards(customer, today) if one.position.state is LoanState.ACTIVE]
    for view in views:
        position = view.position
        penalty += position.penalty_outstanding_minor
        row = next((one for one in position.rows if one.open_minor), None)
        if row is None:
            continue
        parts = (
            (_("principal"), row.principal_minor - row.paid_principal_minor),
            (_("interest"), row.interest_minor - row.paid_interest_minor),
            (_("fee"), row.fee_minor - row.paid_fee_minor),
            (_("penalty interest"), row.penalty_minor - row.paid_penalty_minor),
        )
        owed.append(
            {
                "late_days": position.dpd_days,
                "due_date": row.due_date,
                "amount_minor": row.open_minor,
                "words": " + ".join(f"{name} {money(amount)}" for name, amount in parts if amount),
            }
        )
    return {
        "frozen_until": until - timedelta(seconds=1) if until else None,
        "uses": uses,
        "loans": views,
        "owed": owed,
        "penalty_minor": penalty,
    }
