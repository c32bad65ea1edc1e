"""Her loans: the list, one loan on any date, and the receipt of each payment."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from puhui.contact import queries as contact
from puhui.customers.domain import Customer
from puhui.decisions.domain.second_scan import ScanVerdict
from puhui.decisions.queries import find_scan
from puhui.journeys.ask_for_help import HELP
from puhui.lines import queries as lines
from puhui.loans.domain import LoanEvent, LoanState, Position
from puhui.loans.domain import position as position_of
from puhui.loans.domain.events import WITHOUT_MONEY
from puhui.loans.queries import list_changes
from puhui.offers import queries as offers
from puhui.payments import queries as payments
from puhui.relief.queries import find_live_agreement
from puhui.web import charts, clock
from puhui.web.borrower.loan_view import (
    ROW_STATES,
    LoanView,
    event_name,
    list_cards,
    own_loan,
    row_state,
    state_name,
    view_of,
)
from puhui.web.borrower.session import show, signed_in, up
from puhui.web.errors import NotFoundHere
from puhui.web.shared import inputs
from puhui.web.shared.scans import scan_reason
from puhui.web.templatetags.puhui import day, money

RECEIPTS = 12  # that a loan's page lists at once
LONGEST_DAYS = 3660


@require_safe
@signed_in
def list_page(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will list her loans, open quotes and line."""
    now, today = clock.now(request), clock.today(request)
    views = list_cards(customer, today)
    items = []
    for view in views:
        state, css = state_name(view)
        items.append(
            {"loan": view.loan, "position": view.position, "name": view.name, "state": state, "css": css}
        )
    running = sum(view.position.state is LoanState.ACTIVE for view in views)
    quotes = [
        one.quote
        for one in offers.list_quotes(customer_id=customer.id)
        if not one.signed and now <= one.quote.valid_until
    ]
    line = lines.find_line(customer_id=customer.id)
    calm = not contact.has_hold(customer.id, now, reason=HELP) and not any(
        view.position.late_minor for view in views
    )
    return show(
        request,
        "loans",
        nav="loans",
        headline=ngettext("%(n)d loan is running", "%(n)d loans are running", running) % {"n": running}
        if running
        else _("You owe nothing"),
        loans=items,
        quotes=quotes,
        line=line if calm and line is not None and line.is_open(today) and line.available_minor else None,
    )


def asked_date(request: HttpRequest, today: date) -> date:
    """This function will return the date that the page is asked for, today by default. Raises: DateInvalid."""
    typed = request.GET.get("as_of", "")
    if not typed:
        return today
    asked = inputs.day(typed)
    if abs((asked - today).days) > LONGEST_DAYS:
        raise inputs.DateInvalid()
    return asked


@require_safe
@signed_in
def loan_page(request: HttpRequest, customer: Customer, loan_id: str) -> HttpResponseBase:
    """This function will show a loan on a date: position, schedule, receipts, what paying off would save."""
    loan = own_loan(customer, loan_id)
    today = clock.today(request)
    as_of = asked_date(request, today)
    view = view_of(loan, as_of=as_of, today=today)
    position = view.position
    other_day = as_of != today
    active = position.state is LoanState.ACTIVE
    return show(
        request,
        "loan",
        loan=loan,
        terms=view.terms,
        position=position,
        headline=headline(view, other_day),
        lede="",
        other_day=other_day,
        future=as_of > today,
        letters_on=min(as_of, today),
        repaid_minor=position.paid_principal_minor,
        interest_paid_minor=position.paid_interest_minor,
        penalty_minor=position.penalty_outstanding_minor,
        payments_left=position.payments_left,
        mandate=payments.get_active_mandate(customer_id=customer.id),
        frozen_until=position.frozen_until - timedelta(days=1) if position.frozen_until else None,
        payout=payout_words(view),
        pending=view.pending,
        relief=find_live_agreement(loan_id=loan.id),
        changes=[one for one, signed in list_changes(loan_id=loan.id) if signed],
        saving_minor=position.payoff_saves_minor if active else 0,
        can_pay=active and view.pending is None,
        pay_label=_("Pay now") if position.due_minor else _("Pay early"),
        schedule=schedule(position),
        **receipts(view, shows_all="receipts" in request.GET),
        withdraw_until=position.withdrawal_until if position.withdrawal_minor is not None else None,
        about=f"loan:{loan.id}",
        **machine(view, as_of, today),
        up=up("loans", view.name),
    )


def headline(view: LoanView, other_day: bool) -> str:
    """This function will answer where the loan stands."""
    position = view.position
    if view.payout_state == "failed":
        return _("The money did not arrive; nothing is owed")
    if position.state is LoanState.PENDING:
        return _("%(amount)s is on its way to you") % {"amount": money(view.terms.principal_minor)}
    if position.state is LoanState.CLOSED:
        return _("Paid off on %(day)s; you owe nothing") % {"day": day(position.closed_on)}
    if position.state is LoanState.WITHDRAWN:
        return _("You withdrew on %(day)s; you owe nothing") % {"day": day(position.closed_on)}
    if position.state is LoanState.WRITTEN_OFF:
        return _("We wrote this loan off on %(day)s") % {"day": day(position.closed_on)}
    if position.state is LoanState.SOLD:
        return _("Another lender took this loan over on %(day)s") % {"day": day(position.closed_on)}
    if position.late_minor:
        days = ngettext("%(n)d day", "%(n)d days", position.dpd_days) % {"n": position.dpd_days}
        return _("%(amount)s hasn’t arrived; it is %(days)s late") % {
            "amount": money(position.late_minor),
            "days": days,
        }
    amount = money(position.payoff_minor)
    if other_day:
        return _("On %(day)s, %(amount)s is left") % {"day": day(position.as_of), "amount": amount}
    return _("%(amount)s is left to pay off") % {"amount": amount}


