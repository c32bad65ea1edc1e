"""Worked examples: every operation and event has one, each fits its own description, and a walk meets their like again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from puhui.access.partners.domain import verify
from puhui.core.canonical import canonical_bytes
from puhui.evidence.gateways.sandbox import SandboxEvidence
from puhui.journeys import parties
from puhui.journeys.notify_partner import EventType
from puhui.web.partner_api import auth, docs, examples
from puhui.web.partner_api.problems import MEDIA_TYPE
from puhui.web.partner_api.rates import Buckets
from tests.journeys.world import World
from tests.operations.partner_kit import faults, sandbox
from tests.operations.partner_walk import Recorder, as_kept, events, walk, with_chinese

KEPT = Path(docs.__file__).with_name("examples.json")
STRONG = {"income_tax": {"months": 12, "total_minor": 12 * 2_500_000}}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(auth, "buckets", Buckets(kind="walk", per_second=1e6, at_once=10**6))
    with sandbox() as made:
        parties.put(name="evidence", party=SandboxEvidence(figures=STRONG))
        yield made
        parties.put(name="evidence", party=None)


OPERATIONS = [
    one
    for path, ways in docs.description()["paths"].items()
    if "/oauth/" not in path
    for one in ways.values()
]


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: str(one["operationId"]))
def test_every_operation_has_an_example_that_fits_it(one: dict[str, Any]) -> None:
    for parameter in one.get("parameters", []):
        assert not parameter.get("required") or "example" in parameter, parameter["name"]
        if "example" in parameter:
            assert faults(parameter["schema"], parameter["example"]) == []
    for content in one.get("requestBody", {}).get("content", {}).values():
        assert faults(content["schema"], content["example"]) == []
    answers = [each["content"] for status, each in one["responses"].items() if status.startswith("2")]
    for content in [each for answer in answers for each in answer.values()]:
        named = content.get("examples") or {"": {"value": content["example"]}}
        assert [fault for each in named.values() for fault in faults(content["schema"], each["value"])] == []
    own = examples.codes_of(one["operationId"])
    assert list(own) == sorted(set(own)) and set(own) == set(one["x-problems"])
    for code in own:
        found = one["responses"][str(examples.problem(code)["status"])]["content"][MEDIA_TYPE]
        assert code in found["examples"]


def test_the_tokens_examples_fit_too() -> None:
    for path, ways in docs.description()["paths"].items():
        for content in [*_contents(ways["post"])] if "/oauth/" in path else []:
            assert faults(content["schema"], content["example"]) == []


def _contents(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from one["requestBody"]["content"].values()
    for answer in one["responses"].values():
        yield from answer.get("content", {}).values()


def test_every_problem_is_shown_whole() -> None:
    shown, schemas = docs.description()["components"]["examples"], docs.description()["components"]["schemas"]
    for code, one in shown.items():
        assert faults(schemas["Problem"], one["value"]) == []
        assert one["value"]["code"] == code
        for chinese in (False, True):
            detail = examples.problem(code, chinese=chinese)["detail"]
            assert "…" not in detail, f"{code} names a fact that refused.toml lacks: {detail}"
    known = {one["operationId"] for one in OPERATIONS}
    assert set(examples.refused()["operations"]) <= known and set(examples.kept()["operations"]) == known


def test_every_event_is_described_and_signed() -> None:
    described = docs.description()["webhooks"]
    assert set(described) == {one.value for one in EventType}
    for type in EventType:
        call = described[type.value]["post"]
        content = call["requestBody"]["content"]["application/json"]
        assert faults(content["schema"], content["example"]) == []
        assert faults(content["schema"], {**content["example"], "data": {}}), (
            "another event would have failed"
        )
        sent = {one["name"]: one["example"] for one in call["parameters"]}
        body, at = (
            canonical_bytes(content["example"]),
            datetime.fromtimestamp(int(sent["webhook-timestamp"]), UTC),
        )
        assert verify(
            id=sent["webhook-id"], timestamp=sent["webhook-timestamp"], signature=sent["webhook-signature"],
            body=body, secret=examples.SECRET, now=at,
        )  # fmt: skip


@pytest.mark.release
@pytest.mark.django_db(transaction=True)
def test_a_walk_meets_the_like_of_every_example(world: World) -> None:
    """`PUHUI_GOLDEN=write PUHUI_RELEASE=1 pytest tests/operations/test_partner_examples.py` writes the examples anew."""
    partner = Recorder()
    walk(partner, world)
    found = as_kept({"operations": with_chinese(partner.kept), "events": events(partner)})
    if os.environ.get("PUHUI_GOLDEN") == "write":
        KEPT.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert shape(found) == shape(kept), (
        "an answer has another shape than its example: write the examples anew"
    )


def shape(value: Any) -> Any:
    """Names, and what is a list of what; how many rows and which values do not matter."""
    match value:
        case dict():
            return {name: shape(one) for name, one in value.items()}
        case [first, *_]:
            return [shape(first)]
    return ""
