"""What partners were told: endpoints and deliveries by partner and state, one of them with its calls, and sending again."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from puhui.access.partners.domain import Attempt, Delivery, DeliveryState, Endpoint, EndpointState
from puhui.access.partners.queries import (
    count_deliveries,
    count_failed_for_good,
    find_client,
    find_delivery,
    list_all_endpoints,
    list_attempts,
    list_clients,
    list_deliveries,
    list_endpoints,
    list_endpoints_by_id,
    list_last_attempts,
)
from puhui.access.staff.domain import Permission
from puhui.journeys import staff_webhooks
from puhui.journeys.deliver_webhook import headers_of
from puhui.web import clock
from puhui.web.errors import NotFoundHere
from puhui.web.shared import inputs
from puhui.web.staff.guard import allowed, desk, login_of

SHOWN = 50  # deliveries of one page
ENDPOINTS = 30  # endpoints shown while no partner is chosen
COLOURS = {DeliveryState.WAITING: "ochre", DeliveryState.DELIVERED: "jade", DeliveryState.FAILED: "brick"}
_ID = re.compile(r"[a-z2-7]{26}")
_SIGNATURE_SHOWN = 16  # characters: enough to compare, too few to pass for a signature


@require_http_methods(["GET", "POST"])
@allowed(Permission.WEBHOOKS)
def list_page(request: HttpRequest) -> HttpResponseBase:
    """This function will list endpoints and deliveries, newest first; or send all failed again, or open an endpoint."""
    if request.method == "POST":
        return _act(request)
    chosen = _chosen(request)
    clients = {one.id: one.name for one in list_clients()}
    endpoints = list_endpoints(client_id=chosen["client"]) if chosen["client"] else ()
    if not chosen["client"]:
        endpoints = list_all_endpoints(limit=ENDPOINTS)
    counts = count_deliveries([one.id for one in endpoints])
    state = DeliveryState(chosen["state"]) if chosen["state"] else None
    found = list_deliveries(
        client_id=chosen["client"] or None,
        endpoint_id=chosen["endpoint"] or None,
        state=state,
        after=_after(request),
        limit=SHOWN + 1,
    )
    rows = found[:SHOWN]
    older = (
        {**chosen, "after": f"{rows[-1].opened_at.isoformat()}_{rows[-1].id}"} if len(found) > SHOWN else {}
    )
    return desk(
        request,
        "webhooks",
        here="webhooks",
        clients=clients,
        chosen=chosen,
        states=list(DeliveryState),
        endpoints=[_endpoint(one, clients, counts[one.id]) for one in endpoints],
        rows=_rows(rows, clients),
        newest=_url(chosen) if request.GET.get("after") else "",
        older=_url(older) if older else "",
        every=_url({**chosen, "endpoint": ""}) if chosen["endpoint"] else "",
        at_once=staff_webhooks.AT_ONCE,
        sent=_sent(request),
    )


def _act(request: HttpRequest) -> HttpResponseBase:
    act = request.POST.get("act", "")
    endpoint_id = inputs.text(request, "endpoint", limit=26)
    by, now = login_of(request), clock.now(request)
    back = _chosen(request)
    if act == "reopen":
        staff_webhooks.reopen(endpoint_id=endpoint_id, by=by, now=now)
    elif act == "send_failed":
        sent = staff_webhooks.send_failed(
            endpoint_id=endpoint_id, by=by, key=inputs.form_key(request), now=now
        )
        back["sent"] = str(sent)
    else:
        raise NotFoundHere()
    return redirect(_url(back))


@require_http_methods(["GET", "POST"])
@allowed(Permission.WEBHOOKS)
def delivery_page(request: HttpRequest, delivery_id: str) -> HttpResponseBase:
    """This function will show one delivery: what is sent, signed how, and every call; or send it again."""
    found = find_delivery(delivery_id)
    if found is None:
        raise NotFoundHere()
    delivery, endpoint = found
    now = clock.now(request)
    if request.method == "POST":
        again = staff_webhooks.send_again(
            delivery_id=delivery_id, by=login_of(request), key=inputs.form_key(request), now=now
        )
        return redirect("staff_delivery", again)
    client = find_client(endpoint.client_id)
    headers = headers_of(delivery, now=now)
    signatures = headers["webhook-signature"].split(" ")
    headers["webhook-signature"] = " ".join(f"{one[:_SIGNATURE_SHOWN]}…" for one in signatures)
    return desk(
        request,
        "delivery",
        here="webhooks",
        one=delivery,
        css=COLOURS[delivery.state],
        endpoint=endpoint,
        is_open=endpoint.state is EndpointState.OPEN,
        partner=client.name if client else endpoint.client_id,
        headers=headers,
        payload=json.dumps(json.loads(delivery.event.body), ensure_ascii=False, indent=2),
        calls=list_attempts(delivery.id),
        back=_url({"client": endpoint.client_id, "endpoint": endpoint.id}),
    )


def _chosen(request: HttpRequest) -> dict[str, str]:
    """Return the filters of the address; what is no id or no state chooses nothing."""
    chosen = {name: request.GET.get(name, "") for name in ("client", "endpoint")}
    chosen = {name: value if _ID.fullmatch(value) else "" for name, value in chosen.items()}
    state = request.GET.get("state", "")
    return {**chosen, "state": state if state in {one.value for one in DeliveryState} else ""}


def _after(request: HttpRequest) -> tuple[datetime, str] | None:
    at, _, id = request.GET.get("after", "").partition("_")
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (instant, id) if instant.tzinfo is not None and _ID.fullmatch(id) else None


def _sent(request: HttpRequest) -> int | None:
    """Return how many events the press before this page sent, None when none was pressed."""
    typed = request.GET.get("sent", "")
    return int(typed) if re.fullmatch("[0-9]{1,3}", typed) else None


def _url(asked: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('staff_webhooks')}?{query}" if query else reverse("staff_webhooks")


def _endpoint(one: Endpoint, clients: dict[str, str], counts: dict[DeliveryState, int]) -> dict[str, Any]:
    failed = count_failed_for_good(endpoint_id=one.id) if counts[DeliveryState.FAILED] else 0
    return {
        "one": one,
        "partner": clients.get(one.client_id, one.client_id),
        "is_open": one.state is EndpointState.OPEN,
        "counts": [counts[state] for state in DeliveryState],
        "untaken": failed,
        "url": _url({"client": one.client_id, "endpoint": one.id}),
    }


def _rows(deliveries: tuple[Delivery, ...], clients: dict[str, str]) -> list[dict[str, Any]]:
    places = list_endpoints_by_id({one.endpoint_id for one in deliveries})
    calls = list_last_attempts([one.id for one in deliveries])
    return [
        {
            "one": one,
            "css": COLOURS[one.state],
            "partner": clients.get(one.event.client_id, one.event.client_id),
            "place": places[one.endpoint_id].url,
            "answer": _answer(calls.get(one.id)),
        }
        for one in deliveries
    ]


def _answer(call: Attempt | None) -> str:
    if call is None:
        return "–"
    return f"HTTP {call.status}" if call.status is not None else call.error
