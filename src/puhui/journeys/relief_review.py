"""Before a payment that only the hoped-for income could bear she is asked whether it is back. It falls due when she says so;
until then it waits a month at a time, free of interest, and after the last wait the plan returns to her first.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import partial

from puhui.contact import operations as contact
from puhui.contact.domain import ScriptValue
from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.core.time import instant_at, shift_days
from puhui.journeys import happen, house, tell
from puhui.journeys.once import keep, recall
from puhui.journeys.relief_follow import TALK, TALK_DAYS
from puhui.journeys.relief_rests import find_review, promised
from puhui.loans import operations as loans
from puhui.loans.domain import LoanState, Position
from puhui.loans.queries import get_loan, get_position
from puhui.relief import operations as relief
from puhui.relief.domain import (
    WAIT_DAYS,
    AgreementAct,
    AgreementState,
    ReliefAgreement,
    ReliefNothingWaits,
    ReliefOffer,
    ReliefReview,
    talk_ends,
    wait_events,
)
from puhui.relief.queries import find_agreement, find_agreement_of, get_request
from puhui.runtime.domain import Effect, WorkItem
from puhui.runtime.operations import put_work, record_audit
from puhui.runtime.transactions import transaction

REVIEW = "relief.review"  # kind of the work of one step of a review
ASK, WAIT = "ask", "wait"  # the steps: she is asked; nothing came, so the payment waits
HOUR = time(0, 30)  # of the day's first work


def begin(signed: ReliefAgreement, offer: ReliefOffer, now: datetime) -> None:
    """This function will put the first question on its day, inside the caller's transaction."""
    found = promised(offer, signed.card)
    if found is not None:
        _put(signed.id, ASK, found.due_date, found.rule.before_days, now)


def ask_later(signed: ReliefAgreement, now: datetime) -> None:
    """This function will put the question on its new day after all payments moved, inside the caller's transaction."""
    found = find_review(signed)
    if found is not None and found.is_open:
        _put(signed.id, ASK, found.due_date, found.rule.before_days, now)


def confirm(*, customer_id: str, request_id: str, key: str, now: datetime) -> ReliefAgreement:
    """This function will let the payments under review fall due as signed: she says that her income is back.

    Raises: ReliefRequestNotFound, ReliefNothingWaits where nothing waits for her word, KeyReusedWithOtherBody.
    """
    request = get_request(request_id, customer_id=customer_id)
    body = {"customer_id": customer_id, "request_id": request_id}
    with transaction():
        loans.lock_loan(loan_id=request.loan_id)
        signed = find_agreement_of(request_id=request_id)
        if signed is None:
            raise ReliefNothingWaits()
        if recall(scope="relief_review.confirm", key=key, body=body, now=now) is not None:
            return signed
        found = find_review(signed)
        if found is None or not found.is_open:
            raise ReliefNothingWaits()
        signed = relief.move_agreement(id=signed.id, act=AgreementAct.CONFIRM, now=now)
        record_audit(
            actor=f"customer:{customer_id}",
            action="relief.confirmed",
            subject=f"customer:{customer_id}",
            detail={"agreement": signed.id, "due": found.due_date.isoformat()},
            now=now,
        )
        keep(scope="relief_review.confirm", key=key, body=body, answer={"agreement": signed.id}, now=now)
    return signed


def step(item: WorkItem) -> Effect:
    """This function will take the next step of a review: ask her, or let the payment wait."""
    return partial(_step, item.payload["agreement"], item.payload["step"], item.payload.get("due"))


def _step(id: str, name: str, due: str | None, now: datetime) -> None:
    signed = find_agreement(id)
    assert signed is not None, "an agreement of ours"
    loans.lock_loan(loan_id=signed.loan_id)
    signed, today = find_agreement(id), house.today(now)
    assert signed is not None
    there = get_position(loan_id=signed.loan_id, as_of=today)
    found = find_review(signed)
    # What is late, broken or over goes its own way; nothing waits there.
    runs = signed.state is AgreementState.RUNNING and there.state is LoanState.ACTIVE and not there.late_minor
    if found is None or not found.is_open or not runs:
        return
    if due is not None and due != found.due_date.isoformat():
        return  # she put it off since, and is asked before its new day
    if name == ASK:
        _tell(signed, "relief_review", found, there, found.due_date, now)
        _put(id, WAIT, found.due_date, WAIT_DAYS, now)
    elif found.waits < found.rule.waits_most:
        _wait(signed, found, there, now)
    else:
        contact.place_hold(
            id=derive_id("hold", TALK, id, today.isoformat()), customer_id=signed.customer_id, reason=TALK, from_=now,
            until=talk_ends(now, days=TALK_DAYS, zone=house.lender().zone),
        )  # fmt: skip
        _tell(signed, "relief_review_over", found, there, found.due_date, now)


def _wait(signed: ReliefAgreement, found: ReliefReview, there: Position, now: datetime) -> None:
    """The payment and all later ones move by a month that bears no interest."""
    loan = get_loan(id=signed.loan_id)
    for kind, payload in wait_events(there, due_day=found.first_due.day):
        happen.record(
            id=derive_id("event", signed.id, f"wait-{found.waits}-{kind.value}"), loan=loan, kind=kind,
            value_date=there.as_of, amount_minor=0, payload=payload, now=now,
        )  # fmt: skip
    relief.move_agreement(id=signed.id, act=AgreementAct.WAIT, now=now)
    later = find_review(signed)
    assert later is not None, "it has waited once more"
    _tell(signed, "relief_waits", found, there, later.due_date, now)
    _put(signed.id, ASK, later.due_date, found.rule.before_days, now)


def _tell(
    signed: ReliefAgreement, template: str, found: ReliefReview, there: Position, due: date, now: datetime
) -> None:
    params: dict[str, ScriptValue] = {
        "number": signed.number, "amount": Money(found.asks_minor, there.currency), "due": due,
    }  # fmt: skip
    about = f"{signed.id}:{found.waits}"
    tell.customer(customer_id=signed.customer_id, template=template, about=about, params=params, now=now)


def _put(id: str, name: str, due: date, days: int, now: datetime) -> None:
    at = instant_at(shift_days(due, -days), HOUR, zone=house.lender().zone)
    payload = {"agreement": id, "step": name, "due": due.isoformat()}
    put_work(key=f"{REVIEW}:{id}:{due}:{name}", kind=REVIEW, payload=payload, now=now, run_at=max(at, now))
