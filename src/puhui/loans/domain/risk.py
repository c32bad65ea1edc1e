"""The quality of the book as numbers: classes, stages, roll rates, prepayment, expected loss, one interest-rate shock.

Pure, whole numbers only: shares in parts per million, money in minor units. What is estimated says from how many loans.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from puhui.core.rounding import Rounding, divide
from puhui.loans.domain.portfolio import PPM, PortfolioLoan
from puhui.loans.domain.position import LoanState, bucket_of

CLASSES = ("normal", "attention", "substandard", "doubtful", "loss")
CLASS_DAYS = (
    0,
    90,
    270,
    360,
)  # past due up to here; measures for commercial banks' risk classification, 2023
STAGE_2_DAYS, STAGE_3_DAYS = 30, 90  # IFRS 9 B5.5.20 and B5.5.37, the rebuttable presumptions
LGD_PPM = 600_000  # house assumption for unsecured credit until its own recoveries are known
GONE = frozenset({LoanState.WRITTEN_OFF, LoanState.SOLD})
BUCKET_NAMES = ("M0", "M1", "M2", "M3", "M4+", "closed", "lost")


def five_class(*, dpd_days: int, restructured: bool = False, charged_off: bool = False) -> str:
    """This function will name the five-class grade: by days past due; restructured is at least attention, charged off loss."""
    if charged_off:
        return "loss"
    at = sum(dpd_days > days for days in CLASS_DAYS)
    return CLASSES[max(at, 1 if restructured else 0)]


def stage_of(*, dpd_days: int, restructured: bool = False, charged_off: bool = False) -> int:
    """This function will return the IFRS 9 stage, 1 to 3: more than 30 days past due or restructured is 2, more than 90
    or charged off is 3.
    """
    if charged_off or dpd_days > STAGE_3_DAYS:
        return 3
    return 2 if restructured or dpd_days > STAGE_2_DAYS else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One five-class grade of the book."""

    name: str  # of the class
    loans: int  # how many
    outstanding_minor: int  # their principal, minor units


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRow:
    """Expected loss of one stage: PD × LGD × EAD. Minor units and ppm."""

    stage: int  # 1, 2, 3
    loans: int  # active ones
    exposure_minor: int  # EAD: principal and accrued interest
    pd_ppm: int  # share that defaults within the horizon, as observed; 100 % in stage 3
    seen: int  # loans from which the share was observed
    lgd_ppm: int  # share lost given default
    loss_minor: int  # the product, rounded half-even


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRow:
    """What an earlier estimate said of one stage, and what came."""

    stage: int  # 1 or 2
    loans: int  # active at the earlier date
    expected: int  # defaults that the estimate of then gave, rounded
    observed: int  # defaults that came


@dataclass(frozen=True, slots=True, kw_only=True)
class ShockRow:
    """The value of what is still to come when rates move, worked out twice. Minor units."""

    value_minor: int  # present value at the book's own rate
    shocked_minor: int  # present value at that rate and the shock, flow by flow
    analytic_minor: int  # the same by duration and convexity
    duration_months_ppm: int  # Macaulay duration, months × 1,000,000


def class_rows(loans: Sequence[PortfolioLoan]) -> tuple[ClassRow, ...]:
    """This function will count active loans by five-class grade."""
    active = [one for one in loans if one.state is LoanState.ACTIVE]
    named = [
        (five_class(dpd_days=one.dpd_days, restructured=one.restructured, charged_off=one.charged_off), one)
        for one in active
    ]
    return tuple(
        ClassRow(
            name=name,
            loans=sum(mine == name for mine, _ in named),
            outstanding_minor=sum(one.outstanding_minor for mine, one in named if mine == name),
        )
        for name in CLASSES
    )


def _bucket(one: PortfolioLoan | None) -> str:
    if one is None or one.state in (LoanState.CLOSED, LoanState.WITHDRAWN, LoanState.CANCELLED):
        return "closed"
    if one.state in GONE:
        return "lost"
    name = bucket_of(one.dpd_days)
    return name if name in BUCKET_NAMES else "M4+"


def roll_rates(before: Sequence[PortfolioLoan], after: Sequence[PortfolioLoan]) -> dict[str, dict[str, int]]:
    """This function will count where the active loans of an earlier date stand later: bucket → bucket → loans."""
    later = {one.loan_id: one for one in after}
    found: dict[str, dict[str, int]] = {name: dict.fromkeys(BUCKET_NAMES, 0) for name in BUCKET_NAMES[:5]}
    for one in before:
        if one.state is LoanState.ACTIVE:
            found[_bucket(one)][_bucket(later.get(one.loan_id))] += 1
    return found


def prepaid_ppm(before: Sequence[PortfolioLoan], after: Sequence[PortfolioLoan]) -> int:
    """This function will return which share of the principal active before had been paid off ahead of its term after, ppm."""
    later = {one.loan_id: one for one in after}
    whole = early = 0
    for one in before:
        if one.state is not LoanState.ACTIVE:
            continue
        whole += one.outstanding_minor
        now = later.get(one.loan_id)
        if (
            now
            and now.state is LoanState.CLOSED
            and now.closed_on
            and one.last_due_date
            and now.closed_on < one.last_due_date
        ):
            early += one.outstanding_minor
    return divide(early * PPM, whole, Rounding.HALF_UP) if whole else 0


