"""Webhooks: what a partner hears, signed, sent again until taken, and never to a place that it must not reach."""

from __future__ import annotations

import importlib.util
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings

from puhui.access.partners.domain import (
    WAITS_SECONDS,
    DeliveryState,
    WebhookUrlInvalid,
    check_url,
    make_secret,
    may_call,
    sign,
    verify,
)
from puhui.access.partners.gateways.webhooks import post
from puhui.access.partners.models import DeliveryRow, EndpointRow, PartnerEventRow
from puhui.access.partners.queries import list_attempts, list_deliveries
from puhui.journeys import clock as clock_journey
from puhui.journeys.handlers import HANDLERS
from puhui.lab.demo_partner import ensure_demo_client
from puhui.runtime.clock import utc_now
from puhui.runtime.domain import WorkItem
from puhui.runtime.transactions import transaction
from puhui.runtime.worker import drain
from puhui.web.partner_api.docs import description
from tests.journeys.world import World
from tests.live import REPO
from tests.operations.partner_kit import Partner, faults, introduce, lend, person, sandbox, work

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Receiver:
    """A partner's server: keeps what it was sent and answers as it is told."""

    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # statuses to give, then 204
    url: str = ""

    def events(self) -> list[dict[str, Any]]:
        """Bodies in order."""
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(kept.answers.pop(0) if kept.answers else 204)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kept
    server.shutdown()
    server.server_close()


@pytest.fixture
def world() -> Iterator[World]:
    with sandbox() as made:
        yield made


@pytest.fixture
def partner(world: World) -> Partner:
    return Partner()


EVERYTHING = [
    "application.decided", "contract.signed", "loan.paid_out", "loan.cancelled", "loan.payment_received",
    "loan.payment_returned", "loan.closed", "case.opened",
]  # fmt: skip


def listen(partner: Partner, receiver: Receiver, events: list[str] | None = None) -> str:
    body = {"url": receiver.url, "events": events or EVERYTHING}
    return str(partner.send("/webhooks/endpoints", body)["id"])


def later(seconds: int) -> None:
    drain(handlers=HANDLERS, now=utc_now() + timedelta(seconds=seconds), strict=True)


def test_a_partner_hears_of_the_whole_journey_in_order(partner: Partner, receiver: Receiver) -> None:
    endpoint_id = listen(partner, receiver)
    customer_id, loan_id = lend(partner, person(1))
    work()
    part = {"intent": "prepay", "amount_minor": 100_000, "currency": "CNY"}
    partner.send(f"/loans/{loan_id}/repayments", {"repayment": part})
    work()
    partner.send(f"/loans/{loan_id}/repayments", {"repayment": {"intent": "payoff"}})
    work()
    partner.send(f"/customers/{customer_id}/cases", {"kind": "complaint", "text": "my secret words"})
    work()
    heard = receiver.events()
    assert [one["type"] for one in heard] == [
        "application.decided", "contract.signed", "loan.paid_out", "loan.payment_received",
        "loan.payment_received", "loan.closed", "case.opened",
    ]  # fmt: skip
    for one in heard:
        told = description()["webhooks"][one["type"]]["post"]["requestBody"]["content"]["application/json"]
        assert faults(told["schema"], one) == []
    assert heard[0]["data"]["verdict"] == "approved"
    assert {one["data"]["customer_id"] for one in heard} == {customer_id}
    assert heard[2]["data"] | {"loan_id": loan_id, "amount_minor": 1_000_000} == heard[2]["data"]
    who = person(1)
    for _, body in receiver.got:
        for planted in (who.name, who.phone, who.resident_number, who.account_number, "my secret words"):
            assert planted not in body.decode()
    page = partner.read("/webhooks/deliveries", endpoint_id=endpoint_id, limit=3)
    assert len(page["items"]) == 3 and page["next_cursor"]
    rest = partner.read("/webhooks/deliveries", endpoint_id=endpoint_id, cursor=page["next_cursor"])
    listed = [one["type"] for one in page["items"] + rest["items"]]
    assert listed[0] == "case.opened" and sorted(listed) == sorted([one["type"] for one in heard])
    assert {one["state"] for one in page["items"] + rest["items"]} == {"delivered"}


