"""The plots of the portfolio: figures into points, words into sentences; the drawing is in `web.charts`."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from puhui.core.rounding import Rounding, divide
from puhui.web import charts
from puhui.web.charts import Point, Series
from puhui.web.shared import formats
from puhui.web.staff.portfolio_data import RATE_STEP, SCORE_STEP, Figures, Month
from puhui.web.templatetags.puhui import language, money

COLOURS = ("c1", "c3", "c2", "c4", "c6", "c5")
SHOWN_VINTAGES = 6
LEAST_MONTHS = 2  # on book before a quarter is drawn


def short_money(amount_minor: int) -> str:
    """This function will write a large amount for staff: `¥31.86 m` or `¥3,186.24 万`; small ones in full."""
    currency = settings.LENDER["currency"]
    sign, unit, suffix = formats.SIGNS.get(currency, currency + " "), 100_000_000, " m"
    if formats.is_chinese(language()):
        unit, suffix = 1_000_000, " 万"
    if abs(amount_minor) < unit:
        return money(amount_minor)
    whole = abs(amount_minor) * 100 // unit
    minus = formats.MINUS if amount_minor < 0 else ""
    return f"{minus}{sign}{whole // 100:,}.{whole % 100:02d}{suffix}"


def _short_month(day: date) -> str:
    if formats.is_chinese(language()):
        return f"{day.year % 100}-{day.month:02d}"
    return f"{formats.MONTHS[day.month - 1]} {day.year % 100:02d}"


def _every(count: int, shown: int = 4) -> set[int]:
    """Which of `count` places get a label, the last one included."""
    step = max((count - 1) // (shown - 1), 1) if count > 1 else 1
    return set(range(count - 1, -1, -step))


def _whole(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def outstanding(found: Figures) -> SafeString:
    """How much is out: month ends by the ledger."""
    if not any(month.outstanding_minor for month in found.months):
        return charts.nothing(_("No money is out yet."))
    labelled = _every(len(found.months))
    unit = 1_000_000 if formats.is_chinese(language()) else 100_000_000
    heights = [divide(month.outstanding_minor * 100, unit, Rounding.HALF_EVEN) for month in found.months]
    points = [
        Point(
            label=_short_month(month.ends) if i in labelled else "",
            size=heights[i] / 100,  # hundredths: a drawing is not money
            text=f"{_short_month(month.ends)}: {money(month.outstanding_minor)}",
        )
        for i, month in enumerate(found.months)
    ]
    sentence = _("Principal outstanding at month ends, last %(amount)s.") % {
        "amount": money(found.outstanding_minor)
    }
    return charts.area(points, write=_thin, sentence=sentence)


def _thin(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".") if value < 10 else f"{value:,.0f}"


def prices(found: Figures) -> SafeString:
    """What people pay: loans by all-in annual cost, with the median's column and the cap."""
    if not found.rates:
        return charts.nothing(_("No loans yet."))
    bins = dict(found.rates)
    low, high = min(bins), max(max(bins), found.cap_ppm // RATE_STEP * RATE_STEP)
    places = list(range(low, high + RATE_STEP, RATE_STEP))
    labelled = _every(len(places), 6)
    points = [
        Point(
            label=f"{start // 10_000}%" if i in labelled else "",
            size=bins.get(start, 0),
            text=_("%(from)s%% to %(to)s%%: %(n)s loans")
            % {"from": start // 10_000, "to": (start + RATE_STEP) // 10_000, "n": bins.get(start, 0)},
            css="kt" if start <= found.median_rate_ppm < start + RATE_STEP else "k1",
        )
        for i, start in enumerate(places)
    ]
    sentence = _("Loans by all-in annual cost. The median is %(median)s, the cap %(cap)s.") % {
        "median": formats.rate(found.median_rate_ppm),
        "cap": formats.share(found.cap_ppm),
    }
    cap_at = (found.cap_ppm - low) / RATE_STEP
    cap_text = _("cap %(cap)s") % {"cap": formats.share(found.cap_ppm)}
    return charts.columns(points, write=_whole, sentence=sentence, cap_at=cap_at, cap_text=cap_text)


def vintages(found: Figures) -> SafeString:
    """Are newer loans healthier: share of a quarter's money gone 30 days late, by months on book."""
    chosen = [one for one in found.vintages if len(one.late_ppm) > LEAST_MONTHS][-SHOWN_VINTAGES:]
    if not chosen:
        return charts.nothing(_("From the third month of the first quarter on."))
    longest = max((len(one.late_ppm) for one in chosen), default=0)
    series = [
        Series(
            name=_("Q%(quarter)s %(year)s") % {"quarter": one.quarter, "year": f"{one.year % 100:02d}"},
            points=tuple(
                Point(label="", size=share / 10_000, text=formats.rate(share)) for share in one.late_ppm
            ),
            css=COLOURS[i % len(COLOURS)],
        )
        for i, one in enumerate(reversed(chosen))
    ]
    along = [str(month) if month % 3 == 0 else "" for month in range(longest)]
    said = ", ".join(f"{one.name} {one.points[-1].text}" for one in series)
    sentence = _(
        "Share of the money paid out in a quarter that has gone 30 days late, by month: %(lines)s."
    ) % {"lines": said}
    return charts.lines(series, write=lambda value: f"{_thin(value)}%", along=along, sentence=sentence)


def _monthly(months: tuple[Month, ...], size: Any, text: Any) -> list[Point]:
    labelled = _every(len(months))
    return [
        Point(
            label=_short_month(month.ends) if i in labelled else "",
            size=size(month),
            text=f"{_short_month(month.ends)}: {text(month)}",
            css="kt" if i == len(months) - 1 else "k1",
        )
        for i, month in enumerate(months)
    ]


def approvals(found: Figures) -> SafeString:
    """Approval rate by month."""
    if not any(month.decided for month in found.months):
        return charts.nothing(_("No decisions yet."))
    points = _monthly(
        found.months,
        lambda month: month.approved_ppm / 10_000,
        lambda month: f"{formats.rate(month.approved_ppm)} · {month.approved} / {month.decided}",
    )
    return charts.columns(
        points,
        write=lambda value: f"{_thin(value)}%",
        sentence=_("Share of decisions that approved, by month."),
    )


def scores(found: Figures) -> SafeString:
    """Applications by score."""
    if not found.scores:
        return charts.nothing(_("No decisions yet."))
    labelled = _every(len(found.scores), 5)
    points = [
        Point(
            label=str(start) if i in labelled else "",
            size=count,
            text=_("%(from)s to %(to)s points: %(n)s applications")
            % {"from": start, "to": start + SCORE_STEP - 1, "n": count},
        )
        for i, (start, count) in enumerate(found.scores)
    ]
    return charts.columns(points, write=_whole, sentence=_("Applications by score; higher is safer."))


def complaints(found: Figures) -> SafeString:
    """Complaints per 10,000 accounts by month."""
    if not any(month.accounts for month in found.months):
        return charts.nothing(_("No accounts yet."))
    points = _monthly(
        found.months,
        lambda month: month.complaints_per_10_000 / 10,
        lambda month: f"{month.rate_text} · {month.complaints} / {month.accounts}",
    )
    return charts.columns(points, write=_thin, sentence=_("Complaints per 10,000 active accounts, by month."))
