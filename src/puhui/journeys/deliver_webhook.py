"""The worker calls one endpoint of a partner with one signed event, and the answer decides what follows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings

from puhui.access.partners import operations as partners
from puhui.access.partners.domain import (
    GONE,
    Delivery,
    DeliveryState,
    EndpointState,
    real_instant,
    sign,
)
from puhui.access.partners.gateways import webhooks
from puhui.access.partners.queries import find_delivery, list_secrets
from puhui.runtime.domain import Effect, WorkItem, no_effect
from puhui.runtime.queries import get_clock_offset

DELIVER = partners.DELIVER  # kind of the work that makes one attempt


def deliver(item: WorkItem) -> Effect:
    """This function will call one endpoint once; what follows from its answer is recorded with the attempt."""
    found = find_delivery(item.payload["delivery_id"])
    assert found is not None, "a delivery is never removed"
    delivery, endpoint = found
    if delivery.state is not DeliveryState.WAITING or delivery.attempts >= item.payload["attempt"]:
        return no_effect
    if endpoint.state is EndpointState.CLOSED:
        return partial(_abandon, delivery.id)
    headers, body = headers_of(delivery, now=item.now), delivery.event.body.encode()
    answered = webhooks.post(url=endpoint.url, headers=headers, body=body, private_ok=settings.DEMO)
    return partial(_settle, item.payload, endpoint.client_id, endpoint.id, answered)


def headers_of(delivery: Delivery, *, now: datetime) -> dict[str, str]:
    """This function will return the headers of a call made at `now`, signed with every secret that is in force."""
    offset = get_clock_offset() if settings.DEMO else 0
    timestamp = int(real_instant(now, offset_seconds=offset).timestamp())
    body = delivery.event.body.encode()
    secrets = list_secrets(endpoint_id=delivery.endpoint_id, at=now)
    return {
        "Content-Type": "application/json",
        "webhook-id": delivery.event.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(id=delivery.event.id, timestamp=timestamp, body=body, secrets=secrets),
    }


def _abandon(delivery_id: str, now: datetime) -> None:
    partners.record_abandoned(delivery_id=delivery_id, now=now)


def _settle(
    payload: Mapping[str, Any], client_id: str, endpoint_id: str, answered: webhooks.Answered, now: datetime
) -> None:
    state = partners.record_attempt(
        delivery_id=payload["delivery_id"],
        attempt=payload["attempt"],
        status=answered.status,
        error=answered.error,
        now=now,
    )
    if answered.status == GONE:
        partners.close_endpoint(id=endpoint_id, client_id=client_id, reason="gone", now=now)
    elif state is DeliveryState.FAILED:
        partners.close_silent_endpoint(id=endpoint_id, client_id=client_id, now=now)
