"""Schemathesis sends generated requests, good and bad, to every operation that the description names.

50 cases for each operation; 1,000 in the long run of a release (PUHUI_RELEASE=1), or as PUHUI_SCHEMATHESIS says.
"""

from __future__ import annotations

import copy
import os
import secrets
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from django.http import HttpResponse
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import NonInteractiveExampleWarning
from ninja.errors import ValidationError
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from puhui.site.wsgi import application
from puhui.web.partner_api import applications, auth, examples, token
from puhui.web.partner_api.api import api
from puhui.web.partner_api.docs import description
from puhui.web.partner_api.problems import MEDIA_TYPE
from puhui.web.partner_api.rates import Buckets
from tests.journeys.world import World
from tests.operations.partner_kit import (
    Partner,
    check_named,
    lend,
    other_due_day,
    person,
    quote,
    sandbox,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)

RELEASE = os.environ.get("PUHUI_RELEASE") == "1"
CASES = int(os.environ.get("PUHUI_SCHEMATHESIS") or (1000 if RELEASE else 50))
ABSENT = "a" * 26
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "ignored_auth",
)
ONLY = os.environ.get("PUHUI_SCHEMATHESIS_ONLY", "")
OPERATIONS = [
    (path, method) for path, methods in description()["paths"].items() for method in methods if ONLY in path
]


@pytest.fixture
def world() -> Iterator[World]:
    kept = auth.buckets, token.buckets
    auth.buckets = token.buckets = Buckets(kind="schema", per_second=1e6, at_once=10**6)
    with sandbox() as made:
        yield made
    auth.buckets, token.buckets = kept


def things(partner: Partner) -> Mapping[str, list[str]]:
    """Ids that are there, for each name of a path parameter: without them most cases would end at 404."""
    customer_id, loan_id = lend(partner, person(1))
    at = f"/customers/{customer_id}"
    endpoint = partner.send(
        "/webhooks/endpoints", {"url": "http://127.0.0.1:9/hook", "events": ["case.opened"]}
    )
    drawn = quote(partner, customer_id)  # before the proof: what it shows may put the line on hold
    case = partner.send(f"{at}/cases", {"kind": "question", "text": "why?"})
    proof = partner.send(f"{at}/proofs", {"kind": "income_tax"})
    whole = {"repayment": {"intent": "prepay", "amount_minor": 100_000, "currency": "CNY"}}
    repayment = partner.send(f"/loans/{loan_id}/repayments", whole)
    work()
    change = partner.send(f"/loans/{loan_id}/changes", {"due_day": other_due_day()})["changes"][0]
    found = {
        "customer_id": [customer_id],
        "loan_id": [loan_id],
        "application_id": [partner.read(f"{at}/applications")["items"][0]["id"]],
        "quote_id": [drawn["id"], partner.read(f"{at}/quotes")["items"][-1]["id"]],
        "endpoint_id": [endpoint["id"]],
        "case_id": [case["id"]],
        "proof_id": [proof["id"]],
        "repayment_id": [repayment["id"]],
        "change_id": [change["id"]],
        "delivery_id": [partner.read("/webhooks/deliveries")["items"][0]["id"]],
        "sha256": [partner.read(f"{at}/documents")["items"][0]["sha256"]],
    }
    return {name: [*ids, "0" * 64 if name == "sha256" else ABSENT] for name, ids in found.items()}


def schema_for(known: Mapping[str, list[str]]) -> Any:
    """The description as it is served, its path parameters narrowed to what is there and one that is not."""
    raw = copy.deepcopy(description())
    for methods in raw["paths"].values():
        for one in methods.values():
            for parameter in one.get("parameters", []):
                if parameter.get("in") == "path":
                    parameter["schema"] = {"type": "string", "enum": known[parameter["name"]]}
    schema = schemathesis.openapi.from_dict(raw)
    schema.app = application
    schema.config.update(base_url="http://testserver")
    return schema


