"""The portfolio on any date: size, lateness, vintages, price, decisions, complaints, payments, and their rows as files."""

from __future__ import annotations

import csv
import importlib.util
import io
from datetime import date
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from puhui.access.staff.domain import Permission
from puhui.core.refusals import InputRefused, Refusal
from puhui.core.rounding import Rounding, divide
from puhui.journeys import staff_view
from puhui.loans.domain import LoanState
from puhui.web import charts, clock
from puhui.web.errors import NotFoundHere
from puhui.web.shared import formats, inputs
from puhui.web.staff import plots
from puhui.web.staff.guard import allowed, desk, holds, login_of
from puhui.web.staff.portfolio_data import PPM, Figures, Table, figures, tables

STEPS = ("applied", "identified", "approved", "signed", "live")


class ParquetNotInstalled(Refusal):
    """This deployment has no writer for Parquet; CSV is always there."""

    status: ClassVar[int] = 501


class DateAhead(InputRefused):
    """A page of what was asks for a day that has not come yet."""

    field = "as_of"


def asked(request: HttpRequest) -> date:
    """This function will return the date that was asked for, by default today. Raises: DateInvalid, DateAhead."""
    today = clock.today(request)
    typed = request.GET.get("as_of", "")
    day = inputs.day(typed) if typed else today
    if day > today:
        raise DateAhead("as_of", today=today)
    return day


@require_safe
@allowed(Permission.PORTFOLIO)
def portfolio_page(request: HttpRequest) -> HttpResponseBase:
    """This function will show the portfolio as it was at the end of a date."""
    as_of = asked(request)
    found = figures(as_of=as_of)
    return desk(
        request,
        "portfolio",
        here="portfolio",
        as_of=as_of,
        other_day=as_of != clock.today(request),
        found=found,
        tiles=_tiles(found),
        plots={
            "outstanding": plots.outstanding(found),
            "prices": plots.prices(found),
            "vintages": plots.vintages(found),
            "approvals": plots.approvals(found),
            "scores": plots.scores(found),
            "complaints": plots.complaints(found),
        },
        funnel=_funnel(found),
        late=_late(found),
        orders=[(*one[:3], plots.short_money(one[3])) for one in found.orders],
        difference_minor=found.outstanding_minor - found.ledger_minor,
        tables=list(tables(found)),
        parquet=has_parquet(),
        can_export=holds(request, Permission.EXPORT),
    )


def _tiles(found: Figures) -> list[dict[str, Any]]:
    ended = [one for one in found.loans if one.state is LoanState.CLOSED]
    late = [one for one in found.active if one.dpd_days > 30]
    late_minor = sum(one.outstanding_minor for one in late)
    share = (
        divide(late_minor * PPM, found.outstanding_minor, Rounding.HALF_UP) if found.outstanding_minor else 0
    )
    steps = dict(found.funnel)
    decided = sum(month.decided for month in found.months) or 1
    approved = sum(month.approved for month in found.months)
    earlier = found.months[-2].outstanding_minor if len(found.months) > 1 else 0
    grown = found.outstanding_minor - earlier
    last = found.months[-1]
    return [
        {
            "name": _("Outstanding principal"),
            "figure": plots.short_money(found.outstanding_minor),
            "text": _("%(amount)s this month")
            % {"amount": ("+" if grown >= 0 else "") + plots.short_money(grown)},
        },
        {
            "name": _("Live loans"),
            "figure": f"{steps['live']:,}",
            "text": _("%(signed)s signed, %(ended)s paid off")
            % {"signed": f"{steps['signed']:,}", "ended": f"{len(ended):,}"},
        },
        {
            "name": _("30+ days late"),
            "figure": formats.rate(share),
            "text": _("%(amount)s in %(n)s loans")
            % {"amount": plots.short_money(late_minor), "n": f"{len(late):,}"},
        },
        {
            "name": _("Approved"),
            "figure": formats.share(divide(approved * PPM, decided, Rounding.HALF_UP)),
            "text": _("%(n)s of %(all)s decisions, 24 months")
            % {"n": f"{approved:,}", "all": f"{decided:,}"},
        },
        {
            "name": _("Complaints per 10,000"),
            "figure": last.rate_text,
            "text": _("%(n)s this month, %(all)s accounts")
            % {"n": last.complaints, "all": f"{last.accounts:,}"},
        },
    ]


def _funnel(found: Figures) -> list[dict[str, Any]]:
    names = {
        "applied": _("Applied"),
        "identified": _("Identity given"),
        "approved": _("Approved"),
        "signed": _("Signed"),
        "live": _("Live on the date"),
    }
    whole = max((count for _step, count in found.funnel), default=0)
    return [
        {
            "name": names[step],
            "count": count,
            "bar": charts.strip(count, whole, "kt" if step == "live" else "g2"),
        }
        for step, count in found.funnel
    ]


def _late(found: Figures) -> list[dict[str, Any]]:
    colours = ("", "g3", "c3", "c5", "c5", "bad")
    late = sum(one.outstanding_minor for one in found.buckets[1:])
    rows = []
    for bucket, css in zip(found.buckets, colours, strict=True):
        name = f"{bucket.first_day}–{bucket.last_day}"
        if bucket.first_day == 0:
            name = _("Current")
        elif bucket.last_day > 9_999:
            name = _("Over 90")
        bar = charts.strip(bucket.outstanding_minor, late, css) if bucket.first_day else ""
        rows.append({"name": name, "bucket": bucket, "bar": bar})
    return rows


def has_parquet() -> bool:
    """This function will tell whether the extra `batch`, which can write Parquet, is installed. It imports nothing."""
    return importlib.util.find_spec("pyarrow") is not None


@require_safe
@allowed(Permission.EXPORT)
def export(request: HttpRequest, table: str, form: str) -> HttpResponseBase:
    """This function will hand out one table as a file, and write to the audit chain who took it.

    Raises: NotFoundHere, DateInvalid, DateAhead, ParquetNotInstalled.
    """
    as_of = asked(request)
    found = tables(figures(as_of=as_of))
    if table not in found:
        raise NotFoundHere()
    content, kind = _csv(found[table]) if form == "csv" else _parquet(found[table])
    staff_view.exported(
        table=table,
        as_of=as_of.isoformat(),
        rows=len(found[table][1]),
        by=login_of(request),
        now=clock.now(request),
    )
    answer = HttpResponse(content, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="puhui-{table}-{as_of}.{form}"'
    return answer


def _csv(table: Table) -> tuple[bytes, str]:
    columns, rows = table
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode(), "text/csv; charset=utf-8"


def _parquet(table: Table) -> tuple[bytes, str]:
    if not has_parquet():
        raise ParquetNotInstalled()
    import pyarrow  # only here: serving does not load it, and a small installation does not have it
    from pyarrow import parquet

    columns, rows = table
    by_column = {name: [row[i] for row in rows] for i, name in enumerate(columns)}
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(by_column), out)
    return out.getvalue(), "application/vnd.apache.parquet"
