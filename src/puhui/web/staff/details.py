"""What the panel beside the queue shows of each kind of item."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from puhui.access.staff.domain import Approval
from puhui.access.staff.queries import ApprovalUnknown, get_approval
from puhui.core.refusals import Refusal
from puhui.customers import queries as customers
from puhui.customers.domain import Customer
from puhui.decisions import queries as decisions
from puhui.decisions.domain import Reason, Referred
from puhui.decisions.domain.second_scan import ScanUnknown, ScanVerdict
from puhui.journeys import staff_case, staff_decide, staff_payment
from puhui.journeys.staff_queue import ItemKind
from puhui.payments import queries as payments
from puhui.protection import queries as protection
from puhui.runtime import queries as runtime
from puhui.web import clock
from puhui.web.borrower.cases import about_words
from puhui.web.errors import NotFoundHere
from puhui.web.shared.explain import reason_text, trace_rows, write
from puhui.web.shared.scans import scan_reason
from puhui.web.staff import paper
from puhui.web.staff.guard import login_of
from puhui.web.staff.queue import time_left, word
from puhui.web.staff.words import OUTCOMES


def kind_of(kind: str, ref: str) -> str:
    """This function will return the kind of work of an item, "" when there is no such thing."""
    if kind == "case":
        case = protection.find_case(ref)
        return case.kind.value if case else ""
    return {"application": ItemKind.DECISION.value}.get(kind, kind)


def is_party(request: HttpRequest, kind: str, ref: str) -> bool:
    """This function will tell whether an approval is this person's own, or one that any colleague may answer."""
    if kind != "approval":
        return False
    return concerns(request, get_approval(ref))


def concerns(request: HttpRequest, approval: Approval) -> bool:
    """This function will tell whether an approval is this person's own, or one that any colleague may answer."""
    return approval.asked_by == login_of(request) or approval.kind.value == "item.unlock"


def read(request: HttpRequest, kind: str, ref: str) -> dict[str, Any]:
    """This function will read one item for its panel. Raises: NotFoundHere."""
    try:
        return READERS[kind](request, ref)
    except (LookupError, ApprovalUnknown, ScanUnknown) as error:
        if isinstance(error, Refusal) and error.status != 404:
            raise
        raise NotFoundHere() from None


def _person(customer_id: str) -> Customer | None:
    return customers.find_customer(customer_id) if customer_id else None


def _case(request: HttpRequest, ref: str) -> dict[str, Any]:
    case = protection.get_case(ref)
    text, css = time_left(case.due_at, clock.now(request))
    return {
        "case": case,
        "about": about_words(case),
        "customer": _person(case.customer_id),
        "events": protection.list_case_events(ref),
        "left": text,
        "left_css": css,
        "outcomes": [(one.value, OUTCOMES[one.value]) for one in staff_case.OUTCOMES[case.kind]],
    }


def _application(request: HttpRequest, ref: str) -> dict[str, Any]:
    stored = decisions.find_decision(ref)
    if stored is None:
        raise NotFoundHere()
    verdict = stored.decision.verdict
    chosen = [Reason(code=code, figures={}, rule="person") for code in staff_decide.list_reasons()]
    return {
        "stored": stored,
        "waits": isinstance(verdict, Referred),
        "verdict_name": write("", verdict.kind),
        "application": decisions.get_application(ref),
        "customer": _person(stored.customer_id),
        "reasons": [reason_text(one) for one in getattr(verdict, "reasons", ())],
        "trace": trace_rows(stored.decision.trace),
        "choices": [{"code": one.code, **reason_text(one)} for one in chosen],
    }


def _scan(request: HttpRequest, ref: str) -> dict[str, Any]:
    scan = decisions.get_scan(ref)
    return {
        "scan": scan,
        "held": scan.conclusion is ScanVerdict.HOLD,
        "why": scan_reason(scan.reason),
        "read": sorted(scan.values.items()),
        "order": payments.get_order(id=scan.order_id),
        "customer": _person(scan.customer_id),
    }


def _suspense(request: HttpRequest, ref: str) -> dict[str, Any]:
    item = staff_payment.find_item(ref)
    if item is None:
        raise NotFoundHere()
    others = [one for one in payments.list_suspense(limit=500) if one.flow is not item.flow]
    return {
        "item": item,
        "why": ", ".join(word(one) for one in (item.reason.value, item.flow.value)),
        "pairs": [one for one in others if one.amount_minor == item.amount_minor],
    }


def _discrepancy(request: HttpRequest, ref: str) -> dict[str, Any]:
    item = next(
        (one for one in payments.list_discrepancies(open_only=False, limit=5000) if one.id == ref), None
    )
    if item is None:
        raise NotFoundHere()
    order = payments.get_order(id=item.order_id)
    return {
        "item": item,
        "order": order,
        "changes": payments.list_order_changes(order_id=order.id),
        "customer": _person(order.customer_id),
    }


def _work(request: HttpRequest, ref: str) -> dict[str, Any]:
    row = runtime.get_work(ref)
    if row is None:
        raise NotFoundHere()
    return {"row": row, "dead": row.state.value == "dead"}


def _approval(request: HttpRequest, ref: str) -> dict[str, Any]:
    approval = get_approval(ref)
    return {
        "approval": approval,
        "name": word(approval.kind.value),
        "own": approval.asked_by == login_of(request),
        "body": sorted(approval.body.items()),
    }


READERS: dict[str, Callable[[HttpRequest, str], dict[str, Any]]] = {
    "case": _case,
    "application": _application,
    "paper": paper.read,
    "scan": _scan,
    "suspense": _suspense,
    "discrepancy": _discrepancy,
    "work": _work,
    "approval": _approval,
}
