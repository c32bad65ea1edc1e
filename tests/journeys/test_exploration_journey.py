"""Somebody refused for risk alone may be let in on a small line: drawn by a hash, within a month, logged, and replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, transaction

from puhui.decisions.domain.codec import read_input
from puhui.decisions.domain.exploration import ExplorationAnswer, bucket_of, exploration_of
from puhui.decisions.domain.stored import StoredDecision
from puhui.decisions.domain.values import Approved, Declined
from puhui.decisions.exploring.models import ExplorationRow
from puhui.decisions.exploring.queries import (
    find_exploration,
    find_exploration_budget,
    get_exploration_spend,
    list_explorations,
)
from puhui.decisions.queries import get_decision_row, list_decisions, replay_decision
from puhui.journeys import reprice, staff_replay
from puhui.lab.borrower import Borrower
from puhui.lines.queries import find_line
from puhui.runtime.transactions import transaction as commit
from tests.journeys.world import World
from tests.operations.web_kit import staff

SHIPPED = Path(__file__).resolve().parents[2] / "policies/exploration/2026-11-23.toml"
MONTH = date(2026, 9, 1)
RISKY, DEEPER, MANY_REQUESTS = (
    3,
    186,
    694,
)  # rows above the cut-off: a little, far, and with too many requests, too
ID = "exploration-cn"


@pytest.fixture
def world(db: None) -> Iterator[World]:
    made = World(start=MONTH)
    yield made
    made.check()  # replays every decision
    made.close()


@pytest.fixture
def publish(settings: Any, tmp_path: Path) -> Callable[..., None]:
    """Publish a text that explores; 20 % is the most that a text may let in."""

    def write(**changed: object) -> None:
        text = SHIPPED.read_text(encoding="utf-8").replace("2026-11-23", "2026-08-31")
        figures = {"applies_to": '"everybody"', "share_ppm": 200_000, **changed}
        lines = [line for line in text.splitlines() if line.partition(" = ")[0] not in figures]
        (tmp_path / "exploration").mkdir(exist_ok=True)
        settings.PUBLISHED_DIR = tmp_path
        body = "\n".join([*lines, *(f"{name} = {value}" for name, value in figures.items())])
        (tmp_path / "exploration/2026-08-31.toml").write_text(body, encoding="utf-8")

    return write


def apply(world: World, borrower: Borrower) -> StoredDecision:
    """The decision on her request for a small amount; her file is above the cut-off."""
    borrower.say_who(world.now)
    borrower.apply(world.now)
    world.work()
    [found] = list_decisions(borrower.customer_id)
    return found


def until(world: World, *, chosen: bool, start: int = 0, row: int = RISKY, **wish: Any) -> StoredDecision:
    """The decision on the first of many people whom the hash draws, or does not; ids follow from the world's seed."""
    for index in range(start, start + 60):
        borrower = world.borrower(index, row=row, **{"amount": "2000", "amount_minor": 200_000, **wish})
        borrower.register(world.now)
        if (bucket_of(borrower.customer_id, budget_id=ID) < 200_000) is chosen:
            return apply(world, borrower)
    raise AssertionError("nobody in sixty")


def test_without_a_text_that_explores_a_refusal_is_what_it_was(world: World, settings: Any) -> None:
    settings.PUBLISHED_DIR = "/nonexistent"
    found = until(world, chosen=True)
    assert isinstance(found.decision.verdict, Declined) and found.decision.verdict.smaller is None
    assert found.input.exploration is None and not ExplorationRow.objects.exists()