def _stage(one: PortfolioLoan) -> int:
    return stage_of(dpd_days=one.dpd_days, restructured=one.restructured, charged_off=one.charged_off)


def defaults(before: Sequence[PortfolioLoan], after: Sequence[PortfolioLoan]) -> dict[int, tuple[int, int]]:
    """This function will count, by stage of an earlier date, active loans and those that are in default later."""
    later = {one.loan_id: one for one in after}
    found = {1: (0, 0), 2: (0, 0)}
    for one in before:
        stage = _stage(one)
        if one.state is not LoanState.ACTIVE or stage == 3:
            continue
        now = later.get(one.loan_id)
        bad = now is not None and (now.state in GONE or (now.state is LoanState.ACTIVE and _stage(now) == 3))
        count, gone = found[stage]
        found[stage] = (count + 1, gone + bad)
    return found


def pd_ppm(seen: tuple[int, int]) -> int:
    """This function will estimate a share of defaults from (loans, defaults), ppm: half a default more and one loan more, so
    that few loans never say "never".
    """
    count, gone = seen
    return divide((2 * gone + 1) * PPM, 2 * (count + 1), Rounding.HALF_UP)


def expected_loss(
    loans: Sequence[PortfolioLoan], *, seen: Mapping[int, tuple[int, int]], lgd_ppm: int = LGD_PPM
) -> tuple[LossRow, ...]:
    """This function will work out the expected credit loss by stage: PD × LGD × EAD."""
    rows = []
    for stage in (1, 2, 3):
        mine = [one for one in loans if one.state is LoanState.ACTIVE and _stage(one) == stage]
        exposure = sum(one.outstanding_minor + one.interest_accrued_minor for one in mine)
        share = PPM if stage == 3 else pd_ppm(seen[stage])
        loss = divide(exposure * share * lgd_ppm, PPM * PPM, Rounding.HALF_EVEN)
        rows.append(
            LossRow(
                stage=stage, loans=len(mine), exposure_minor=exposure, pd_ppm=share,
                seen=0 if stage == 3 else seen[stage][0], lgd_ppm=lgd_ppm, loss_minor=loss,
            )
        )  # fmt: skip
    return tuple(rows)


def backtest(
    *, seen_then: Mapping[int, tuple[int, int]], came: Mapping[int, tuple[int, int]]
) -> tuple[BacktestRow, ...]:
    """This function will hold the estimate that an earlier date had against what came after it."""
    return tuple(
        BacktestRow(
            stage=stage,
            loans=came[stage][0],
            expected=divide(pd_ppm(seen_then[stage]) * came[stage][0], PPM, Rounding.HALF_UP),
            observed=came[stage][1],
        )
        for stage in (1, 2)
    )


SCALE = 10**12  # discount factors are kept to twelve places


def shock(loans: Sequence[PortfolioLoan], *, shock_ppm: int) -> ShockRow:
    """This function will value what is to come, by month, at the book's mean rate and at that rate + `shock_ppm` a year,
    and hold it against the analytic value: V × (1 − D·Δ/(1+i) + ½·C·Δ²), with i and Δ a month.
    """
    active = [one for one in loans if one.state is LoanState.ACTIVE]
    lent = sum(one.outstanding_minor for one in active)
    rate = (
        divide(sum(one.annual_rate_ppm * one.outstanding_minor for one in active), lent, Rounding.HALF_EVEN)
        if lent
        else 0
    )
    flows: list[int] = []
    for one in active:
        flows += [0] * (len(one.ahead_minor) - len(flows))
        for month, amount in enumerate(one.ahead_minor):
            flows[month] += amount

    def value(annual_ppm: int) -> list[int]:
        """Present value of each month's flow × SCALE."""
        factor, found = SCALE, []
        for amount in flows:
            factor = divide(factor * 12 * PPM, 12 * PPM + annual_ppm, Rounding.HALF_EVEN)
            found.append(amount * factor)
        return found

    plain, moved = value(rate), value(rate + shock_ppm)
    whole = sum(plain)
    first = sum((month + 1) * part for month, part in enumerate(plain))
    second = sum((month + 1) * (month + 2) * part for month, part in enumerate(plain))
    base, step = 12 * PPM + rate, shock_ppm  # Δ / (1 + i) = shock / (12 PPM + rate)
    analytic = (
        whole
        - divide(first * step, base, Rounding.HALF_EVEN)
        + divide(second * step * step, 2 * base * base, Rounding.HALF_EVEN)
    )
    return ShockRow(
        value_minor=divide(whole, SCALE, Rounding.HALF_EVEN),
        shocked_minor=divide(sum(moved), SCALE, Rounding.HALF_EVEN),
        analytic_minor=divide(analytic, SCALE, Rounding.HALF_EVEN),
        duration_months_ppm=divide(first * PPM, whole, Rounding.HALF_EVEN) if whole else 0,
    )
