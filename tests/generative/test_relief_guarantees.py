"""G7 to G9 of `make properties` in small, and a planted break of each, so that the checks are known to bite."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from puhui.lab.properties.relief import ReliefParts
from puhui.lab.properties.run import check_households
from puhui.loans.domain import EventKind, position
from puhui.relief.domain import ReliefAnswer, ReliefPolicy, solve_relief

SEED, COUNT = 20261122, 60


def test_no_household_breaks_a_guarantee() -> None:
    found = check_households(seed=SEED, first=0, count=COUNT)
    assert {name: (one.cases, one.violations, one.examples) for name, one in found.items()} == {
        name: (COUNT, 0, []) for name in ("G7", "G8", "G9")
    }


def thaws(*, events: Any, **rest: Any) -> Any:
    """A loan that goes on bearing penalties after she asked."""
    return position(events=[one for one in events if one.kind is not EventKind.PENALTY_FREEZE], **rest)


def presses(*, policy: ReliefPolicy, **rest: Any) -> ReliefAnswer:
    """A solver that is content with months that one household in two bears."""
    return solve_relief(policy=replace(policy, confidence_ppm=400_000), **rest)


def gives_away(*, pool_minor: int, **rest: Any) -> ReliefAnswer:
    """A solver that draws on a pool that is not there."""
    return solve_relief(pool_minor=10**9, **rest)


def hides_the_cheapest(**rest: Any) -> ReliefAnswer:
    """A solver that keeps the cheapest card for itself."""
    found = solve_relief(**rest)
    return replace(found, cards=found.cards[1:]) if len(found.cards) > 1 else found


def turns_the_order(**rest: Any) -> ReliefAnswer:
    """A solver that shows first what brings most."""
    found = solve_relief(**rest)
    return replace(found, cards=tuple(reversed(found.cards)))


def says_nothing(**rest: Any) -> ReliefAnswer:
    """A solver that leaves a household alone."""
    found = solve_relief(**rest)
    return found if found.cards else replace(found, because=None, steps=())


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("G7", ReliefParts(position=thaws)),
        ("G8", ReliefParts(solve=presses)),
        ("G8", ReliefParts(solve=gives_away)),
        ("G9", ReliefParts(solve=hides_the_cheapest)),
        ("G9", ReliefParts(solve=turns_the_order)),
        ("G9", ReliefParts(solve=says_nothing)),
    ],
)
def test_a_planted_break_is_found(name: str, parts: ReliefParts) -> None:
    found = check_households(seed=SEED, first=0, count=COUNT, parts=parts)
    assert found[name].violations and f"seed {SEED}, household" in found[name].examples[0]
