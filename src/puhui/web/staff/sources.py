"""Sources of facts and their intakes: what is described, what came, how complete, what was set aside and why."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from puhui.access.staff.domain import Permission
from puhui.facts.intake import AsideCode, IntakeState
from puhui.facts.queries import find_intake, list_aside, list_intakes, list_sources
from puhui.runtime.queries import list_audit
from puhui.web import charts, clock
from puhui.web.charts import Point
from puhui.web.errors import NotFoundHere
from puhui.web.shared import formats
from puhui.web.shared.explain import named, write
from puhui.web.staff.guard import allowed, desk
from puhui.web.staff.monitoring import index_text, shade

COLOURS = {IntakeState.STARTED: "ochre", IntakeState.HELD: "brick", IntakeState.DONE: "jade"}
SHOWN = 200  # rows set aside that are shown


@require_safe
@allowed(Permission.PORTFOLIO, Permission.MODELS, Permission.AUDIT)
def sources_page(request: HttpRequest) -> HttpResponseBase:
    """This function will list the sources that are described today, and the newest intakes."""
    intakes = list_intakes()
    last = {one.source: one for one in reversed(intakes)}
    language = "zh" if formats.is_chinese(request.LANGUAGE_CODE) else "en"
    return desk(
        request,
        "sources",
        here="sources",
        sources=[
            {"one": one, "title": one.title[language], "last": last.get(one.name)}
            for one in list_sources(on_date=clock.today(request))
        ],
        intakes=[{"one": one, "css": COLOURS[one.state], "state": state_text(one.state)} for one in intakes],
    )


@require_safe
@allowed(Permission.PORTFOLIO, Permission.MODELS, Permission.AUDIT)
def intake_page(request: HttpRequest, intake_id: str) -> HttpResponseBase:
    """This function will show what was counted in one intake, and the rows that it set aside."""
    found = find_intake(intake_id)
    if found is None:
        raise NotFoundHere
    columns = found.report.get("columns", {})
    return desk(
        request,
        "intake",
        here="sources",
        one=found,
        css=COLOURS[found.state],
        state=state_text(found.state),
        before=find_intake(found.report.get("compared_with", "")),
        columns=[
            {
                **one,
                "fact": fact,
                "name": named(fact),
                "least": write(fact, one["least"]),
                "most": write(fact, one["most"]),
                "too_few": fact in found.report["incomplete"],
                "strip": charts.strip(
                    one["complete_ppm"], 1_000_000, "bad" if fact in found.report["incomplete"] else "kt"
                ),
                "index": index_text(one["drift_ppm"]),
                "css": shade(one["drift_ppm"]),
            }
            for fact, one in columns.items()
        ],
        shapes=[(named(fact), _shape(fact, one)) for fact, one in columns.items() if len(one["shape"]) > 1],
        counts=[
            (aside_text(AsideCode(code)), count) for code, count in found.report.get("aside", {}).items()
        ],
        rows=[{"one": one, "text": aside_text(one.code)} for one in list_aside(found.id, limit=SHOWN)],
        shown=SHOWN,
        audit=list_audit(f"intake:{found.id}", limit=5),
        is_over=found.state is not IntakeState.STARTED,
    )


def state_text(state: IntakeState) -> str:
    """This function will say where an intake stands."""
    return {
        IntakeState.STARTED: _("cut off or under way"),
        IntakeState.HELD: _("held, nothing was kept"),
        IntakeState.DONE: _("done"),
    }[state]


def aside_text(code: AsideCode) -> str:
    """This function will say why a row was set aside, and what helps."""
    return {
        AsideCode.MISSING: _("A required value is empty."),
        AsideCode.TYPE: _("Not of the column’s type: a number, a day, a resident number."),
        AsideCode.RANGE: _("Outside the bounds of its description."),
        AsideCode.CHOICE: _("Not one of the words of its description."),
        AsideCode.SHORT_ROW: _("More or fewer cells than columns."),
        AsideCode.FUTURE: _("A day that has not been."),
        AsideCode.NOBODY: _("About nobody who is a customer; only counted."),
        AsideCode.CONSENT_MISSING: _(
            "Her consent to this purpose is missing or withdrawn; it stands in her log."
        ),
        AsideCode.TWICE: _("The same person and day with other values than before."),
        AsideCode.CONTRADICTS: _("Taken, but far from what another source says."),
    }[code]


def _shape(fact: str, one: dict[str, Any]) -> SafeString:
    """How many rows in each bin, from the smallest value."""
    bins = sorted(one["shape"].items(), key=lambda item: _start(item[0]))
    every = max(1, len(bins) // 6)
    points = [
        Point(
            label=_label(name) if i % every == 0 else "",
            size=float(count),
            text=f"{_label(name)}: {count}",
            css="k1",
        )
        for i, (name, count) in enumerate(bins)
    ]
    most = max(bins, key=lambda item: item[1])
    sentence = _("%(fact)s: %(count)s values in %(bins)s bins, most of them at %(most)s.") % {
        "fact": fact,
        "count": one["present"],
        "bins": len(bins),
        "most": _label(most[0]),
    }
    return charts.columns(points, write=lambda value: f"{value:g}", sentence=sentence)


def _start(name: str) -> tuple[int, str]:
    """Where a bin begins: numbers by size, words behind them by name."""
    size = re.fullmatch(r"(-?)(\d+)(?:e(\d+))?", name)
    if size is None:
        return 1 << 70, name
    start = int(size[2]) << int(size[3] or 0)
    return -start if size[1] else start, ""


def _label(name: str) -> str:
    start, word = _start(name)
    return word or f"{start:,}"
