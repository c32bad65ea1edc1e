"""Policies: what holds when, one text to read, a draft beside what it replaces, and what it would have changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from puhui.access.staff.domain import Permission
from puhui.access.staff.queries import RoleMayNot, list_approvals
from puhui.core.canonical import content_hash
from puhui.decisions.domain.swaps import STEP_PPM, VERDICTS, SwapSet
from puhui.journeys import house, policy_texts, policy_workbooks, staff_policy
from puhui.protection.texts.domain import (
    MOST,
    PolicyText,
    PolicyTextTooLong,
    TextFolder,
    TextLine,
    TextState,
    compare_texts,
    name_of,
)
from puhui.protection.texts.queries import get_text, list_texts
from puhui.protection.texts.workbook.archive import MOST_BYTES, WorkbookTooLarge
from puhui.web import charts, clock
from puhui.web.charts import Point
from puhui.web.errors import NotFoundHere
from puhui.web.shared import formats, inputs
from puhui.web.staff.guard import allowed, desk, holds, login_of

AROUND = 4  # unchanged lines shown beside a changed one
ENDING = ".xlsx"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SEEN_BY = (Permission.POLICIES, Permission.APPROVE_POLICIES, Permission.AUDIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One text of the list."""

    path: str  # below the policies folder
    family: str  # texts of one family replace each other
    first: date  # its first day
    stands: str  # "holds", "comes" or "past"
    sha256: str  # content hash


@require_http_methods(["GET", "POST"])
@allowed(*SEEN_BY)
def list_page(request: HttpRequest) -> HttpResponseBase:
    """This function will list what holds, came before and comes next, and the drafts; or keep a new draft."""
    now = clock.now(request)
    if request.method == "POST":
        if not holds(request, Permission.POLICIES):
            raise RoleMayNot()
        made = _drafted(request, now)
        return redirect("staff_policy_draft", made.id)
    standing, drafts = policy_texts.list_standing(), list_texts()
    lines = _lines(standing, now)
    start = request.GET.get("from", "")
    return desk(
        request,
        "policies",
        here="policies",
        lines=lines,
        drafts=[one for one in drafts if one.state is not TextState.PUBLISHED],
        folders=[one.value for one in TextFolder],
        start=standing.get(start, ""),
        folder=start.partition("/")[0],
    )


