"""The door of the partner API: tokens, scopes, bodies, keys, rates, pages; every refusal is a problem document."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import get_resolver
from oauth2_provider.models import AccessToken, Application

from puhui.access.operations import CodeLocked
from puhui.access.partners.models import BucketRow
from puhui.access.partners.queries import list_delegations
from puhui.journeys import partners, rate, register
from puhui.runtime.clock import utc_now
from puhui.runtime.domain import WorkItem
from puhui.runtime.models import IdempotencyKey
from puhui.runtime.transactions import transaction
from puhui.web.partner_api import auth, docs, token
from puhui.web.partner_api import customers as customers_part
from puhui.web.partner_api.docs import description
from puhui.web.partner_api.fields import Body, Out
from puhui.web.partner_api.problems import headers_of
from puhui.web.partner_api.rates import Buckets
from puhui.web.partner_api.scopes import SCOPES, SCOPES_ZH
from tests.journeys.world import World
from tests.operations.partner_kit import (
    MONTH,
    Partner,
    approve,
    bind,
    code_on,
    give_token,
    introduce,
    person,
    sandbox,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)
PROBLEM = {"type", "title", "status", "detail", "code", "field", "remedy", "request_id", "errors"}


@pytest.fixture
def world() -> Iterator[World]:
    with sandbox() as made:
        yield made


@pytest.fixture
def partner(world: World) -> Partner:
    return Partner()


def problem(response: Any, status: int, code: str, field: str | None = None) -> dict[str, Any]:
    """Check that a response is a problem document, and return it."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    said: dict[str, Any] = response.json()
    assert set(said) == PROBLEM and said["status"] == status and said["code"] == code, said
    assert said["title"] and said["detail"] and said["remedy"] and said["request_id"]
    if field is not None:
        assert said["field"] == field, said
    return said


# --- tokens


def ask_token(client_id: str, secret: str, **form: str) -> Any:
    """Ask as a program does: client and secret in the header, the rest in a form."""
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return Client().post(
        "/api/v1/oauth/token",
        urlencode({"grant_type": "client_credentials", **form}),
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": f"Basic {basic}"},
    )


def test_a_token_is_given_for_the_secret_and_opens_its_scopes_for_a_quarter_of_an_hour(world: World) -> None:
    demo = partners.ensure_demo_client(now=utc_now())
    assert partners.ensure_demo_client(now=utc_now()) == demo
    given = ask_token(demo.client.id, demo.secret, scope="loans:read quotes:read")
    assert given.status_code == 200 and given.headers["Cache-Control"] == "no-store"
    body = given.json()
    assert body["token_type"] == "Bearer" and body["expires_in"] == 900
    assert body["scope"] == "loans:read quotes:read" and "refresh_token" not in body
    held = Partner.__new__(Partner)
    held.http, held.token, held.client_id = Client(), body["access_token"], demo.client.id
    assert held.get("/products").status_code == 200
    missing = held.get("/customers")
    problem(missing, 403, "ScopeMissing", "Authorization")
    assert 'error="insufficient_scope", scope="customers:read"' in missing.headers["WWW-Authenticate"]
    stored = AccessToken.objects.get()
    assert stored.token == "" and body["access_token"] not in str(vars(stored))
    assert Application.objects.get().client_secret.startswith("pbkdf2_sha256$")


