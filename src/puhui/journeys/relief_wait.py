"""New misfortune after she signed: before it is due she lets the next payment of her plan wait a month, on her word alone."""

from __future__ import annotations

from datetime import datetime

from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.journeys import happen, house, relief_review, tell
from puhui.journeys.once import keep, recall
from puhui.journeys.relief_rests import find_wait
from puhui.loans import operations as loans
from puhui.loans.queries import get_loan, get_position
from puhui.relief import operations as relief
from puhui.relief.domain import AgreementAct, ReliefAgreement, ReliefCannotWait, ReliefWaitsSpent, wait_events
from puhui.relief.queries import find_agreement_of, get_request
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


def put_off(*, customer_id: str, request_id: str, key: str, now: datetime) -> ReliefAgreement:
    """This function will move the next payment and all later ones by a month that bears no interest, at once and without a
    reason. The rule under which she signed says how often.

    Raises: ReliefRequestNotFound, ReliefCannotWait where no payment can wait now, ReliefWaitsSpent, KeyReusedWithOtherBody.
    """
    request = get_request(request_id, customer_id=customer_id)
    body = {"customer_id": customer_id, "request_id": request_id}
    with transaction():
        loans.lock_loan(loan_id=request.loan_id)
        signed = find_agreement_of(request_id=request_id)
        if signed is None:
            raise ReliefCannotWait()
        if recall(scope="relief_wait.put_off", key=key, body=body, now=now) is not None:
            return signed
        there = get_position(loan_id=signed.loan_id, as_of=house.today(now))
        found = find_wait(signed, there)
        if found is None:
            raise ReliefCannotWait()
        if not found.left:
            raise ReliefWaitsSpent(most=found.most)
        loan = get_loan(id=signed.loan_id)
        for kind, payload in wait_events(there, due_day=found.due_day):
            happen.record(
                id=derive_id("event", signed.id, f"put-off-{found.used}-{kind.value}"), loan=loan, kind=kind,
                value_date=there.as_of, amount_minor=0, payload=payload, now=now,
            )  # fmt: skip
        signed = relief.move_agreement(id=signed.id, act=AgreementAct.PUT_OFF, now=now)
        relief_review.ask_later(signed, now)
        tell.customer(
            customer_id=customer_id, template="relief_put_off", about=f"{signed.id}:{found.used}", now=now,
            params={
                "number": signed.number, "amount": Money(found.asks_minor, there.currency), "due": found.to_date,
                "left": found.left_after,
            },
        )  # fmt: skip
        record_audit(
            actor=f"customer:{customer_id}",
            action="relief.put_off",
            subject=f"customer:{customer_id}",
            detail={
                "agreement": signed.id,
                "from": found.due_date.isoformat(),
                "to": found.to_date.isoformat(),
            },
            now=now,
        )
        keep(scope="relief_wait.put_off", key=key, body=body, answer={"agreement": signed.id}, now=now)
    return signed
