"""What a product chooses beyond amount, term and method: data of a reviewed file, read strictly, no code.

Contracts of loan semantics version 2 carry these choices; version 1 knows none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

STATES = ("past_due", "due", "ahead")
COMPONENTS = ("penalty", "fee", "interest", "principal")
OLDEST_FIRST = tuple(f"{state}.{component}" for state in STATES for component in COMPONENTS)


class DueUnit(Enum):
    """How far apart due dates are."""

    MONTH = "month"
    FORTNIGHT = "fortnight"
    WEEK = "week"


class MonthEndRule(Enum):
    """Where a due day falls that a month does not have."""

    LAST_DAY = "last_day"  # on the month's last day
    NEXT_DAY = "next_day"  # on the first of the next month


class HolidayRule(Enum):
    """Where a due date falls that is no working day."""

    STAYS = "stays"  # where it is
    FOLLOWING = "following"  # on the next working day; the days are paid for


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanOptions:
    """The choices of one product version."""

    unit: DueUnit = DueUnit.MONTH  # how far apart due dates are
    interest_only: int = 0  # first instalments without principal ("3+9")
    multiple_minor: int = 1  # a level instalment is a multiple of it, minor units
    month_end: MonthEndRule = MonthEndRule.LAST_DAY  # a due day that a month lacks
    holidays: HolidayRule = HolidayRule.STAYS  # a due date that is no working day
    weights: tuple[int, ...] = ()  # a table of its own: parts of the principal by instalment; () = by method
    down_payment_ppm: int = 0  # share of the amount that is due on the day of the payout, ppm
    instalment_fee_ppm: int = 0  # fee of each instalment as a share of the amount, ppm (分期手续费)
    payout_fee_ppm: int = 0  # fee due with the first instalment as a share of the amount, ppm
    fixed_rate_ppm: int | None = None  # the product's own contract rate a year; None = the line's
    merchant_subsidy_ppm: int = 0  # what a merchant pays the lender once, share of the amount, ppm
    grace_days: int = 0  # days after a due date within which a payment is not late
    allocation: tuple[str, ...] = OLDEST_FIRST  # what a payment settles first: state.component, all twelve
    vertical: bool = False  # component by component over all instalments, not instalment by instalment
    purpose: str = ""  # what the money must be used for, "" = any lawful purpose
    refunds_interest: bool = False  # a merchant return gives back the interest on what is returned


class OptionsInvalid(ValueError):
    """Choices that no product can have: the message names the field, what was found and what is allowed."""


def options_from_plain(data: Mapping[str, Any] | None) -> LoanOptions | None:
    """This function will read options back from plain values, strictly; None stays None. Raises: OptionsInvalid."""
    if data is None:
        return None
    if isinstance(data, LoanOptions):
        return data
    known = {field.name for field in fields(LoanOptions)}
    for name in sorted(set(data) - known):
        raise OptionsInvalid(f"{name}: unknown field; known are {', '.join(sorted(known))}")
    found: dict[str, Any] = {}
    for name, value in data.items():
        found[name] = _read(name, value)
    options = LoanOptions(**found)
    _check(options)
    return options


def without_options(data: dict[str, Any]) -> dict[str, Any]:
    """This function will leave absent options out, so that what was signed under version 1 keeps its bytes."""
    return {name: value for name, value in data.items() if name != "options" or value is not None}


PURPOSES = ("", "renovation", "education", "medical")
ENUMS: dict[str, type[Enum]] = {"unit": DueUnit, "month_end": MonthEndRule, "holidays": HolidayRule}
RANGES = {
    "interest_only": (0, 60),
    "multiple_minor": (1, 10**6),
    "down_payment_ppm": (0, 900_000),
    "instalment_fee_ppm": (0, 50_000),
    "payout_fee_ppm": (0, 100_000),
    "fixed_rate_ppm": (0, 1_000_000),
    "merchant_subsidy_ppm": (0, 500_000),
    "grace_days": (0, 30),
}


def _read(name: str, value: Any) -> Any:
    if name in ENUMS:
        allowed = [one.value for one in ENUMS[name]]
        if value not in allowed:
            raise OptionsInvalid(f"{name}: {value!r} is none of {', '.join(allowed)}")
        return ENUMS[name](value)
    if name in ("vertical", "refunds_interest"):
        if type(value) is not bool:
            raise OptionsInvalid(f"{name}: expected true or false, found {value!r}")
        return value
    if name == "purpose":
        if value not in PURPOSES:
            raise OptionsInvalid(f"purpose: {value!r} is none of {', '.join(repr(one) for one in PURPOSES)}")
        return value
    if name in ("weights", "allocation"):
        kind = int if name == "weights" else str
        if not isinstance(value, list | tuple) or not all(type(one) is kind for one in value):
            raise OptionsInvalid(f"{name}: expected a list of {kind.__name__}, found {value!r}")
        return tuple(value)
    low, high = RANGES[name]
    if name == "fixed_rate_ppm" and value is None:
        return None
    if type(value) is not int or not low <= value <= high:
        raise OptionsInvalid(f"{name}: expected a whole number from {low} to {high}, found {value!r}")
    return value


def _check(options: LoanOptions) -> None:
    if sorted(options.allocation) != sorted(OLDEST_FIRST):
        missing = sorted(set(OLDEST_FIRST) - set(options.allocation))
        raise OptionsInvalid(
            f"allocation: names each of the twelve state.component once; missing or double: {', '.join(missing) or 'a double one'}"
        )
    if options.weights and (min(options.weights) < 0 or not options.weights[-1]):
        raise OptionsInvalid("weights: parts of the principal, none below zero, the last one above it")
    if options.weights and options.interest_only:
        raise OptionsInvalid("weights: a table of its own has no interest_only; give its first weights as 0")
