"""A business date begins: list figures of loans with something due are brought to it, proofs past their day deleted."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from puhui.evidence import operations as evidence
from puhui.loans import operations as loans
from puhui.loans.queries import list_due_loan_ids
from puhui.runtime.domain import Effect, WorkItem
from puhui.runtime.operations import put_work

PAGE = "day_roll.page"  # kind of the work of one page
SIZE = 200  # loans of a page


def page_of(item: WorkItem) -> Effect:
    """This function will refresh one page of snapshots; a loan with nothing due shows the same on any day."""
    return partial(_refresh, item)


def _refresh(item: WorkItem, now: datetime) -> None:
    day = date.fromisoformat(item.payload["local_date"])
    ids = list_due_loan_ids(by=day, after=item.payload.get("after", ""), limit=SIZE)
    if "after" not in item.payload:  # once a day, with its first page
        evidence.delete_due_fields(on_date=day)
    loans.refresh_snapshots(loan_ids=ids, as_of=day)
    if len(ids) == SIZE:
        payload = {"local_date": day.isoformat(), "after": ids[-1]}
        put_work(key=f"{PAGE}:{day}:{ids[-1]}", kind=PAGE, payload=payload, now=now)