def run(
    operation: Any, mode: GenerationMode, count: int, headers: dict[str, str], seen: Counter[int]
) -> None:
    """Send `count` cases to one operation and let every check look at each answer."""
    checks = [CHECKS.get_one(name) for name in CHECKED]

    @settings(
        max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        print_blob=True, derandomize=not RELEASE,
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if mode is GenerationMode.POSITIVE and "Idempotency-Key" in (case.headers or {}):
            case.headers["Idempotency-Key"] = secrets.token_urlsafe(18)
        mine = {} if operation.schema.is_security_param_negated(case) else headers
        response = case.call_and_validate(headers=mine, checks=checks, app=application)
        if response.headers["content-type"] == [MEDIA_TYPE]:
            name = operation.definition.raw["operationId"]
            check_named(name, response.status_code, response.json()["code"])
        seen[response.status_code] += 1

    send()


def modes(operation: Any) -> list[tuple[GenerationMode, int]]:
    """Half good, half bad; an operation without anything to send has only good cases."""
    if not list(operation.iter_parameters()) and not operation.body:
        return [(GenerationMode.POSITIVE, CASES)]
    half = CASES // 2
    return [(GenerationMode.POSITIVE, CASES - half), (GenerationMode.NEGATIVE, half)]


def test_every_operation_holds_under_generated_requests(world: World) -> None:
    load_all_checks()
    warnings.simplefilter("ignore", NonInteractiveExampleWarning)
    partner = Partner()
    schema = schema_for(things(partner))
    bearer = {"Authorization": f"Bearer {partner.token}"}
    failed, lines = [], []
    sent: Counter[str] = Counter()
    for path, method in OPERATIONS:
        seen: Counter[int] = Counter()
        headers = {} if "/oauth/" in path else bearer
        operation = schema[path][method.upper()]
        for mode, count in modes(operation):
            try:
                run(operation, mode, count, headers, seen)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                failed.append(f"{method.upper()} {path} ({mode.value}): {error}"[:3000])
        sent[f"{method} {path}"] = seen.total()
        lines.append(f"{method.upper():6} {path} {dict(sorted(seen.items()))}")
    print("\n".join(lines), file=sys.stderr)
    assert not failed, "\n\n".join([f"{len(failed)} of {len(OPERATIONS)} failed", *failed])
    assert len(sent) == len(OPERATIONS) and min(sent.values()) >= CASES, sent


def _open_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        auth.Allowed, "__call__", lambda self, request: auth.Caller(client_id="", scopes=frozenset())
    )


def _bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applications, "list_products", lambda **_: 1 // 0)


def _other_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"content": b'{"items":[{"id":1}]}', "content_type": "application/json"}
    monkeypatch.setattr(applications, "reply", lambda out: HttpResponse(**answer))


def _other_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applications, "reply", lambda out: HttpResponse(b"{}", content_type="text/plain"))


def _other_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applications, "reply", lambda out: HttpResponse(status=418))


def _takes_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    page = {"content": b'{"items":[],"next_cursor":null}', "content_type": "application/json"}
    monkeypatch.setitem(api._exception_handlers, ValidationError, lambda request, error: HttpResponse(**page))


def _unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "EVERYWHERE", {})


@pytest.mark.parametrize(
    ("plant", "path", "mode"),
    [
        (_open_door, "/api/v1/products", GenerationMode.POSITIVE),
        (_bug, "/api/v1/products", GenerationMode.POSITIVE),
        (_other_shape, "/api/v1/products", GenerationMode.POSITIVE),
        (_other_type, "/api/v1/products", GenerationMode.POSITIVE),
        (_other_status, "/api/v1/products", GenerationMode.POSITIVE),
        (_takes_anything, "/api/v1/customers", GenerationMode.NEGATIVE),
        (_unnamed, "/api/v1/customers", GenerationMode.NEGATIVE),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_the_checks_bite(
    world: World, monkeypatch: pytest.MonkeyPatch, plant: Any, path: str, mode: GenerationMode
) -> None:
    load_all_checks()
    partner = Partner()
    operation = schema_for(defaultdict(lambda: [ABSENT]))[path]["GET"]
    bearer = {"Authorization": f"Bearer {partner.token}"}
    run(operation, mode, 30, bearer, Counter())
    plant(monkeypatch)
    with pytest.raises(BaseException, match=r"Schemathesis found|FailureGroup|distinct|does not name"):
        run(operation, mode, 30, bearer, Counter())
