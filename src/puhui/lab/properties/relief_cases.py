"""Random loans and households for the guarantees of relief: made from (seed, number) alone, so each case can be made again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random

import puhui
from puhui.core.rounding import Rounding
from puhui.loans.domain import ContractTerms, EventKind, LoanEvent, disbursement
from puhui.products.domain import CapBasis, CapRule, LoanOptions, Method, fit_under_cap
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

FILE = "relief/2026-11-24.toml"
LOANS = 24  # loans among which the households of a run fall
START = date(2026, 11, 30)
CAP = CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE)
SMALL = ReliefGrid(
    due_moves_days=(0,), deferral_months=(0, 3), extensions=(0, 12), rates_off_ppm=(0, 60_000),
    interest_pauses=(False,), waivers=("none", "penalty_interest"), last_due_months_most=48,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefCase:
    """One household with one loan."""

    number: int  # of the case
    random: Random  # everything else that chance decides
    loan: ReliefLoan  # as it stands on the day of asking
    plans: tuple[ReliefPlan, ...]  # all of them
    policy: ReliefPolicy  # the shipped text with a small grid
    cause: str  # of hardship
    budget: HouseholdBudget  # of the household
    pool_minor: int  # left for waivers, minor units


@lru_cache(maxsize=1)
def shipped() -> ReliefPolicy:
    """This function will return the shipped relief policy."""
    root = Path(puhui.__file__).resolve().parents[2] / "policies"
    return parse_relief((root / FILE).read_text(encoding="utf-8"), file=FILE)


def make_loan(random: Random) -> ReliefLoan:
    """This function will make a paid out loan on a day on which it is late, or not yet."""
    months, amount = random.choice([6, 12, 18, 24]), random.randrange(20, 300) * 10_000
    method = random.choice([Method.EQUAL_INSTALMENT, Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL])
    fitted = fit_under_cap(
        principal_minor=amount, annual_rate_ppm=random.randrange(80_000, 200_000), months=months, method=method,
        value_date=START, cap=CAP, due_day=None, options=LoanOptions(),
    )  # fmt: skip
    terms = ContractTerms(
        semantics_version=2, currency="CNY", principal_minor=amount, annual_rate_ppm=fitted.annual_rate_ppm,
        penalty_daily_rate_ppm=500, months=months, method=method, instalment_rounding=Rounding.HALF_EVEN,
        value_date=START, due_day=None, rows=fitted.rows, cap=CAP, withdrawal_days=14, options=LoanOptions(),
    )  # fmt: skip
    out = event(1, EventKind.DISBURSE, START, amount)
    asked = fitted.rows[random.randrange(0, 3)].due_date + timedelta(days=random.randrange(-20, 45))
    return relief_loan(
        terms=terms,
        events=(disbursement(terms=terms, event=out),),
        asked_on=max(asked, START + timedelta(days=1)),
    )


def event(seq: int, kind: EventKind, day: date, amount_minor: int = 0, **payload: object) -> LoanEvent:
    """This function will make an event that was booked on its day."""
    return LoanEvent(
        id=f"relief-case-{seq}", loan_id="l", seq=seq, kind=kind, value_date=day, booking_date=day,
        booked_at=datetime(day.year, day.month, day.day, 4, tzinfo=UTC), amount_minor=amount_minor, payload=payload,
    )  # fmt: skip


@lru_cache(maxsize=2)
def make_loans(seed: int) -> tuple[tuple[ReliefLoan, tuple[ReliefPlan, ...]], ...]:
    """This function will make the loans of a run with all their plans."""
    random = Random(seed)
    loans = [make_loan(random) for _ in range(LOANS)]
    return tuple((loan, plans_of(loan, SMALL)) for loan in loans)


def make_household(random: Random, instalment_minor: int) -> HouseholdBudget:
    """This function will make a household, from one without income to one that has plenty, about what the loan asks for."""
    usual = random.randrange(0, 6 * instalment_minor + 600_000)
    return HouseholdBudget(
        income_minor=random.choice([0, usual, usual * random.randrange(100) // 100]),
        usual_income_minor=usual,
        spending_minor=random.randrange(0, 350_000),
        floor_minor=random.choice([0, 165_000]),
        other_debts_minor=random.choice([0, random.randrange(0, 80_000)]),
        recovers_after_months=random.randrange(0, 10),
        lump_minor=0,
    )


def make_relief_case(seed: int, number: int) -> ReliefCase:
    """This function will make one case; the same seed and number give the same case."""
    random = Random(seed * 1_000_003 + number)
    loan, plans = make_loans(seed)[random.randrange(LOANS)]
    return ReliefCase(
        number=number,
        random=random,
        loan=loan,
        plans=plans,
        policy=replace(shipped(), grid=SMALL),
        cause=random.choice(["job", "illness", "timing"]),
        budget=make_household(random, loan.now.rows[0].payment_minor),
        pool_minor=random.choice([0, 0, 5_000, 10**7]),
    )
