"""A model beside the champion on its page: who would go in and out at the same approval rate, and what became of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from puhui.core.periods import add_months
from puhui.decisions.domain.model_swaps import ModelSwapSet, RateSwap, swap_models
from puhui.decisions.domain.scorecard import Scorecard
from puhui.decisions.queries import get_rules
from puhui.decisions.registry.compare import PastApplicant, list_applicants, rank_applicants
from puhui.decisions.registry.domain import ModelState, RegisteredModel
from puhui.decisions.registry.queries import get_scorer, list_scoring
from puhui.journeys import house
from puhui.web import charts
from puhui.web.charts import Point, Series
from puhui.web.shared import formats
from puhui.web.staff.monitoring_data import OUTCOME_MONTHS
from puhui.web.staff.portfolio_data import loans_on

MOST = 5_000  # past decisions, the newest
LEAST_KNOWN = 10  # outcomes on both sides at a rate before it is drawn


def context(model: RegisteredModel, *, now: datetime, as_of: date) -> dict[str, Any]:
    """This function will return what the page shows; nothing for the champion itself, which has nobody beside it."""
    if model.state is ModelState.CHAMPION:
        return {"swaps": None}
    champion = _champion(now)
    other = champion if champion.sha256 == model.sha256 else _scorer(model, now)
    past = list_applicants(until=now, limit=MOST)
    swaps = swap_models(rank_applicants(past, champion=champion, other=other), _outcomes(past, as_of))
    rows = [
        (_("approved by both"), swaps.kept),
        (_("swapped in"), swaps.swapped_in),
        (_("swapped out"), swaps.swapped_out),
    ]
    return {"swaps": swaps, "champion": champion.name, "swap_rows": rows, "swap_plot": _plot(swaps)}


def _shipped(now: datetime) -> Scorecard:
    return get_rules(jurisdiction=house.policy(now).jurisdiction, on_date=house.today(now)).model


def _scorer(model: RegisteredModel, now: datetime) -> Any:
    return _shipped(now) if model.admitted_at is None else get_scorer(model.id)


def _champion(now: datetime) -> Scorecard:
    for one, scorer in list_scoring():
        if one.state is ModelState.CHAMPION and isinstance(scorer, Scorecard):
            return scorer
    return _shipped(now)


def _outcomes(past: list[PastApplicant], as_of: date) -> dict[str, bool]:
    """By decision: whether a loan signed on it went 30 days late, once it is old enough to tell."""
    said: dict[str, list[PastApplicant]] = {}
    for one in past:  # newest first
        said.setdefault(one.customer_id, []).append(one)
    found: dict[str, bool] = {}
    for loan in loans_on(as_of):
        if loan.disbursed_on is None:
            continue
        bad = loan.late_since is not None
        if not bad and loan.closed_on is None and add_months(loan.disbursed_on, OUTCOME_MONTHS) > as_of:
            continue
        about = next(
            (one for one in said.get(loan.customer_id, ()) if one.decided_at <= loan.signed_at), None
        )
        if about is not None:
            found[about.decision_id] = found.get(about.decision_id, False) or bad
    return found


def _plot(swaps: ModelSwapSet) -> SafeString:
    """Share gone bad of those whom each model would have approved, by approval rate."""
    drawn = [
        one for one in swaps.curve if one.champion.known >= LEAST_KNOWN and one.other.known >= LEAST_KNOWN
    ]
    if len(drawn) < 2:
        return charts.nothing(_("Too few loans have an outcome yet."))
    sentence = _("Share of loans gone 30 days late among those approved, by approval rate, under each model.")
    return charts.lines(
        [
            _series(_("champion"), [(one, one.champion.bad_ppm or 0) for one in drawn], "c1"),
            _series(_("this model"), [(one, one.other.bad_ppm or 0) for one in drawn], "c3"),
        ],
        write=lambda value: f"{value:g}%",
        along=[formats.share(one.rate_ppm) for one in drawn],
        sentence=sentence,
    )


def _series(name: str, found: list[tuple[RateSwap, int]], css: str) -> Series:
    return Series(
        name=name,
        points=tuple(Point(label="", size=ppm / 10_000, text=formats.rate(ppm)) for _at, ppm in found),
        css=css,
    )