def test_a_call_is_signed_so_that_anybody_can_check_it(partner: Partner, receiver: Receiver) -> None:
    endpoint_id = listen(partner, receiver)
    secret = partner.read(f"/webhooks/endpoints/{endpoint_id}/secret")["secret"]
    customer_id = introduce(partner, person(2))
    partner.send(f"/customers/{customer_id}/cases", {"kind": "question", "text": "why?"})
    work()
    headers, body = receiver.got[0]
    assert headers["content-type"] == "application/json"
    assert example().verify_webhook(headers=headers, body=body, secret=secret)["type"] == "case.opened"
    call = {
        "id": headers["webhook-id"],
        "timestamp": headers["webhook-timestamp"],
        "signature": headers["webhook-signature"],
    }
    now = datetime.fromtimestamp(int(call["timestamp"]), UTC)
    assert verify(**call, body=body, secret=secret, now=now)
    assert not verify(**call, body=body + b" ", secret=secret, now=now)
    assert not verify(**call, body=body, secret=make_secret(b"x" * 32), now=now)
    for skew in (-301, 301):
        assert not verify(**call, body=body, secret=secret, now=now + timedelta(seconds=skew))
    other = call | {"id": "another"}
    assert not verify(**other, body=body, secret=secret, now=now)
    with pytest.raises(ValueError, match="clock"):
        example().verify_webhook(headers=headers, body=body, secret=secret, now=now.timestamp() + 400)
    with pytest.raises(ValueError, match="signature"):
        example().verify_webhook(headers=headers, body=body[:-1] + b"!", secret=secret)


