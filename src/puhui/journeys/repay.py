"""She pays what is due, part early, everything, or takes the loan back, after seeing what it does."""

from __future__ import annotations

from datetime import datetime

from puhui.core.ids import derive_id
from puhui.core.refusals import InputRefused, Refusal
from puhui.journeys import house
from puhui.journeys.once import keep, recall
from puhui.loans import operations as loans
from puhui.loans.domain import EventKind, Position, check_payment, imagine
from puhui.loans.domain import preview as with_event
from puhui.loans.operations import LoanNotYours
from puhui.loans.queries import get_loan, get_position, get_terms, list_events
from puhui.payments import operations as payments
from puhui.payments.domain import Direction, PaymentOrder
from puhui.payments.queries import (
    AccountNotFound,
    get_active_mandate,
    get_order,
    has_open_order,
    list_accounts,
)
from puhui.runtime.transactions import transaction

INTENTS = {
    "due": EventKind.REPAY,
    "prepay": EventKind.PREPAY,
    "payoff": EventKind.PAYOFF,
    "withdraw": EventKind.WITHDRAW,
}


class PaymentIntentUnknown(InputRefused):
    """What a payment is for is one of the four that we know."""

    field = "intent"


class PaymentUnderWay(Refusal):
    """Another payment of this loan is with the bank; its answer comes first."""

    field = "loan"
    status = 409


def preview(*, loan_id: str, amount_minor: int, intent: str, now: datetime) -> Position:
    """This function will return what the loan becomes by this payment today, by the function that books it.

    Raises: PaymentIntentUnknown, LoanNotFound, and what `check_payment` refuses.
    """
    kind, today = _kind(intent), house.today(now)
    check_payment(position=get_position(loan_id=loan_id, as_of=today), kind=kind, amount_minor=amount_minor)
    return with_event(
        terms=get_terms(loan_id=loan_id),
        events=list_events(loan_id=loan_id),
        event=imagine(kind=kind, amount_minor=amount_minor, value_date=today),
    )


def start(
    *,
    customer_id: str,
    loan_id: str,
    amount_minor: int,
    intent: str,
    key: str,
    now: datetime,
    account_id: str | None = None,
) -> PaymentOrder:
    """This function will order a collection from her account, by default the mandate's, else the one bound last.

    Raises: PaymentIntentUnknown, LoanNotFound, LoanNotYours, PaymentUnderWay, AccountNotFound, what `check_payment`
    refuses, KeyReusedWithOtherBody.
    """
    kind = _kind(intent)
    loan = get_loan(id=loan_id)
    if loan.customer_id != customer_id:
        raise LoanNotYours()
    id = derive_id("collect", loan_id, key)
    body = {"customer_id": customer_id, "loan_id": loan_id, "amount_minor": amount_minor, "intent": intent}
    with transaction():
        if recall(scope="repay.start", key=key, body=body, now=now) is not None:
            return get_order(id=id)
        loans.lock_loan(loan_id=loan_id)
        if has_open_order(loan_id=loan_id, direction=Direction.COLLECT):
            raise PaymentUnderWay()
        position = get_position(loan_id=loan_id, as_of=house.today(now))
        check_payment(position=position, kind=kind, amount_minor=amount_minor)
        order = payments.open_order(
            id=id,
            direction=Direction.COLLECT,
            amount_minor=amount_minor,
            currency=loan.currency,
            account_id=account_id or _account(customer_id),
            customer_id=customer_id,
            loan_id=loan_id,
            purpose=intent,
            now=now,
        )
        keep(scope="repay.start", key=key, body=body, answer={"order_id": id}, now=now)
    return order


def _kind(intent: str) -> EventKind:
    if intent not in INTENTS:
        raise PaymentIntentUnknown()
    return INTENTS[intent]


def _account(customer_id: str) -> str:
    if (mandate := get_active_mandate(customer_id=customer_id)) is not None:
        return mandate.account_id
    for account in list_accounts(customer_id=customer_id):
        if account.verified_at is not None:
            return account.id
    raise AccountNotFound()
