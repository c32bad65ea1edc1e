"""The auditor's replay: identical on what the product wrote, and every edit of what it answers for is named.

Seals and chain find every edit (test_row_seals); here the replay alone must, without them.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from puhui.core.differences import list_differences
from puhui.journeys import repay, staff_replay
from puhui.journeys.staff_replay import REPLAYS, ReplayKindUnknown, ReplayMissing
from puhui.loans.queries import list_events, list_loan_ids
from puhui.runtime import remembered
from puhui.runtime.queries import verify_audit_chain
from puhui.runtime.remembered import Remembered, forget_stories
from tests.journeys.world import World

from .intruder import lift_every_guard, statement

# Columns that an edit may hit: table → columns that a replay answers for. All other columns are the audit chain's.
EDITABLE: dict[str, tuple[str, ...]] = {
    "decisions_decision": (
        "verdict", "grade", "points", "limit_minor", "annual_rate_ppm", "input_json", "output_json", "input_hash",
        "output_hash", "policy_sha256", "model_sha256", "prices_sha256", "number",
    ),
    "offers_quote": ("amount_minor", "sha256", "body", "number", "currency", "house_signature"),
    "loans_contract": ("terms_json",),
    "loans_event": ("amount_minor", "value_date", "kind", "booking_date"),
    "ledger_entry": ("amount_minor", "debit", "credit", "business_date"),
    "runtime_audit": ("actor", "action", "subject", "detail", "hash", "prev_hash"),
}  # fmt: skip


EDITS = int(os.environ.get("PUHUI_EDITS", "40"))  # 1,000 before a release


@pytest.fixture
def story(db: None) -> Iterator[World]:
    """Two loans with payments."""
    world = World()
    for index in (0, 1):
        _borrower, loan = world.running(index)
        world.live_until(world.position(loan).rows[0].due_date)
        due = world.position(loan).due_minor
        repay.start(
            customer_id=loan.customer_id,
            loan_id=loan.id,
            amount_minor=due,
            intent="due",
            key=f"p{index}",
            now=world.now,
        )
        world.work()
    yield world
    world.close()


def broken() -> list[tuple[str, str]]:
    """Return everything that does not replay, and the chain if it is broken."""
    found = [
        (one.kind, one.id)
        for kind in REPLAYS
        for one in staff_replay.sample(kind=kind, count=1000, seed="s")
        if one.differences
    ]
    return found + ([] if verify_audit_chain().ok else [("audit", "")])


def test_a_replay_reads_what_is_stored_and_not_what_the_process_remembers(
    story: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old event is edited after this process has read its loan, and more stand behind it."""
    monkeypatch.setattr(
        Remembered, "keep", lambda self, key, told: self._put((remembered._database(), key), told)
    )
    forget_stories()
    loan_id = list_loan_ids()[0]
    events = list_events(loan_id=loan_id)
    assert len(events) > 1 and list_events(loan_id=loan_id) is list_events(loan_id=loan_id), (
        "it is remembered"
    )
    lift_every_guard()
    with statement(
        "UPDATE loans_event SET amount_minor = amount_minor + 1 WHERE id = %s", [events[0].id]
    ) as changed:
        assert changed and events == list_events(loan_id=loan_id)
        for kind in ("position", "posting"):
            assert staff_replay.replay(kind=kind, id=loan_id).differences, kind
    forget_stories()


def test_everything_written_replays_identically(story: World) -> None:
    for kind in REPLAYS:
        sampled = staff_replay.sample(kind=kind, count=10, seed="1")
        assert sampled, kind
        for one in sampled:
            assert one.differences == (), (kind, one.differences)
    again = staff_replay.sample(kind="decision", count=1, seed="7")
    assert again == staff_replay.sample(kind="decision", count=1, seed="7"), "a seed draws the same sample"
    with pytest.raises(ReplayKindUnknown):
        staff_replay.replay(kind="customer", id="x")
    with pytest.raises(ReplayMissing):
        staff_replay.replay(kind="quote", id="x")


def test_every_edit_of_a_stored_row_is_found(story: World) -> None:
    """Random edits, one at a time: the append-only triggers are lifted as an intruder with the database would."""
    seed = 20261122
    print(f"seed {seed}")
    chance = random.Random(seed)
    cursor = connection.cursor()
    lift_every_guard()
    assert broken() == []
    missed: list[Any] = []
    for _ in range(EDITS):
        table = chance.choice(sorted(EDITABLE))
        column = chance.choice(EDITABLE[table])
        key = {"runtime_audit": "seq", "ledger_entry": "id"}.get(table, "id")
        where = "WHERE source LIKE 'event:%%'" if table == "ledger_entry" else ""
        cursor.execute(f"SELECT {key}, {column} FROM {table} {where} ORDER BY {key}")
        id, value = chance.choice(cursor.fetchall())
        edited = _edited(value, column, chance)
        with statement(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", [edited, id]) as changed:
            if changed and not broken():
                missed.append((table, column, value, edited))
    assert missed == []
    assert broken() == []


def _edited(value: Any, column: str, chance: random.Random) -> Any:
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 100))
    if column in ("value_date", "booking_date", "business_date"):
        return "2026-03-03" if not str(value).startswith("2026-03-03") else "2026-03-04"
    if column == "kind":
        return "payoff" if value != "payoff" else "repay"
    if column in ("debit", "credit"):
        return "5001"
    text = str(value)
    digits = [i for i, letter in enumerate(text) if letter.isdigit()] or [len(text) - 1]
    at = chance.choice(digits)
    return text[:at] + ("7" if text[at] != "7" else "3") + text[at + 1 :]


def test_differences_name_the_fields() -> None:
    found = list_differences({"a": 1, "b": [1, {"c": 2}]}, {"a": 1, "b": [1, {"c": 3}, 4], "d": True})
    assert [(one.path, one.stored, one.again) for one in found] == [
        ("b[1].c", "2", "3"),
        ("b[2]", "", "4"),
        ("d", "", "true"),
    ]
    assert [one.path for one in list_differences({"a": 1}, {"a": True})] == ["a"]
