"""She signs one option with a one-time code: agreement, restructure events, postings and waiver draw are one commit."""

from __future__ import annotations

from datetime import datetime

from puhui.access import operations as access
from puhui.access.domain import CodeOutcome
from puhui.contact.domain import ScriptValue
from puhui.core.ids import derive_id, reference
from puhui.core.refusals import InputRefused
from puhui.journeys import happen, house, relief_review, tell
from puhui.journeys.once import keep, recall
from puhui.journeys.relief_offer import current_offer, pool_name
from puhui.journeys.relief_text import HTML, close_help, draft, tell_agreed
from puhui.loans import operations as loans
from puhui.loans.queries import get_loan, get_position, list_events
from puhui.relief import operations as relief
from puhui.relief.domain import (
    AgreementState,
    ReliefAgreement,
    ReliefCard,
    ReliefLoan,
    ReliefOffer,
    ReliefRequest,
    budget_name,
    events_for,
    payments_of,
)
from puhui.relief.queries import find_agreement, get_relief_policy, get_request, list_programmes
from puhui.runtime.operations import put_blob
from puhui.runtime.transactions import transaction

SIGN = "sign_relief"  # purpose of the code


class ReliefCardUnknown(InputRefused):
    """There is no such option among those that were worked out."""

    field = "card"


def request_code(*, customer_id: str, request_id: str, code: str, key: str, now: datetime) -> None:
    """This function will send `code`, with which she signs an option of the newest offer.

    Raises: ReliefRequestNotFound, ReliefOfferMissing, CodeTooSoon, CodeLocked, KeyReusedWithOtherBody.
    """
    request = get_request(request_id, customer_id=customer_id)
    offer, _loan = current_offer(request)
    body = {"customer_id": customer_id, "offer": offer.id}
    with transaction():
        if recall(scope="relief_agree.code", key=key, body=body, now=now) is not None:
            return
        access.open_code(
            id=derive_id("code", SIGN, key), purpose=SIGN, subject=offer.id, code=code, now=now,
            ttl_seconds=house.CODE_SECONDS,
        )  # fmt: skip
        params: dict[str, ScriptValue] = {
            "code": code,
            "minutes": house.CODE_MINUTES,
            "number": get_loan(id=request.loan_id).number,
        }
        tell.customer(customer_id=customer_id, template="code_sign_relief", about=key, params=params, now=now)
        keep(scope="relief_agree.code", key=key, body=body, answer={}, now=now)


def agree(
    *, customer_id: str, request_id: str, offer_id: str, card: int, code: str, language: str, key: str, now: datetime
) -> ReliefAgreement:  # fmt: skip
    """This function will sign one option. What it books is what was shown, to the cent, or it is refused.

    Raises: ReliefRequestNotFound, ReliefOfferMissing, ReliefCardUnknown, CodeWrong and its kin, ReliefRequestOver,
    ReliefOfferReplaced, ReliefOfferExpired, ReliefOfferStale, WaiverPoolShort, what an event is refused for,
    KeyReusedWithOtherBody.
    """
    request = get_request(request_id, customer_id=customer_id)
    offer, then = current_offer(request)
    if offer.id != offer_id:
        raise relief.ReliefOfferReplaced()
    if not 0 <= card < len(offer.cards()):
        raise ReliefCardUnknown(most=len(offer.cards()))
    body = {"request": request_id, "offer": offer_id, "card": card, "code": code, "language": language}
    text = draft(request=request, offer=offer, card=card, language=language)
    with transaction():
        if (done := recall(scope="relief_agree.agree", key=key, body=body, now=now)) is not None:
            return _signed(done["agreement"])
        outcome = access.redeem_code(purpose=SIGN, subject=offer_id, code=code, now=now)
        made = None
        if outcome is CodeOutcome.OK:
            made = _conclude(request, offer, then, card, text, language, now)
            keep(scope="relief_agree.agree", key=key, body=body, answer={"agreement": made.id}, now=now)
    if made is None:
        access.refuse_outcome(outcome=outcome, purpose=SIGN, subject=offer_id, now=now)
    assert made is not None
    return made


def _signed(id: str) -> ReliefAgreement:
    found = find_agreement(id)
    assert found is not None
    return found


def _conclude(
    request: ReliefRequest, offer: ReliefOffer, then: ReliefLoan, number: int, text: str, language: str, now: datetime
) -> ReliefAgreement:  # fmt: skip
    card = offer.cards()[number]
    loans.lock_loan(loan_id=request.loan_id)
    count = len(list_events(loan_id=request.loan_id))
    relief.refuse_unsignable(offer=offer, event_count=count, now=now)
    id = derive_id("relief.agreement", offer.id)
    signed = relief.agree_relief(
        agreement=ReliefAgreement(
            id=id, number=reference("R", id, house.today(now).isoformat()), request_id=request.id,
            offer_id=offer.id, customer_id=request.customer_id, loan_id=request.loan_id, card=number,
            total_minor=card.plan.total_minor, draw_minor=card.draw_minor, language=language,
            text_sha256=put_blob(content=text.encode(), content_type=HTML, now=now),
            state=AgreementState.RUNNING, signed_at=now,
        )
    )  # fmt: skip
    loan = get_loan(id=request.loan_id)
    if card.draw_minor:
        name, total = _pays(offer, card, now)
        relief.draw_pool(
            name=name, total_minor=total, currency=loan.currency, agreement_id=id, amount_minor=card.draw_minor, now=now,
        )  # fmt: skip
    settles = card.plan.choice.settlement_minor > 0  # nothing is given up before the money comes
    for place, event in enumerate(() if settles else events_for(card.plan.choice, then)):
        happen.record(
            id=derive_id("event", id, str(place)), loan=loan, kind=event.kind, value_date=event.value_date,
            amount_minor=event.amount_minor, payload=event.payload, now=now,
        )  # fmt: skip
    there = get_position(loan_id=loan.id, as_of=offer.on_date)
    assert settles or payments_of(there) == card.plan.payments, "what is booked is what was shown"
    relief_review.begin(signed, offer, now)
    tell_agreed(signed, card, now)
    close_help(request, signed, now)
    return signed


def _pays(offer: ReliefOffer, card: ReliefCard, now: datetime) -> tuple[str, int]:
    """The pool that pays for a card and what it has in all: the programme's budget, or the waivers of the year."""
    for one in list_programmes():
        if one.name == card.programme:
            return budget_name(one.name), one.budget_minor
    return pool_name(now), get_relief_policy(on_date=offer.on_date).pool_minor
