"""All-in cost and the cap test, both on the exact rounded cash flows that the borrower is shown.

Rounding alone can carry a schedule over a cap (a 24 % instalment rounded up by 0.4 fen costs 24.0008 %), so the
test reads the finished table, and a table above the cap is lowered before anybody sees it, never shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from functools import lru_cache

from puhui.core.apr import CreditCost, DatedFlow, cost_of_flows
from puhui.core.calendars import HolidayCalendar
from puhui.core.refusals import Refusal
from puhui.core.rounding import Rounding
from puhui.products.domain.by_options import build_schedule
from puhui.products.domain.options import LoanOptions
from puhui.products.domain.schedule import Method, ScheduleRow

RATE_STEP_PPM = 100  # a rate that must fall falls to a hundredth of a percent


class CapBasis(Enum):
    """On which basis a cap on the annual cost is meant; a dated setting of the house, never assumed."""

    NOMINAL = "nominal"  # rate of a month × 12
    EFFECTIVE = "effective"  # with interest on interest


@dataclass(frozen=True, slots=True, kw_only=True)
class CapRule:
    """The house's limit on the all-in annual cost."""

    cap_ppm: int  # 240_000 is 24 % a year
    basis: CapBasis  # nominal or effective


@dataclass(frozen=True, slots=True, kw_only=True)
class AllInCost:
    """What a loan costs when every payment is made on its day, third parties' fees included."""

    apr_nominal_ppm: int  # unit-period actuarial rate × 12, ppm, rounded up
    apr_effective_ppm: int  # with interest on interest, ppm, rounded up
    total_minor: int  # everything that is paid back, minor units
    total_cost_minor: int  # beyond the principal: interest and fees, minor units
    interest_minor: int  # interest part of the cost, minor units
    fee_minor: int  # fee part of the cost, minor units


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedSchedule:
    """A schedule that keeps the cap, and what had to give for it."""

    annual_rate_ppm: int  # the rate that it bears: the asked one, or lower
    rows: tuple[ScheduleRow, ...]  # the table to show
    lowered_minor: int  # interest taken off the last instalment(s) so that rounding does not cross the cap


class CostAboveCap(Refusal):
    """Fees alone cost more than the house's cap: no rate can help."""

    field = "months"


def all_in_cost(*, principal_minor: int, value_date: date, rows: Sequence[ScheduleRow]) -> AllInCost:
    """This function will return the all-in cost of `rows` against `principal_minor` paid out on `value_date`.

    Nominal by the unit-period actuarial method (12 CFR 1026 Appendix J; the form of China's all-in rules too),
    effective by Directive (EU) 2023/2225 Annex III; see `core.apr`. Rounded up, so no figure is below the true one.
    """
    cost = _cost_of(principal_minor, value_date, tuple([(row.due_date, row.payment_minor) for row in rows]))
    return AllInCost(
        apr_nominal_ppm=cost.nominal_ppm,
        apr_effective_ppm=cost.effective_ppm,
        total_minor=cost.paid_minor,
        total_cost_minor=cost.cost_minor,
        interest_minor=sum(row.interest_minor for row in rows),
        fee_minor=sum(row.fee_minor for row in rows),
    )


@lru_cache(maxsize=512)
def _cost_of(principal_minor: int, value_date: date, payments: tuple[tuple[date, int], ...]) -> CreditCost:
    """One table is looked at several times on its way to a page: for the cap, for the quote, for the comparison."""
    return cost_of_flows(
        advances=[DatedFlow(on_date=value_date, amount_minor=principal_minor)],
        payments=[DatedFlow(on_date=due, amount_minor=amount) for due, amount in payments],
    )


def is_within_cap(
    *, principal_minor: int, value_date: date, rows: Sequence[ScheduleRow], cap: CapRule
) -> bool:
    """This function will tell whether the annual cost of `rows` is at most the cap, on the cap's basis: a test on
    the exact flows, for the shown figure is the true one rounded up.
    """
    cost = all_in_cost(principal_minor=principal_minor, value_date=value_date, rows=rows)
    shown = cost.apr_nominal_ppm if cap.basis is CapBasis.NOMINAL else cost.apr_effective_ppm
    return shown <= cap.cap_ppm


def lower_to_cap(
    *,
    principal_minor: int,
    value_date: date,
    rows: tuple[ScheduleRow, ...],
    cap: CapRule,
    at_most_minor: int,
) -> tuple[tuple[ScheduleRow, ...], int] | None:
    """This function will take interest off the last instalment(s) until `rows` keep the cap, by as few minor units
    as can be; it returns the rows and what was taken, or None where more than `at_most_minor` would be.
    """

    def fits(taken: int) -> bool:
        lower = _lowered(rows, taken)
        return is_within_cap(principal_minor=principal_minor, value_date=value_date, rows=lower, cap=cap)

    if fits(0):
        return rows, 0
    low, high = 0, min(at_most_minor, sum(row.interest_minor for row in rows))
    if not high or not fits(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return _lowered(rows, high), high


def _lowered(rows: tuple[ScheduleRow, ...], taken: int) -> tuple[ScheduleRow, ...]:
    """The rows with `taken` minor units less interest, from the last one backwards."""
    found = list(rows)
    for index in range(len(rows) - 1, -1, -1):
        if not taken:
            break
        part = min(taken, rows[index].interest_minor)
        found[index] = replace(rows[index], interest_minor=rows[index].interest_minor - part)
        taken -= part
    return tuple(found)


def fit_under_cap(
    *,
    principal_minor: int,
    annual_rate_ppm: int,
    months: int,
    method: Method,
    value_date: date,
    cap: CapRule,
    due_day: int | None = None,
    fee_minor: int = 0,
    rounding: Rounding = Rounding.HALF_EVEN,
    first_period_min_days: int = 15,
    options: LoanOptions | None = None,
    holidays: HolidayCalendar | None = None,
) -> FittedSchedule:
    """This function will build the schedule at `annual_rate_ppm`, or the dearest one that keeps the cap.

    A crossing that rounding explains (at most one minor unit an instalment) is taken off the last instalment;
    otherwise the rate falls to the highest hundredth of a percent that fits. Raises: CostAboveCap.
    """

    def attempt(rate_ppm: int) -> FittedSchedule | None:
        rows = build_schedule(
            principal_minor=principal_minor,
            annual_rate_ppm=rate_ppm,
            months=months,
            method=method,
            value_date=value_date,
            due_day=due_day,
            fee_minor=fee_minor,
            rounding=rounding,
            first_period_min_days=first_period_min_days,
            options=options,
            holidays=holidays,
        )
        found = lower_to_cap(
            principal_minor=principal_minor, value_date=value_date, rows=rows, cap=cap, at_most_minor=months
        )
        return found and FittedSchedule(annual_rate_ppm=rate_ppm, rows=found[0], lowered_minor=found[1])

    best = attempt(annual_rate_ppm)
    if best is not None:
        return best
    best = attempt(0)
    if best is None:
        raise CostAboveCap(cap_ppm=cap.cap_ppm)
    low, high = 0, (annual_rate_ppm - 1) // RATE_STEP_PPM
    while low < high:
        middle = (low + high + 1) // 2
        found = attempt(middle * RATE_STEP_PPM)
        if found is None:
            high = middle - 1
        else:
            low, best = middle, found
    return best
