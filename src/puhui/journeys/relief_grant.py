"""What two people granted joins her options: a plan that was refused for its cost, in its place by what it costs her."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from puhui.access.staff.domain import Approval
from puhui.core.ids import derive_id
from puhui.journeys import house
from puhui.journeys.relief_ask import loan_as_of
from puhui.journeys.relief_offer import current_offer, pool_left, valid_until
from puhui.relief import operations as relief
from puhui.relief.domain import grant_card
from puhui.relief.queries import ReliefRequestNotFound, find_request, get_relief_policy


def grant(approval: Approval, now: datetime) -> None:
    """This function will put the granted plan among her options, in the order of cost, and draw what it costs when she signs.

    Raises: ReliefRequestNotFound, ReliefRequestOver, ReliefOfferReplaced, ReliefOfferStale, WaiverPoolShort.
    """
    request = find_request(approval.body["request_id"])
    if request is None:
        raise ReliefRequestNotFound()
    offer, loan = current_offer(request)
    if offer.id != approval.body["offer_id"]:
        raise relief.ReliefOfferReplaced()
    there = loan_as_of(customer_id=request.customer_id, loan_id=request.loan_id, now=now)
    if len(there.events) != offer.event_count:
        raise relief.ReliefOfferStale()
    finding = offer.answer.refused[int(approval.body["place"])]
    left = pool_left(get_relief_policy(on_date=offer.on_date), now)
    if finding.shortfall_minor > left:
        raise relief.WaiverPoolShort(left_minor=left, currency=house.lender().currency)
    relief.record_offer(
        offer=replace(
            offer,
            id=derive_id("relief.granted", approval.id),
            answer=grant_card(offer.answer, finding, loan),
            granted_by=approval.id,
            made_at=now,
            valid_until=valid_until(request.customer_id, now),
        )
    )