def test_wrong_secrets_grants_and_scopes_get_no_token(world: World) -> None:
    demo = partners.ensure_demo_client(now=utc_now())
    wrong = ask_token(demo.client.id, "wrong")
    assert wrong.status_code == 401 and wrong.json()["error"] == "invalid_client"
    assert ask_token("nobody", demo.secret).status_code == 401
    for grant in (
        "password",
        "authorization_code",
        "implicit",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
    ):
        refused = ask_token(demo.client.id, demo.secret, grant_type=grant)
        assert refused.status_code == 400 and refused.json()["error"] == "unsupported_grant_type", grant
    more = ask_token(demo.client.id, demo.secret, scope="everything")
    assert more.status_code == 400 and more.json()["error"] == "invalid_scope"
    problem(Client().get("/api/v1/oauth/token"), 405, "HttpMethodNotServed")
    problem(Client().post("/api/v1/oauth/token", "{}", content_type="application/json"), 415, "BodyNotJson")
    form = "application/x-www-form-urlencoded"
    for body, said in (
        ("scope=loans:read", "grant_type is missing"),
        ("grant_type=", "grant_type is missing"),
        ("grant_type=client_credentials&grant_type=client_credentials", "grant_type may come only once"),
        ("grant_type=client_credentials&scope=%C3%A9", "scope may have visible ASCII"),
    ):
        refused = Client().post("/api/v1/oauth/token", body, content_type=form)
        assert refused.status_code == 400 and refused.json()["error"] == "invalid_request", body
        assert refused.json()["error_description"].startswith(said), refused.json()
    assert AccessToken.objects.count() == 0
    # RFC 6749: unknown parameters are ignored (3.2); errors challenge by the scheme that was used (5.2).
    assert wrong.headers["WWW-Authenticate"] == 'Basic realm="puhui"'
    assert "secret is wrong" in wrong.json()["error_description"]
    old = ask_token(demo.client.id, demo.secret, grant_type="password", username="a", password="b")
    assert old.json()["error"] == "unsupported_grant_type"
    assert ask_token(demo.client.id, demo.secret, audience="x").status_code == 200
    assert Client().get("/api/v1/oauth/authorize").status_code == 404


def test_secrets_cannot_be_tried_without_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token, "buckets", Buckets(kind="test", per_second=0.001, at_once=20))
    answers = [ask_token("nobody", "guess").status_code for _ in range(22)]
    assert answers[:20] == [401] * 20 and set(answers[20:]) == {429}


def test_without_a_good_token_nothing_opens(partner: Partner) -> None:
    fresh = Client()
    bare = fresh.get("/api/v1/customers")
    problem(bare, 401, "TokenMissing", "Authorization")
    assert bare.headers["WWW-Authenticate"] == 'Bearer realm="puhui"'
    for header in ("Bearer nonsense", "Bearer " + "x" * 5000, "Bearer \u00e9"):
        refused = fresh.get("/api/v1/customers", headers={"Authorization": header})
        problem(refused, 401, "TokenInvalid")
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    old = give_token(partner.client_id, ["customers:read"], seconds=-1)
    problem(fresh.get("/api/v1/customers", headers={"Authorization": f"Bearer {old}"}), 401, "TokenExpired")
    in_query = fresh.get(f"/api/v1/customers?access_token={partner.token}")
    problem(in_query, 401, "TokenMissing")
    problem(
        fresh.get("/api/v1/customers", headers={"Authorization": f"Basic {partner.token}"}),
        401,
        "TokenMissing",
    )


def test_a_closed_client_and_a_changed_secret_end_every_token(partner: Partner) -> None:
    assert partner.get("/customers").status_code == 200
    partners.change_secret(client_id=partner.client_id, secret="new", actor="test", now=utc_now())
    problem(partner.get("/customers"), 401, "TokenInvalid")
    partner.token = give_token(partner.client_id, ["customers:read"])
    assert partner.get("/customers").status_code == 200
    partners.close_client(client_id=partner.client_id, actor="test", now=utc_now())
    problem(partner.get("/customers"), 401, "TokenInvalid")
    assert ask_token(partner.client_id, "new").status_code == 401


def test_every_operation_wants_its_own_scope(world: World) -> None:
    """A token without the scope of an operation gets 403 there, whatever else it opens."""
    partner = Partner()
    for path, methods in description()["paths"].items():
        for method, one in methods.items():
            if "/oauth/" in path:
                continue
            assert one["x-scope"] in SCOPES
            partner.token = give_token(partner.client_id, [s for s in SCOPES if s != one["x-scope"]])
            address = path.removeprefix("/api/v1").replace("{", "").replace("}", "")
            send = partner.get if method == "get" else partner.post
            assert send(address).status_code == 403, (method, path)


# --- problem documents


