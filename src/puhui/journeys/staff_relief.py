"""A member of staff asks for a plan to be granted that the solver refused for its cost; a second person decides."""

from __future__ import annotations

from datetime import datetime

from puhui.access.staff.domain import Approval, ApprovalKind
from puhui.core.refusals import InputRefused, Refusal
from puhui.journeys import staff_four_eyes
from puhui.journeys.relief_offer import current_offer
from puhui.relief.domain import is_grantable
from puhui.relief.queries import ReliefRequestNotFound, find_request


class ReliefNotGrantable(Refusal):
    """Only a plan that every month bears, and that was refused for its cost alone, can be granted."""

    field = "place"
    status = 409


class ReliefPlaceUnknown(InputRefused):
    """There is no such refused plan in the newest answer."""

    field = "place"


def ask(*, request_id: str, place: int, why: str, by: str, key: str, now: datetime) -> Approval:
    """This function will ask for the refused plan at `place` (from 0) to be granted; nothing happens until another agrees.

    Raises: ReliefRequestNotFound, ReliefOfferMissing, ReliefPlaceUnknown, ReliefNotGrantable, and what asking refuses.
    """
    request = find_request(request_id)
    if request is None:
        raise ReliefRequestNotFound()
    offer, _loan = current_offer(request)
    if not 0 <= place < len(offer.answer.refused):
        raise ReliefPlaceUnknown(most=len(offer.answer.refused))
    if not is_grantable(offer.answer.refused[place]):
        raise ReliefNotGrantable()
    return staff_four_eyes.ask(
        kind=ApprovalKind.RELIEF_GRANT,
        subject=f"relief:{request.id}",
        body={"request_id": request.id, "offer_id": offer.id, "place": str(place)},
        why=why,
        by=by,
        key=key,
        now=now,
    )
