"""A partner says where it wants to hear of events, changes the secret that signs them, and asks for one again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from puhui.access.partners import operations as partners
from puhui.access.partners.domain import Delivery, Endpoint, make_secret
from puhui.core.ids import derive_id
from puhui.journeys.notify_partner import EventType
from puhui.runtime.transactions import transaction


def open_endpoint(
    *,
    client_id: str,
    url: str,
    events: Sequence[EventType],
    description: str,
    secret: bytes,
    key: str,
    now: datetime,
) -> Endpoint:
    """This function will call `url` for these events from now on, signed with `secret` (32 random bytes).

    Raises: WebhookUrlInvalid, EndpointsTooMany.
    """
    with transaction():
        return partners.open_endpoint(
            id=derive_id("endpoint", client_id, key),
            client_id=client_id,
            url=url,
            events=[one.value for one in events],
            description=description,
            secret=make_secret(secret),
            now=now,
        )


def change_secret(*, client_id: str, endpoint_id: str, secret: bytes, now: datetime) -> Endpoint:
    """This function will sign with a new secret, and with the old one too for a day. Raises: EndpointUnknown."""
    with transaction():
        return partners.change_endpoint_secret(
            id=endpoint_id, client_id=client_id, secret=make_secret(secret), now=now
        )


def close_endpoint(*, client_id: str, endpoint_id: str, now: datetime) -> Endpoint:
    """This function will call an endpoint no more. Raises: EndpointUnknown."""
    with transaction():
        return partners.close_endpoint(id=endpoint_id, client_id=client_id, reason="asked", now=now)


def send_again(*, client_id: str, delivery_id: str, key: str, now: datetime) -> Delivery:
    """This function will send a delivery's event once more, by a partner's or a member of staff's wish.

    Raises: DeliveryUnknown, EndpointUnknown.
    """
    with transaction():
        return partners.open_replay(
            id=derive_id("delivery", delivery_id, key),
            delivery_id=delivery_id,
            client_id=client_id,
            now=now,
        )


def reopen_endpoint(*, client_id: str, endpoint_id: str, now: datetime) -> Endpoint:
    """This function will call a closed address again. Raises: EndpointUnknown, EndpointsTooMany."""
    with transaction():
        return partners.reopen_endpoint(
            id=endpoint_id, client_id=client_id, actor=f"client:{client_id}", now=now
        )
