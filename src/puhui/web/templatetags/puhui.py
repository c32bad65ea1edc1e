"""Filters and tags of every template: formats in the reader's language, icons, hidden keys, own small drawings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from puhui.core.money import format_minor
from puhui.core.rounding import Rounding, divide
from puhui.web.shared import formats
from puhui.web.shared.icons import LOGO, icon_svg
from puhui.web.shared.inputs import new_key

register = template.Library()


def language() -> str:
    """This function will return the language of this rendering."""
    return get_language() or settings.LANGUAGE_CODE


def _zone() -> str:
    return str(settings.LENDER["zone"])


@register.filter
def money(amount_minor: int | None, currency: str = "") -> str:
    """`¥1,807.51`; a dash for nothing."""
    return (
        "–" if amount_minor is None else formats.money(amount_minor, currency or settings.LENDER["currency"])
    )


@register.filter
def yuan(amount_minor: int | None, currency: str = "") -> str:
    """`¥20,000` when round, else as `money`."""
    return (
        "–" if amount_minor is None else formats.yuan(amount_minor, currency or settings.LENDER["currency"])
    )


@register.filter
def figure(amount_minor: int | None, currency: str = "") -> str:
    """`1,807.51`, for table columns whose heading names the currency."""
    if amount_minor is None:
        return "–"
    sign = formats.MINUS if amount_minor < 0 else ""
    return sign + format_minor(abs(amount_minor), currency or settings.LENDER["currency"])


@register.filter
def plain_amount(amount_minor: int | None) -> str:
    """`20000` or `1807.51`: the value of an input, without groups when round."""
    if amount_minor is None:
        return ""
    whole, part = divmod(amount_minor, 100)
    return f"{whole}.{part:02d}" if part else str(whole)


@register.filter
def minus(amount_minor: int) -> int:
    """The amount with its sign turned."""
    return -amount_minor


@register.filter
def rate(ppm: int | None) -> str:
    """`15.25%`."""
    return "–" if ppm is None else formats.rate(ppm)


@register.filter
def points(ppm: int | None) -> str:
    """`2.09`, for sentences that say points."""
    return "–" if ppm is None else formats.hundredths(ppm)


@register.filter
def share(ppm: int | None) -> str:
    """`15%`."""
    return "–" if ppm is None else formats.share(ppm)


@register.filter
def day(value: date | datetime | None) -> str:
    """`2026年11月20日` or `20 Nov 2026`."""
    return "–" if value is None else formats.day(_local(value), language())


@register.filter
def day_short(value: date | datetime | None) -> str:
    """`11月20日` or `20 Nov`."""
    return "–" if value is None else formats.day_short(_local(value), language())


@register.filter
def day_table(value: date | datetime | None) -> str:
    """`2026-11-20` or `20 Nov 26`."""
    return "–" if value is None else formats.day_table(_local(value), language())


@register.filter
def day_full(value: date | datetime | None) -> str:
    """`2026年12月5日 周六` or `Sat 5 Dec 2026`."""
    return "–" if value is None else formats.day_full(_local(value), language())


@register.filter
def month(value: date | None) -> str:
    """`2026年11月` or `Nov 2026`."""
    return "–" if value is None else formats.month(value, language())


@register.filter
def moment(value: datetime | None) -> str:
    """`11月20日 20:14` or `20 Nov, 20:14`."""
    return "–" if value is None else formats.moment(value, language(), _zone())


@register.filter
def moment_staff(value: datetime | None) -> str:
    """`2026-11-20 20:14` or `20 Nov 2026, 20:14`."""
    return "–" if value is None else formats.moment_staff(value, language(), _zone())


@register.filter
def hours(value: datetime | None) -> str:
    """`20:14`."""
    return "–" if value is None else formats.clock(value, _zone())


@register.filter
def to_the_second(value: datetime | None) -> str:
    """`23:04:17`."""
    return "–" if value is None else formats.clock(value, _zone(), seconds=True)


def _local(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(_zone())).date()
    return value


@register.filter
def tail(text: str | None, count: int = 4) -> str:
    """The last characters of a masked number."""
    return (text or "")[-count:]


@register.filter
def short_hash(text: str | None) -> str:
    """`7f3a…e04d`."""
    return f"{text[:4]}…{text[-4:]}" if text and len(text) > 12 else (text or "")


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """The value under a key, empty text when it is missing."""
    return mapping.get(key, "") if mapping is not None else ""


@register.filter
def who(actor: str) -> str:
    """Who acted, in words: `staff:luo.qian` is luo.qian."""
    say: Callable[[str], str] = import_string("puhui.web.staff.words.say_who")
    return say(actor)


@register.filter
def said(value: object) -> str:
    """A machine name of the staff's pages in words."""
    say: Callable[[object], str] = import_string(
        "puhui.web.staff.words.say"
    )  # by name: the desk imports these tags
    return say(value)


@register.filter
def reason_title(code: str) -> str:
    """The code of a reason in words."""
    title: Callable[[str], str] = import_string("puhui.web.shared.explain.reason_title")
    return title(code)


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """One of our own icons, coloured by the text beside it."""
    return mark_safe(icon_svg(name, css))


@register.simple_tag
def logo() -> SafeString:
    """The sign of the house."""
    return mark_safe(f'<svg class="logo" viewBox="0 0 24 24" aria-hidden="true">{LOGO}</svg>')


@register.simple_tag
def form_key() -> SafeString:
    """A fresh idempotency key: one rendering of one form acts once, however often it is sent."""
    return format_html('<input type="hidden" name="key" value="{}">', new_key())


@register.simple_tag
def bar(*parts: Any) -> SafeString:
    """A stacked bar from pairs of css class and amount; drawn, so that no style attribute is needed."""
    pairs = [(str(parts[i]), max(int(parts[i + 1] or 0), 0)) for i in range(0, len(parts) - 1, 2)]
    total = sum(amount for _, amount in pairs) or 1
    drawn, x = [], 0
    gap = 6
    shown = [(css, amount) for css, amount in pairs if amount]
    for css, amount in shown:
        width = divide(amount * 1000, total, Rounding.HALF_UP)
        drawn.append(f'<rect class="{css}" x="{x}" width="{max(width - gap, 3)}" height="24"/>')
        x += width
    inside = "".join(drawn)
    return mark_safe(
        f'<svg class="bar" viewBox="0 0 {1000 - gap} 24" preserveAspectRatio="none" aria-hidden="true">{inside}</svg>'
    )
