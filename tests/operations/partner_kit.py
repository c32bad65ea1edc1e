"""What the tests of the partner API share: a partner's program with a token, and people whom it introduces."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker
from oauth2_provider.models import AccessToken, Application

from puhui.access.partners import operations as partners
from puhui.core.ids import derive_id
from puhui.journeys import house
from puhui.journeys.handlers import HANDLERS
from puhui.lab.people import InventedPerson, invent_person
from puhui.runtime.clock import utc_now
from puhui.runtime.transactions import transaction
from puhui.runtime.worker import drain
from puhui.web.partner_api import auth, examples, token
from puhui.web.partner_api.docs import description
from puhui.web.partner_api.problems import MEDIA_TYPE
from tests.journeys.world import World

SCOPES = sorted(settings.OAUTH2_PROVIDER["SCOPES"])
CONSENTS = ["service", "identity", "automated_decision", "contact_service", "report_to_bureau"]
MONTH = {
    "currency": "CNY",
    "amount_minor": 2_000_000,
    "purpose": "daily",
    "months": 12,
    "income_minor": 2_000_000,
    "rent_minor": 300_000,
    "living_minor": 300_000,
    "other_instalments_minor": 0,
    "other_lenders": 0,
}


@contextmanager
def sandbox() -> Iterator[World]:
    """A world whose clock is the real one, as the web's is."""
    auth.buckets.forget()
    token.buckets.forget()
    world = World()
    world.now = utc_now()
    yield world
    world.close()


def give_token(client_id: str, scopes: list[str], *, seconds: int = 900) -> str:
    """Store a token as the toolkit does, without the dear check of the secret."""
    text = secrets.token_urlsafe(30)
    AccessToken.objects.create(
        application=Application.objects.get(client_id=client_id),
        token="",
        token_checksum=hashlib.sha256(text.encode()).hexdigest(),
        scope=" ".join(scopes),
        expires=datetime.now(UTC) + timedelta(seconds=seconds),
    )
    return text


def open_client(name: str, scopes: list[str] | None = None) -> str:
    """Let a program in and return its id."""
    id = derive_id("client", name)
    with transaction():
        partners.open_client(
            id=id, secret="not used", name=name, scopes=scopes or SCOPES, actor="test", now=utc_now()
        )
    return id


@cache
def _operations() -> dict[tuple[str, str], str]:
    paths = description()["paths"].items()
    return {(method, path): one["operationId"] for path, ways in paths for method, one in ways.items()}


def operation_of(response: Any) -> str:
    """Which operation of the description answered, "" for none of them."""
    path = "/" + response.resolver_match.route.replace("<str:", "{").replace(">", "}")
    return _operations().get((response.request["REQUEST_METHOD"].lower(), path), "")


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """What of a value does not fit a schema of the description."""
    whole = {**schema, "components": description()["components"]}
    found = Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(value)
    return [f"{one.json_path}: {one.message}" for one in found]


def check_told(response: Any) -> Any:
    """Return a response; a problem that its operation does not name fails the test that met it."""
    operation = operation_of(response) if response.status_code >= 400 else ""
    if operation and response.headers["Content-Type"] == MEDIA_TYPE:
        check_named(operation, response.status_code, response.json()["code"])
    return response


def check_named(operation: str, status: int, code: str) -> None:
    """Fail for a problem that an operation answered with and that the description does not name."""
    named = examples.EVERYWHERE.get(status, ()) + examples.KEYED.get(status, ())
    assert code in named + examples.codes_of(operation), (
        f"{operation} answered {status} {code}, which src/puhui/web/partner_api/refused.toml does not name"
    )


