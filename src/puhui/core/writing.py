"""How documents write amounts, rates and dates, in both languages: the same everywhere that a text can be kept."""

from __future__ import annotations

from datetime import date

from puhui.core.money import format_minor
from puhui.core.rounding import Rounding, divide

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def format_money(amount_minor: int, currency: str) -> str:
    """This function will write an amount as documents do: ¥1,807.51."""
    return {"CNY": "¥"}.get(currency, currency + " ") + format_minor(amount_minor, currency)


def format_rate(ppm: int, places: int = 2) -> str:
    """This function will write a rate in ppm as a percentage with `places` decimals, half-even ("14.40%")."""
    scaled = divide(ppm * 10**places, 10_000, Rounding.HALF_EVEN)
    whole, part = divmod(scaled, 10**places)
    return f"{whole}.{part:0{places}d}%"


def format_day(when: date, language: str) -> str:
    """This function will write a date as documents do: 2026年11月20日, 20 Nov 2026."""
    if language == "zh":
        return f"{when.year}年{when.month}月{when.day}日"
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