def test_errors_are_said_in_both_languages(partner: Partner) -> None:
    english = problem(partner.get("/nothing/here"), 404, "NotFoundHere")
    response = partner.http.get("/api/v1/nothing/here", headers={"Accept-Language": "zh-CN"})
    chinese = problem(response, 404, "NotFoundHere")
    assert english["title"] == "Nothing is here" and chinese["title"] == "这里没有内容"
    assert english["detail"] != chinese["detail"] and chinese["remedy"] in chinese["detail"]
    assert response.headers["Content-Language"] == "zh-Hans"


def test_bodies_that_cannot_be_meant(partner: Partner) -> None:
    at = "/api/v1/customers/codes"
    headers = partner.headers(**{"Idempotency-Key": "k" * 20})

    def send(data: bytes, kind: str = "application/json") -> Any:
        return partner.http.post(at, data, content_type=kind, headers=headers)

    good = b'{"phone":"15412345678","language":"en"}'
    problem(send(good, "text/plain"), 415, "BodyNotJson", "Content-Type")
    for bad in (
        b"{", b"\xff\xfe", b'{"phone":1e999}', b'{"phone":NaN}', b"[" * 5000, b'{"phone":"a","phone":"b"}',
        b'{"phone":"\\u0000","language":"en"}', b'{"phone":"\\ud800","language":"en"}', good + b"x",
        b'{"phone":' + b"9" * 5000 + b"}",
    ):  # fmt: skip
        assert send(bad).status_code in (400, 422), bad[:40]
    problem(send(b"[1]"), 422, "FieldInvalid")
    problem(send(b""), 422, "FieldNeeded")
    unknown = problem(
        send(b'{"phone":"15412345678","language":"en","color":"red","size":1}'), 422, "FieldUnknown", "color"
    )
    assert [one["field"] for one in unknown["errors"]] == ["color", "size"]
    problem(send(b'{"phone":15412345678,"language":"en"}'), 422, "FieldInvalid", "phone")
    problem(send(b'{"phone":"15412345678"}'), 422, "FieldNeeded", "language")
    big = partner.http.post(at, b"x" * (20 * 2**20), content_type="application/json", headers=headers)
    problem(big, 413, "BodyTooLarge")
    assert send(good).status_code == 202


@pytest.mark.parametrize(
    ("address", "takes"),
    [
        ("/customers?limit=0", "minimum 1"),
        ("/customers?limit=101", "maximum 100"),
        ("/customers?limit=abc", "integer"),
        ("/webhooks/deliveries?state=odd", "enum '"),
        (f"/loans/{'a' * 26}/position?as_of=tomorrow", "date, 2026-12-31"),
        (f"/loans/{'a' * 26}/position?known_at=2027-01-15T00:00:00", "date-time, 2026-12-31T00:00:00Z"),
    ],
)
def test_a_refused_field_says_what_it_takes(partner: Partner, address: str, takes: str) -> None:
    said = problem(partner.http.get(f"/api/v1{address}", headers=partner.headers()), 422, "FieldInvalid")
    assert f"({takes}" in said["detail"] and said["errors"][0]["detail"] == said["detail"]
    assert said["remedy"].startswith("Correct it")
    chinese = partner.http.get(
        f"/api/v1{address}", headers={**partner.headers(), "Accept-Language": "zh-CN"}
    ).json()
    assert f"（{takes}" in chinese["detail"]


def test_a_body_in_chunks_is_read_and_measured(partner: Partner) -> None:
    def send(data: bytes) -> Any:
        request = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/api/v1/customers/codes",
            "CONTENT_TYPE": "application/json",
            "HTTP_TRANSFER_ENCODING": "chunked",
            "HTTP_AUTHORIZATION": f"Bearer {partner.token}",
            "HTTP_IDEMPOTENCY_KEY": "c" * 20,
            "wsgi.input": io.BytesIO(data),
        }
        return partner.http.request(**request)

    problem(send(b"x" * (20 * 2**20)), 413, "BodyTooLarge")
    problem(send(b'{"phone":'), 400, "BodyUnreadable")
    assert send(b'{"phone":"15412345678","language":"en"}').status_code == 202


