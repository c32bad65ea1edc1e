"""What the payments of a plan rest on, as it would be signed and afterwards; and which of them may wait on her word."""

from __future__ import annotations

from puhui.journeys.relief_offer import current_offer
from puhui.loans.domain import Position
from puhui.relief.domain import (
    AgreementAct,
    AgreementState,
    ReliefAgreement,
    ReliefOffer,
    ReliefPolicy,
    ReliefReview,
    ReliefWait,
    review_of,
    wait_of,
)
from puhui.relief.queries import get_relief_policy, get_request, list_agreement_events


def promised(offer: ReliefOffer, card: int) -> ReliefReview | None:
    """This function will return what a card's payments rest on, as it would be signed; None where on nothing hoped for."""
    policy = get_relief_policy(on_date=offer.on_date)
    return review_of(
        offer.cards()[card].plan, offer.budget, policy.scenarios_of(offer.cause), policy, acts=()
    )


def find_review(signed: ReliefAgreement) -> ReliefReview | None:
    """This function will return where the review of an agreement stands, None where it has none."""
    return _review(signed, *_signed_under(signed))


def find_wait(signed: ReliefAgreement, there: Position) -> ReliefWait | None:
    """This function will return the payment of an agreement that may wait on her word, None where none may: `there` is the
    position of its loan today.
    """
    if signed.state is not AgreementState.RUNNING:
        return None
    offer, policy = _signed_under(signed)
    plan = offer.cards()[signed.card].plan
    return wait_of(plan, policy, there, acts=_acts(signed), review=_review(signed, offer, policy))


def waits_promised(offer: ReliefOffer, card: int) -> int:
    """This function will return how often a payment of a card may wait on her word, as it would be signed."""
    plan = offer.cards()[card].plan
    eases = not (plan.is_no_change or plan.choice.settlement_minor)
    return get_relief_policy(on_date=offer.on_date).own_waits_most if eases else 0


def _signed_under(signed: ReliefAgreement) -> tuple[ReliefOffer, ReliefPolicy]:
    offer, _then = current_offer(get_request(signed.request_id, customer_id=signed.customer_id))
    return offer, get_relief_policy(on_date=offer.on_date)


def _review(signed: ReliefAgreement, offer: ReliefOffer, policy: ReliefPolicy) -> ReliefReview | None:
    plan = offer.cards()[signed.card].plan
    return review_of(plan, offer.budget, policy.scenarios_of(offer.cause), policy, acts=_acts(signed))


def _acts(signed: ReliefAgreement) -> list[AgreementAct]:
    return [one.act for one in list_agreement_events(signed.id) if isinstance(one.act, AgreementAct)]
