"""She takes the loan back within the house's days: principal and the interest of these days, nothing else."""

from __future__ import annotations

from datetime import datetime

from puhui.journeys import house, repay
from puhui.loans.domain import WithdrawalOver
from puhui.loans.queries import get_position
from puhui.payments.domain import PaymentOrder


def start(
    *, customer_id: str, loan_id: str, key: str, now: datetime, account_id: str | None = None
) -> PaymentOrder:
    """This function will order the collection of today's withdrawal amount.

    Raises: WithdrawalOver after the last day, and what `repay.start` refuses.
    """
    position = get_position(loan_id=loan_id, as_of=house.today(now))
    if position.withdrawal_minor is None:
        raise WithdrawalOver(payoff_minor=position.payoff_minor, currency=position.currency)
    return repay.start(
        customer_id=customer_id,
        loan_id=loan_id,
        amount_minor=position.withdrawal_minor,
        intent="withdraw",
        key=key,
        now=now,
        account_id=account_id,
    )
