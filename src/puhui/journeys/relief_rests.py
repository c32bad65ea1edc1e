"""What the payments of a plan rest on: as it would be signed, and where that stands afterwards."""

from __future__ import annotations

from puhui.journeys.relief_offer import current_offer
from puhui.relief.domain import AgreementAct, ReliefAgreement, ReliefOffer, ReliefReview, review_of
from puhui.relief.queries import get_relief_policy, get_request, list_agreement_events


def promised(offer: ReliefOffer, card: int) -> ReliefReview | None:
    """This function will return what a card's payments rest on, as it would be signed; None where on nothing hoped for."""
    policy = get_relief_policy(on_date=offer.on_date)
    return review_of(
        offer.cards()[card].plan, offer.budget, policy.scenarios_of(offer.cause), policy, acts=()
    )


def find_review(signed: ReliefAgreement) -> ReliefReview | None:
    """This function will return where the review of an agreement stands, None where it has none."""
    offer, _then = current_offer(get_request(signed.request_id, customer_id=signed.customer_id))
    policy = get_relief_policy(on_date=offer.on_date)
    plan = offer.cards()[signed.card].plan
    acts = [one.act for one in list_agreement_events(signed.id) if isinstance(one.act, AgreementAct)]
    return review_of(plan, offer.budget, policy.scenarios_of(offer.cause), policy, acts=acts)
