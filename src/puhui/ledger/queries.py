"""Read → values: entries, balances, the trial balance at any business date."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db.models import QuerySet, Sum

from puhui.ledger.domain import ACCOUNTS, TrialRow
from puhui.ledger.domain import Entry as EntryValue
from puhui.ledger.models import Entry


def _up_to(as_of: date | None) -> QuerySet[Entry]:
    rows = Entry.objects.all()
    return rows if as_of is None else rows.filter(business_date__lte=as_of)


def get_balance(*, code: str, currency: str, as_of: date | None = None) -> int:
    """This function will return debits less credits of one account, minor units, up to and including `as_of`."""
    assert code in ACCOUNTS, f"{code} is not in the chart"
    rows = _up_to(as_of).filter(currency=currency)
    debits = rows.filter(debit=code).aggregate(total=Sum("amount_minor"))["total"] or 0
    credits = rows.filter(credit=code).aggregate(total=Sum("amount_minor"))["total"] or 0
    return int(debits) - int(credits)


def get_trial_balance(*, as_of: date | None = None) -> list[TrialRow]:
    """This function will return every account and currency with movement up to and including `as_of`, by code.

    Debits and credits sum to the same total in each currency. Two queries.
    """
    sides: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for side, column in enumerate(("debit", "credit")):
        sums = _up_to(as_of).values_list(column, "currency").annotate(total=Sum("amount_minor")).order_by()
        for code, currency, total in sums:
            sides[code, currency][side] = int(total)
    return [
        TrialRow(account=ACCOUNTS[code], currency=currency, debit_minor=debit, credit_minor=credit)
        for (code, currency), (debit, credit) in sorted(sides.items())
    ]


def list_entries(
    *, loan_id: str | None = None, source: str | None = None, limit: int = 1000
) -> list[EntryValue]:
    """This function will return the entries of a loan or a source (or the first ones of all), in booking order."""
    rows = Entry.objects.order_by("id")
    if loan_id is not None:
        rows = rows.filter(loan_id=loan_id)
    if source is not None:
        rows = rows.filter(source=source)
    return [row.to_domain() for row in rows[:limit]]


def list_daily_balance(*, code: str, currency: str, until: date) -> list[tuple[date, int]]:
    """This function will return the balance of one account (debits less credits) after each day with a movement, up to
    and including `until`, oldest first. Two queries.
    """
    assert code in ACCOUNTS, f"{code} is not in the chart"
    moved: dict[date, int] = defaultdict(int)
    for column, sign in (("debit", 1), ("credit", -1)):
        rows = _up_to(until).filter(currency=currency, **{column: code})
        for day, total in rows.values_list("business_date").annotate(total=Sum("amount_minor")).order_by():
            moved[day] += sign * int(total)
    run, found = 0, []
    for day in sorted(moved):
        run += moved[day]
        found.append((day, run))
    return found


def find_last_date(*, stem: str, until: date | None = None) -> date | None:
    """This function will return the last business date with an entry of a source `stem:…`, up to `until`, None if none."""
    rows = _up_to(until).filter(loan_id=None, source__startswith=f"{stem}:")
    return rows.order_by("-business_date").values_list("business_date", flat=True).first()
