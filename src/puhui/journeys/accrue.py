"""What loans have earned and not received comes into the books once a business date, in aggregate."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from puhui.core.time import shift_days
from puhui.journeys import house
from puhui.ledger.operations import post_level
from puhui.loans.domain.postings import ACCRUED, EARNED
from puhui.loans.queries import get_accrued
from puhui.runtime.domain import Effect, WorkItem

ACCRUE = "accrue"  # name of the schedule


def yesterday(item: WorkItem) -> Effect:
    """This function will post what had accrued by the end of the business date before the item's."""
    day = shift_days(date.fromisoformat(item.payload["local_date"]), -1)
    return partial(_post, day, get_accrued(as_of=day))


def _post(day: date, accrued_minor: int, now: datetime) -> None:
    post(business_date=day, accrued_minor=accrued_minor, now=now)


def post(*, business_date: date, accrued_minor: int, now: datetime) -> int:
    """This function will bring the accrual account to what the positions of `business_date` say, and return by how much
    it moved, minor units. Once a date, in order of dates: a date again, or one before the last, posts nothing and
    returns 0. Requires an open transaction.
    """
    return post_level(
        stem="accrual",
        debit=ACCRUED,
        credit=EARNED,
        level_minor=accrued_minor,
        currency=house.lender().currency,
        business_date=business_date,
        now=now,
    )
