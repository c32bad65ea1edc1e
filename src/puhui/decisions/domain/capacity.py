"""Capacity: the largest amount whose every instalment fits an affordable payment, term by term.

The same figures as `puhui.products.domain.affordable_principal` (a test compares them), a hundred times faster: the
level instalment rises with the amount, so the amount is found from the exact annuity and then confirmed on the table.
"""

from __future__ import annotations

from dataclasses import dataclass

from puhui.core.rounding import Rounding, divide
from puhui.products.domain import level_instalment
from puhui.products.domain.schedule import YEAR_PPM


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a capacity depends on beside the payment and the number of months."""

    annual_rate_ppm: int  # contract rate
    step_minor: int  # amounts are multiples of it
    max_minor: int  # no amount is larger
    fee_minor: int  # charged with every instalment
    rounding: Rounding  # of the level instalment


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What one term bears."""

    months: int  # term
    amount_minor: int  # largest affordable amount in steps of the product, 0 if none


@dataclass(frozen=True, slots=True, kw_only=True)
class Payments:
    """What an equal-instalment loan would be paid with, fees included."""

    level_minor: int  # every instalment but the last
    last_minor: int  # the last one, which takes what rounding left over
    total_minor: int  # all of them

    @property
    def highest_minor(self) -> int:
        """The highest single payment, minor units."""
        return max(self.level_minor, self.last_minor)


def find_payments(amount_minor: int, *, months: int, terms: Terms) -> Payments:
    """This function will return the payments of an equal-instalment loan with regular months, to the minor unit."""
    level = level_instalment(
        principal_minor=amount_minor,
        annual_rate_ppm=terms.annual_rate_ppm,
        months=months,
        rounding=terms.rounding,
    )
    left, rate, half = amount_minor, terms.annual_rate_ppm, YEAR_PPM // 2
    total = amount_minor + months * terms.fee_minor
    for _ in range(months - 1):
        interest, rest = divmod(left * rate, YEAR_PPM)  # half-even, in place: this loop is most of a decision
        if rest > half or (rest == half and interest & 1):
            interest += 1
        total += interest
        left -= min(left, max(0, level - interest))
    interest = divide(left * rate, YEAR_PPM, Rounding.HALF_EVEN)
    first = level if months > 1 else left + interest
    return Payments(
        level_minor=first + terms.fee_minor,
        last_minor=left + interest + terms.fee_minor,
        total_minor=total + interest,
    )


def find_capacity(payment_minor: int, *, months: int, terms: Terms) -> Capacity:
    """This function will return the largest amount (a multiple of the step, at most the maximum) that fits."""
    room = payment_minor - terms.fee_minor
    if room <= 0:
        return Capacity(months=months, amount_minor=0)
    rate = terms.annual_rate_ppm
    growth, unit = (YEAR_PPM + rate) ** months, YEAR_PPM**months
    gross = (room + 1) * YEAR_PPM * (growth - unit)
    bound = gross // (rate * growth) if rate else (room + 1) * months
    # Half a minor unit lost in each month and each instalment grows to at most this by the last one.
    doubt = months * (growth // unit + 1)
    steps = min(bound, terms.max_minor) // terms.step_minor
    while steps > 0 and not _fits(steps * terms.step_minor, payment_minor, doubt, months=months, terms=terms):
        steps -= 1
    return Capacity(months=months, amount_minor=steps * terms.step_minor)


def _fits(amount_minor: int, payment_minor: int, doubt_minor: int, *, months: int, terms: Terms) -> bool:
    """The last instalment is walked to only where rounding could decide; a single one has no level beside it."""
    level = level_instalment(
        principal_minor=amount_minor,
        annual_rate_ppm=terms.annual_rate_ppm,
        months=months,
        rounding=terms.rounding,
    )
    left = payment_minor - terms.fee_minor - level
    if months > 1 and (left < 0 or left >= doubt_minor):
        return left >= 0
    return find_payments(amount_minor, months=months, terms=terms).highest_minor <= payment_minor