@pytest.mark.parametrize("host", ["Gi+", "elsewhere.example", "127.0.0.1:8000:1", "[::1"])
def test_another_host_is_a_problem_like_any_other(partner: Partner, host: str) -> None:
    """No page of the framework's: a program reads the same kind of answer whatever is wrong."""
    answer = partner.http.get("/api/v1/customers", headers={**partner.headers(), "Host": host})
    problem(answer, 400, "HostNotServed", "Host")


def test_methods_and_query_parameters(partner: Partner) -> None:
    wrong = partner.http.delete("/api/v1/customers", headers=partner.headers())
    problem(wrong, 405, "HttpMethodNotServed")
    assert set(wrong.headers["Allow"].split(", ")) == {"GET", "POST"}
    head = partner.http.head("/api/v1/customers", headers=partner.headers())
    assert head.status_code == 200 and head.content == b""
    assert partner.http.head("/api/v1/customers/codes", headers=partner.headers()).status_code == 405
    assert partner.http.head("/api/v1/customers").status_code == 401
    problem(partner.get("/customers", colour="red"), 422, "FieldUnknown", "colour")
    problem(
        partner.http.get("/api/v1/customers?limit=1&limit=2", headers=partner.headers()), 422, "FieldUnknown"
    )
    for limit in ("0", "101", "x", "1.5", "-1", "\x00"):
        problem(partner.get("/customers", limit=limit), 422, "FieldInvalid", "limit")
    problem(partner.get("/customers", cursor="AAAA"), 422, "CursorInvalid", "cursor")
    problem(partner.get("/customers/" + "a" * 26), 404, "NotFoundHere")
    problem(partner.get("/customers/%00"), 404, "NotFoundHere")
    problem(partner.get("/customers/" + "A" * 26), 404, "NotFoundHere")