def _drafted(request: HttpRequest, now: datetime) -> PolicyText:
    """A workbook says itself where it belongs; a text belongs where its sender says."""
    file = request.FILES.get("file")
    if file is not None and (file.name or "").lower().endswith(ENDING):
        if (file.size or 0) > MOST_BYTES:
            raise WorkbookTooLarge(most=MOST_BYTES // 1_000_000)
        return policy_workbooks.draft(body=file.read(), by=login_of(request), now=now)
    return policy_texts.draft(
        folder=inputs.text(request, "folder", limit=20), text=_written(request), by=login_of(request), now=now
    )


@require_safe
@allowed(*SEEN_BY)
def workbook(request: HttpRequest, folder: str, name: str) -> HttpResponseBase:
    """This function will give a text that holds, held or will hold as an .xlsx file."""
    path = f"{folder}/{name}.toml"
    return _workbook(path, policy_workbooks.write_standing(path))


@require_safe
@allowed(*SEEN_BY)
def draft_workbook(request: HttpRequest, text_id: str) -> HttpResponseBase:
    """This function will give a draft as an .xlsx file, to be edited into another."""
    return _workbook(*policy_workbooks.write_draft(text_id))


def _workbook(path: str, body: bytes) -> HttpResponseBase:
    name = path.removesuffix(".toml").replace("/", "-") + ENDING
    return HttpResponse(
        body, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@require_safe
@allowed(*SEEN_BY)
def text_page(request: HttpRequest, folder: str, name: str) -> HttpResponseBase:
    """This function will show a text that holds, held or will hold."""
    standing = policy_texts.list_standing()
    path = f"{folder}/{name}.toml"
    if path not in standing:
        raise NotFoundHere()
    return desk(
        request,
        "policy",
        here="policies",
        path=path,
        sha256=content_hash(standing[path].encode()),
        lines=compare_texts(standing[path], standing[path]),
    )


@require_http_methods(["GET", "POST"])
@allowed(*SEEN_BY)
def draft_page(request: HttpRequest, text_id: str) -> HttpResponseBase:
    """This function will show a draft beside what it replaces and what it would change; or ask for it, or give it up."""
    now = clock.now(request)
    text = get_text(text_id)
    if request.method == "POST":
        if not holds(request, Permission.POLICIES):
            raise RoleMayNot()
        if request.POST.get("act") == "drop":
            staff_policy.drop(id=text_id, by=login_of(request), now=now)
        else:
            staff_policy.ask_publish(
                text_id=text_id,
                why=inputs.text(request, "why", required=False, limit=2000),
                by=login_of(request),
                key=inputs.form_key(request),
                now=now,
            )
        return redirect("staff_policy_draft", text_id)
    standing = policy_texts.list_standing()
    old = _replaced(standing, text)
    compared = compare_texts(standing.get(old, ""), text.text)
    whole = request.GET.get("whole") == "1"
    fault, swaps = "", None
    if text.state is TextState.DRAFTED:
        try:
            swaps = policy_texts.simulate(text, now)
        except policy_texts.PolicyTextInvalid as error:
            fault = str(error.facts["why"])
    return desk(
        request,
        "policy_draft",
        here="policies",
        text=text,
        old=old,
        lines=compared if whole else _near(compared),
        whole=whole,
        added=sum(one.sign == "+" for one in compared),
        gone=sum(one.sign == "-" for one in compared),
        fault=fault,
        late=text.valid_from <= house.today(now),
        approvals=list_approvals(subject=f"text:{text_id}"),
        found=_figures(swaps) if swaps is not None else None,
    )


def _near(lines: tuple[TextLine, ...]) -> list[TextLine]:
    """Changed lines with a few around them."""
    changed = [place for place, one in enumerate(lines) if one.sign]
    return [one for place, one in enumerate(lines) if any(abs(place - other) <= AROUND for other in changed)]


def _written(request: HttpRequest) -> str:
    """A file where one was chosen, else what was typed."""
    file = request.FILES.get("file")
    if file is None:
        return str(request.POST.get("text", ""))
    if (file.size or 0) > MOST * 4:
        raise PolicyTextTooLong(most=MOST)
    try:
        return str(file.read().decode("utf-8"))
    except UnicodeDecodeError:
        raise policy_texts.PolicyTextInvalid(why="not UTF-8") from None


def _family(path: str) -> str:
    folder, _slash, name = path.partition("/")
    return f"{folder}/{name[: -len('-2026-01-01.toml')]}" if folder == TextFolder.PRODUCTS else folder


def _lines(standing: dict[str, str], now: datetime) -> list[Line]:
    """Families in order, the newest text first; the newest that has begun holds."""
    today, found, held = house.today(now), [], set[str]()
    for path in sorted(standing, key=lambda one: (_family(one), _first(one, standing[one])), reverse=True):
        family, first = _family(path), _first(path, standing[path])
        stands = "comes" if first > today else "past" if family in held else "holds"
        if stands == "holds":
            held.add(family)
        found.append(
            Line(
                path=path.removesuffix(".toml"),
                family=family,
                first=first,
                stands=stands,
                sha256=content_hash(standing[path].encode()),
            )
        )
    return sorted(found, key=lambda one: one.family)


def _first(path: str, text: str) -> date:
    return name_of(TextFolder(path.partition("/")[0]), text)[1]


def _replaced(standing: dict[str, str], text: PolicyText) -> str:
    """The newest text of the same family that begins before it; for a new product the newest of any."""
    folder = text.folder.value
    older = [
        path
        for path in standing
        if path.startswith(f"{folder}/") and _first(path, standing[path]) < text.valid_from
    ]
    own = [path for path in older if _family(path) == _family(text.path)]
    return max(own, key=lambda path: _first(path, standing[path])) if own else ""


def _figures(swaps: SwapSet) -> dict[str, object]:
    """The swap table, row by row with sums, and the columns of price changes."""
    table = [
        {
            "verdict": then,
            "cells": [
                {"count": swaps.counts.get((then, now), 0), "css": "" if then == now else _tone(then, now)}
                for now in VERDICTS
            ],
            "total": sum(swaps.counts.get((then, now), 0) for now in VERDICTS),
        }
        for then in VERDICTS
    ]
    ends = [sum(swaps.counts.get((then, now), 0) for then in VERDICTS) for now in VERDICTS]
    return {
        "swaps": swaps,
        "table": table,
        "ends": ends,
        "verdicts": VERDICTS,
        "approved_then": swaps.approved_ppm(now=False),
        "approved_now": swaps.approved_ppm(now=True),
        "prices": _columns(swaps.price_steps.items()),
        "dearer": sum(count for step, count in swaps.price_steps.items() if step > 0),
        "kept": sum(count for step, count in swaps.price_steps.items() if step <= 0),
    }


def _tone(then: str, now: str) -> str:
    return "jade" if now == VERDICTS[0] else "ochre" if then == VERDICTS[0] else ""


def _columns(steps: Iterable[tuple[int, int]]) -> object:
    points = [
        Point(
            label=f"{formats.hundredths(step * STEP_PPM)}",
            size=count,
            text=f"{formats.hundredths(step * STEP_PPM)}: {count}",
            css="k1" if step <= 0 else "k2",
        )
        for step, count in steps
    ]
    if not points:
        return charts.nothing(_("Nobody is approved both then and now."))
    sentence = _("How many prices change by how many points")
    return charts.columns(points, write=lambda size: f"{size:,.0f}", sentence=sentence)
