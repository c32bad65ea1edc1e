"""Goods go back: the merchant's money lowers the loan as if it had never been lent, and what she overpaid goes to her."""

from __future__ import annotations

from datetime import date, datetime

from puhui.contact.domain import ScriptValue
from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.journeys import happen, refund, tell
from puhui.journeys.after_repayment import SCRIPTS
from puhui.loans.domain import EventKind, Loan, RecordedEvent
from puhui.payments import operations as payments
from puhui.payments.domain import Direction
from puhui.payments.queries import AccountNotFound, list_accounts
from puhui.runtime.operations import record_audit


def record(
    *, id: str, loan: Loan, amount_minor: int, value_date: date, now: datetime, notice: str = ""
) -> RecordedEvent:
    """This function will record what a merchant returned, order back to her what she had paid beyond the rest, and tell
    her; inside the caller's transaction. `notice` is the number of his credit note. The same id changes nothing.

    Raises: what `happen.record` refuses.
    """
    recorded = happen.record(
        id=id,
        loan=loan,
        kind=EventKind.REFUND,
        value_date=value_date,
        amount_minor=amount_minor,
        payload={"notice": notice},
        now=now,
    )
    if recorded.repeated:
        return recorded
    if recorded.overpaid_minor:
        _send_back(recorded, loan, recorded.overpaid_minor, now)
    params: dict[str, ScriptValue] = {"amount": Money(amount_minor, loan.currency)}
    template = SCRIPTS.get(recorded.after.state, "receipt")
    if template == "receipt":
        params["left"] = Money(recorded.after.principal_outstanding_minor, loan.currency)
    tell.customer(customer_id=loan.customer_id, template=template, about=id, params=params, now=now)
    return recorded


def _send_back(recorded: RecordedEvent, loan: Loan, amount_minor: int, now: datetime) -> None:
    """To the account of hers that she bound last; where she has none any more a person looks."""
    account = next((one for one in list_accounts(customer_id=loan.customer_id) if one.verified_at), None)
    if account is None:
        record_audit(
            actor="house",
            action="refund.failed",
            subject=f"loan:{loan.id}",
            detail={"event": recorded.event.id, "why": AccountNotFound.__name__},
            now=now,
        )
        return
    payments.open_order(
        id=derive_id("refund", recorded.event.id),
        direction=Direction.REFUND,
        amount_minor=amount_minor,
        currency=loan.currency,
        account_id=account.id,
        customer_id=loan.customer_id,
        loan_id=loan.id,
        purpose=refund.OVERPAID,
        now=now,
    )
