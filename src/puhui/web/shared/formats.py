"""How values are written: money, rates, dates, in the two languages of the interface (`ui.md` §7).

Pure functions of value, language and zone; the template tags and the refusal catalogue both use them, so that an
amount looks the same in a page, a sentence and an error.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from puhui.core.money import exponent, format_minor
from puhui.core.rounding import Rounding, divide
from puhui.protection.domain.bilingual import Bilingual

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SIGNS = {"CNY": "¥", "EUR": "€", "GBP": "£", "USD": "$", "JPY": "JP¥", "HKD": "HK$"}
MINUS = "−"
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def is_chinese(language: str) -> bool:
    """This function will tell whether `language` is written with Chinese conventions."""
    return language.lower().startswith("zh")


def money(amount_minor: int, currency: str) -> str:
    """This function will write `¥1,807.51`, or `−¥640.00` with the real minus sign before the sign of currency."""
    sign = MINUS if amount_minor < 0 else ""
    return f"{sign}{SIGNS.get(currency, currency + ' ')}{format_minor(abs(amount_minor), currency)}"


def yuan(amount_minor: int, currency: str) -> str:
    """This function will write `¥20,000` for an amount that is round by nature, and the full form when it is not."""
    unit = 10 ** exponent(currency)
    if unit == 1 or amount_minor % unit:
        return money(amount_minor, currency)
    sign = MINUS if amount_minor < 0 else ""
    return f"{sign}{SIGNS.get(currency, currency + ' ')}{abs(amount_minor) // unit:,}"


def hundredths(ppm: int) -> str:
    """This function will write parts per million as per cent with two decimals and no sign: 152_500 → `15.25`."""
    whole = divide(abs(ppm), 100, Rounding.HALF_UP)
    sign = MINUS if ppm < 0 else ""
    return f"{sign}{whole // 100}.{whole % 100:02d}"


def rate(ppm: int) -> str:
    """This function will write a rate: 152_500 → `15.25%`."""
    return f"{hundredths(ppm)}%"


def share(ppm: int) -> str:
    """This function will write a share with at most one decimal: 150_000 → `15%`, 128_000 → `12.8%`."""
    tenths = divide(ppm, 1000, Rounding.HALF_UP)
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}%"


def day(value: date, language: str) -> str:
    """This function will write `2026年11月20日` or `20 Nov 2026`."""
    if is_chinese(language):
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def day_short(value: date, language: str) -> str:
    """This function will write `11月20日` or `20 Nov`."""
    if is_chinese(language):
        return f"{value.month}月{value.day}日"
    return f"{value.day} {MONTHS[value.month - 1]}"


def day_table(value: date, language: str) -> str:
    """This function will write a date for a narrow column: `2026-11-20` or `20 Nov 26`."""
    if is_chinese(language):
        return value.isoformat()
    return f"{value.day} {MONTHS[value.month - 1]} {value.year % 100:02d}"


def day_full(value: date, language: str) -> str:
    """This function will write a date with its weekday: `2026年12月5日 周六` or `Sat 5 Dec 2026`."""
    if is_chinese(language):
        return f"{day(value, language)} 周{'一二三四五六日'[value.weekday()]}"
    return f"{WEEKDAYS[value.weekday()]} {day(value, language)}"


def month(value: date, language: str) -> str:
    """This function will write `2026年11月` or `Nov 2026`."""
    return (
        f"{value.year}年{value.month}月"
        if is_chinese(language)
        else f"{MONTHS[value.month - 1]} {value.year}"
    )


def clock(value: datetime, zone: str, *, seconds: bool = False) -> str:
    """This function will write the local time of an instant, 24 hours: `20:14`, or `23:04:17`."""
    return value.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S" if seconds else "%H:%M")


def moment(value: datetime, language: str, zone: str) -> str:
    """This function will write an instant in a zone: `11月20日 20:14` or `20 Nov, 20:14`."""
    local = value.astimezone(ZoneInfo(zone))
    between = " " if is_chinese(language) else ", "
    return f"{day_short(local.date(), language)}{between}{local:%H:%M}"


def moment_staff(value: datetime, language: str, zone: str) -> str:
    """This function will write an instant for staff: `2026-11-20 20:14` or `20 Nov 2026, 20:14`."""
    local = value.astimezone(ZoneInfo(zone))
    if is_chinese(language):
        return f"{local:%Y-%m-%d %H:%M}"
    return f"{day(local.date(), language)}, {local:%H:%M}"


def fact(name: str, value: object, *, currency: str, language: str, zone: str) -> str:
    """This function will write one fact of a refusal by the unit in its name (`…_minor`, `…_ppm`) or its type."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, Bilingual):
        return value.say(language)
    if isinstance(value, int) and name.endswith("_minor"):
        return yuan(value, currency)
    if isinstance(value, int) and name.endswith("_ppm"):
        return rate(value)
    if isinstance(value, datetime):
        return moment(value, language, zone)
    if isinstance(value, date):
        return day(value, language)
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        return day(date.fromisoformat(value), language)
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return str(value)
