"""The rail's statement of a day is laid beside our orders; what matches leaves transit, the rest goes to suspense."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from puhui.core.time import shift_days
from puhui.journeys import parties, settle
from puhui.ledger.domain import Posting
from puhui.ledger.operations import post_entries
from puhui.payments import operations as payments
from puhui.payments.domain import (
    Direction,
    Flow,
    MatchedLine,
    OrderOutcome,
    RailStatementNotReady,
    RailUnknown,
    Statement,
    parse_statement,
)
from puhui.payments.queries import find_statement
from puhui.runtime.domain import Effect, Transient, WorkItem, no_effect

BANK, PAYOUTS, COLLECTIONS = "1001", "1002", "1003"
AGAIN_SECONDS = 600  # wait until the statement may be out


def yesterday(item: WorkItem) -> Effect:
    """This function will reconcile the business date before the one on which it was scheduled."""
    day = shift_days(date.fromisoformat(item.payload["local_date"]), -1)
    if find_statement(day=day) is not None:
        return no_effect
    try:
        content = parties.rail().statement(day=day, now=item.now)
    except (RailStatementNotReady, RailUnknown) as error:
        raise Transient(AGAIN_SECONDS, f"no statement of {day} yet") from error
    return partial(record, parse_statement(content))


def record(statement: Statement, now: datetime) -> None:
    """This function will match one statement, book it, and record the news that only it brings.

    Raises: StatementAlreadyRecorded for other lines of a day already recorded.
    """
    match = payments.record_statement(day=statement.day, lines=statement.lines, now=now)
    for news in match.outcomes:
        _record_news(news, now)
    for matched in match.matched:
        _post(matched, now)


def _record_news(news: OrderOutcome, now: datetime) -> None:
    settle.record(
        order_id=news.order_id,
        outcome=news.outcome,
        settled_date=news.settled_date,
        reason="statement",
        amount_minor=news.amount_minor,
        now=now,
    )


def _post(matched: MatchedLine, now: datetime) -> None:
    line = matched.line
    transit = COLLECTIONS if line.direction is Direction.COLLECT else PAYOUTS
    debit, credit = (BANK, transit) if line.flow is Flow.IN else (transit, BANK)
    post_entries(
        source=f"statement:{line.day}:{line.line_id}",
        postings=[
            Posting(debit=debit, credit=credit, amount_minor=line.amount_minor, currency=line.currency)
        ],
        business_date=line.day,
        loan_id=None,
        memo="statement line",
        now=now,
    )
