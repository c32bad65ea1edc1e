"""Loans, policies and budgets for tests of relief."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from puhui.products.domain import Method
from puhui.relief.domain import (
    HouseholdBudget,
    ReliefGrid,
    ReliefLoan,
    ReliefPlan,
    ReliefPolicy,
    parse_relief,
    plans_of,
    relief_loan,
)
from tests.domain.test_loans_v2 import PAID_OUT, terms_with

FILE = "relief/2026-11-01.toml"
SMALL = ReliefGrid(
    due_moves_days=(0,), deferral_months=(0, 3), extensions=(0, 6), rates_off_ppm=(0, 60_000),
    interest_pauses=(False,), waivers=("none", "penalty_interest"), last_due_months_most=36,
)  # fmt: skip


def text() -> str:
    """This function will return the shipped policy's text."""
    return (Path(__file__).parents[1] / "policies" / FILE).read_text(encoding="utf-8")


# What the tests of journeys and pages take away from the shipped grid, so that they do not work hundreds of plans out.
SMALLER = {
    "due_moves_days = [0, 10]": "due_moves_days = [0]",
    "settlement_late_days = 90": "settlement_late_days = 5",
    "deferral_months = [0, 1, 3]": "deferral_months = [0, 3]",
    "extensions = [0, 6, 12, 24]": "extensions = [0, 12]",
    "interest_pauses = [false, true]": "interest_pauses = [false]",
    'waivers = ["none", "penalty", "penalty_interest"]': 'waivers = ["none", "penalty"]',
}


def put_few_plans(folder: Path, settings: Any) -> None:
    """This function will let the settings name the shipped texts with a small grid of plans, in `folder`."""
    shipped = Path(settings.POLICIES_DIR)
    for one in shipped.iterdir():
        if one.name != "relief":
            (folder / one.name).symlink_to(one)
    (folder / "relief").mkdir()
    text = (shipped / "relief/2026-11-22.toml").read_text(encoding="utf-8")
    for was, becomes in SMALLER.items():
        assert was in text
        text = text.replace(was, becomes)
    (folder / "relief/2026-11-22.toml").write_text(text, encoding="utf-8")
    settings.POLICIES_DIR = folder


@lru_cache
def policy() -> ReliefPolicy:
    """This function will return the shipped policy with a small grid, and cohorts small enough to search by hand."""
    return replace(parse_relief(text(), file=FILE), grid=SMALL)


@lru_cache
def loan(*, late: bool, method: Method = Method.EQUAL_INSTALMENT) -> ReliefLoan:
    """This function will return a loan of ¥10,000 on a day on which its first instalment is late, or is still to come."""
    terms = terms_with(method=method)
    return relief_loan(
        terms=terms, events=(PAID_OUT,), asked_on=date(2026, 3, 10) if late else date(2026, 2, 10)
    )


@lru_cache
def plans(*, late: bool) -> tuple[ReliefPlan, ...]:
    """This function will return all plans of the small grid."""
    return plans_of(loan(late=late), SMALL)


def budget(rng: random.Random) -> HouseholdBudget:
    """This function will make a household, from one without income to one that has plenty."""
    usual = rng.randrange(0, 800_000)
    return HouseholdBudget(
        income_minor=rng.choice([0, usual, usual * rng.randrange(100) // 100]),
        usual_income_minor=usual,
        spending_minor=rng.randrange(0, 300_000),
        floor_minor=rng.choice([0, 150_000]),
        other_debts_minor=rng.randrange(0, 60_000),
        recovers_after_months=rng.randrange(0, 7),
        lump_minor=rng.choice([0, rng.randrange(0, 1_100_000)]),
    )
