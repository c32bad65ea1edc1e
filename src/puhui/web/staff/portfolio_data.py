"""The portfolio on a date as plain tables: the same rows feed the plots, the tables behind them, and the exports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.core.cache import cache

from puhui.core.rounding import Rounding, divide
from puhui.core.time import business_date, shift_days, start_of
from puhui.customers.queries import count_identified
from puhui.decisions.queries import count_submitted, list_decided
from puhui.ledger.queries import list_daily_balance
from puhui.loans.domain import LoanState
from puhui.loans.domain.portfolio import (
    LateBucket,
    PortfolioLoan,
    Vintage,
    balance_on,
    count_active,
    histogram,
    late_buckets,
    median,
    month_ends,
    vintages,
)
from puhui.loans.queries import list_portfolio, portfolio_version
from puhui.offers.queries import list_all_in_rates
from puhui.payments.queries import count_orders
from puhui.protection.domain import CaseKind
from puhui.protection.queries import HousePolicyMissing, get_house_policy, list_case_openings

PAGE = 500
PPM = 1_000_000
PRINCIPAL = "1301"
RATE_STEP, SCORE_STEP = 10_000, 20  # one point of annual cost; twenty points of score
KEPT_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What happened in one month, or in the part of it up to the date."""

    ends: date  # its last day, or the date itself
    outstanding_minor: int  # principal out at its end by the ledger, minor units
    decided: int  # decisions that stand, made in it
    approved: int  # of them
    complaints: int  # opened in it
    accounts: int  # active loans at its end

    @property
    def approved_ppm(self) -> int:
        """Share approved."""
        return divide(self.approved * PPM, self.decided, Rounding.HALF_UP) if self.decided else 0

    @property
    def complaints_per_10_000(self) -> int:
        """Complaints per 10,000 accounts, in tenths."""
        return divide(self.complaints * 100_000, self.accounts, Rounding.HALF_UP) if self.accounts else 0

    @property
    def rate_text(self) -> str:
        """Complaints per 10,000 accounts as people read it, one decimal."""
        return f"{self.complaints_per_10_000 // 10:,}.{self.complaints_per_10_000 % 10}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The portfolio on a date."""

    as_of: date  # the date
    loans: tuple[PortfolioLoan, ...]  # signed by then
    buckets: tuple[LateBucket, ...]  # who is late
    vintages: tuple[Vintage, ...]  # are newer loans healthier
    months: tuple[Month, ...]  # oldest first
    rates: tuple[tuple[int, int], ...]  # (from ppm, loans) by all-in annual cost, effective
    scores: tuple[tuple[int, int], ...]  # (from points, applications)
    median_rate_ppm: int  # of the loans
    cap_ppm: int  # the house's cap; 0 before its first policy, when nothing could be lent
    funnel: tuple[tuple[str, int], ...]  # from application to live loan
    orders: tuple[tuple[str, str, int, int], ...]  # direction, state, orders, minor units
    ledger_minor: int  # account 1301, minor units

    @property
    def active(self) -> list[PortfolioLoan]:
        """The loans that are paid out and not ended."""
        return [one for one in self.loans if one.state is LoanState.ACTIVE]

    @property
    def outstanding_minor(self) -> int:
        """Principal out by the positions, minor units."""
        return sum(one.outstanding_minor for one in self.active)


def figures(*, as_of: date) -> Figures:
    """This function will read the whole portfolio as it was at the end of `as_of`."""
    zone, currency = settings.LENDER["zone"], settings.LENDER["currency"]
    until = start_of(shift_days(as_of, 1), zone=zone)
    loans = loans_on(as_of)
    signed = [one for one in loans if one.signed_at < until]
    balances = list_daily_balance(code=PRINCIPAL, currency=currency, until=as_of)
    standing = {one.application_id: one for one in list_decided(until=until)}
    rates = list(list_all_in_rates(until=until).values())
    openings = list_case_openings(kind=CaseKind.COMPLAINT, until=until)
    approved = sum(one.verdict == "approved" for one in standing.values())
    days = [(_day(one.decided_at), one.verdict == "approved") for one in standing.values()]
    return Figures(
        as_of=as_of,
        loans=tuple(signed),
        buckets=late_buckets(signed),
        vintages=vintages(signed, as_of=as_of),
        months=_months(as_of, signed, balances, days, [_day(one) for one in openings]),
        rates=histogram(rates, step=RATE_STEP),
        scores=histogram([one.points for one in standing.values()], step=SCORE_STEP),
        median_rate_ppm=median(rates),
        cap_ppm=_cap(as_of),
        funnel=(
            ("applied", count_submitted(until=until)),
            ("identified", count_identified(until=until)),
            ("approved", approved),
            ("signed", len(signed)),
            ("live", sum(one.state is LoanState.ACTIVE for one in signed)),
        ),
        orders=tuple(count_orders(until=until)),
        ledger_minor=balances[-1][1] if balances else 0,
    )


