"""Money: integer minor units with an ISO 4217 currency beside them; mixing currencies raises.

Kernels work on plain `int` minor units of one known currency; `Money` is for boundaries, where two amounts meet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from puhui.core.refusals import InputRefused

# Exponents by ISO 4217 (2024 list): digits after the point. A currency not listed is refused.
EXPONENTS = {
    "CNY": 2, "EUR": 2, "GBP": 2, "USD": 2, "HKD": 2, "MOP": 2, "TWD": 2, "SGD": 2, "INR": 2, "CHF": 2,
    "SEK": 2, "PLN": 2, "AUD": 2, "CAD": 2, "JPY": 0, "KRW": 0, "VND": 0, "KWD": 3, "BHD": 3, "TND": 3,
}  # fmt: skip

MAX_MINOR = 10**13  # no single amount of ours is larger; keeps products inside 64 bits where they must be

_HALF_WIDTH = str.maketrans("０１２３４５６７８９．，￥−－", "0123456789.,¥--")
_AMOUNT = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<decimals>[0-9]*))?")


class CurrencyUnknown(InputRefused):
    """The currency code is not one that this deployment knows."""

    field = "currency"


class AmountInvalid(InputRefused):
    """The text is not an amount of money in this currency (digits, at most the currency's decimals)."""

    field = "amount"


class CurrencyMismatch(AssertionError):
    """Two currencies met in one sum. A bug, not a refusal."""


def exponent(currency: str) -> int:
    """This function will return the number of decimals of `currency`. Raises: CurrencyUnknown."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise CurrencyUnknown(currency=currency) from None


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units of one currency."""

    amount_minor: int  # may be negative
    currency: str  # ISO 4217 code

    def __post_init__(self) -> None:
        assert isinstance(self.amount_minor, int) and not isinstance(self.amount_minor, bool)
        exponent(self.currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} met {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount_minor < other.amount_minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount_minor <= other.amount_minor


def parse_minor(text: str, currency: str, *, field: str = "amount") -> int:
    """This function will turn a typed amount ("1,807.51", "￥20000") into minor units.

    Raises: AmountInvalid for anything but digits, commas between groups of three and at most the currency's decimals
    (a decimal comma, an exponent, a letter), or out of range.
    """
    digits = exponent(currency)
    cleaned = text.strip().translate(_HALF_WIDTH).lstrip("¥").strip()
    match = _AMOUNT.fullmatch(cleaned)
    decimals = (match["decimals"] or "").rstrip("0") if match else ""
    if match is None or len(decimals) > digits:
        raise AmountInvalid(field, currency=currency, decimals=digits)
    whole = match["whole"].replace(",", "")
    if len(whole.lstrip("0")) > len(str(MAX_MINOR)):  # before int(): no reader of digits works for nothing
        raise AmountInvalid(field, currency=currency, decimals=digits)
    amount_minor = int(whole + decimals.ljust(digits, "0"))
    if amount_minor > MAX_MINOR:
        raise AmountInvalid(field, currency=currency, decimals=digits)
    return -amount_minor if match["sign"] else amount_minor


def format_minor(amount_minor: int, currency: str) -> str:
    """This function will write minor units as a grouped decimal without a sign of currency ("1,807.51", "−640.00")."""
    digits = exponent(currency)
    sign = "−" if amount_minor < 0 else ""
    whole, part = divmod(abs(amount_minor), 10**digits)
    return f"{sign}{whole:,}.{part:0{digits}d}" if digits else f"{sign}{whole:,}"
