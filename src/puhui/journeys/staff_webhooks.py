"""Staff send again what a partner did not take, and open a closed endpoint: once for each press, and audited."""

from __future__ import annotations

from datetime import datetime

from puhui.access.partners import operations as partners
from puhui.access.partners.domain import (
    DeliveryUnknown,
    Endpoint,
    EndpointClosed,
    EndpointState,
    EndpointUnknown,
)
from puhui.access.partners.queries import find_delivery, find_endpoint
from puhui.access.staff.domain import Permission
from puhui.access.staff.queries import refuse_role
from puhui.core.ids import derive_id
from puhui.journeys.once import keep, recall
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction

AT_ONCE = 100  # events that one press sends again; the rest with the next
_SCOPE = "staff.webhooks"


def send_again(*, delivery_id: str, by: str, key: str, now: datetime) -> str:
    """This function will send a delivery's event once more, same `webhook-id`; returns the new delivery's id.

    Raises: RoleMayNot, DeliveryUnknown, EndpointClosed, KeyReusedWithOtherBody.
    """
    refuse_role(login=by, permission=Permission.WEBHOOKS)
    found = find_delivery(delivery_id)
    if found is None:
        raise DeliveryUnknown()
    endpoint = found[1]
    id = derive_id("delivery", delivery_id, by, key)
    body = {"act": "send", "delivery": delivery_id, "by": by}
    with transaction():
        if recall(scope=_SCOPE, key=key, body=body, now=now) is not None:
            return id
        _refuse_closed(endpoint)
        partners.open_replay(id=id, delivery_id=delivery_id, client_id=endpoint.client_id, now=now)
        _audit(by, "webhook.sent_again", endpoint.id, {"deliveries": [delivery_id]}, now)
        keep(scope=_SCOPE, key=key, body=body, answer={"delivery": id}, now=now)
    return id


def send_failed(*, endpoint_id: str, by: str, key: str, now: datetime) -> int:
    """This function will send again up to `AT_ONCE` events that an endpoint never took; returns how many.

    Raises: RoleMayNot, EndpointUnknown, EndpointClosed, KeyReusedWithOtherBody.
    """
    refuse_role(login=by, permission=Permission.WEBHOOKS)
    endpoint = _get(endpoint_id)
    body = {"act": "send_failed", "endpoint": endpoint_id, "by": by}
    with transaction():
        if (kept := recall(scope=_SCOPE, key=key, body=body, now=now)) is not None:
            return int(kept["sent"])
        _refuse_closed(endpoint)
        sent = partners.open_replays_of_failed(
            endpoint_id=endpoint_id, client_id=endpoint.client_id, key=key, most=AT_ONCE, now=now
        )
        if sent:
            _audit(by, "webhook.sent_again", endpoint_id, {"deliveries": list(sent)}, now)
        keep(scope=_SCOPE, key=key, body=body, answer={"sent": len(sent)}, now=now)
    return len(sent)


def reopen(*, endpoint_id: str, by: str, now: datetime) -> Endpoint:
    """This function will call a closed endpoint again; an open one stays as it is.

    Raises: RoleMayNot, EndpointUnknown, EndpointsTooMany, ClientUnknown (the partner is shut out).
    """
    refuse_role(login=by, permission=Permission.WEBHOOKS)
    endpoint = _get(endpoint_id)
    with transaction():
        return partners.reopen_endpoint(
            id=endpoint_id, client_id=endpoint.client_id, actor=f"staff:{by}", now=now
        )


def _get(endpoint_id: str) -> Endpoint:
    endpoint = find_endpoint(endpoint_id)
    if endpoint is None:
        raise EndpointUnknown()
    return endpoint


def _refuse_closed(endpoint: Endpoint) -> None:
    if endpoint.state is EndpointState.CLOSED:
        raise EndpointClosed()


def _audit(by: str, action: str, endpoint_id: str, detail: dict[str, list[str]], now: datetime) -> None:
    record_audit(
        actor=f"staff:{by}", action=action, subject=f"endpoint:{endpoint_id}", detail=detail, now=now
    )