def _cap(as_of: date) -> int:
    try:
        return get_house_policy(jurisdiction=settings.LENDER["jurisdiction"], on_date=as_of).apr_cap_ppm
    except HousePolicyMissing:
        return 0


def _day(instant: datetime) -> date:
    return business_date(instant, zone=settings.LENDER["zone"])


def loans_on(as_of: date) -> list[PortfolioLoan]:
    """Every loan on the date; kept until another event is recorded, for an old date never changes of itself."""
    count, newest = portfolio_version()
    key = f"portfolio:{as_of}:{count}:{newest}"
    kept: list[PortfolioLoan] | None = cache.get(key)
    if kept is None:
        kept, after = [], ""
        while page := list_portfolio(as_of=as_of, after=after, limit=PAGE):
            kept += page
            after = page[-1].loan_id
            if len(page) < PAGE:
                break
        cache.set(key, kept, timeout=KEPT_SECONDS)
    return kept


def _months(
    as_of: date,
    loans: Sequence[PortfolioLoan],
    balances: Sequence[tuple[date, int]],
    decided: Sequence[tuple[date, bool]],
    complaints: Sequence[date],
) -> tuple[Month, ...]:
    firsts = [day for day, _ in decided[:1]] + [day for day, _ in balances[:1]]
    ends = month_ends(first=min(firsts, default=as_of), last=as_of)[-24:]
    of_month = Counter((day.year, day.month) for day, _ in decided)
    approvals = Counter((day.year, day.month) for day, yes in decided if yes)
    opened = Counter((day.year, day.month) for day in complaints)
    return tuple(
        Month(
            ends=end,
            outstanding_minor=balance_on(balances, end),
            decided=of_month[end.year, end.month],
            approved=approvals[end.year, end.month],
            complaints=opened[end.year, end.month],
            accounts=count_active(loans, end),
        )
        for end in ends
    )


Table = tuple[tuple[str, ...], list[tuple[str | int, ...]]]


def tables(found: Figures) -> dict[str, Table]:
    """This function will return every table of the portfolio: names of the columns, then the rows, plain values only."""
    months = [
        (m.ends.isoformat(), m.outstanding_minor, m.decided, m.approved, m.approved_ppm, m.complaints, m.accounts,
         m.complaints_per_10_000)
        for m in found.months
    ]  # fmt: skip
    late = [(b.first_day, b.last_day, b.loans, b.outstanding_minor, b.share_ppm) for b in found.buckets]
    lines = [
        (f"{v.year}Q{v.quarter}", month, v.loans, v.disbursed_minor, share)
        for v in found.vintages
        for month, share in enumerate(v.late_ppm)
    ]
    rows = [
        (one.loan_id, one.state.value, one.signed_at.isoformat(), one.disbursed_on.isoformat() if one.disbursed_on else "",
         one.closed_on.isoformat() if one.closed_on else "", one.disbursed_minor, one.outstanding_minor,
         one.late_minor, one.dpd_days, one.annual_rate_ppm)
        for one in found.loans
    ]  # fmt: skip
    return {
        "months": (
            ("month_end", "outstanding_minor", "decided", "approved", "approved_ppm", "complaints", "accounts",
             "complaints_per_10_000_tenths"),
            list(months),
        ),
        "late": (("from_day", "to_day", "loans", "outstanding_minor", "share_ppm"), list(late)),
        "vintages": (("quarter", "months_on_book", "loans", "disbursed_minor", "late_30_ppm"), list(lines)),
        "prices": (("from_ppm", "loans"), list(found.rates)),
        "scores": (("from_points", "applications"), list(found.scores)),
        "funnel": (("step", "count"), list(found.funnel)),
        "payments": (("direction", "state", "orders", "amount_minor"), list(found.orders)),
        "loans": (
            ("loan_id", "state", "signed_at", "disbursed_on", "closed_on", "disbursed_minor", "outstanding_minor",
             "late_minor", "dpd_days", "annual_rate_ppm"),
            list(rows),
        ),
    }  # fmt: skip
