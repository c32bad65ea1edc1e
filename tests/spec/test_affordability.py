"""What a month bears: (income − rent − max(living, floor) − other instalments) × 85 %, rounded down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from puhui.core.money import parse_minor
from puhui.decisions.domain.affordability import assess_affordability, surplus_for_payment
from tests.decisions_kit import ASKED

# Whole yuan a month. The first three rows are the mock-ups 02 and 13 (nurse in Chengdu), 03 (declined).
MONTHS = """
income | rent | living | floor | others | left    | affordable
8600   | 2200 | 2400   | 1650  | 680    | 3320    | 2822
6200   | 1500 | 1800   | 1650  | 2490   | 410     | 348.50
8600   | 2200 | 900    | 1650  | 680    | 4070    | 3459.50
8600   | 2200 | 0      | 1650  | 0      | 4750    | 4037.50
3000   | 1000 | 1650   | 1650  | 350    | 0       | 0
3000   | 1000 | 1650   | 1650  | 351    | -1      | 0
5000   | 6000 | 100    | 1650  | 0      | -2650   | 0
100.01 | 0    | 0      | 0     | 0      | 100.01  | 85
100.02 | 0    | 0      | 0     | 0      | 100.02  | 85.01
"""


def rows(table: str) -> list[list[int]]:
    lines = [line.split("|") for line in table.strip().splitlines()[1:]]
    return [[parse_minor(cell.strip(), "CNY") for cell in line] for line in lines]


@pytest.mark.parametrize(("income", "rent", "living", "floor", "others", "left", "affordable"), rows(MONTHS))
def test_a_month(
    income: int, rent: int, living: int, floor: int, others: int, left: int, affordable: int
) -> None:
    asked = replace(
        ASKED,
        income_minor=income,
        rent_minor=rent,
        living_minor=living,
        other_instalments_minor=others,
        other_lenders=9,
    )
    month = assess_affordability(asked, essential_floor_minor=floor, reserve_ppm=150_000)
    assert (month.surplus_minor, month.affordable_minor) == (left, affordable)
    assert month.counted_living_minor == max(living, floor)
    parts = month.rent_minor + month.counted_living_minor + month.other_instalments_minor
    assert month.income_minor - parts == month.surplus_minor


# payment | smallest surplus that bears it, fen
SURPLUS = [(0, 0), (85, 100), (86, 102), (348_50, 410_00), (1, 2)]


@pytest.mark.parametrize(("payment", "surplus"), SURPLUS)
def test_the_surplus_that_a_payment_needs(payment: int, surplus: int) -> None:
    assert surplus_for_payment(payment, reserve_ppm=150_000) == surplus
    assert surplus * 850_000 // 1_000_000 >= payment > (surplus - 1) * 850_000 // 1_000_000 or payment == 0
