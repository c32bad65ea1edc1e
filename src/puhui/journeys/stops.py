"""A fresh look before new money is promised or leaves: only what is on the list of exceptions may stop it (G3)."""

from __future__ import annotations

from datetime import datetime

from puhui.contact.queries import has_hold
from puhui.core.refusals import Refusal
from puhui.customers.domain import CustomerState
from puhui.customers.queries import get_customer
from puhui.journeys.ask_for_help import HELP
from puhui.lines.domain import LineState
from puhui.lines.queries import get_line
from puhui.loans.queries import get_contract, get_loan
from puhui.offers.queries import is_genuine
from puhui.payments.domain import Direction, PaymentOrder


class SecondScanStops(Refusal):
    """A fresh look before the money leaves found a reason of the exception list (guarantee G3)."""

    field = "quote"
    status = 409


def _reason(customer_id: str, line_id: str, now: datetime) -> str:
    """Return why no new money may leave now, "" when nothing stops it: identity, a request for help, the line."""
    if get_customer(customer_id).state is not CustomerState.IDENTIFIED:
        return "identity"
    if has_hold(customer_id, now, reason=HELP):
        return "help"
    return "" if get_line(id=line_id).state is LineState.ACTIVE else "line"


def refuse_stopped(*, customer_id: str, line_id: str, now: datetime) -> None:
    """This function will do nothing where new money may leave. Raises: SecondScanStops with the reason."""
    if reason := _reason(customer_id, line_id, now):
        raise SecondScanStops(reason=reason)


def find_stop(*, order: PaymentOrder, now: datetime) -> str:
    """This function will look once more before a payout leaves; it returns the reason to stop, "" for none."""
    if order.direction is not Direction.PAYOUT or order.loan_id is None:
        return ""
    loan = get_loan(id=order.loan_id)
    if not is_genuine(quote_id=get_contract(id=loan.contract_id).quote_id):
        return "second_scan_quote"
    reason = _reason(order.customer_id, loan.line_id, now)
    return f"second_scan_{reason}" if reason else ""
