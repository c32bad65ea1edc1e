"""Quality and income of the book on any date: classes, stages, roll rates, prepayment, expected loss, income, a rate shock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from puhui.access.staff.domain import Permission
from puhui.core.periods import add_months
from puhui.ledger.domain import ACCOUNTS
from puhui.ledger.queries import list_daily_balance
from puhui.loans.domain.portfolio import balance_on, late_buckets, month_ends
from puhui.loans.domain.risk import (
    BUCKET_NAMES,
    backtest,
    class_rows,
    defaults,
    expected_loss,
    prepaid_ppm,
    roll_rates,
    shock,
)
from puhui.web import charts, clock
from puhui.web.charts import Point
from puhui.web.shared import formats
from puhui.web.staff.guard import allowed, desk
from puhui.web.staff.plots import short_money
from puhui.web.staff.portfolio import asked
from puhui.web.staff.portfolio_data import loans_on
from puhui.web.templatetags.puhui import language

HORIZON = 6  # months over which defaults are observed; the demo's past is too short for twelve
SHOCK_PPM = 10_000  # one percentage point
SHOWN = 12  # months of income and prepayment
INCOME = ("4001", "4002", "4003", "4004", "5001", "5002", "5003")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeMonth:
    """Income and losses booked in one month. Minor units; losses below zero."""

    ends: date  # last day counted
    parts: tuple[int, ...]  # by account, in the order of INCOME
    total_minor: int  # their sum


def _bucket(name: str) -> str:
    """A column of the roll rates: months late as they are called, an end in words."""
    return {"closed": _("paid off"), "lost": _("written off")}.get(name, name)


def income_months(as_of: date) -> list[IncomeMonth]:
    """This function will read the income statement of the last months from the ledger."""
    currency = settings.LENDER["currency"]
    ends = month_ends(first=add_months(as_of, -SHOWN), last=as_of)
    balances = {code: list_daily_balance(code=code, currency=currency, until=as_of) for code in INCOME}
    found = []
    for before, end in pairwise(ends):
        parts = tuple(balance_on(balances[code], before) - balance_on(balances[code], end) for code in INCOME)
        found.append(IncomeMonth(ends=end, parts=parts, total_minor=sum(parts)))
    return found


@require_safe
@allowed(Permission.PORTFOLIO)
def reports_page(request: HttpRequest) -> HttpResponseBase:
    """This function will show the reports as they were at the end of a date."""
    as_of = asked(request)
    loans = loans_on(as_of)
    months = [add_months(as_of, -back) for back in range(6, 0, -1)] + [as_of]
    books = {
        day: loans_on(day) for day in {*months, add_months(as_of, -HORIZON), add_months(as_of, -2 * HORIZON)}
    }
    then, long_ago = books[add_months(as_of, -HORIZON)], books[add_months(as_of, -2 * HORIZON)]
    came = defaults(then, loans)
    losses = expected_loss(loans, seen=came)
    classes = class_rows(loans)
    rolls = roll_rates(books[months[-2]], loans)
    early = [(day, prepaid_ppm(books[before], books[day])) for before, day in pairwise(months)]
    income = income_months(as_of)
    value = shock(loans, shock_ppm=SHOCK_PPM)
    names = {
        "normal": _("Normal"), "attention": _("Attention"), "substandard": _("Substandard"),
        "doubtful": _("Doubtful"), "loss": _("Loss"),
    }  # fmt: skip
    return desk(
        request,
        "reports",
        here="portfolio",
        as_of=as_of,
        other_day=as_of != clock.today(request),
        classes=[{"name": names[one.name], "row": one} for one in classes],
        losses=losses,
        loss_minor=sum(one.loss_minor for one in losses),
        backtest=backtest(seen_then=defaults(long_ago, then), came=came),
        horizon=HORIZON,
        rolls=[{"name": _bucket(name), "cells": list(rolls[name].values())} for name in rolls],
        roll_names=[_bucket(name) for name in BUCKET_NAMES],
        early=early,
        income=[{"month": one, "cells": one.parts} for one in income],
        income_names=[
            getattr(ACCOUNTS[code], "zh" if formats.is_chinese(request.LANGUAGE_CODE) else "en")
            for code in INCOME
        ],
        value=value,
        moved_minor=value.shocked_minor - value.value_minor,
        apart_minor=value.shocked_minor - value.analytic_minor,
        plots=_plots(loans, classes, losses, early, income, names),
    )


def _plots(loans: Any, classes: Any, losses: Any, early: Any, income: Any, names: Any) -> dict[str, Any]:
    """The six plots: figures into points."""

    def yuan(value: float) -> str:
        chinese = formats.is_chinese(language())
        unit, suffix = (10_000, "万") if chinese else (1_000, "k")
        return f"{value / unit:,.0f}{suffix}" if value >= unit else f"{value:,.0f}"

    def percent(value: float) -> str:
        return f"{value:,.1f}%"

    ageing = [
        Point(label=f"{one.first_day}+", size=one.outstanding_minor // 100, text=f"{one.first_day}–{one.last_day}: {short_money(one.outstanding_minor)}")
        for one in late_buckets(loans)[1:]
    ]  # fmt: skip
    return {
        "ageing": charts.columns(ageing, write=yuan, sentence=_("Late principal by days past due, yuan.")),
        "classes": charts.columns(
            [Point(label=names[one.name], size=one.outstanding_minor // 100, text=f"{names[one.name]}: {short_money(one.outstanding_minor)}") for one in classes[1:]],
            write=yuan, sentence=_("Principal by class, yuan, the normal class left out."),
        ),
        "losses": charts.columns(
            [Point(label=str(one.stage), size=one.loss_minor // 100, text=f"{one.stage}: {short_money(one.loss_minor)}") for one in losses],
            write=yuan, sentence=_("Expected credit loss by stage, yuan."),
        ),
        "early": charts.columns(
            [Point(label=f"{day.month}", size=ppm / 10_000, text=f"{day}: {formats.rate(ppm)}") for day, ppm in early],
            write=percent, sentence=_("Share of principal paid off early, by month."),
        ),
        "income": charts.columns(
            [Point(label=f"{one.ends.month}", size=max(one.total_minor, 0) // 100, text=f"{one.ends}: {short_money(one.total_minor)}") for one in income],
            write=yuan, sentence=_("Income less losses by month, yuan."),
        ),
    }  # fmt: skip
