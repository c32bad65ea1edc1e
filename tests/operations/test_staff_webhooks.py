"""Staff see what partners were told, and send it again: once for each press, never to a closed address, audited."""

from __future__ import annotations

import pytest

from puhui.access.partners import operations as partners
from puhui.access.partners.domain import DeliveryState
from puhui.access.partners.queries import find_delivery, get_endpoint, list_deliveries
from puhui.runtime.clock import utc_now
from puhui.runtime.queries import list_audit
from puhui.runtime.transactions import transaction
from tests.operations.web_kit import staff, text_of
from tests.operations.webhook_kit import a_delivery

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "k" * 24


def test_failed_ones_are_sent_again_once_filtered_and_audited() -> None:
    id = a_delivery(utc_now(), events=3, given_up=True)
    found = find_delivery(id)
    assert found is not None
    endpoint = found[1]
    desk = staff("operations")
    shown = text_of(desk.get("/staff/webhooks?state=failed").content)
    assert "Kit &amp; Co" in shown and "HTTP 503" in shown and "Send all failed again (3)" in shown
    assert "No delivery fits this filter" in text_of(desk.get("/staff/webhooks?state=delivered").content)
    page = desk.get(f"/staff/webhooks/{id}").content.decode()
    assert "webhook-signature" in page and "case_id" in page and "whsec_" not in page

    first = desk.post(f"/staff/webhooks/{id}", {"key": KEY}).headers["Location"]
    assert desk.post(f"/staff/webhooks/{id}", {"key": KEY}).headers["Location"] == first
    waiting = list_deliveries(client_id=endpoint.client_id, state=DeliveryState.WAITING)
    assert len(waiting) == 1 and waiting[0].replay and waiting[0].event == found[0].event

    for key in ("a" * 24, "a" * 24, "b" * 24):  # the same press again, then another person's
        desk.post("/staff/webhooks", {"act": "send_failed", "endpoint": endpoint.id, "key": key})
    assert len(list_deliveries(client_id=endpoint.client_id, state=DeliveryState.WAITING)) == 3
    acts = [one.action for one in list_audit(f"endpoint:{endpoint.id}")]
    assert acts.count("webhook.sent_again") == 2


def test_a_closed_endpoint_is_opened_before_anything_is_sent() -> None:
    now = utc_now()
    id = a_delivery(now, given_up=True)
    found = find_delivery(id)
    assert found is not None
    endpoint = found[1]
    with transaction():
        partners.close_endpoint(id=endpoint.id, client_id=endpoint.client_id, reason="asked", now=now)
    desk = staff("admin")
    assert desk.post(f"/staff/webhooks/{id}", {"key": KEY}).status_code == 409
    assert len(list_deliveries(client_id=endpoint.client_id)) == 1
    desk.post("/staff/webhooks", {"act": "reopen", "endpoint": endpoint.id})
    assert get_endpoint(client_id=endpoint.client_id, id=endpoint.id).state.value == "open"
    assert "endpoint.reopened" in [one.action for one in list_audit(f"endpoint:{endpoint.id}")]
    assert desk.post(f"/staff/webhooks/{id}", {"key": KEY}).status_code == 302
    assert staff("analyst").get("/staff/webhooks").status_code == 403
