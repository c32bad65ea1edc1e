"""Scores at work: is the population the same, do outcomes keep to what was said, who gets in and at what price."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from puhui.access.staff.domain import Permission
from puhui.decisions.domain.monitoring import FLAG_PPM, SHIFTED_PPM, STABLE_PPM, TARGET_PPM
from puhui.web import charts, clock
from puhui.web.charts import Interval, Point
from puhui.web.shared import formats
from puhui.web.shared.explain import step_name
from puhui.web.staff.exploration_data import watch_exploration
from puhui.web.staff.guard import allowed, desk
from puhui.web.staff.monitoring_data import RECENT, Watch, watch
from puhui.web.staff.portfolio import asked


@require_safe
@allowed(Permission.PORTFOLIO, Permission.MODELS, Permission.APPROVE_MODELS, Permission.AUDIT)
def monitoring_page(request: HttpRequest) -> HttpResponseBase:
    """This function will show the scores at work as they stood at the end of a date."""
    as_of = asked(request)
    found = watch(as_of=as_of)
    return desk(
        request,
        "monitoring",
        here="monitoring",
        as_of=as_of,
        other_day=as_of != clock.today(request),
        found=found,
        exploration=watch_exploration(as_of=as_of),
        recent=RECENT,
        flag_ppm=FLAG_PPM,
        target_ppm=TARGET_PPM,
        months=[
            {"one": one, "index": index_text(one.psi_ppm), "css": shade(one.psi_ppm)} for one in found.months
        ],
        features=[
            {
                "one": one,
                "name": step_name(one.name),
                "index": index_text(one.csi_ppm),
                "css": shade(one.csi_ppm),
            }
            for one in found.features
        ],
        groups=[(_("Age"), found.ages), (_("Region (first two digits)"), found.regions)],
        plots={"shift": _shift(found), "bands": _bands(found), "vintages": _vintages(found)},
    )


def index_text(ppm: int | None) -> str:
    """This function will write a stability index as people read it, two decimals."""
    return "–" if ppm is None else f"{(ppm + 5_000) // 1_000_000}.{(ppm + 5_000) // 10_000 % 100:02d}"


def shade(ppm: int | None) -> str:
    """This function will return the colour of an index: calm, moved, another population."""
    if ppm is None or ppm < STABLE_PPM:
        return "jade"
    return "ochre" if ppm < SHIFTED_PPM else "brick"


def _month(one: Any) -> str:
    return f"{one.first.year % 100:02d}-{one.first.month:02d}"


def _shift(found: Watch) -> SafeString:
    if not any(one.decisions for one in found.months):
        return charts.nothing(_("No decisions yet."))
    points = [
        Point(
            label=_month(one) if i % 3 == 2 else "",
            size=(one.psi_ppm or 0) / 1_000_000,
            text=f"{_month(one)}: {index_text(one.psi_ppm)} ({one.decisions})",
            css="kt" if (one.psi_ppm or 0) >= SHIFTED_PPM else "k1",
        )
        for i, one in enumerate(found.months)
    ]
    sentence = _("Stability of the scores by month, against everything before %(day)s: last %(index)s.") % {
        "day": found.base_until.isoformat(),
        "index": index_text(found.months[-1].psi_ppm),
    }
    return charts.columns(points, write=lambda value: f"{value:.2f}", sentence=sentence)


def _bands(found: Watch) -> SafeString:
    if not found.bands:
        return charts.nothing(_("No outcomes yet: a loan is known after six months, or when it went late."))
    points = [
        Interval(
            said=one.expected_ppm / 10_000,
            came=one.observed_ppm / 10_000,
            low=one.low_ppm / 10_000,
            high=one.high_ppm / 10_000,
            text=f"{formats.rate(one.expected_ppm)} → {formats.rate(one.observed_ppm)}",
            holds=one.holds,
        )
        for one in found.bands
    ]
    sentence = _("Share gone bad by band of probability, said and come: %(bands)s.") % {
        "bands": ", ".join(
            f"{formats.rate(one.expected_ppm)} / {formats.rate(one.observed_ppm)}" for one in found.bands
        )
    }
    return charts.calibration(points, write=lambda value: f"{value:g}%", sentence=sentence)


def _vintages(found: Watch) -> SafeString:
    known = [one for one in found.vintages if one.ks_ppm is not None]
    if not known:
        return charts.nothing(_("Too few loans went bad to measure it."))
    points = [
        Point(
            label=f"Q{one.quarter} {one.year % 100:02d}",
            size=(one.ks_ppm or 0) / 10_000,
            text=f"Q{one.quarter} {one.year}: {formats.rate(one.ks_ppm or 0)} ({one.bad} / {one.loans})",
        )
        for one in known[-8:]
    ]
    return charts.columns(
        points,
        write=lambda value: f"{value:g}%",
        sentence=_("KS of the score by quarter of payout, in points."),
    )
