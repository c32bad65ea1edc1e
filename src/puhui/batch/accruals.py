"""What loans have earned and not received, in the books: one aggregate entry a business date, from positions.

Posted are differences: the account then holds what the positions of that date say. Running a date again posts nothing.
"""

from __future__ import annotations

from datetime import date, datetime

from puhui.ledger.domain import Posting
from puhui.ledger.operations import post_entries
from puhui.ledger.queries import get_balance, list_entries
from puhui.loans.domain import LoanState
from puhui.loans.domain.postings import ACCRUED, EARNED
from puhui.loans.queries import list_loan_ids, list_positions

PAGE = 500


def accrued(*, as_of: date) -> int:
    """This function will add up interest and penalties earned and not received, over active loans, minor units."""
    total, after = 0, ""
    while ids := list_loan_ids(state=LoanState.ACTIVE, after=after, limit=PAGE):
        for one in list_positions(loan_ids=ids, as_of=as_of).values():
            total += one.interest_accrued_minor + one.penalty_outstanding_minor
        after = ids[-1]
    return total


def post_accruals(*, business_date: date, currency: str, now: datetime) -> int:
    """This function will bring the accrual account to what the positions of `business_date` say, and return by how much it
    moved, minor units. Once a date: a second run posts nothing and returns 0. Requires an open transaction.
    """
    source = f"accrual:{business_date.isoformat()}"
    if list_entries(source=source, limit=1):
        return 0
    moved = accrued(as_of=business_date) - get_balance(code=ACCRUED, currency=currency)
    if moved:
        sides = (ACCRUED, EARNED) if moved > 0 else (EARNED, ACCRUED)
        posting = Posting(debit=sides[0], credit=sides[1], amount_minor=abs(moved), currency=currency)
        post_entries(
            source=source,
            postings=[posting],
            business_date=business_date,
            loan_id=None,
            memo="accrual",
            now=now,
        )
    return moved
