"""A daily run walks the loans page by page: each page is one work item, which puts the next one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from puhui.loans.domain import LoanSnapshot
from puhui.loans.queries import list_due_snapshots
from puhui.runtime.domain import Effect, WorkItem
from puhui.runtime.operations import put_work

SIZE = 200  # loans of a page


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of loans that have, or may have, something due."""

    by: date  # date up to which something is due
    loans: tuple[LoanSnapshot, ...]  # in order of their ids; they choose whose position is worked out
    is_full: bool  # whether another page may follow


def due_page(item: WorkItem, *, by: date) -> Page:
    """This function will return the item's page of active loans that have or may have something due by `by`."""
    found = tuple(list_due_snapshots(by=by, after=item.payload.get("after", ""), limit=SIZE))
    return Page(by=by, loans=found, is_full=len(found) == SIZE)


def put_next(item: WorkItem, page: Page, *, kind: str, now: datetime) -> None:
    """This function will put the page that follows a full one, in the effect of the page before it."""
    if page.is_full:
        last, day = page.loans[-1].loan_id, item.payload["local_date"]
        payload = {"local_date": day, "after": last}
        put_work(key=f"{kind}:{day}:{last}", kind=kind, payload=payload, now=now)


def begin(item: WorkItem, *, kind: str) -> Effect:
    """This function will put the first page of a scheduled run."""
    payload = {"local_date": item.payload["local_date"], "after": ""}

    def effect(now: datetime) -> None:
        put_work(key=f"{kind}:{payload['local_date']}:", kind=kind, payload=payload, now=now)

    return effect
