"""Price: what the money costs us, part by part, and therefore her. Dated text, compiled strictly.

rate = funding + operating + expected loss + guarantees + margin − benefits. It rises with risk and nothing else, and
every cell of the table keeps the house's cap on its basis; both are proved when the file is read, not hoped for later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from puhui.core.dated import HouseText
from puhui.protection.domain.dated_head import take_house
from puhui.protection.domain.strict import PolicyInvalid, StrictFile, StrictTable

PARTS = ("funding", "operating", "expected_loss", "guarantees", "margin")
BASES = frozenset({"effective", "nominal"})
PPM = 1_000_000
MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePart:
    """One part of an annual rate."""

    name: str  # one of PARTS, or "benefit:" and its name, or "cap"
    annual_rate_ppm: int  # parts per million a year; benefits and the cap are negative


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """What lowers a price: filled by a later stage (a coupon, a promise), never raised by it."""

    name: str  # stable name
    annual_rate_ppm: int  # off the rate, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A price that adds up."""

    annual_rate_ppm: int  # contract rate
    parts: tuple[PricePart, ...]  # add up to the rate exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class GradePrice:
    """One row of the table."""

    grade: str  # name of the grade
    parts: tuple[PricePart, ...]  # in the order of PARTS
    annual_rate_ppm: int  # their sum


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable(HouseText):
    """A compiled price file."""

    id: str  # stable name
    cap_ppm: int  # cap that every row was tested against
    cap_basis: str  # "effective" or "nominal"
    grades: tuple[GradePrice, ...]  # from the safest to the riskiest

    def row(self, grade: str) -> GradePrice:
        """Return the row of a grade that the policy was bound to."""
        return next(one for one in self.grades if one.grade == grade)


def is_rate_within_cap(annual_rate_ppm: int, *, cap_ppm: int, basis: str) -> bool:
    """This function will tell whether a contract rate with monthly payments and no fees keeps a cap, exactly."""
    if basis == "nominal":
        return annual_rate_ppm <= cap_ppm
    unit = MONTHS * PPM
    return int((unit + annual_rate_ppm) ** MONTHS) * PPM <= (PPM + cap_ppm) * int(unit**MONTHS)


@cache
def highest_rate(*, cap_ppm: int, basis: str) -> int:
    """This function will return the highest contract rate, in hundredths of a percent, that keeps a cap, in ppm."""
    low, high = 0, cap_ppm // 100
    while low < high:
        middle = (low + high + 1) // 2
        if is_rate_within_cap(middle * 100, cap_ppm=cap_ppm, basis=basis):
            low = middle
        else:
            high = middle - 1
    return low * 100


def make_price(row: GradePrice, *, benefits: Sequence[Benefit], highest_ppm: int) -> Price:
    """This function will price a grade: its parts, less benefits (never below zero), lowered to the cap if above it."""
    parts = list(row.parts)
    rate = row.annual_rate_ppm
    for one in benefits:
        assert one.annual_rate_ppm >= 0, "a benefit never raises a price"
        taken = min(one.annual_rate_ppm, rate)
        parts.append(PricePart(name=f"benefit:{one.name}", annual_rate_ppm=-taken))
        rate -= taken
    if rate > highest_ppm:
        parts.append(PricePart(name="cap", annual_rate_ppm=highest_ppm - rate))
        rate = highest_ppm
    return Price(annual_rate_ppm=rate, parts=tuple(parts))


def parse_prices(text: str, *, file: str) -> PriceTable:
    """This function will compile a price file; `file` names it in errors.

    Raises: PolicyInvalid for an unknown or missing field, a wrong type, a grade named twice, a price or an expected
    loss that falls from one grade to the next, or a row above the stated cap.
    """
    source = StrictFile(text, file=file)
    head = source.table("prices")
    rows = source.rows("grade", called="name")
    source.done()
    id, dated = head.text("id"), take_house(head, text=text)
    cap_ppm, basis = head.integer("cap_ppm"), head.choice("cap_basis", BASES)
    head.done()
    if not rows:
        raise PolicyInvalid("no [[grade]]", file=file)
    grades = tuple(_grade(row, cap_ppm=cap_ppm, basis=basis) for row in rows)
    for (before, after), row in zip(pairwise(grades), rows[1:], strict=True):
        _check_rises(before, after, row)
    if len({one.grade for one in grades}) != len(grades):
        raise PolicyInvalid("a grade is named twice", file=file)
    return PriceTable(
        id=id,
        **dated,
        cap_ppm=cap_ppm,
        cap_basis=basis,
        grades=grades,
    )


def _grade(row: StrictTable, *, cap_ppm: int, basis: str) -> GradePrice:
    name = row.text("name")
    parts = tuple(PricePart(name=part, annual_rate_ppm=row.integer(f"{part}_ppm")) for part in PARTS)
    row.done()
    if negative := [one.name for one in parts if one.annual_rate_ppm < 0]:
        raise row.invalid(f"{negative[0]}_ppm is negative")
    total = sum(one.annual_rate_ppm for one in parts)
    if not is_rate_within_cap(total, cap_ppm=cap_ppm, basis=basis):
        raise row.invalid(f"{total} ppm a year is above the cap of {cap_ppm} ppm ({basis})")
    return GradePrice(grade=name, parts=parts, annual_rate_ppm=total)


def _check_rises(before: GradePrice, after: GradePrice, row: StrictTable) -> None:
    if after.annual_rate_ppm < before.annual_rate_ppm:
        raise row.invalid(
            f"costs less than the safer grade {before.grade}: a price must not fall as risk rises"
        )
    place = PARTS.index("expected_loss")
    if after.parts[place].annual_rate_ppm < before.parts[place].annual_rate_ppm:
        raise row.invalid(f"expects less loss than the safer grade {before.grade}")