def payout_words(view: LoanView) -> str:
    """This function will say where the payout stands while it is not there."""
    if view.payout_state == "done" or not view.payout:
        return ""
    tail = view.payout["account"].tail
    scan = find_scan(order_id=view.payout["order"].id)
    if scan is not None and scan.conclusion is not ScanVerdict.PASS:
        return _kept_words(scan.conclusion, scan_reason(scan.reason))
    if view.payout_state == "failed":
        return _(
            "The bank returned it for the account ending %(tail)s. Check the account, then draw again."
        ) % {"tail": tail}
    return _("The bank is sending it to the account ending %(tail)s. Usually it takes minutes.") % {
        "tail": tail
    }


def _kept_words(conclusion: ScanVerdict, why: str) -> str:
    if conclusion is ScanVerdict.HOLD:
        return _(
            "Before the money left we checked once more: %(why)s. Two people look at it, by tomorrow evening; "
            "no interest counts meanwhile. If you think it is wrong, ask us."
        ) % {"why": why}
    return _(
        "Before the money left we checked once more: %(why)s. It did not leave, you owe nothing, and your limit is "
        "free again. If you think it is wrong, complain; a person looks at it."
    ) % {"why": why}


def schedule(position: Position) -> list[dict[str, Any]]:
    """This function will list the instalments with their states on the date."""
    return [
        {
            "due_date": row.due_date,
            "payment_minor": row.payment_minor,
            "balance_minor": row.balance_minor,
            "state": row_state(row.state),
            "css": ROW_STATES[row.state],
        }
        for row in position.rows
        if row.payment_minor or row.principal_minor
    ]


def receipts(view: LoanView, shows_all: bool) -> dict[str, Any]:
    """This function will list what moved money, the newest first; of many only RECEIPTS, and how many there are."""
    moved = [
        event
        for event in view.events
        if event.kind not in WITHOUT_MONEY and event.value_date <= view.position.as_of
    ]
    shown = moved if shows_all else moved[-RECEIPTS:]
    listed = [{"event": event, "name": event_name(event, view.terms)} for event in reversed(shown)]
    return {"receipts": listed, "all_receipts": len(moved) if len(shown) < len(moved) else 0}


def machine(view: LoanView, as_of: date, today: date) -> dict[str, Any]:
    """This function will lay out the time machine: from the contract's day to its last due date."""
    first = view.position.disbursed_on or view.terms.value_date
    last = max(view.position.rows[-1].due_date, today)
    days = (last - first).days
    at = min(max((as_of - first).days, 0), days)
    ticks = [(row.due_date - first).days for row in view.position.rows]
    return {
        "machine": {"from": first, "to": last, "days": days, "at": at},
        "track": charts.track(days=days, today=(today - first).days, at=at, ticks=ticks),
    }


@require_safe
@signed_in
def receipt_page(request: HttpRequest, customer: Customer, loan_id: str, event_id: str) -> HttpResponseBase:
    """This function will show what one movement of money was used for."""
    loan = own_loan(customer, loan_id)
    today = clock.today(request)
    view = view_of(loan, as_of=today, today=today)
    event = next((one for one in view.events if one.id == event_id and one.kind not in WITHOUT_MONEY), None)
    if event is None:
        raise NotFoundHere()
    before, after = around(view, event)
    said = {"what": event_name(event, view.terms), "amount": money(event.amount_minor)}
    return show(
        request,
        "receipt",
        loan=loan,
        event=event,
        before=before,
        after=after,
        rows=split(after, event),
        headline=_("%(what)s, %(amount)s") % said,
        about=f"loan:{loan.id}",
        up=up("loan", view.name, loan.id),
    )


def around(view: LoanView, event: LoanEvent) -> tuple[Position, Position]:
    """This function will return the positions on the event's day without it and with it."""
    earlier = [one for one in view.events if one.seq < event.seq]
    before = position_of(terms=view.terms, events=earlier, as_of=event.value_date)
    return before, position_of(terms=view.terms, events=[*earlier, event], as_of=event.value_date)


def split(after: Position, event: LoanEvent) -> list[dict[str, Any]]:
    """This function will list the parts of a payment; they add up to its amount."""
    found = next((one for one in after.allocations if one.event_id == event.id), None)
    total = {"label": _("In all"), "amount_minor": event.amount_minor, "total": True}
    if found is None:
        return [total]
    parts = [
        (_("Principal"), found.principal_minor),
        (_("Interest"), found.interest_minor),
        (_("Fees"), found.fee_minor),
        (_("Penalty interest"), found.penalty_minor),
        (_("Overpaid, yours"), found.credit_minor),
    ]
    return [{"label": label, "amount_minor": amount} for label, amount in parts if amount] + [total]
