"""The fast path of the worlds says what the real journeys say: the same people, the same days, the same sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from puhui.core.time import instant_at
from puhui.journeys.handlers import SCHEDULES
from puhui.lab.observed import EventLog, Seen
from puhui.lab.planbook import LoanShape, make_book
from puhui.lab.policies.arms import Relief
from puhui.lab.policies.table import ReliefTable
from puhui.lab.simulate.journeys import acts_of, drive
from puhui.lab.worlds.engine import simulate_cohort
from puhui.lab.worlds.households import make_cohort, make_steps
from puhui.loans.domain import LoanState
from puhui.loans.queries import get_terms
from puhui.runtime.schedules import tick
from tests.journeys.world import ZONE, World
from tests.worlds_kit import SEED, tables
from tests.worlds_kit import world as small_world

PEOPLE = 8
# Waivers that nobody asks for are no arm of a world: the fast path leaves them out.
WITHOUT_PROGRAMMES = [one for one in SCHEDULES if one.name != "programmes"]
assert len(WITHOUT_PROGRAMMES) == len(SCHEDULES) - 1
DAYS = (1, 8, 20, 33, 45, 61)  # measured
SUM_WITHIN = (
    150  # fen: interest of the days between a plan's day in the book and the day of asking, and roundings
)
SUM_SHARE = 0.02  # of what is due, of an account that signed a plan


class Watching(Relief):
    """Relief that notes the books of every day."""

    def __init__(self, table: ReliefTable) -> None:
        super().__init__(table)
        self.days: dict[int, Seen] = {}

    def act(self, seen: Seen):  # type: ignore[no-untyped-def]
        """Note the books of a day before anybody acts."""
        self.days[seen.day] = seen
        return super().act(seen)


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A world in which new contracts know the events of relief."""
    made = World(start=date(2026, 12, 1))
    yield made
    made.check()
    made.close()


@pytest.mark.sqlite
def test_the_fast_path_agrees_with_the_real_journeys(world: World) -> None:
    sample = [world.running(number, amount_minor=600_000, months=6) for number in range(PEOPLE)]
    terms = get_terms(loan_id=sample[0][1].id)
    assert all(get_terms(loan_id=loan.id).rows == terms.rows for _, loan in sample)
    zero = terms.rows[0].due_date
    shape = LoanShape(
        name="real", principal_minor=terms.principal_minor, months=terms.months, annual_rate_ppm=terms.annual_rate_ppm,
        penalty_daily_ppm=terms.penalty_daily_rate_ppm, paid=0, weight=1,
    )  # fmt: skip
    policy = tables().policy
    book = make_book([shape], policy.grid, day_zero=zero, signed=[terms])
    town = replace(small_world("towns"), size=200, shapes=(shape,))
    card = {**town.given["card"], "takes": 1.0, "dearer": 1.0}
    town = replace(town, given={**town.given, "card": card})
    steps = make_steps(book.longest)
    homes = make_cohort(town, book, steps, seed=SEED, cohort=0)
    watching, log = Watching(ReliefTable(book, policy)), EventLog()
    fast = simulate_cohort(town, book, steps, homes, watching, log)
    did = [{event for day, event, _, _ in acts_of(log, n) if day <= 60} for n in range(town.size)]
    signs = [n for n, acts in enumerate(did) if "signed" in acts][:3]
    asks = [n for n, acts in enumerate(did) if "asked" in acts and n not in signs][:2]
    chosen = [*signs, *asks, *(n for n, acts in enumerate(did) if "asked" not in acts)][:PEOPLE]
    assert signs and asks and len(chosen) == PEOPLE, (SEED, did)

    def clock(day: int, hour: int) -> datetime:
        for at in (time(8, 50), time(9, 50), time(hour, 55)):
            now = instant_at(zero + timedelta(days=day), at, zone=ZONE)
            if now > world.now:
                world.now = now
                tick(schedules=WITHOUT_PROGRAMMES, now=now)
                world.work()
        return world.now

    people = [(number, *one) for number, one in zip(chosen, sample, strict=True)]
    real = drive(people, log, book, clock=clock, work=world.work, days=61, measured=DAYS)
    exact = days = 0
    for number, one in zip(chosen, real, strict=True):
        for day in DAYS:
            ours, theirs = watching.days[day], one.days[day]
            where = (SEED, number, day, acts_of(log, number), one.days)
            within = SUM_WITHIN + (SUM_SHARE * theirs.due_minor if number in signs else 0)
            here = int(ours.due[number])
            assert abs(here - theirs.due_minor) <= within, where
            assert abs(int(ours.paid[number]) - theirs.paid_minor) <= within, where
            exact += abs(here - theirs.due_minor) <= 1
            days += int(ours.dpd[number]) == theirs.dpd_days
        end = one.days[61]  # at noon of day 61; nothing falls due on day 61 of these loans
        cured = end.dpd_days == 0 and end.paid_minor * 100 >= end.instalment_minor * 95
        assert bool(fast.paying[number]) == cured, f"{where} {bool(fast.paying[number])}"
        quiet = [
            day
            for day, event, who, _, _ in log.kept
            if event == "reminded" and (who == number).any() and day <= 60
        ]
        assert list(one.messages) == quiet, (SEED, number, acts_of(log, number))
        assert one.days[61].state in (LoanState.ACTIVE, LoanState.CLOSED)
    assert days >= 0.9 * PEOPLE * len(DAYS), f"days past due agree on {days} of {PEOPLE * len(DAYS)}"
    assert exact >= 0.6 * PEOPLE * len(DAYS), f"sums agree to a fen on {exact} of {PEOPLE * len(DAYS)}"
