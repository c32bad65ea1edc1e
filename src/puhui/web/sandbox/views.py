"""The demo's two tools: what would have gone to phones, and a clock that moves forward."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from puhui.contact import queries as contact
from puhui.core.refusals import InputRefused
from puhui.core.time import start_of
from puhui.journeys import clock as clock_journey
from puhui.web import clock
from puhui.web.shared import inputs

SHOWN = 20
LONGEST_DAYS = 3660


class DateNotAhead(InputRefused):
    """The date lies behind the demo's clock, or more than ten years ahead of it."""

    field = "to"


def _demo_only() -> None:
    if not settings.DEMO:
        raise Http404


@require_safe
def inbox(request: HttpRequest) -> HttpResponseBase:
    """This function will list the newest messages with masked phones."""
    _demo_only()
    return render(request, "sandbox/inbox.html", {"inbox": contact.list_inbox(limit=SHOWN)})


@require_http_methods(["GET", "POST"])
def clock_page(request: HttpRequest) -> HttpResponseBase:
    """This function will show the demo's clock and move it forward."""
    _demo_only()
    if request.method == "POST":
        _move(request)
        return redirect("clock")
    steps = [(1, _("1 day on")), (7, _("7 days on")), (30, _("30 days on"))]
    return render(request, "sandbox/clock.html", {"steps": steps})


def _move(request: HttpRequest) -> None:
    now, today = clock.now(request), clock.today(request)
    if typed := request.POST.get("days", ""):
        ahead = timedelta(days=inputs.number(typed, "days"))
    else:
        wanted: date = inputs.day(inputs.text(request, "to"), "to")
        ahead = timedelta(days=(wanted - today).days)
    if not 0 < ahead.days <= LONGEST_DAYS:
        raise DateNotAhead("to")
    nine = start_of(today + ahead, zone=settings.LENDER["zone"]) + timedelta(hours=9)
    there = now + ahead if request.POST.get("days") else max(nine, now)
    seconds = clock.offset_seconds(request) + int((there - now).total_seconds())
    clock_journey.move(seconds=seconds, now=now)
