"""Scores at work on a date: counts by month and by group, joined with what became of the loans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.core.cache import cache

from puhui.core.periods import add_months
from puhui.core.time import business_date, shift_days, start_of
from puhui.customers.domain import Customer, age_on
from puhui.customers.queries import list_customers_by_id
from puhui.decisions.domain.monitoring import (
    CalibrationBand,
    GroupOutcome,
    VintageSeparation,
    calibrate,
    group_outcomes,
    merge,
    separation_ppm,
    stability_ppm,
    vintage_separations,
)
from puhui.decisions.domain.stored import DecisionScore
from puhui.decisions.queries import count_features, list_scored
from puhui.loans.domain.portfolio import PortfolioLoan
from puhui.web.staff.portfolio_data import SCORE_STEP, loans_on

SHOWN = 12  # months
RECENT = 3  # months that are compared with everything before them
KEPT_SECONDS = 24 * 3600
AGES = ((18, 24), (25, 34), (35, 49), (50, 199))  # both ends inclusive
OUTCOME_MONTHS = 6  # a loan as old as this, or one gone late, has an outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthShift:
    """How far the scores of one month stand from those before the window."""

    first: date  # first day of the month
    decisions: int  # made in it
    psi_ppm: int | None  # None without decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureShift:
    """How far one feature has moved."""

    name: str  # of the feature
    csi_ppm: int | None  # None without decisions
    absent_ppm: int  # share of recent decisions without it
    decisions: int  # recent ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Everything that the monitoring page shows."""

    as_of: date  # the date
    base_until: date  # first day that is no longer of the base
    months: tuple[MonthShift, ...]  # oldest first
    features: tuple[FeatureShift, ...]  # the most moved first
    bands: tuple[CalibrationBand, ...]  # rising
    vintages: tuple[VintageSeparation, ...]  # oldest first
    ks_ppm: int | None  # of all outcomes together
    outcomes: int  # loans with an outcome
    ages: tuple[GroupOutcome, ...]  # youngest first
    regions: tuple[GroupOutcome, ...]  # by code


def watch(*, as_of: date) -> Watch:
    """This function will read the scores at work as they stood at the end of `as_of`."""
    zone = settings.LENDER["zone"]
    until = start_of(shift_days(as_of, 1), zone=zone)
    scored = list_scored(until=until)
    firsts = [add_months(as_of.replace(day=1), -back) for back in range(SHOWN - 1, -1, -1)]
    base_until = firsts[-RECENT]
    by_month: dict[date, dict[int, int]] = {}
    for one in scored:
        month = business_date(one.decided_at, zone=zone).replace(day=1)
        counts = by_month.setdefault(month, {})
        place = one.points // SCORE_STEP
        counts[place] = counts.get(place, 0) + 1
    base = merge(*(counts for month, counts in by_month.items() if month < base_until))
    known = _outcomes(scored, loans_on(as_of), as_of)
    people = list_customers_by_id({one.customer_id for one in scored})
    good = merge(*({points: 1} for _, points, _, bad in known if not bad))
    worse = merge(*({points: 1} for _, points, _, bad in known if bad))
    return Watch(
        as_of=as_of,
        base_until=base_until,
        months=tuple(
            MonthShift(
                first=month,
                decisions=sum(by_month.get(month, {}).values()),
                psi_ppm=stability_ppm(base, by_month.get(month, {})),
            )
            for month in firsts
        ),
        features=_features(scored, base_until, until),
        bands=calibrate((pd, bad) for _, _, pd, bad in known if pd is not None),
        vintages=vintage_separations((quarter, points, bad) for quarter, points, _, bad in known),
        ks_ppm=separation_ppm(good, worse),
        outcomes=len(known),
        ages=_groups(scored, people, by_age=True),
        regions=_groups(scored, people, by_age=False),
    )


Outcome = tuple[tuple[int, int], int, int | None, bool]  # quarter, points, probability in ppm, gone bad


def _outcomes(scored: list[DecisionScore], loans: list[PortfolioLoan], as_of: date) -> list[Outcome]:
    """Each loan with an outcome, beside what the newest decision about its borrower before it said."""
    said: dict[str, list[DecisionScore]] = {}
    for one in scored:
        said.setdefault(one.customer_id, []).append(one)
    found: list[Outcome] = []
    for loan in loans:
        bad = outcome_of(loan, as_of)
        if bad is None or loan.disbursed_on is None:
            continue
        before = [one for one in said.get(loan.customer_id, ()) if one.decided_at <= loan.signed_at]
        if before:
            quarter = loan.disbursed_on.year, (loan.disbursed_on.month - 1) // 3 + 1
            found.append((quarter, before[-1].points, before[-1].pd_ppm, bad))
    return found


def outcome_of(loan: PortfolioLoan, as_of: date) -> bool | None:
    """This function will tell whether a loan went bad, None while that is not known."""
    if loan.disbursed_on is None:
        return None
    bad = loan.late_since is not None
    young = loan.closed_on is None and add_months(loan.disbursed_on, OUTCOME_MONTHS) > as_of
    return None if young and not bad else bad


def _features(scored: list[DecisionScore], base_until: date, until: datetime) -> tuple[FeatureShift, ...]:
    if not scored:
        return ()
    zone = settings.LENDER["zone"]
    turn = start_of(base_until, zone=zone)
    month, parts = business_date(scored[0].decided_at, zone=zone).replace(day=1), []
    while month < base_until:
        parts.append(_counts(month))
        month = add_months(month, 1)
    recent = count_features(since=turn, until=until)
    names = {name for part in (*parts, recent) for name in part}
    found = []
    for name in names:
        now = recent.get(name, {})
        count = sum(now.values())
        base = merge(*(part.get(name, {}) for part in parts))
        found.append(
            FeatureShift(
                name=name,
                csi_ppm=stability_ppm(base, now),
                absent_ppm=now.get(-1, 0) * 1_000_000 // count if count else 0,
                decisions=count,
            )
        )
    return tuple(sorted(found, key=lambda one: (-(one.csi_ppm or 0), one.name)))


def _counts(month: date) -> dict[str, dict[int, int]]:
    """Counts of a month that is over; decisions are never changed, so they are counted once."""
    zone = settings.LENDER["zone"]
    since, until = start_of(month, zone=zone), start_of(add_months(month, 1), zone=zone)
    key = f"features:{month}"
    kept: dict[str, dict[int, int]] | None = cache.get(key)
    if kept is None:
        kept = count_features(since=since, until=until)
        cache.set(key, kept, timeout=KEPT_SECONDS)
    return kept


def _groups(
    scored: list[DecisionScore], people: dict[str, Customer], *, by_age: bool
) -> tuple[GroupOutcome, ...]:
    """One standing answer a request; people who gave no identity belong to no group."""
    standing = {one.application_id: one for one in scored if one.verdict != "referred"}
    rows = []
    for one in standing.values():
        person = people.get(one.customer_id)
        if person is None or person.birth_date is None:
            continue
        group = (
            _age_group(age_on(person.birth_date, one.decided_at.date())) if by_age else person.region_code[:2]
        )
        rows.append((group, one.verdict == "approved", one.annual_rate_ppm))
    return group_outcomes(rows)


def _age_group(age: int) -> str:
    low, high = next((one for one in AGES if one[0] <= age <= one[1]), AGES[-1])
    return f"{low}–{high}" if high < 199 else f"{low}+"