def example() -> Any:
    """The example client, as a partner would import it."""
    spec = importlib.util.spec_from_file_location("example", REPO / "examples" / "partner" / "client.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_signature_is_the_specifications_own() -> None:
    """The example of the Standard Webhooks specification and of its reference libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signature = sign(id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=body, secrets=[secret])
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_changed_secret_signs_beside_the_old_one_for_a_day(partner: Partner, receiver: Receiver) -> None:
    endpoint_id = listen(partner, receiver)
    at = f"/webhooks/endpoints/{endpoint_id}"
    old = partner.read(f"{at}/secret")["secret"]
    partner.send(f"{at}/secret-rotations")
    new = partner.read(f"{at}/secret")["secret"]
    assert old != new
    row = EndpointRow.objects.get()
    assert old not in row.old_secret_sealed and new not in row.secret_sealed
    customer_id = introduce(partner, person(3))
    partner.send(f"/customers/{customer_id}/cases", {"kind": "question", "text": "why?"})
    work()
    headers, body = receiver.got[0]
    check = example().verify_webhook
    assert check(headers=headers, body=body, secret=old) == check(headers=headers, body=body, secret=new)
    EndpointRow.objects.update(old_secret_until=utc_now())
    partner.send(f"/customers/{customer_id}/cases", {"kind": "question", "text": "and why?"})
    work()
    headers, body = receiver.got[1]
    check(headers=headers, body=body, secret=new)
    with pytest.raises(ValueError, match="signature"):
        check(headers=headers, body=body, secret=old)


def open_case(partner: Partner, index: int) -> None:
    customer_id = introduce(partner, person(index))
    partner.send(f"/customers/{customer_id}/cases", {"kind": "question", "text": "why?"})


def test_what_is_not_taken_is_sent_again_as_the_specification_says(
    partner: Partner, receiver: Receiver
) -> None:
    listen(partner, receiver)
    receiver.answers = [500, 302, 429]
    open_case(partner, 4)
    start = utc_now()
    work()
    [delivery] = list_deliveries(client_id=partner.client_id)
    assert delivery.state is DeliveryState.WAITING and delivery.attempts == 1
    drain(
        handlers=HANDLERS, now=start + timedelta(seconds=1), strict=True
    )  # however long the first call took
    assert len(receiver.got) == 1
    later(6)
    later(400)
    later(2_300)
    assert len(receiver.got) == 4 and len({body for _, body in receiver.got}) == 1
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    detail = partner.read(f"/webhooks/deliveries/{delivery.id}")
    assert [one["status"] for one in detail["calls"]] == [500, 302, 429, 204]
    assert detail["state"] == "delivered" and detail["payload"] == receiver.events()[0]


def test_after_the_last_try_it_is_given_up_and_can_be_asked_for_again(
    partner: Partner, receiver: Receiver
) -> None:
    listen(partner, receiver)
    receiver.answers = [503] * (len(WAITS_SECONDS) + 1)
    open_case(partner, 5)
    work()
    passed = 0
    for wait in WAITS_SECONDS:
        passed += wait + 5
        later(passed)
    [delivery] = list_deliveries(client_id=partner.client_id)
    assert delivery.state is DeliveryState.FAILED and delivery.attempts == 10
    assert len(list_attempts(delivery.id)) == 10
    asked = partner.post(f"/webhooks/deliveries/{delivery.id}/replays", key="once-more-and-no-more")
    again = partner.post(f"/webhooks/deliveries/{delivery.id}/replays", key="once-more-and-no-more")
    assert asked.status_code == 202 and asked.content == again.content and asked.json()["replay"] is True
    later(passed)
    assert len(receiver.got) == 11
    assert receiver.got[10][0]["webhook-id"] == receiver.got[0][0]["webhook-id"]
    assert partner.read(f"/webhooks/deliveries/{asked.json()['id']}")["state"] == "delivered"


def test_a_receiver_that_is_gone_is_called_no_more(partner: Partner, receiver: Receiver) -> None:
    endpoint_id = listen(partner, receiver)
    receiver.answers = [410]
    open_case(partner, 6)
    work()
    assert partner.read(f"/webhooks/endpoints/{endpoint_id}")["state"] == "closed"
    open_case(partner, 7)
    work()
    assert len(receiver.got) == 1
    [delivery] = list_deliveries(client_id=partner.client_id)
    refused = partner.post(f"/webhooks/deliveries/{delivery.id}/replays")
    assert refused.status_code == 404 and refused.json()["code"] == "EndpointUnknown"


def test_an_address_where_nobody_listens_is_closed_and_can_be_opened_again(
    partner: Partner, receiver: Receiver
) -> None:
    """One delivery taken in between, and the count begins again."""
    endpoint_id = listen(partner, receiver)
    customer_id = introduce(partner, person(30))

    def give_up(taken: bool) -> None:
        partner.send(f"/customers/{customer_id}/cases", {"kind": "question", "text": "why?"})
        receiver.answers = [] if taken else [503]
        row_of = DeliveryRow.objects.filter(state="waiting")
        drain(handlers={"partners.announce": HANDLERS["partners.announce"]}, now=utc_now(), strict=True)
        row_of.update(attempts=0 if taken else len(WAITS_SECONDS))
        for row in row_of:
            attempt = row.attempts + 1
            item = WorkItem(
                key="k", kind="partners.deliver", payload={"delivery_id": row.id, "attempt": attempt},
                attempts=1, now=utc_now(),
            )  # fmt: skip
            effect = HANDLERS["partners.deliver"](item)
            with transaction():
                effect(utc_now())

    for taken in (False, False, False, False, True, False, False, False, False):
        give_up(taken)
        assert partner.read(f"/webhooks/endpoints/{endpoint_id}")["state"] == "open"
    give_up(False)
    assert partner.read(f"/webhooks/endpoints/{endpoint_id}")["state"] == "closed"
    at = f"/webhooks/endpoints/{endpoint_id}/reopening"
    assert partner.send(at)["state"] == "open" and partner.send(at)["state"] == "open"
    lost = partner.read("/webhooks/deliveries", state="failed")["items"][0]["id"]
    partner.send(f"/webhooks/deliveries/{lost}/replays")
    receiver.answers = []
    work()
    assert partner.read("/webhooks/deliveries", state="delivered", limit=1)["items"][0]["replay"] is True
    assert Partner("two").post(at).status_code == 404


def test_closing_an_endpoint_ends_what_waits(partner: Partner, receiver: Receiver) -> None:
    endpoint_id = listen(partner, receiver)
    receiver.answers = [500]
    open_case(partner, 8)
    work()
    partner.send(f"/webhooks/endpoints/{endpoint_id}/closure")
    later(10)
    [delivery] = list_deliveries(client_id=partner.client_id)
    assert delivery.state is DeliveryState.FAILED and len(receiver.got) == 1
    twice = partner.post(f"/webhooks/endpoints/{endpoint_id}/closure")
    assert twice.status_code == 404


def test_only_what_was_asked_for_is_sent_and_only_to_its_partner(
    partner: Partner, receiver: Receiver, world: World
) -> None:
    listen(partner, receiver, ["loan.closed"])
    other = Partner("two")
    listen(other, receiver)
    open_case(partner, 9)
    work()
    assert receiver.got == [] and PartnerEventRow.objects.count() == 1
    assert DeliveryRow.objects.count() == 0
    endpoint = other.read("/webhooks/endpoints")["items"][0]["id"]
    assert partner.get(f"/webhooks/endpoints/{endpoint}").status_code == 404
    assert partner.get(f"/webhooks/endpoints/{endpoint}/secret").status_code == 404
    assert partner.post(f"/webhooks/endpoints/{endpoint}/closure").status_code == 404


def test_a_partner_has_ten_endpoints_at_most(partner: Partner, receiver: Receiver) -> None:
    for _ in range(10):
        listen(partner, receiver)
    refused = partner.post("/webhooks/endpoints", {"url": receiver.url, "events": ["case.opened"]})
    assert refused.status_code == 409 and refused.json()["code"] == "EndpointsTooMany"


def test_the_demos_moved_clock_does_not_reach_the_timestamp(partner: Partner, receiver: Receiver) -> None:
    endpoint_id = listen(partner, receiver)
    clock_journey.move(seconds=40 * 86_400, now=utc_now())
    secret = partner.read(f"/webhooks/endpoints/{endpoint_id}/secret")["secret"]
    open_case(partner, 10)
    work()
    headers, body = receiver.got[0]
    assert example().verify_webhook(headers=headers, body=body, secret=secret)


# --- places that must not be reached


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example/hook", "https://localhost/", "https://127.0.0.1/", "https://10.0.0.8/x",
        "https://169.254.169.254/latest/meta-data", "https://[::1]/", "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://0/", "https://2130706433/",
        "https://0x7f000001/", "https://user:pass@partner.example/", "https://partner.example:0/",
        "https://partner.example:99999/", "https://partner.example/#x", "ftp://partner.example/",
        "https://partner.internal/", "https:///nothing", "https://a b/", "https://partner.example/\u00e9",
        "https://192.0.2.1/", "https://224.0.0.1/", "https://100.64.0.1/", "https://x..y/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_an_address_that_may_not_be_called_is_refused(
    partner: Partner, settings: LazySettings, url: str
) -> None:
    with pytest.raises(WebhookUrlInvalid):
        check_url(url, private_ok=False)
    settings.DEMO = False
    refused = partner.post("/webhooks/endpoints", {"url": url, "events": ["case.opened"]})
    assert refused.status_code == 422 and refused.json()["field"] == "url", refused.content


def test_good_addresses_are_taken() -> None:
    for url in (
        "https://partner.example/hook?x=1",
        "https://hooks.partner.example:8443/",
        "https://1.1.1.1/",
    ):
        assert check_url(url, private_ok=False) == url
    assert check_url("http://127.0.0.1:8000/x", private_ok=True)


def test_a_name_that_points_inside_is_not_called(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name resolves to a private place only when it is called, after it was registered as a good one."""
    from puhui.access.partners.gateways import webhooks

    for inside in ("127.0.0.1", "10.1.2.3", "169.254.169.254", "::1"):
        monkeypatch.setattr(webhooks, "_addresses", lambda parts, inside=inside: ["93.184.216.34", inside])
        found = post(url="https://partner.example/", headers={}, body=b"{}", private_ok=False)
        assert found.status is None and "private" in found.error
    assert receiver.got == []


def test_silence_and_nonsense_are_no_answer() -> None:
    assert post(url="http://127.0.0.1:9/", headers={}, body=b"", private_ok=True).error == "no connection"
    unknown = post(url="https://nobody.invalid/", headers={}, body=b"", private_ok=False)
    assert unknown.error in ("the name is not known", "the name points to a private place")


def test_a_receiver_that_drips_its_answer_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.access.partners.gateways import webhooks

    monkeypatch.setattr(webhooks, "WHOLE_SECONDS", 0.4)
    server = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        line, _ = server.accept()
        with line, suppress(OSError):
            line.sendall(b"HTTP/1.1 200 OK\r\n")
            for _ in range(1_200):
                time.sleep(0.05)
                line.sendall(b"x")

    threading.Thread(target=drip, daemon=True).start()
    began = time.monotonic()
    url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    found = post(url=url, headers={}, body=b"{}", private_ok=True)
    assert found.status is None and found.error == "no answer in time"
    assert time.monotonic() - began < 30
    server.close()


def test_a_call_that_was_cut_before_it_was_connected_goes_no_further() -> None:
    from puhui.access.partners.gateways.webhooks import _Pinned

    with socket.create_server(("127.0.0.1", 0)) as server:
        call = _Pinned("127.0.0.1", urlsplit(f"http://127.0.0.1:{server.getsockname()[1]}/"))
        call.cut()
        with pytest.raises(TimeoutError):
            call.request("POST", "/", body=b"")
        call.close()


def test_public_addresses() -> None:
    assert may_call("93.184.216.34", private_ok=False) and may_call("2606:4700::1111", private_ok=False)
    assert not may_call("nonsense", private_ok=True) and not may_call("224.0.0.1", private_ok=True)
    assert may_call("127.0.0.1", private_ok=True)


def test_the_demos_partner_has_a_customer_to_look_at(world: World) -> None:
    demo = ensure_demo_client(now=utc_now())
    assert ensure_demo_client(now=utc_now()) == demo
    held = Partner.__new__(Partner)
    from django.test import Client

    from tests.operations.partner_kit import SCOPES, give_token

    held.http, held.client_id = Client(), demo.client.id
    held.token = give_token(demo.client.id, SCOPES)
    customers = held.read("/customers")["items"]
    loans = [one for each in customers for one in held.read(f"/customers/{each['id']}/loans")["items"]]
    assert [one["state"] for one in loans] == ["active"]
