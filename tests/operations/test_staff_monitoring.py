"""The page of scores at work: figures that the stored decisions and loans give, on any date, for those who may see them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from puhui.core.time import business_date
from puhui.decisions.queries import count_features, list_scored
from puhui.web.staff.monitoring import index_text, shade
from puhui.web.staff.monitoring_data import watch
from tests.journeys.world import ZONE, World

from .web_kit import staff


@pytest.fixture
def world(db: None) -> Iterator[World]:
    cache.clear()
    made = World()
    yield made
    made.close()


def test_the_page_counts_what_was_decided_and_what_came_of_it(world: World) -> None:
    first = world.today
    _, late = world.running(0)
    world.borrower(1, income="1500").ask(world.now)
    world.live_until(world.position(late).rows[0].due_date + timedelta(days=33))
    world.running(2)
    found = watch(as_of=world.today)
    scored = list_scored(until=world.now + timedelta(days=1))
    assert len(scored) == 3 and all(one.pd_ppm is not None for one in scored)
    months = {one.first: one.decisions for one in found.months}
    assert months[first.replace(day=1)] == 2 and sum(months.values()) == 3
    assert (found.outcomes, sum(one.bad for one in found.vintages)) == (1, 1), (
        "30 days late is an outcome, youth is none"
    )
    assert found.bands[0].observed_ppm == 1_000_000 and found.bands[0].expected_ppm == scored[0].pd_ppm
    assert found.vintages[0].ks_ppm is None, "one bad loan measures nothing"
    assert sum(one.decisions for one in found.ages) == 3 == sum(one.decisions for one in found.regions)
    assert sum(one.approved for one in found.ages) == sum(one.verdict == "approved" for one in scored)
    assert all(one.ratio_ppm is None for one in found.ages), "three decisions say nothing about a group"
    assert {one.name for one in found.features} >= {"inq_last_6mths", "revol_util"}


def test_counts_of_two_periods_are_those_of_both_and_an_old_date_does_not_move(world: World) -> None:
    world.borrower(0).ask(world.now)
    turn = world.wait(days=40)
    then = watch(as_of=business_date(turn, zone=ZONE))
    world.wait(minutes=1)
    world.borrower(1, hit="thin").ask(world.now)
    start, end = turn - timedelta(days=90), world.now + timedelta(days=1)
    whole = count_features(since=start, until=end)
    parts = count_features(since=start, until=turn), count_features(since=turn, until=end)
    for name, counts in whole.items():
        assert sum(counts.values()) == 2
        for place, count in counts.items():
            assert count == sum(part.get(name, {}).get(place, 0) for part in parts)
    world.live_until(world.today + timedelta(days=35))
    assert watch(as_of=then.as_of - timedelta(days=1)).months[-1].decisions == 0


def test_who_may_see_it_and_what_it_says_without_a_decision(db: None) -> None:
    cache.clear()
    for role, status in (("analyst", 200), ("operations", 200), ("auditor", 200), ("collections", 403)):
        assert staff(role).get("/staff/monitoring").status_code == status, role
    assert Client().get("/staff/monitoring").status_code == 302
    page = staff("analyst").get("/staff/monitoring?as_of=2999-01-01")
    assert page.status_code == 422


def test_an_index_is_written_with_two_decimals_and_its_colour() -> None:
    assert [index_text(one) for one in (None, 0, 99_999, 100_000, 1_204_000)] == [
        "–",
        "0.00",
        "0.10",
        "0.10",
        "1.20",
    ]
    assert [shade(one) for one in (None, 99_999, 100_000, 250_000)] == ["jade", "jade", "ochre", "brick"]
