"""Portfolio pages: the same figures on the page and in the file, on any date, in a fixed number of questions."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from puhui.journeys import complain
from puhui.loans.domain import LoanState
from puhui.loans.domain.portfolio import (
    PortfolioLoan,
    balance_on,
    count_active,
    histogram,
    late_buckets,
    median,
    month_ends,
    vintages,
)
from puhui.payments.queries import count_orders
from puhui.web import charts
from puhui.web.charts import Point
from puhui.web.staff import portfolio
from tests.journeys.world import World

from .web_kit import staff


@pytest.fixture
def world(db: None) -> Iterator[World]:
    cache.clear()
    made = World()
    yield made
    made.close()


def loan(number: int, **other: Any) -> PortfolioLoan:
    """A loan of 1,000.00 paid out on 15 January 2026, on time."""
    plain: dict[str, Any] = {
        "loan_id": str(number), "quote_id": str(number), "customer_id": str(number), "state": LoanState.ACTIVE,
        "signed_at": datetime(2026, 1, 15, tzinfo=UTC), "disbursed_on": date(2026, 1, 15), "closed_on": None,
        "disbursed_minor": 100_000, "outstanding_minor": 100_000, "late_minor": 0, "dpd_days": 0,
        "annual_rate_ppm": 150_000, "late_since": None,
    }  # fmt: skip
    return PortfolioLoan(**{**plain, **other})


def test_buckets_hold_every_active_loan_once_and_add_up() -> None:
    days = (0, 1, 7, 8, 30, 31, 60, 61, 90, 91, 400)
    loans = [loan(i, dpd_days=days[i]) for i in range(len(days))] + [loan(99, state=LoanState.CLOSED)]
    buckets = late_buckets(loans)
    assert [one.loans for one in buckets] == [1, 2, 2, 2, 2, 2]
    assert sum(one.outstanding_minor for one in buckets) == 1_100_000
    assert late_buckets([])[0].share_ppm == 0


def test_a_vintage_rises_when_its_money_goes_late_and_stops_where_its_youngest_loan_is() -> None:
    loans = [
        loan(1, late_since=date(2026, 4, 16)),
        loan(2, disbursed_minor=300_000),
        loan(3, disbursed_on=date(2026, 3, 20)),
        loan(4, disbursed_on=None, disbursed_minor=0),
    ]
    (line,) = vintages(loans, as_of=date(2026, 8, 1))
    assert (line.year, line.quarter, line.loans, line.disbursed_minor) == (2026, 1, 3, 500_000)
    assert line.late_ppm == (0, 0, 0, 200_000, 200_000), "March's loan is four months old"


def test_small_sums() -> None:
    assert month_ends(first=date(2025, 11, 3), last=date(2026, 1, 10)) == (
        date(2025, 11, 30),
        date(2025, 12, 31),
        date(2026, 1, 10),
    )
    assert balance_on([(date(2026, 1, 1), 5), (date(2026, 1, 3), 7)], date(2026, 1, 2)) == 5
    assert balance_on([], date(2026, 1, 2)) == 0
    assert histogram([5, 12, 14, 31], step=10) == ((0, 1), (10, 2), (20, 0), (30, 1))
    assert histogram([], step=10) == () and median([]) == 0 and median([3, 1, 2]) == 2
    loans = [loan(1, closed_on=date(2026, 2, 1)), loan(2)]
    assert [count_active(loans, date(2026, m, 1)) for m in (1, 2, 3)] == [0, 1, 1]


def test_plots_are_text_with_a_sentence_and_survive_nothing() -> None:
    points = [Point(label="a<b", size=3, text="three & more"), Point(label="", size=0, text="none")]
    for drawn in (
        charts.area(points, write=str, sentence="A “sentence”"),
        charts.columns(points, write=str, sentence="s", cap_at=1.0, cap_text="cap"),
        charts.lines(
            [charts.Series(name="x", points=tuple(points), css="c1")],
            write=str,
            along=["0", ""],
            sentence="s",
        ),
        charts.columns([], write=str, sentence="s"),
        charts.area([], write=str, sentence="s"),
    ):
        assert drawn.startswith("<svg") and 'role="img" aria-label="' in drawn and "a<b" not in drawn
    said = [
        charts.Interval(said=2.0, came=2.5, low=1.0, high=4.0, text="2 → 2.5", holds=True),
        charts.Interval(said=8.0, came=20.0, low=15.0, high=30.0, text="8 → 20", holds=False),
    ]
    drawn = charts.calibration(said, write=str, sentence="s")
    assert drawn.count('class="dot c1"') == drawn.count('class="dot c5"') == drawn.count('class="even"') == 1
    assert "<circle" not in charts.calibration([], write=str, sentence="s")
    assert charts.ticks_up_to(0) == (0.0, 1.0)
    assert charts.ticks_up_to(31.8)[-1] >= 31.8 and 3 <= len(charts.ticks_up_to(31.8)) <= 7


def test_the_page_and_its_files_say_the_same_on_any_date(world: World) -> None:
    _b, first = world.running(0)
    world.live_until(world.today + timedelta(days=40))
    world.running(1)
    complain.open(customer_id=first.customer_id, kind="complaint", about="", text="x", key="c", now=world.now)
    client = staff("analyst")
    for as_of in (world.today, world.today - timedelta(days=30)):
        page = client.get(f"/staff/portfolio?as_of={as_of}")
        assert page.status_code == 200
        found = page.context["found"]
        assert found.outstanding_minor == found.ledger_minor, "positions equal the ledger on that day"
        rows = _rows(client, f"/staff/portfolio/loans.csv?as_of={as_of}")
        assert sum(int(row["outstanding_minor"]) for row in rows) == found.outstanding_minor
        late = _rows(client, f"/staff/portfolio/late.csv?as_of={as_of}")
        assert sum(int(row["outstanding_minor"]) for row in late) == found.outstanding_minor
    assert len(_rows(client, f"/staff/portfolio/loans.csv?as_of={as_of}")) == 1
    ahead = client.get("/staff/portfolio?as_of=2099-01-01")
    assert ahead.status_code == 422 and "This day has not come yet" in ahead.content.decode()
    for long_ago in ("1900-01-01", "0001-01-01"):  # before the house's first policy
        assert client.get(f"/staff/portfolio?as_of={long_ago}").status_code == 200
        assert _rows(client, f"/staff/portfolio/loans.csv?as_of={long_ago}") == []
    assert client.get("/staff/portfolio/secrets.csv").status_code == 404
    assert staff("auditor").get("/staff/portfolio").status_code == 200
    assert staff("operations").get("/staff/portfolio").status_code == 403
    assert client.get("/staff/ledger").status_code == 200


def _rows(client: Client, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_parquet_is_offered_only_where_its_writer_is_installed(world: World, monkeypatch: Any) -> None:
    client = staff("analyst")
    monkeypatch.setattr(portfolio, "has_parquet", lambda: False)
    assert client.get("/staff/portfolio/months.parquet").status_code == 501
    assert b"parquet" not in client.get("/staff/portfolio").content
    monkeypatch.undo()
    pytest.importorskip(
        "pyarrow", reason="exports to Parquet need it: pip install 'puhui[batch]' turns it on"
    )
    answer = client.get("/staff/portfolio/months.parquet")
    assert answer.status_code == 200 and answer.content[:4] == b"PAR1"


def test_lists_ask_a_fixed_number_of_questions(world: World) -> None:
    """However many rows a list has, it asks the database the same."""
    analyst, operations, auditor = staff("analyst"), staff("operations"), staff("auditor")
    pages = [
        (analyst, "/staff/portfolio"),
        (analyst, "/staff/ledger"),
        (operations, "/staff/queue"),
        (operations, "/staff/customers"),
        (operations, "/staff/approvals"),
        (auditor, "/staff/queue"),
    ]

    def asked() -> list[int]:
        counts = []
        for client, path in pages:
            cache.clear()
            client.get(path)
            cache.clear()
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert client.get(path).status_code == 200
            counts.append(len(seen))
        return counts

    def grow(index: int) -> None:
        _b, one = world.running(index)
        for kind in ("complaint", "question"):
            complain.open(
                customer_id=one.customer_id,
                kind=kind,
                about="",
                text="x",
                key=f"{kind}{index}",
                now=world.now,
            )

    grow(0)
    first = asked()
    for index in (1, 2, 3):
        grow(index)
    assert asked() == first
    assert max(first) <= 30, first


def test_payments_are_counted_by_their_state_on_the_date(world: World) -> None:
    """An order that was on its way at the end of a day is so on that day, and done after it."""
    _b, loan = world.running(0)
    world.now += timedelta(days=1)
    world.prepay(loan)
    opened = world.now + timedelta(seconds=1)
    world.now += timedelta(hours=1)
    world.work()
    assert ("payout", "done", 1, 2_000_000) in count_orders(until=opened)
    assert ("collect", "created", 1, 100_000) in count_orders(until=opened)
    assert ("collect", "done", 1, 100_000) in count_orders(until=world.now + timedelta(days=1))
    assert {one[0] for one in count_orders(until=opened - timedelta(hours=1))} == {"payout"}


def test_an_empty_house_says_so_in_every_plot(db: None) -> None:
    cache.clear()
    page = staff("analyst").get("/staff/portfolio").content.decode()
    assert page.count('class="none"') == 6, "six plots, each with a sentence instead of an empty frame"
