"""From a row of data/lending_club_applicants.csv to somebody who applies here, field by field.

The table of the mapping is docs/reference/demo-data.md; what stands there is done here and nothing else. What the file
does not know (name, numbers, region, purpose, spending, day and hour) is generated from (seed, row) and marked so there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from puhui.core.time import instant_at
from puhui.decisions.domain.application import PURPOSES
from puhui.facts.sandbox_files import MINOR_PER_DOLLAR
from puhui.lab.borrower import Wish, draw
from puhui.lab.people import InventedPerson, invent_person
from puhui.products.domain import Method

FILE = "lending_club_applicants.csv"
STEP_MINOR = 100_00  # applications ask for whole hundreds
LEAST_MINOR, MOST_MINOR = 500_00, 200_000_00  # what the product lends
TERMS = {"term_36": (3, 6, 6, 9, 12), "term_60": (12, 18, 24)}  # months here for the file's 36 and 60
OPENS, OPEN_HOURS = time(9, 0), 12  # applications come between nine and nine, local time


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """One row of the file as a person who applies."""

    row: int  # `row` of the file, which the sandbox bureau answers with
    person: InventedPerson  # who she says she is
    language: str  # in which she reads
    wish: Wish  # what she types and chooses
    at: datetime  # instant at which she opens the first page, UTC
    went_bad: bool  # the file's own outcome: the payment behaviour follows it


def read_rows(folder: Path) -> list[dict[str, str]]:
    """This function will read the applicants' half of the file, in its order."""
    with (folder / FILE).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def list_applicants(
    rows: list[dict[str, str]], *, count: int, first_day: date, days: int, seed: int, zone: str
) -> Iterator[Applicant]:
    """This function will yield `count` applicants spread evenly over `days` from `first_day`, in order of their day.

    The rows are taken evenly from the whole file, so that a small demo has the same mix as a full one.
    """
    for index in range(count):
        row = rows[index * len(rows) // count]
        day = first_day + timedelta(days=index * days // count)
        opens = instant_at(day, OPENS, zone=zone)
        yield make_applicant(row, at=opens + _into_the_day(seed, row["row"]), seed=seed)


def _into_the_day(seed: int, row: str) -> timedelta:
    return timedelta(seconds=draw(seed, "hour", row) % (OPEN_HOURS * 3600))


def make_applicant(row: dict[str, str], *, at: datetime, seed: int) -> Applicant:
    """This function will map one row; `at` is the instant at which she begins."""
    number = int(row["row"])
    months = TERMS[row["term"]][draw(seed, "months", number) % len(TERMS[row["term"]])]
    asked = _steps(int(Decimal(row["funded_amnt"])) * MINOR_PER_DOLLAR)
    return Applicant(
        row=number,
        person=invent_person(seed=seed, index=number),
        language="en" if draw(seed, "language", number) % 8 == 0 else "zh-hans",
        wish=Wish(
            fields=typed_fields(row, asked_minor=asked, months=months, seed=seed),
            amount_minor=asked,
            months=months,
            method=_method(seed, number),
            autopay=draw(seed, "autopay", number) % 100 < 62,
            marketing=draw(seed, "marketing", number) % 100 < 12,
        ),
        at=at,
        went_bad=row["Class"] == "bad",
    )


def _steps(amount_minor: int) -> int:
    whole = amount_minor // STEP_MINOR * STEP_MINOR
    return min(max(whole, LEAST_MINOR), MOST_MINOR)


def _method(seed: int, number: int) -> Method:
    place = draw(seed, "method", number) % 100
    if place < 86:
        return Method.EQUAL_INSTALMENT
    return Method.EQUAL_PRINCIPAL if place < 97 else Method.INTEREST_FIRST


def typed_fields(row: dict[str, str], *, asked_minor: int, months: int, seed: int) -> dict[str, str]:
    """This function will write the application's fields as she would type them, in whole yuan a month."""
    number = int(row["row"])
    income = int(Decimal(row["annual_inc"])) * MINOR_PER_DOLLAR // 12
    rent = income * (12 + draw(seed, "rent", number) % 20) // 100
    living = income * (18 + draw(seed, "living", number) % 22) // 100
    others = int(Decimal(row["total_bal_il"])) * MINOR_PER_DOLLAR // 72
    lenders = min(int(row["open_il_6m"]), 9) or (1 if others else 0)
    purpose = PURPOSES[draw(seed, "purpose", number) % len(PURPOSES)]
    return {
        "amount": _typed(asked_minor),
        "purpose": purpose,
        "months": str(months),
        "income": _typed(income),
        "rent": _typed(rent),
        "living": _typed(living),
        "other_instalments": _typed(others),
        "other_lenders": str(lenders if others else 0),
    }


def _typed(amount_minor: int) -> str:
    return str(amount_minor // 100)
