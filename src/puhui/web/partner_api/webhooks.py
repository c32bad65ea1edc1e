"""Webhooks: where the partner wants to hear of events, the secret that signs them, and what became of each delivery."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from puhui.access.partners.domain import (
    SECRET_BYTES,
    URL_LONGEST,
    Delivery,
    DeliveryState,
    Endpoint,
)
from puhui.access.partners.queries import (
    get_delivery,
    get_endpoint,
    get_endpoint_secret,
    list_attempts,
    list_deliveries,
    list_endpoints,
)
from puhui.journeys import webhooks
from puhui.journeys.notify_partner import EventType
from puhui.web.partner_api.act import act, reply
from puhui.web.partner_api.auth import caller_of
from puhui.web.partner_api.fields import Body, Cursor, Id, Limit, Out
from puhui.web.partner_api.operations import operation
from puhui.web.partner_api.pages import read_instant, write_cursor

router = Router(tags=["Webhooks"])
READ, WRITE = "webhooks:read", "webhooks:write"
EventName = Literal[
    "application.decided",
    "contract.signed",
    "loan.paid_out",
    "loan.cancelled",
    "loan.payment_received",
    "loan.payment_returned",
    "loan.closed",
    "case.opened",
]


class EndpointIn(Body):
    """An address that wants to hear of events."""

    url: str = Field(
        strict=True,
        pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(/[!-~]*)?$",
        max_length=URL_LONGEST,
        description="https only, a public address; in the demo http and private ones too.",
        examples=["https://partner.example/hooks"],
    )
    events: list[EventName] = Field(min_length=1, max_length=8)
    description: str = Field(default="", strict=True, max_length=200)


class EndpointOut(Out):
    """An endpoint; its secret is read apart."""

    id: Id
    url: str
    events: list[EventName]
    description: str
    state: Literal["open", "closed"]
    opened_at: datetime
    rotated_at: datetime | None
    closed_at: datetime | None


class EndpointList(Out):
    """The partner's endpoints, closed ones too, oldest first."""

    items: list[EndpointOut]


class SecretOut(Out):
    """The secret that signs what is sent to an endpoint."""

    secret: str = Field(description="`whsec_` and base64, as the Standard Webhooks specification has it.")


class AttemptOut(Out):
    """One call."""

    seq: int
    at: datetime
    status: int | None = Field(description="HTTP status of the answer, None when there was none.")
    error: str


class DeliveryOut(Out):
    """One event on its way to one endpoint."""

    id: Id
    endpoint_id: Id
    event_id: Id = Field(description="The `webhook-id`: the same for every attempt and replay.")
    type: EventName
    state: Literal["waiting", "delivered", "failed"]
    attempts: int
    replay: bool
    opened_at: datetime
    next_at: datetime | None
    settled_at: datetime | None


class DeliveryDetail(DeliveryOut):
    """A delivery with what is sent and every call."""

    payload: dict[str, Any]
    calls: list[AttemptOut]


class DeliveryPage(Out):
    """One page of deliveries, newest first."""

    items: list[DeliveryOut]
    next_cursor: str | None


def _endpoint_out(one: Endpoint) -> EndpointOut:
    return EndpointOut.model_validate(
        {
            "id": one.id,
            "url": one.url,
            "events": list(one.events),
            "description": one.description,
            "state": one.state.value,
            "opened_at": one.opened_at,
            "rotated_at": one.rotated_at,
            "closed_at": one.closed_at,
        }
    )


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "endpoint_id": one.endpoint_id,
        "event_id": one.event.id,
        "type": one.event.type,
        "state": one.state.value,
        "attempts": one.attempts,
        "replay": one.replay,
        "opened_at": one.opened_at,
        "next_at": one.next_at,
        "settled_at": one.settled_at,
    }


@operation(
    router, "POST", "/webhooks/endpoints", scope=WRITE, status=201,
    says=("Open an endpoint", "新建回调地址"), answers=EndpointOut,
)  # fmt: skip
def open_endpoint(request: HttpRequest, body: EndpointIn) -> HttpResponse:
    """We make its secret; read it once with `GET …/secret`. Ten endpoints at most."""

    def do(key: str, now: datetime) -> EndpointOut:
        opened = webhooks.open_endpoint(
            client_id=caller_of(request).client_id,
            url=body.url,
            events=[EventType(one) for one in body.events],
            description=body.description,
            secret=secrets.token_bytes(SECRET_BYTES),
            key=key,
            now=now,
        )
        return _endpoint_out(opened)

    return act(request, body, do, status=201)


@operation(
    router, "GET", "/webhooks/endpoints", scope=READ,
    says=("List endpoints", "列出回调地址"), answers=EndpointList,
)  # fmt: skip
def list_my_endpoints(request: HttpRequest) -> HttpResponse:
    """Closed ones too, oldest first."""
    found = list_endpoints(client_id=caller_of(request).client_id)
    return reply(EndpointList(items=[_endpoint_out(one) for one in found]))


