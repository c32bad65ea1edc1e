"""What the promises "a proof never hurts" and "silence is not priced" cost, and which part of the price carries it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from puhui.access.staff.domain import Permission
from puhui.core.rounding import Rounding, divide
from puhui.core.time import shift_days, start_of
from puhui.decisions.queries import get_rules, list_decided
from puhui.evidence.queries import get_cohort, get_evidence_kinds
from puhui.journeys import house
from puhui.ledger.queries import list_daily_balance
from puhui.loans.domain.portfolio import balance_on
from puhui.offers.domain.guarantees import PPM, cost_of_guarantees, spread_points
from puhui.web import clock
from puhui.web.staff.guard import allowed, desk
from puhui.web.staff.portfolio import asked

PRINCIPAL = "1301"  # ledger account of principal that is out


@require_safe
@allowed(Permission.PORTFOLIO)
def guarantees_page(request: HttpRequest) -> HttpResponseBase:
    """This function will show what G1 and G2 cost on everybody decided up to the end of a date, regime by regime."""
    as_of = asked(request)
    rules = get_rules(jurisdiction=house.lender().jurisdiction, on_date=as_of)
    spread = spread_points(
        rules=rules, kinds=get_evidence_kinds(on_date=as_of).kinds, cohort=get_cohort(on_date=as_of)
    )
    until = start_of(shift_days(as_of, 1), zone=house.lender().zone)
    points: dict[str, int] = {}
    for one in list_decided(until=until):  # oldest first: the answer before any proof counts
        if one.verdict == "approved":
            points.setdefault(one.application_id, one.points)
    costs = cost_of_guarantees(points.values(), rules=rules, spread=spread)
    out_minor = balance_on(
        list_daily_balance(code=PRINCIPAL, currency=settings.LENDER["currency"], until=as_of), as_of
    )
    totals = [one for one in costs if not one.grade]
    grades = sorted({one.grade for one in costs if one.grade})
    by = {(one.regime, one.grade): one for one in costs}
    return desk(
        request,
        "guarantees",
        here="portfolio",
        as_of=as_of,
        other_day=as_of != clock.today(request),
        people=len(points),
        totals=[
            {
                "cost": one,
                "name": _regime(one.regime),
                "covered": one.add_on_ppm <= one.carried_ppm,
                "minor": _of(out_minor, one.add_on_ppm),
                "cells": [by[one.regime, grade].add_on_ppm for grade in grades],
            }
            for one in totals
        ],
        grades=[(grade, by[totals[0].regime, grade].people) for grade in grades],
        out_minor=out_minor,
        carried_minor=_of(out_minor, totals[0].carried_ppm) if totals else 0,
        rules=rules,
    )


def _of(amount_minor: int, rate_ppm: int) -> int:
    return divide(amount_minor * rate_ppm, PPM, Rounding.HALF_EVEN)


def _regime(code: str) -> str:
    said: dict[str, Any] = {
        "all": _("Everybody gives everything"),
        "random": _("A coin decides"),
        "strategic": _("Who gains gives"),
        "distrustful": _("Of those who gain, one in five gives"),
        "forgers_1": _("Who gains gives, 1 in 100 of the others forges"),
        "forgers_3": _("Who gains gives, 3 in 100 of the others forge"),
        "forgers_5": _("Who gains gives, 5 in 100 of the others forge"),
    }
    return str(said[code])
