"""The fast path of the worlds says what the real journeys say: the same people, the same days, the same sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time

import pytest

from puhui.core.time import instant_at
from puhui.journeys.handlers import SCHEDULES
from puhui.lab.borrower import Borrower
from puhui.lab.simulate.agreement import DAYS, Agreement, hold_together, render_agreement
from puhui.lab.simulate.journeys import Clock
from puhui.loans.domain import Loan
from puhui.runtime.schedules import tick
from tests.journeys.world import ZONE, World
from tests.relief_kit import SMALL
from tests.worlds_kit import SEED, tables
from tests.worlds_kit import world as small_world

PEOPLE = 8
# Waivers that nobody asks for are no arm of a world: the fast path leaves them out.
WITHOUT_PROGRAMMES = [one for one in SCHEDULES if one.name != "programmes"]
assert len(WITHOUT_PROGRAMMES) == len(SCHEDULES) - 1


class Hands:
    """The world of the journey tests as the hands of the sample."""

    def __init__(self, world: World) -> None:
        self.world = world

    def running(self, index: int, *, amount_minor: int, months: int) -> tuple[Borrower, Loan]:
        """A borrower whose money is in her account."""
        return self.world.running(index, amount_minor=amount_minor, months=months)

    def clock_from(self, zero: int) -> Clock:
        """The clock of days since day `zero`."""

        def clock(day: int, hour: int) -> datetime:
            for at in (time(8, 50), time(9, 50), time(hour, 55)):
                now = instant_at(date.fromordinal(zero + day), at, zone=ZONE)
                if now > self.world.now:
                    self.world.now = now
                    tick(schedules=WITHOUT_PROGRAMMES, now=now)
                    self.world.work()
            return self.world.now

        return clock

    def work(self) -> None:
        """The worker works."""
        self.world.work()


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A world in which new contracts know the events of relief."""
    made = World(start=date(2026, 12, 1))
    yield made
    made.check()
    made.close()


@pytest.mark.sqlite
def test_the_fast_path_agrees_with_the_real_journeys(world: World) -> None:
    towns = small_world("towns")
    card = {**towns.given["card"], "takes": 1.0, "dearer": 1.0}
    shock = {
        **towns.given["shock"],
        "again_monthly": 0.5,
    }  # so that somebody lets a payment wait within the days
    towns = replace(towns, given={**towns.given, "card": card, "shock": shock})
    grid = replace(SMALL, deferral_months=(0, 1))
    policy = replace(tables().policy, grid=grid)
    found = hold_together(towns, policy, Hands(world), people=PEOPLE, seed=SEED)
    assert found.problems() == [], render_agreement(found)
    did = [one.did for one in found.accounts]
    assert any("signed" in one for one in did) and any("asked" in one for one in did), did
    assert any("waited" in one for one in did), did
    assert any("paid" in one for one in did) and {one.paying[1] for one in found.accounts} == {True, False}
    assert any(one.messages[1] for one in found.accounts), "messages went out"
    exact = sum(abs(one.due_minor[0] - one.due_minor[1]) <= 1 for one in found.days)
    assert exact >= 0.6 * PEOPLE * len(DAYS), f"sums agree to a fen on {exact} of {PEOPLE * len(DAYS)}"
    parts(found)


def parts(found: Agreement) -> None:
    """What differs is told: a sum, a message and a cure, each planted."""
    day, account = found.days[0], found.accounts[0]
    wrong = replace(day, due_minor=(day.due_minor[0], day.due_minor[0] + day.within_minor + 1))
    other = replace(account, messages=((1,), (2,)), paying=(True, False))
    told = replace(found, days=(wrong, *found.days[1:]), accounts=(other, *found.accounts[1:]))
    assert len(told.problems()) == 3 and "The paths part" in render_agreement(told)