@operation(
    router, "GET", "/webhooks/endpoints/{endpoint_id}", scope=READ,
    says=("Read an endpoint", "查看回调地址"), answers=EndpointOut,
)  # fmt: skip
def get_one_endpoint(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """Whether it is open, and of what it hears."""
    return reply(_endpoint_out(get_endpoint(client_id=caller_of(request).client_id, id=endpoint_id)))


@operation(
    router, "GET", "/webhooks/endpoints/{endpoint_id}/secret", scope=WRITE,
    says=("Read an endpoint's secret", "查看签名密钥"), answers=SecretOut,
)  # fmt: skip
def get_secret(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """The newest one. Keep it where only the receiver can read it."""
    return reply(
        SecretOut(secret=get_endpoint_secret(client_id=caller_of(request).client_id, id=endpoint_id))
    )


@operation(
    router, "POST", "/webhooks/endpoints/{endpoint_id}/secret-rotations", scope=WRITE, status=201,
    says=("Change an endpoint's secret", "更换签名密钥"), answers=EndpointOut,
)  # fmt: skip
def rotate_secret(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """For a day both the new and the old secret sign, so that the receiver can change over."""
    client_id = caller_of(request).client_id

    def do(key: str, now: datetime) -> EndpointOut:
        new = secrets.token_bytes(SECRET_BYTES)
        return _endpoint_out(
            webhooks.change_secret(client_id=client_id, endpoint_id=endpoint_id, secret=new, now=now)
        )

    return act(request, None, do, status=201)


@operation(
    router, "POST", "/webhooks/endpoints/{endpoint_id}/closure", scope=WRITE, status=201,
    says=("Close an endpoint", "关闭回调地址"), answers=EndpointOut,
)  # fmt: skip
def close_endpoint(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """It is called no more; what waits for it fails."""
    client_id = caller_of(request).client_id

    def do(key: str, now: datetime) -> EndpointOut:
        return _endpoint_out(webhooks.close_endpoint(client_id=client_id, endpoint_id=endpoint_id, now=now))

    return act(request, None, do, status=201)


@operation(
    router, "POST", "/webhooks/endpoints/{endpoint_id}/reopening", scope=WRITE, status=201,
    says=("Open an endpoint again", "重新开放回调地址"), answers=EndpointOut,
)  # fmt: skip
def reopen_endpoint(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """After you closed it, after 410, or after we did: five deliveries in a row that nobody took close it."""
    client_id = caller_of(request).client_id

    def do(key: str, now: datetime) -> EndpointOut:
        return _endpoint_out(webhooks.reopen_endpoint(client_id=client_id, endpoint_id=endpoint_id, now=now))

    return act(request, None, do, status=201)


@operation(
    router, "GET", "/webhooks/deliveries", scope=READ,
    says=("List deliveries", "列出投递记录"), answers=DeliveryPage,
)  # fmt: skip
def list_my_deliveries(
    request: HttpRequest,
    endpoint_id: Id | None = None,
    state: Literal["waiting", "delivered", "failed"] | None = None,
    cursor: Cursor | None = None,
    limit: Limit = 50,
) -> HttpResponse:
    """Newest first, of one endpoint or all, in one state or any."""
    found = list_deliveries(
        client_id=caller_of(request).client_id,
        endpoint_id=endpoint_id,
        state=DeliveryState(state) if state else None,
        after=read_instant(cursor),
        limit=limit + 1,
    )
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    return reply(
        DeliveryPage(
            items=[DeliveryOut.model_validate(_delivery(one)) for one in page],
            next_cursor=write_cursor(last.opened_at.isoformat(), last.id) if last else None,
        )
    )


@operation(
    router, "GET", "/webhooks/deliveries/{delivery_id}", scope=READ,
    says=("Read a delivery", "查看投递"), answers=DeliveryDetail,
)  # fmt: skip
def get_one_delivery(request: HttpRequest, delivery_id: Id) -> HttpResponse:
    """With what is sent and every call."""
    one = get_delivery(client_id=caller_of(request).client_id, id=delivery_id)
    calls = [
        AttemptOut(seq=call.seq, at=call.at, status=call.status, error=call.error)
        for call in list_attempts(one.id)
    ]
    detail = {**_delivery(one), "payload": json.loads(one.event.body), "calls": calls}
    return reply(DeliveryDetail.model_validate(detail))


@operation(
    router, "POST", "/webhooks/deliveries/{delivery_id}/replays", scope=WRITE, status=202,
    says=("Send a delivery again", "重新投递"), answers=DeliveryOut,
)  # fmt: skip
def replay_delivery(request: HttpRequest, delivery_id: Id) -> HttpResponse:
    """The same `webhook-id` and the same text, signed anew: a receiver that has it already drops it."""
    client_id = caller_of(request).client_id

    def do(key: str, now: datetime) -> DeliveryOut:
        again = webhooks.send_again(client_id=client_id, delivery_id=delivery_id, key=key, now=now)
        return DeliveryOut.model_validate(_delivery(again))

    return act(request, None, do, status=202)
