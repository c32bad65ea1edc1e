"""The day roll by hand: what the schedule does in pages, in one go, for a date that a person names."""

from __future__ import annotations

from datetime import date

from puhui.loans import operations as loans
from puhui.loans.queries import list_due_loan_ids
from puhui.runtime.transactions import transaction

PAGE = 200  # loans of one commit


def roll(*, business_date: date) -> int:
    """This function will bring the list figures of every loan with something due to `business_date`, page by page, and
    return how many it refreshed. Running it again changes nothing; an interrupted run may be run again.
    """
    after, count = "", 0
    while ids := list_due_loan_ids(by=business_date, after=after, limit=PAGE):
        with transaction():
            count += loans.refresh_snapshots(loan_ids=ids, as_of=business_date)
        after = ids[-1]
    return count