def test_a_bug_is_a_problem_document_that_says_nothing_of_the_inside(
    partner: Partner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError("the password is swordfish")

    monkeypatch.setattr(customers_part, "list_delegations", broken)
    with caplog.at_level(logging.ERROR):
        response = partner.get("/customers")
    problem(response, 500, "SomethingBroke")
    assert b"swordfish" not in response.content and b"Zero" not in response.content
    assert any(record.exc_info for record in caplog.records)


def test_a_client_has_a_rate(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    buckets, at = Buckets(kind="test", per_second=1, at_once=3), utc_now()
    take = buckets.take
    monkeypatch.setattr(
        buckets, "take", lambda name: take(name, at=at)
    )  # in one instant, on a slow machine too
    monkeypatch.setattr(auth, "buckets", buckets)
    statuses = [partner.get("/products").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = partner.get("/products")
    problem(refused, 429, "TooManyRequests")
    assert refused.headers["Retry-After"] == "1"


def test_a_lock_says_when_it_ends() -> None:
    now = utc_now()
    locked = CodeLocked(until=now + timedelta(seconds=89, milliseconds=1))
    assert headers_of(locked, now) == {"Retry-After": "90"}


def test_a_bucket_fills_again(world: World) -> None:
    bucket, start = Buckets(kind="test", per_second=2, at_once=4), utc_now()
    assert [bucket.take("a", at=start) for _ in range(5)] == [0, 0, 0, 0, 1]
    second = start + timedelta(seconds=1)
    assert [bucket.take("a", at=second) for _ in range(3)] == [0, 0, 1]
    assert bucket.take("b", at=second) == 0
    assert bucket.take("a", at=start) == 1  # a clock that goes backwards fills nothing
    assert [bucket.take("a", at=start + timedelta(seconds=100)) for _ in range(5)] == [0, 0, 0, 0, 1]


def test_all_processes_share_one_rate(world: World) -> None:
    """Three web processes, a hundred at once: together they let a hundred in, not three hundred."""
    now = utc_now()
    processes = [Buckets(kind="test", per_second=10, at_once=100) for _ in range(3)]
    taken = [one.take("a", at=now) for _ in range(60) for one in processes]
    assert taken.count(0) == 100 and max(taken) == 1
    assert [one.take("a", at=now + timedelta(seconds=1)) for one in processes] == [0, 1, 1]
    assert processes[2].take("other", at=now) == 0
    assert not BucketRow.objects.filter(name__contains="a").exclude(name__regex="^[0-9a-f]{64}$").exists()


def test_what_has_run_out_is_swept_away(partner: Partner) -> None:
    assert partner.get("/products").status_code == 200
    give_token(partner.client_id, ["customers:read"], seconds=-90_000)
    item = WorkItem(key="sweep", kind="schedule.sweep", payload={}, attempts=1, now=utc_now())
    for later, left in ((timedelta(0), (1, 1)), (timedelta(hours=2), (1, 0))):
        with transaction():
            rate.sweep(item)(utc_now() + later)
        assert (AccessToken.objects.count(), BucketRow.objects.count()) == left
    assert partner.get("/products").status_code == 200


# --- keys


def test_one_key_is_one_effect_and_one_answer(partner: Partner) -> None:
    customer_id = introduce(partner, person(1))
    at, body = f"/customers/{customer_id}/cases", {"kind": "question", "text": "why?"}
    key = "a-key-of-sixteen-and-more"
    first = partner.post(at, body, key=key)
    again = partner.post(at, body, key=key)
    assert first.status_code == again.status_code == 201 and first.content == again.content
    assert "Idempotent-Replayed" not in first.headers and again.headers["Idempotent-Replayed"] == "true"
    assert len(partner.read(at)["items"]) == 1
    problem(
        partner.post(at, {**body, "text": "how?"}, key=key), 409, "IdempotencyKeyReused", "Idempotency-Key"
    )
    other = partner.post(f"/customers/{customer_id}/help-requests", {"text": "x"}, key=key)
    problem(other, 409, "IdempotencyKeyReused")
    assert len(partner.read(at)["items"]) == 1
    assert partner.post(at, body).json()["id"] != first.json()["id"]


def test_keys_belong_to_their_client(partner: Partner, world: World) -> None:
    other = Partner("two")
    key = "the-very-same-key-of-both"
    ids = {
        partner.post("/webhooks/endpoints", {"url": "http://a.example/", "events": ["case.opened"]}, key=key).json()["id"],
        other.post("/webhooks/endpoints", {"url": "http://b.example/", "events": ["case.opened"]}, key=key).json()["id"],
    }  # fmt: skip
    assert len(ids) == 2


def test_a_post_needs_a_key(partner: Partner) -> None:
    body = json.dumps({"phone": "15412345678", "language": "en"})
    for key in (None, "short", "x" * 101, "has blanks in it, and commas", "ünïcode-ünïcode-ünïcode"):
        headers = partner.headers(**({"Idempotency-Key": key} if key else {}))
        refused = partner.http.post(
            "/api/v1/customers/codes", body, content_type="application/json", headers=headers
        )
        problem(refused, 400, "IdempotencyKeyNeeded", "Idempotency-Key")


def test_a_refusal_is_kept_too_and_counts_once(partner: Partner) -> None:
    who = person(2)
    partner.send("/customers/codes", {"phone": who.phone, "language": "en"})
    good = code_on(partner, who.phone)
    wrong = "000000" if good != "000000" else "000001"
    body = {"phone": who.phone, "code": wrong, "language": "en"}
    first = partner.post("/customers", body, key="one-wrong-try-once")
    said = problem(first, 422, "CodeWrong", "code")
    for _ in range(8):  # five tries would lock; these are all one
        again = partner.post("/customers", body, key="one-wrong-try-once")
        assert again.status_code == 422 and again.json() == said
    made = partner.post("/customers", {**body, "code": good})
    assert made.status_code == 201


def test_a_refusal_for_now_leaves_the_key_free(partner: Partner) -> None:
    body = {"phone": person(3).phone, "language": "en"}
    assert partner.post("/customers/codes", body).status_code == 202
    soon = partner.post("/customers/codes", body, key="sent-again-much-too-soon")
    problem(soon, 429, "CodeTooSoon", "code")
    assert 0 < int(soon.headers["Retry-After"]) <= 60
    assert (
        "Idempotent-Replayed"
        not in partner.post("/customers/codes", body, key="sent-again-much-too-soon").headers
    )


def test_an_act_that_breaks_leaves_nothing_and_the_key_free(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    from puhui.web.partner_api import cases

    customer_id = introduce(partner, person(4))
    at, body = f"/customers/{customer_id}/cases", {"kind": "question", "text": "why?"}
    opened = cases.complain.open

    def breaks(**arguments: Any) -> Any:
        opened(**arguments)
        raise ZeroDivisionError

    monkeypatch.setattr(cases.complain, "open", breaks)
    problem(partner.post(at, body, key="the-first-one-breaks"), 500, "SomethingBroke")
    assert partner.read(at)["items"] == []
    monkeypatch.setattr(cases.complain, "open", opened)
    assert partner.post(at, body, key="the-first-one-breaks").status_code == 201
    assert len(partner.read(at)["items"]) == 1


def test_an_account_is_bound_once_though_the_bank_is_asked_outside(partner: Partner) -> None:
    who = person(5)
    customer_id = approve(partner, who)
    at, body = (
        f"/customers/{customer_id}/bank-accounts",
        {"number": who.account_number, "bank_name": who.bank_name},
    )
    key = "bind-this-account-once"
    first, again = partner.post(at, body, key=key), partner.post(at, body, key=key)
    assert first.status_code == again.status_code == 201 and first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    problem(partner.post(at, {**body, "bank_name": "other"}, key=key), 409, "IdempotencyKeyReused")
    assert len(partner.read(at)["items"]) == 1


# --- customers


def test_who_was_a_customer_before_is_not_handed_over(partner: Partner, world: World) -> None:
    who = person(6)
    register.request_code(phone=who.phone, language="en", code="123456", key="her own", now=utc_now())
    mine = register.confirm_code(phone=who.phone, code="123456", language="en", key="her own", now=utc_now())
    world.now = utc_now()
    other = Partner("two")
    stranger = introduce(other, person(7))
    for phone in (who.phone, person(7).phone):
        register_again(partner, phone)
    assert list_delegations(client_id=partner.client_id) == ()
    problem(partner.get(f"/customers/{mine.id}"), 404, "NotFoundHere")
    problem(partner.get(f"/customers/{stranger}"), 404, "NotFoundHere")
    assert other.read("/customers")["items"][0]["id"] == stranger


def register_again(partner: Partner, phone: str) -> None:
    from puhui.access.models import Code

    Code.objects.update(issued_at=utc_now() - timedelta(hours=2), expires_at=utc_now())
    partner.send("/customers/codes", {"phone": phone, "language": "en"})
    code = code_on(partner, phone)
    refused = partner.post("/customers", {"phone": phone, "code": code, "language": "en"})
    problem(refused, 409, "CustomerKnownElsewhere", "phone")


def test_a_delegation_can_be_ended(partner: Partner) -> None:
    from puhui.journeys import introduce as journey

    customer_id = introduce(partner, person(8))
    assert journey.end(customer_id=customer_id, now=utc_now()) is True
    problem(partner.get(f"/customers/{customer_id}"), 404, "NotFoundHere")
    assert journey.end(customer_id=customer_id, now=utc_now()) is False


def test_pages_neither_skip_nor_double(partner: Partner) -> None:
    ids = [introduce(partner, person(20 + n)) for n in range(5)]
    found: list[str] = []
    cursor, pages = None, 0
    while True:
        page = partner.read("/customers", limit=2, **({"cursor": cursor} if cursor else {}))
        found += [one["id"] for one in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
        if cursor is None:
            break
    assert found == ids and pages == 3
    at = f"/customers/{ids[0]}/cases"
    cases = [partner.send(at, {"kind": "question", "text": f"{n}"})["id"] for n in range(3)]
    first = partner.read(at, limit=2)
    rest = partner.read(at, limit=2, cursor=first["next_cursor"])
    assert sorted(one["id"] for one in first["items"] + rest["items"]) == sorted(cases)
    problem(partner.get(at, cursor="WyJub3BlIl0"), 422, "CursorInvalid", "cursor")


def test_the_credit_report_and_the_mandate_are_asked_for_apart(partner: Partner) -> None:
    customer_id = introduce(partner, person(9))
    version = partner.read("/consent-texts")["version"]
    at = f"/customers/{customer_id}"
    for purpose in ("credit_report", "mandate"):
        refused = partner.post(f"{at}/consents", {"purposes": ["service", purpose], "text_version": version})
        problem(refused, 422, "FieldInvalid", "purposes.1")
    old = partner.post(f"{at}/credit-report-consent", {"text_version": "1999-01-01"})
    problem(old, 409, "ConsentTextOutdated", "text_version")
    assert partner.read(f"{at}/consents")["items"] == []
    given = partner.send(f"{at}/credit-report-consent", {"text_version": version})
    assert [one["purpose"] for one in given["items"]] == ["credit_report"]
    ended = partner.send(f"{at}/consent-withdrawals", {"purpose": "credit_report"})
    assert ended["items"][0]["withdrawn_at"]
    problem(partner.post(f"{at}/consent-withdrawals", {"purpose": "credit_report"}), 409, "ConsentNotGiven")


def test_fields_are_named_as_the_api_names_them(partner: Partner) -> None:
    customer_id = introduce(partner, person(10))
    at = f"/customers/{customer_id}"
    problem(
        partner.post(f"{at}/applications", {**MONTH, "currency": "EUR"}), 422, "CurrencyNotOurs", "currency"
    )
    opened = partner.send(f"{at}/applications", {**MONTH, "income_minor": 10})
    early = partner.post(f"/applications/{opened['id']}/submission", {"truthful": True})
    problem(early, 409, "IdentityMissing", "identity")
    for name, value in (("amount_minor", -1), ("amount_minor", 1.5), ("amount_minor", "1"), ("months", True),
                        ("amount_minor", 10**14), ("purpose", "gambling"), ("other_lenders", 100)):  # fmt: skip
        refused = partner.post(f"{at}/applications", {**MONTH, name: value})
        problem(refused, 422, "FieldInvalid", name)


def test_amounts_go_through_unchanged(partner: Partner) -> None:
    customer_id = introduce(partner, person(11))
    for minor, typed in ((0, "0.00"), (1, "0.01"), (100_001, "1,000.01"), (10**13, "100,000,000,000.00")):
        saved = partner.send(
            f"/customers/{customer_id}/applications", {"currency": "CNY", "rent_minor": minor}
        )
        assert saved["fields"]["rent"] == typed


def test_a_contract_is_signed_as_it_was_read(partner: Partner) -> None:
    from tests.operations.partner_kit import quote

    who = person(12)
    customer_id = approve(partner, who)
    offered = quote(partner, customer_id)
    no_account = partner.get(f"/quotes/{offered['id']}/contract", language="en")
    problem(no_account, 404, "AccountNotFound")
    bind(partner, who, customer_id)
    partner.send(f"/quotes/{offered['id']}/codes")
    code = code_on(partner, who.phone)
    body = {"code": code, "language": "en", "contract_sha256": "0" * 64}
    refused = partner.post(f"/quotes/{offered['id']}/signature", body)
    problem(refused, 409, "ContractTextChanged", "contract_sha256")
    assert partner.read(f"/customers/{customer_id}/loans")["items"] == []
    problem(partner.get(f"/quotes/{offered['id']}/signature"), 404, "NotFoundHere")


# --- what is kept and shown


def test_no_personal_data_is_kept_with_the_keys(partner: Partner, caplog: pytest.LogCaptureFixture) -> None:
    who = person(13)
    with caplog.at_level(logging.DEBUG):
        customer_id = approve(partner, who)
        bind(partner, who, customer_id)
        partner.send(f"/customers/{customer_id}/cases", {"kind": "question", "text": "my secret words"})
        work()
    kept = "\n".join(f"{row.key} {row.answer}" for row in IdempotencyKey.objects.all())
    logged = "\n".join(record.getMessage() for record in caplog.records)
    for planted in (who.name, who.phone, who.resident_number, who.account_number, "my secret words"):
        assert planted not in kept, planted
        assert planted not in logged, planted


def test_the_description_is_complete() -> None:
    whole = description()
    assert whole["openapi"].startswith("3.1")
    assert set(whole["components"]["securitySchemes"]) == {"OAuth2", "Bearer", "Client"}
    assert set(SCOPES_ZH) == set(SCOPES)
    names = set()
    for path, methods in whole["paths"].items():
        for method, one in methods.items():
            assert one["operationId"] not in names
            names.add(one["operationId"])
            assert one["summary"] and one["x-summary-zh"] and one["description"], path
            assert {"401", "405", "413", "429", "500"} <= set(one["responses"]), path
            keyed = {"$ref": "#/components/parameters/IdempotencyKey"} in one.get("parameters", [])
            assert keyed == (method == "post" and "/oauth/" not in path), path
    shapes = [*Body.__subclasses__(), *Out.__subclasses__()]
    for shape in shapes:
        shapes += shape.__subclasses__()
    once = {shape.__name__: shape for shape in shapes}
    assert [one for one in shapes if once[one.__name__] is not one] == [], (
        "the later takes the place of the first"
    )
    said = json.dumps(whole)
    assert '"maximum": 100' in said and '"ge":' not in said and '"le":' not in said, "no words of JSON Schema"
    routed = [
        pattern.name
        for resolver in get_resolver().url_patterns
        for inner in getattr(resolver, "url_patterns", [])
        if getattr(inner, "app_name", None) == "partner_api"
        for pattern in inner.url_patterns
    ]
    assert len(names) == len(whole["paths"]) + sum(len(m) - 1 for m in whole["paths"].values())
    assert set(routed) - names == {"openapi", "docs", "nothing"}


def test_the_reference_page_needs_no_script_and_names_every_problem(world: World) -> None:
    for language, word in (("en", "Issue a binding quote"), ("zh-CN", "出具有约束力的报价")):
        page = Client().get("/api/v1/docs", headers={"Accept-Language": language})
        text = page.content.decode()
        assert page.status_code == 200 and word in text and 'id="QuoteExpired"' in text
        assert (
            "<script>" not in text
            and "style=" not in text
            and "https://" not in text.replace("https://partner.example", "")
        )
        links = re.findall(r'href="#shape-(\w+)"', text)
        assert "VerdictOut" in links and all([f'id="shape-{name}"' in text for name in links])
    document = Client().get("/api/v1/openapi.json")
    assert document.status_code == 200 and document.json()["info"]["title"] == "Puhui partner API"


def test_the_reference_page_says_everything_in_chinese_and_keeps_no_word_too_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: dict[str, str] = {}

    def said(text: str, chinese: bool) -> str:
        found = docs.words()[" ".join(text.split())] if text else ""
        shown[" ".join(text.split())] = found
        return found

    monkeypatch.setattr(docs, "said", said)
    page = Client().get("/api/v1/docs", headers={"Accept-Language": "zh-CN"}).content.decode()
    assert "<title>普惠合作方接口</title>" in page and "每次办理用一个新的" in page
    assert "for programs that act" not in page and "minor units" not in page
    assert set(docs.words()) - set(shown) == set(), "Chinese for a text that is gone"
    plain = [text for text, chinese in shown.items() if text and not re.search("[\u4e00-\u9fff]", chinese)]
    assert plain == [], "not in Chinese"


def test_the_sandbox_is_the_demos_alone(partner: Partner, settings: LazySettings) -> None:
    assert partner.phone_shows("15412345678").status_code == 200
    problem(partner.get("/sandbox/messages"), 422, "FieldNeeded", "X-Sandbox-Phone")
    problem(partner.phone_shows("1541234567x"), 422, "FieldInvalid", "X-Sandbox-Phone")
    settings.DEMO = False
    problem(partner.phone_shows("15412345678"), 404, "NotFoundHere")
