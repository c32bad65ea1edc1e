"""She pays the whole loan off with what it takes today."""

from __future__ import annotations

from datetime import datetime

from puhui.journeys import house, repay
from puhui.loans.queries import get_position
from puhui.payments.domain import PaymentOrder


def start(
    *, customer_id: str, loan_id: str, key: str, now: datetime, account_id: str | None = None
) -> PaymentOrder:
    """This function will order the collection of today's payoff amount. Raises: what `repay.start` refuses."""
    return repay.start(
        customer_id=customer_id,
        loan_id=loan_id,
        amount_minor=get_position(loan_id=loan_id, as_of=house.today(now)).payoff_minor,
        intent="payoff",
        key=key,
        now=now,
        account_id=account_id,
    )
