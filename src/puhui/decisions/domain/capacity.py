"""Capacity: the largest amount whose every instalment fits an affordable payment, term by term.

The same figures as `puhui.products.domain.affordable_principal` (a test compares them), a hundred times faster: the
level instalment rises with the amount, so the amount is found from the exact annuity and then confirmed on the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from puhui.core.fields import draft_of
from puhui.core.rounding import Rounding, divide
from puhui.products.domain import annuity_of, level_instalment
from puhui.products.domain.schedule import YEAR_PPM

SHIFT = 64  # no payment has as many minor units as 2**SHIFT


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


_Draft = draft_of(Capacity)


def make_capacity(months: int, amount_minor: int) -> Capacity:
    """This function will make a Capacity in half the time of its constructor: a decision has one for each term."""
    made = _Draft()
    made.months = months
    made.amount_minor = amount_minor
    made.__class__ = Capacity
    done: Capacity = made
    return done


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
        exact = left * rate + half
        interest = exact // YEAR_PPM  # half-even, in place: this loop is most of a capacity
        if interest & 1 and interest * YEAR_PPM == exact:
            interest -= 1
        total += interest
        part = level - interest
        if part > 0:
            left -= part if part < left else left
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
    above, below, doubt, worth = _annuity(terms.annual_rate_ppm, months)
    step, most = terms.step_minor, terms.max_minor
    near = (room + 1) * worth >> SHIFT  # what one unit more a month repays, or less than one unit below that
    bound = near if (near + 1) % step else (room + 1) * below // above
    amount = (bound if bound < most else most) // step * step
    # Without doubt, but for a single payment, which has no level one beside it.
    if 0 < amount <= (room - doubt) * worth >> SHIFT and months > 1:
        return make_capacity(months, amount)
    while amount > 0:
        level = divide(amount * above, below, terms.rounding)
        # The last instalment is walked to only where rounding could decide.
        if (level <= room or months == 1) and _is_within(amount, payment_minor, months=months, terms=terms):
            break
        amount -= step
    return make_capacity(months, amount if amount > 0 else 0)


def _is_within(amount_minor: int, payment_minor: int, *, months: int, terms: Terms) -> bool:
    return find_payments(amount_minor, months=months, terms=terms).highest_minor <= payment_minor


@lru_cache(maxsize=4096)
def _annuity(annual_rate_ppm: int, months: int) -> tuple[int, int, int, int]:
    """The level payment of one unit as a fraction, what rounding can come to, and what a payment of one unit repays.

    Half a minor unit lost in each month and each instalment grows to at most that by the last one. The worth is in
    2**-SHIFT, rounded down: short enough to multiply at once, where the fraction has hundreds of digits.
    """
    growth, unit = (YEAR_PPM + annual_rate_ppm) ** months, YEAR_PPM**months
    above, below = annuity_of(annual_rate_ppm, months)
    return above, below, months * (growth // unit + 1), (below << SHIFT) // above
