"""What she is told, her partner is told: an event, ids and states only, for each endpoint that wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from puhui.access.partners import operations as partners
from puhui.access.partners.queries import find_listener
from puhui.core.ids import derive_id
from puhui.customers.domain import Customer
from puhui.decisions.queries import find_decision
from puhui.loans.queries import find_loan_of_contract, get_contract, get_loan
from puhui.payments.queries import get_order
from puhui.protection.queries import get_case
from puhui.runtime.domain import Effect, WorkItem
from puhui.runtime.operations import put_work

ANNOUNCE = "partners.announce"  # kind of the work that records an event


class EventType(StrEnum):
    """What a partner can be told of."""

    APPLICATION_DECIDED = "application.decided"
    CONTRACT_SIGNED = "contract.signed"
    LOAN_PAID_OUT = "loan.paid_out"
    LOAN_CANCELLED = "loan.cancelled"
    PAYMENT_RECEIVED = "loan.payment_received"
    PAYMENT_RETURNED = "loan.payment_returned"
    LOAN_CLOSED = "loan.closed"
    CASE_OPENED = "case.opened"


_DECIDED, _PAID = (EventType.APPLICATION_DECIDED,), (EventType.PAYMENT_RECEIVED,)
_OVER, _CASE = (*_PAID, EventType.LOAN_CLOSED), (EventType.CASE_OPENED,)
_NOT_PAID_OUT = (EventType.LOAN_CANCELLED,)
# Script of the message to her → what her partner hears. A script that is not here is between her and us.
TOLD: dict[str, tuple[EventType, ...]] = {
    "approved": _DECIDED,
    "declined": _DECIDED,
    "referred": _DECIDED,
    "contract_signed": (EventType.CONTRACT_SIGNED,),
    "paid_out": (EventType.LOAN_PAID_OUT,),
    "payout_failed": _NOT_PAID_OUT,
    "payout_returned": _NOT_PAID_OUT,
    "receipt": _PAID,
    "paid_off": _OVER,
    "withdrawn": _OVER,
    "payment_returned": (EventType.PAYMENT_RETURNED,),
    "case_received": _CASE,
    "help_received": _CASE,
}


def put(*, customer: Customer, template: str, about: str, now: datetime) -> None:
    """This function will put the work of telling her partner, if she has one that listens, in the caller's transaction.

    `about` is the id of the application, contract, order or case that the message to her speaks of.
    """
    if not (types := TOLD.get(template, ())):
        return
    client_id = find_listener(user_id=customer.user_id)
    if client_id is None:
        return
    for type in types:
        payload = {"client_id": client_id, "customer_id": customer.id, "about": about}
        put_work(
            key=f"announce:{type}:{about}",
            kind=ANNOUNCE,
            payload={**payload, "type": type.value, "occurred_at": now.isoformat()},
            now=now,
        )


def _of_application(about: str) -> dict[str, Any]:
    stored = find_decision(about)
    assert stored is not None, "she was told of a decision"
    return {"application_id": about, "verdict": stored.decision.verdict.kind}


def _of_contract(about: str) -> dict[str, Any]:
    contract, loan = get_contract(id=about), find_loan_of_contract(contract_id=about)
    assert loan is not None, "a contract opens its loan in the same commit"
    return {"contract_id": about, "quote_id": contract.quote_id, "loan_id": loan.id}


def _of_order(about: str) -> dict[str, Any]:
    order = get_order(id=about)
    assert order.loan_id is not None, "she was told of a payment for a loan"
    money = {"amount_minor": order.amount_minor, "currency": order.currency}
    return {"loan_id": order.loan_id, "order_id": about, **money}


def _of_closed(about: str) -> dict[str, Any]:
    order = _of_order(about)
    return {"loan_id": order["loan_id"], "state": get_loan(id=order["loan_id"]).state.value}


def _of_case(about: str) -> dict[str, Any]:
    case = get_case(about)
    return {"case_id": about, "number": case.number, "kind": case.kind.value, "due_at": case.due_at}


GATHER: Mapping[EventType, Callable[[str], dict[str, Any]]] = {
    EventType.APPLICATION_DECIDED: _of_application,
    EventType.CONTRACT_SIGNED: _of_contract,
    EventType.LOAN_PAID_OUT: _of_order,
    EventType.LOAN_CANCELLED: _of_order,
    EventType.PAYMENT_RECEIVED: _of_order,
    EventType.PAYMENT_RETURNED: _of_order,
    EventType.LOAN_CLOSED: _of_closed,
    EventType.CASE_OPENED: _of_case,
}


def announce(item: WorkItem) -> Effect:
    """This function will record one event, ids and states only, with a delivery for each endpoint that wants it."""
    payload = item.payload
    data = {"customer_id": payload["customer_id"], **GATHER[EventType(payload["type"])](payload["about"])}
    return partial(_record, payload, data)


def _record(payload: Mapping[str, str], data: dict[str, Any], now: datetime) -> None:
    partners.record_partner_event(
        id=derive_id("partner.event", payload["type"], payload["about"]),
        client_id=payload["client_id"],
        type=payload["type"],
        data=data,
        occurred_at=datetime.fromisoformat(payload["occurred_at"]),
        now=now,
    )
