"""A partner with an endpoint and events on their way to it, without a server that listens."""

from __future__ import annotations

from datetime import datetime

from puhui.access.partners import operations as partners
from puhui.access.partners.domain import WAITS_SECONDS, make_secret
from puhui.access.partners.queries import list_deliveries
from puhui.core.ids import derive_id
from puhui.runtime.transactions import transaction


def a_delivery(now: datetime, *, events: int = 1, given_up: bool = False) -> str:
    """Open a client, an endpoint and deliveries, given up after their last attempt if asked; return one's id."""
    client_id, endpoint_id = derive_id("client", "kit"), derive_id("endpoint", "kit")
    with transaction():
        partners.open_client(
            id=client_id, secret="not used", name="Kit & Co", scopes=["webhooks:read"], actor="test", now=now
        )
        partners.open_endpoint(
            id=endpoint_id,
            client_id=client_id,
            url="https://partner.example/hooks",
            events=["case.opened"],
            description="",
            secret=make_secret(b"s" * 32),
            now=now,
        )
        for one in range(events):
            partners.record_partner_event(
                id=derive_id("event", str(one)),
                client_id=client_id,
                type="case.opened",
                data={"case_id": derive_id("case", str(one))},
                occurred_at=now,
                now=now,
            )
        for delivery in list_deliveries(client_id=client_id) if given_up else ():
            partners.record_attempt(
                delivery_id=delivery.id, attempt=len(WAITS_SECONDS) + 1, status=503, error="", now=now
            )
    return list_deliveries(client_id=client_id)[0].id