class Partner:
    """One program that calls the API."""

    def __init__(self, name: str = "one", scopes: list[str] | None = None) -> None:
        self.client_id = open_client(name, scopes)
        self.http = Client(raise_request_exception=False)
        self.token = give_token(self.client_id, scopes or SCOPES)

    def headers(self, **more: str) -> dict[str, str]:
        """The headers of a request."""
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": "en", **more}

    def get(self, path: str, **query: Any) -> Any:
        """GET, and return the response."""
        return check_told(self.http.get(f"/api/v1{path}", query, headers=self.headers()))

    def phone_shows(self, phone: str) -> Any:
        """Read a demo phone."""
        return self.http.get("/api/v1/sandbox/messages", headers=self.headers(**{"X-Sandbox-Phone": phone}))

    def post(self, path: str, body: Any = None, *, key: str | None = None, **more: str) -> Any:
        """POST JSON under a key, and return the response."""
        headers = self.headers(**{"Idempotency-Key": key or secrets.token_urlsafe(18)}, **more)
        data = json.dumps(body) if body is not None else ""
        return check_told(
            self.http.post(f"/api/v1{path}", data, content_type="application/json", headers=headers)
        )

    def read(self, path: str, **query: Any) -> Any:
        """GET what is there."""
        response = self.get(path, **query)
        assert response.status_code == 200, response.content
        return response.json()

    def send(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """POST what is accepted."""
        response = self.post(path, body, key=key)
        assert 200 <= response.status_code < 300, response.content
        return response.json()


def other_due_day() -> int:
    """A day of the month on which nothing falls due of a loan that begins today: a change to its own day is none."""
    return (house.today(utc_now()).day + 13) % 28 + 1  # two weeks away


def work() -> None:
    """Let the worker do what is due."""
    drain(handlers=HANDLERS, now=utc_now(), strict=True)


def code_on(partner: Partner, phone: str) -> str:
    """Read the newest code on a demo phone."""
    work()
    shown = partner.phone_shows(phone).json()["items"]
    newest = next(one for one in shown if one["template"].startswith("code_"))
    found = re.search(r"\b[0-9]{6}\b", newest["text"])
    assert found, newest
    return found[0]


def person(index: int) -> InventedPerson:
    """Somebody who does not exist."""
    return invent_person(seed=5, index=index)


def introduce(partner: Partner, who: InventedPerson) -> str:
    """From a phone number to a customer."""
    partner.send("/customers/codes", {"phone": who.phone, "language": "en"})
    code = code_on(partner, who.phone)
    made = partner.send("/customers", {"phone": who.phone, "code": code, "language": "en"})
    return str(made["id"])


def identify(partner: Partner, who: InventedPerson, customer_id: str) -> None:
    """Consents, each in its place, and identity."""
    version = partner.read("/consent-texts")["version"]
    at = f"/customers/{customer_id}"
    partner.send(f"{at}/consents", {"purposes": CONSENTS, "text_version": version})
    partner.send(f"{at}/credit-report-consent", {"text_version": version})
    partner.send(f"{at}/identity", {"name": who.name, "number": who.resident_number})


def approve(partner: Partner, who: InventedPerson) -> str:
    """From a phone number to a line."""
    customer_id = introduce(partner, who)
    identify(partner, who, customer_id)
    opened = partner.send(f"/customers/{customer_id}/applications", MONTH)
    partner.send(f"/applications/{opened['id']}/submission", {"truthful": True})
    work()
    verdict = partner.read(f"/applications/{opened['id']}")["verdict"]
    assert verdict["verdict"] == "approved", verdict
    return customer_id


def quote(partner: Partner, customer_id: str, **terms: Any) -> dict[str, Any]:
    """A binding quote."""
    asked = {"amount_minor": 1_000_000, "currency": "CNY", "months": 6, "method": "equal_instalment", **terms}
    made: dict[str, Any] = partner.send(f"/customers/{customer_id}/quotes", asked)
    return made


def bind(partner: Partner, who: InventedPerson, customer_id: str) -> dict[str, Any]:
    """A bound account."""
    body = {"number": who.account_number, "bank_name": who.bank_name}
    made: dict[str, Any] = partner.send(f"/customers/{customer_id}/bank-accounts", body)
    return made


def sign(partner: Partner, who: InventedPerson, quote_id: str) -> dict[str, Any]:
    """Read the contract, get the code, sign."""
    text = partner.get(f"/quotes/{quote_id}/contract", language="en")
    assert text.status_code == 200, text.content
    partner.send(f"/quotes/{quote_id}/codes")
    code = code_on(partner, who.phone)
    body = {
        "code": code,
        "language": "en",
        "contract_sha256": hashlib.sha256(text.content).hexdigest(),
    }
    made: dict[str, Any] = partner.send(f"/quotes/{quote_id}/signature", body)
    return made


def lend(partner: Partner, who: InventedPerson) -> tuple[str, str]:
    """From a phone number to money in the account: (customer id, loan id)."""
    customer_id = approve(partner, who)
    bind(partner, who, customer_id)
    signed = sign(partner, who, quote(partner, customer_id)["id"])
    work()
    return customer_id, signed["loan_id"]