def test_who_is_drawn_gets_a_small_line_and_who_is_not_stays_refused(
    world: World, publish: Callable[..., None]
) -> None:
    publish()
    yes, no = until(world, chosen=True), until(world, chosen=False, start=60)
    granted = yes.decision.verdict
    assert isinstance(granted, Approved) and granted.limit_minor == 300_000  # the text's most
    line = find_line(customer_id=yes.customer_id)
    assert line is not None and line.limit_minor == 300_000
    refused = no.decision.verdict
    assert isinstance(refused, Declined) and refused.smaller is None
    assert find_line(customer_id=no.customer_id) is None
    for one, answer in ((yes, ExplorationAnswer.CHOSEN), (no, ExplorationAnswer.NOT_DRAWN)):
        kept = find_exploration(one.id)
        assert kept is not None and kept == exploration_of(one.decision.trace)
        assert (kept.answer, kept.propensity_ppm) == (answer, 200_000)
        text = get_decision_row(one.id)["input_json"]
        assert read_input(text) == one.input and replay_decision(one.id).identical
        assert staff_replay.replay(kind="decision", id=one.id).differences == ()
    steps = [one.step for one in yes.decision.trace]
    assert steps[-3:] == ["should_not_lend", "exploration", "verdict"]
    everybody = list_explorations(until=world.wait(minutes=1))
    chosen = [one for one in everybody if one.exploration.answer is ExplorationAnswer.CHOSEN]
    spent = get_exploration_spend(budget_id=ID, month=MONTH)
    assert (spent.count, spent.money_minor) == (
        len(chosen),
        sum(one.exploration.limit_minor for one in chosen),
    )
    cache.clear()
    page = staff("analyst").get(f"/staff/monitoring?as_of={MONTH}").content.decode()
    assert "20% of those refused for risk alone" in page
    assert f"This month: {spent.count} of 40 people" in page and "¥3,000 of ¥60,000;" in page
    with pytest.raises(DatabaseError), transaction.atomic():
        ExplorationRow.objects.filter(decision_id=no.id).update(propensity_ppm=1)


def test_who_asks_for_more_is_told_why_not_and_offered_the_small_line(
    world: World, publish: Callable[..., None]
) -> None:
    publish()
    found = until(world, chosen=True, amount="10000", amount_minor=1_000_000)
    verdict = found.decision.verdict
    assert isinstance(verdict, Declined) and verdict.smaller is not None
    assert verdict.reasons[0].code == "RISK_ABOVE_CAP" and verdict.smaller.limit_minor == 300_000
    assert max(one.amount_minor for one in verdict.smaller.capacities) <= 300_000
    line = find_line(customer_id=found.customer_id)
    assert line is not None and line.limit_minor == 300_000


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"row": DEEPER}, ExplorationAnswer.TOO_RISKY),
        ({"row": MANY_REQUESTS}, ExplorationAnswer.OTHER_REASON),
        ({"income": "6200", "amount": "50000", "months": "3"}, ExplorationAnswer.OTHER_REASON),
    ],
)
def test_what_she_owes_cannot_bear_or_too_much_risk_is_never_explored(
    world: World, publish: Callable[..., None], given: dict[str, Any], answer: ExplorationAnswer
) -> None:
    """Also for somebody whom the hash draws (G3)."""
    publish()
    found = until(world, chosen=True, **given)
    kept = find_exploration(found.id)
    assert kept is not None and (kept.answer, kept.propensity_ppm) == (answer, 0)
    assert find_line(customer_id=found.customer_id) is None


def test_a_month_that_is_spent_lets_nobody_in(world: World, publish: Callable[..., None]) -> None:
    publish(month_count_most=1)
    first = until(world, chosen=True)
    later = until(world, chosen=True, start=60)
    kept = find_exploration(later.id)
    assert find_line(customer_id=first.customer_id) is not None
    assert kept is not None and (kept.answer, kept.propensity_ppm) == (ExplorationAnswer.COUNT_SPENT, 0)
    assert find_line(customer_id=later.customer_id) is None


def test_a_proof_never_takes_the_small_line(world: World, publish: Callable[..., None]) -> None:
    """Decided again, even in a month that is spent, she keeps it; the month pays once (G1)."""
    publish(month_count_most=1)
    found = until(world, chosen=True)
    with commit():
        again = reprice.reprice(customer_id=found.customer_id, cause="proof:test", now=world.now)
    assert again is not None and again.decision.line is not None
    assert again.decision.line.limit_minor == 300_000
    assert get_exploration_spend(budget_id=ID, month=MONTH).count == 1


def test_only_whom_a_challenger_decides_for_where_the_text_says_so(
    world: World, publish: Callable[..., None]
) -> None:
    publish(applies_to='"challenger"')
    assert find_exploration_budget(jurisdiction="CN", on_date=MONTH) is not None
    found = until(world, chosen=True)  # nothing is being tried, so nobody is a challenger's
    assert isinstance(found.decision.verdict, Declined) and found.input.exploration is None
