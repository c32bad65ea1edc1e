"""How the interface writes values (ui.md section 7), as tables."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from puhui.web import charts
from puhui.web.shared import explain, formats

ZONE = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("minor", "exact", "short"),
    [
        (180_751, "¥1,807.51", "¥1,807.51"),
        (2_000_000, "¥20,000.00", "¥20,000"),
        (0, "¥0.00", "¥0"),
        (-64_000, "−¥640.00", "−¥640"),
        (-1, "−¥0.01", "−¥0.01"),
        (5, "¥0.05", "¥0.05"),
    ],
)
def test_money(minor: int, exact: str, short: str) -> None:
    assert formats.money(minor, "CNY") == exact
    assert formats.yuan(minor, "CNY") == short


@pytest.mark.parametrize(
    ("ppm", "written"),
    [
        (152_500, "15.25%"),
        (152_549, "15.25%"),
        (152_550, "15.26%"),
        (0, "0.00%"),
        (-20_900, "−2.09%"),
        (500, "0.05%"),
    ],
)
def test_rates_have_two_decimals(ppm: int, written: str) -> None:
    assert formats.rate(ppm) == written


@pytest.mark.parametrize(("ppm", "written"), [(150_000, "15%"), (128_000, "12.8%"), (1_000_000, "100%")])
def test_shares_have_at_most_one_decimal(ppm: int, written: str) -> None:
    assert formats.share(ppm) == written


@pytest.mark.parametrize(
    ("language", "full", "short", "table", "weekday", "month"),
    [
        ("zh-hans", "2026年12月5日", "12月5日", "2026-12-05", "2026年12月5日 周六", "2026年12月"),
        ("en", "5 Dec 2026", "5 Dec", "5 Dec 26", "Sat 5 Dec 2026", "Dec 2026"),
    ],
)
def test_dates(language: str, full: str, short: str, table: str, weekday: str, month: str) -> None:
    value = date(2026, 12, 5)
    assert formats.day(value, language) == full
    assert formats.day_short(value, language) == short
    assert formats.day_table(value, language) == table
    assert formats.day_full(value, language) == weekday
    assert formats.month(value, language) == month


def test_instants_are_written_in_the_lenders_zone() -> None:
    value = datetime(2026, 11, 20, 15, 4, 17, tzinfo=UTC)
    assert formats.moment(value, "zh-hans", ZONE) == "11月20日 23:04"
    assert formats.moment(value, "en", ZONE) == "20 Nov, 23:04"
    assert formats.moment_staff(value, "zh-hans", ZONE) == "2026-11-20 23:04"
    assert formats.clock(value, ZONE, seconds=True) == "23:04:17"


def test_a_dial_and_a_track_stay_inside_their_frame() -> None:
    assert 'aria-hidden="true"' in charts.dial(sign="惠", part=99, whole=10, css="k1")
    assert "nan" not in charts.dial(sign="惠", part=0, whole=0, css="k1")
    drawn = charts.track(days=0, today=5, at=-3, ticks=[1, 400])
    assert (
        'x1="1000"' in drawn
        and "-" not in drawn.replace("aria-hidden", "").replace("viewBox", "").split(">", 1)[1]
    )


def test_a_waterfall_writes_every_figure_and_escapes_words() -> None:
    parts = [
        charts.Part(label="<b>", size=31_000, text="3.10"),
        charts.Part(label="less", size=-1_000, text="−0.10"),
    ]
    total = charts.Part(label="rate", size=30_000, text="3.00%", css="kt")
    drawn = charts.waterfall(parts, total=total, sentence="adds up")
    assert all(text in drawn for text in ("3.10", "−0.10", "3.00%", "&lt;b&gt;", 'role="img"'))
    assert "<b>" not in drawn


def test_shares_of_the_bureau_are_per_cents_whatever_its_unit() -> None:
    assert explain.write("bureau.revol_util_permille", 458) == "45.8%"
    assert explain.write("bureau.all_util_percent", 38) == "38%"
    assert explain.write("bureau.open_il_12m", 3) == "3"
