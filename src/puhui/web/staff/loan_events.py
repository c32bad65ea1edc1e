"""One loan at the desk: enter an event on it, see beforehand what it does, and ask a second person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from puhui.access.staff.domain import ApprovalKind, Permission
from puhui.access.staff.queries import RoleMayNot, list_approvals
from puhui.core.refusals import Refusal
from puhui.journeys import staff_four_eyes, staff_loan
from puhui.loans import queries as loans
from puhui.loans.domain import (
    FIELDS,
    WAIVABLE,
    ContractTerms,
    EventKind,
    Loan,
    LoanEvent,
    Position,
    TriedEvent,
    disputable,
    undoable,
)
from puhui.web import clock
from puhui.web.borrower.loan_view import event_name
from puhui.web.errors import NotFoundHere
from puhui.web.middleware import words_of
from puhui.web.shared import inputs
from puhui.web.staff.guard import allowed, desk, holds, login_of

FORM = ("kind", "value_date", *sorted({name for names in FIELDS.values() for name in names}))
NAMES: dict[EventKind, str | Promise] = {
    EventKind.WAIVE: lazy("Waive an amount"),
    EventKind.FEE: lazy("Charge a fee or a penalty"),
    EventKind.RATE_CHANGE: lazy("Lower the rate"),
    EventKind.MOVE_DUE: lazy("Move a due date"),
    EventKind.INTEREST_PAUSE: lazy("Pause interest"),
    EventKind.LATENESS_PAUSE: lazy("Days that do not count as late"),
    EventKind.DEFER: lazy("Defer what is to come"),
    EventKind.EXTEND: lazy("Extend by more instalments"),
    EventKind.RE_AGE: lazy("Re-age into a new plan"),
    EventKind.RE_AMORTISE: lazy("Spread arrears over later instalments"),
    EventKind.REFUND: lazy("Merchant return"),
    EventKind.CREDIT_REFUND: lazy("Send a credit balance back"),
    EventKind.CHARGEBACK: lazy("Chargeback of a payment"),
    EventKind.CHARGE_OFF: lazy("Charge off"),
    EventKind.WRITE_OFF: lazy("Write off"),
    EventKind.RECOVERY: lazy("Recovery by an agency"),
    EventKind.SALE: lazy("Sale to another lender"),
    EventKind.REVERSE: lazy("Undo an event"),
}
LABELS: dict[str, str | Promise] = {
    "value_date": lazy("Counts from"),
    "amount": lazy("Amount"),
    "component": lazy("Of what"),
    "annual_rate": lazy("New rate, % a year"),
    "from": lazy("From (a due date, or a first day)"),
    "to": lazy("To (last day included)"),
    "first_due": lazy("First new due date"),
    "due": lazy("Falls due on"),
    "count": lazy("How many instalments"),
    "penalty": lazy("It is a penalty"),
    "notice": lazy("Number of the credit note"),
    "event_id": lazy("Which event"),
}
COMPONENTS: dict[str, str | Promise] = {
    "interest": lazy("Interest"),
    "fee": lazy("Fees"),
    "penalty": lazy("Penalty"),
    "principal": lazy("Principal"),
}
DATES = frozenset({"value_date", "from", "to", "first_due", "due"})
FIGURES: tuple[tuple[str, str | Promise], ...] = (
    ("payoff_minor", lazy("Payoff")),
    ("principal_outstanding_minor", lazy("Principal out")),
    ("interest_accrued_minor", lazy("Interest accrued")),
    ("penalty_outstanding_minor", lazy("Penalty")),
    ("due_minor", lazy("Due now")),
    ("next_due_minor", lazy("Next due")),
    ("credit_minor", lazy("Credit balance")),
    ("written_off_minor", lazy("Written off")),
)


@require_http_methods(["GET", "POST"])
@allowed(Permission.SETTLE, Permission.AUDIT)
def event_page(request: HttpRequest, loan_id: str) -> HttpResponseBase:
    """This function will show the form of an event, what the event would do, or ask for it under four eyes."""
    loan = loans.find_loan(id=loan_id)
    if loan is None:
        raise NotFoundHere()
    if request.method == "POST" and not holds(request, Permission.SETTLE):
        raise RoleMayNot()
    now = clock.now(request)
    data = request.POST or request.GET  # a refused post is shown again with what was typed
    typed = {name: data.get(name, "")[:64] for name in FORM}
    if request.method == "POST" and request.POST.get("act") == "ask":
        asked = staff_loan.read(loan_id=loan.id, typed=typed, now=now)
        staff_loan.preview(loan_id=loan.id, asked=asked, now=now)
        staff_four_eyes.ask(
            kind=ApprovalKind.LOAN_EVENT,
            subject=f"loan:{loan.id}",
            body=staff_loan.body_of(loan_id=loan.id, asked=asked),
            why=inputs.text(request, "why", required=False, limit=2000),
            by=login_of(request),
            key=inputs.form_key(request),
            now=now,
        )
        return redirect("staff_loan_event", loan.id)
    return _show(request, loan, typed)


def _show(request: HttpRequest, loan: Loan, typed: dict[str, str]) -> HttpResponseBase:
    events, now = loans.list_events(loan_id=loan.id), clock.now(request)
    kind = next((one for one in FIELDS if one.value == typed["kind"]), EventKind.WAIVE)
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            asked = staff_loan.read(loan_id=loan.id, typed=typed, now=now)
            context["tried"] = tried_rows(staff_loan.preview(loan_id=loan.id, asked=asked, now=now))
        except Refusal as refusal:
            said = words_of(refusal)
            context |= {"problem": said.sentence, "wrong": said.field}
    return desk(
        request,
        "loan_event",
        status=422 if "problem" in context else 200,
        here="customers",
        loan=loan,
        position=loans.get_position(loan_id=loan.id, as_of=clock.today(request)),
        today=clock.today(request),
        kind=kind.value,
        kind_name=NAMES[kind],
        kinds=[{"value": one.value, "name": NAMES[one]} for one in FIELDS],
        fields=_fields(kind, typed, events, loans.get_terms(loan_id=loan.id), request),
        approvals=[
            {"one": one, "name": NAMES[EventKind(one.body["kind"])]}
            for one in list_approvals(subject=f"loan:{loan.id}")
            if one.kind is ApprovalKind.LOAN_EVENT
        ],
        **context,
    )


def _fields(
    kind: EventKind,
    typed: dict[str, str],
    events: Sequence[LoanEvent],
    terms: ContractTerms,
    request: HttpRequest,
) -> list[dict[str, Any]]:
    """The fields of a kind: what each asks for, and what may be chosen."""
    names = FIELDS[kind] if kind is EventKind.REVERSE else ("value_date", *FIELDS[kind])
    choices = {
        "component": [{"value": one, "name": COMPONENTS[one]} for one in WAIVABLE],
        "event_id": [
            {"value": one.id, "name": f"{one.value_date.isoformat()} {event_name(one, terms)}"}
            for one in (undoable(events) if kind is EventKind.REVERSE else disputable(events))
        ],
        "penalty": [{"value": "", "name": lazy("no")}, {"value": "1", "name": lazy("yes")}],
    }
    first = {"value_date": clock.today(request).isoformat()}
    return [
        {
            "name": name,
            "label": LABELS[name],
            "type": "date" if name in DATES else "text",
            "value": typed[name] or first.get(name, ""),
            "choices": choices.get(name),
        }
        for name in names
    ]


def tried_rows(tried: TriedEvent) -> dict[str, Any]:
    """This function will lay out what an event does: figures without and with it, and the instalments with it."""
    before, after = tried.before, tried.after
    return {
        "as_of": after.as_of,
        "figures": [
            {"name": name, "before": getattr(before, field), "after": getattr(after, field)}
            for field, name in FIGURES
            if getattr(before, field) or getattr(after, field)
        ],
        "same": before == after,
        "rows": _rows(before, after),
    }


def _rows(before: Position, after: Position) -> list[dict[str, Any]]:
    """Instalments side by side, by number."""
    longest = max(len(before.rows), len(after.rows))
    found = []
    for number in range(longest):
        old = before.rows[number] if number < len(before.rows) else None
        new = after.rows[number] if number < len(after.rows) else None
        found.append({"number": number + 1, "old": old, "new": new})
    return found
