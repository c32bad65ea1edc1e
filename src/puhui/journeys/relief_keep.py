"""She goes on without a change: the request is closed, the calm stays as long as it was promised."""

from __future__ import annotations

from datetime import datetime

from puhui.journeys.once import keep, recall
from puhui.relief import operations as relief
from puhui.relief.domain import ReliefRequest
from puhui.relief.queries import get_request
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


def no_change(*, customer_id: str, request_id: str, key: str, now: datetime) -> ReliefRequest:
    """This function will close a request of hers without a change. Raises: ReliefRequestNotFound, ReliefRequestOver,
    KeyReusedWithOtherBody.
    """
    request = get_request(request_id, customer_id=customer_id)
    body = {"customer_id": customer_id, "request_id": request_id}
    with transaction():
        if recall(scope="relief_keep.no_change", key=key, body=body, now=now) is not None:
            return request
        closed = relief.close_request(request_id=request_id, now=now)
        record_audit(
            actor=f"customer:{customer_id}",
            action="relief.closed",
            subject=f"customer:{customer_id}",
            detail={"request": request_id},
            now=now,
        )
        keep(scope="relief_keep.no_change", key=key, body=body, answer={}, now=now)
    return closed
