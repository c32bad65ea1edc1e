"""Affordability: what a month leaves, and how much of it a payment may take.

(income − rent − max(living, the region's floor) − other instalments) × (1 − reserve). The reserve is kept for
surprises; essential spending is never taken to cost less than the floor of the region, whatever is typed (G3).
"""

from __future__ import annotations

from dataclasses import dataclass

from puhui.core.rounding import Rounding, divide
from puhui.decisions.domain.application import ApplicationInput

PPM = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Affordability:
    """A month's sum, line by line, as the page shows it. Amounts are a month, minor units of `currency`."""

    currency: str  # ISO 4217 code
    income_minor: int  # what reaches her account
    rent_minor: int  # rent or mortgage
    living_minor: int  # what she wrote for living
    essential_floor_minor: int  # the least that living is taken to cost in her region
    counted_living_minor: int  # the larger of the two
    other_instalments_minor: int  # to all other lenders
    surplus_minor: int  # what is left; negative when the month does not add up
    reserve_ppm: int  # share of the surplus kept for surprises
    affordable_minor: int  # the largest monthly payment that counts as affordable, never negative


def assess_affordability(
    application: ApplicationInput, *, essential_floor_minor: int, reserve_ppm: int, less_other_minor: int = 0
) -> Affordability:
    """This function will compute the affordable monthly payment, rounded down to a minor unit.

    `less_other_minor` answers "what if she settled that much of her other instalments".
    """
    assert 0 <= reserve_ppm <= PPM and 0 <= less_other_minor <= application.other_instalments_minor
    living = max(application.living_minor, essential_floor_minor)
    others = application.other_instalments_minor - less_other_minor
    surplus = application.income_minor - application.rent_minor - living - others
    return Affordability(
        currency=application.currency,
        income_minor=application.income_minor,
        rent_minor=application.rent_minor,
        living_minor=application.living_minor,
        essential_floor_minor=essential_floor_minor,
        counted_living_minor=living,
        other_instalments_minor=others,
        surplus_minor=surplus,
        reserve_ppm=reserve_ppm,
        affordable_minor=max(0, divide(surplus * (PPM - reserve_ppm), PPM, Rounding.FLOOR)),
    )


def surplus_for_payment(payment_minor: int, *, reserve_ppm: int) -> int:
    """This function will return the smallest surplus a month that bears `payment_minor`, minor units."""
    assert reserve_ppm < PPM
    return divide(payment_minor * PPM, PPM - reserve_ppm, Rounding.CEILING)
