"""The auditor's desk: replay anything, walk the audit chain, read who looked at whom, trial balance on any date."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_http_methods, require_safe

from puhui.access.staff.domain import Permission
from puhui.journeys import staff_replay, staff_view
from puhui.journeys.staff_replay import REPLAYS, Replayed
from puhui.ledger.queries import get_trial_balance, list_entries
from puhui.runtime import queries as runtime
from puhui.runtime.row_seals import verify_rows
from puhui.web import clock
from puhui.web.shared import formats, inputs
from puhui.web.staff.customers import find
from puhui.web.staff.guard import allowed, desk, login_of
from puhui.web.staff.portfolio import asked
from puhui.web.templatetags.puhui import language

MOST_SAMPLED = 500
LOOKS = "customer."  # actions that looked at a person's data


@require_http_methods(["GET", "POST"])
@allowed(Permission.REPLAY)
def replay_page(request: HttpRequest) -> HttpResponseBase:
    """This function will replay one thing by its id, or a sample drawn by a seed, field by field."""
    results: list[Replayed] = []
    took = 0
    sampled = request.method == "POST"
    if sampled:
        start = time.perf_counter_ns()
        results = _run(request)
        took = (time.perf_counter_ns() - start) // 1_000_000
        staff_view.replayed(
            kind=request.POST.get("kind", ""),
            sampled=len(results),
            identical=sum(not one.differences for one in results),
            by=login_of(request),
            now=clock.now(request),
        )
    return desk(
        request,
        "replays",
        here="replay",
        kinds=list(REPLAYS),
        results=results,
        differing=[one for one in results if one.differences],
        identical=sum(not one.differences for one in results),
        ran=sampled,
        took=took,
        most=MOST_SAMPLED,
    )


def _run(request: HttpRequest) -> list[Replayed]:
    kind = inputs.text(request, "kind", limit=20)
    id = inputs.text(request, "id", required=False, limit=26)
    if id:
        return [staff_replay.replay(kind=kind, id=id)]
    count = inputs.number(request.POST.get("count", ""), "count")
    seed = inputs.text(request, "seed", required=False, limit=40)
    return staff_replay.sample(kind=kind, count=min(count, MOST_SAMPLED), seed=seed)


@require_http_methods(["GET", "POST"])
@allowed(Permission.AUDIT)
def audit_page(request: HttpRequest) -> HttpResponseBase:
    """This function will verify audit chain and row seals when asked, show the newest looks at people, or one person's log."""
    check, sealed, took, person = None, None, 0, None
    rows = runtime.list_audit_of_actions(LOOKS, limit=60)
    if request.method == "POST" and request.POST.get("act") == "verify":
        start = time.perf_counter_ns()
        check, sealed = runtime.verify_audit_chain(), verify_rows()
        took = (time.perf_counter_ns() - start) // 1_000_000
    elif request.method == "POST":
        person = find(inputs.text(request, "person", limit=60), request)[0]
        rows = runtime.list_audit(f"customer:{person.id}", limit=500)
    return desk(
        request, "audit", here="audit", check=check, sealed=sealed, took=took, person=person, rows=rows
    )


@require_safe
@allowed(Permission.LEDGER)
def ledger_page(request: HttpRequest) -> HttpResponseBase:
    """This function will show the trial balance at the end of a date, and the entries of one source."""
    as_of = asked(request)
    chinese = formats.is_chinese(language())
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    rows: list[dict[str, Any]] = []
    for row in get_trial_balance(as_of=as_of):
        totals[row.currency][0] += row.debit_minor
        totals[row.currency][1] += row.credit_minor
        rows.append({"row": row, "name": row.account.zh if chinese else row.account.en})
    source = request.GET.get("source", "")[:80]
    return desk(
        request,
        "ledger",
        here="ledger",
        as_of=as_of,
        other_day=as_of != clock.today(request),
        rows=rows,
        totals=[
            {"currency": one, "debit": both[0], "credit": both[1], "equal": both[0] == both[1]}
            for one, both in sorted(totals.items())
        ],
        source=source,
        entries=list_entries(source=source, limit=100) if source else [],
    )
