"""A loan's events are read once in a process: what was committed is kept, what was undone is not, what changed is read again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from puhui.loans import queries
from puhui.loans.domain import EventKind, Loan, LoanEvents, position
from puhui.runtime.remembered import Remembered, forget_stories
from puhui.runtime.transactions import transaction
from tests.golden.loan_values import DAY
from tests.loans_kit import event, new_loan, paid_out, record

KIND = EventKind
pytestmark = pytest.mark.django_db(transaction=True)


def read_anew(loan: Loan) -> list[object]:
    """This function will read a loan's events past what is remembered, and then put that back."""
    known = queries._known.recall(loan.id)
    forget_stories()
    found = [*queries.read_events(loan_id=loan.id)]
    forget_stories()
    if known is not None:
        queries._known.keep(loan.id, known)
    return found


def rows_read(loan: Loan) -> tuple[LoanEvents, int, str]:
    """This function will read a loan's events and tell by how many queries, and the last of them."""
    with CaptureQueriesContext(connection) as seen:
        found = queries.read_events(loan_id=loan.id)
    return found, len(seen), seen[-1]["sql"]


def test_only_what_is_new_is_read() -> None:
    loan = paid_out(1)
    record(loan, event(loan, KIND.REPAY, DAY + timedelta(days=3), 100_00))
    told, count, sql = rows_read(loan)
    assert (len(told), count) == (2, 1) and "seq >= 2" in sql
    record(loan, event(loan, KIND.REPAY, DAY + timedelta(days=4), 200_00))
    again, count, sql = rows_read(loan)
    assert (len(again), count) == (3, 1) and "seq >= 3" in sql
    assert [*again] == read_anew(loan) and len(told) == 2
    there = queries.get_position(loan_id=loan.id, as_of=DAY + timedelta(days=40))
    assert there == position(
        terms=queries.get_terms(loan_id=loan.id), events=[*again], as_of=DAY + timedelta(days=40)
    )


def test_another_process_writes_too() -> None:
    loan = paid_out(1)
    record(loan, event(loan, KIND.REPAY, DAY + timedelta(days=3), 100_00))
    mine = queries._known.recall(loan.id)
    record(loan, event(loan, KIND.REPAY, DAY + timedelta(days=4), 200_00))
    record(loan, event(loan, KIND.REPAY, DAY + timedelta(days=5), 300_00))
    forget_stories()
    assert mine is not None
    queries._known.keep(loan.id, mine)  # as a process that saw neither
    told, count, _ = rows_read(loan)
    assert count == 1 and [*told] == read_anew(loan) and len(told) == 4


def test_what_was_undone_is_not_remembered() -> None:
    loan = paid_out(1)
    before = queries.read_events(loan_id=loan.id)
    with pytest.raises(RuntimeError, match="undone"), transaction():
        record_in(loan, 100_00)
        assert len(queries.read_events(loan_id=loan.id)) == 2
        raise RuntimeError("undone")
    known = queries._known.recall(loan.id)
    assert known is not None and known.is_same(before)
    record(loan, event(loan, KIND.REPAY, DAY + timedelta(days=3), 70_00))
    told, _, _ = rows_read(loan)
    assert [one.amount_minor for one in told[1:]] == [70_00] and [*told] == read_anew(loan)


def record_in(loan: Loan, amount_minor: int) -> None:
    """This function will record a payment in the transaction that is open."""
    from puhui.loans.operations import record_event

    record_event(loan_id=loan.id, event=event(loan, KIND.REPAY, DAY + timedelta(days=3), amount_minor))


def test_another_database_under_the_same_name_is_read_from_the_start() -> None:
    loan = paid_out(1)
    record(loan, event(loan, KIND.REPAY, DAY + timedelta(days=3), 100_00))
    told = queries.read_events(loan_id=loan.id)
    other = LoanEvents(told[:1]).with_event(event(loan, KIND.REPAY, DAY + timedelta(days=3), 999_00))
    longer = told.with_event(event(loan, KIND.REPAY, DAY + timedelta(days=4), 1_00))
    for wrong in (other, longer):
        forget_stories()
        queries._known.keep(loan.id, wrong)
        found, count, _ = rows_read(loan)
        assert count == 2 and [*found] == [*told]


def test_a_pending_loan_has_nothing_to_remember() -> None:
    loan = new_loan(1)
    assert [*queries.read_events(loan_id=loan.id)] == [] and queries._known.recall(loan.id) is None


def test_the_oldest_go_first_when_there_are_too_many() -> None:
    kept = Remembered[list[int]](most=5)
    for key, size in (("a", 2), ("b", 2)):
        kept.keep(key, [0] * size)
    assert kept.recall("a") == [0, 0]  # looked at: "b" is the oldest now
    kept.keep("c", [0] * 3)
    assert (kept.recall("a"), kept.recall("b"), kept.recall("c")) == ([0, 0], None, [0, 0, 0])
    kept.keep("c", [0])
    assert kept.recall("c") == [0, 0, 0]  # a shorter one is an older one
    kept.keep("whole", [0] * 9)
    assert kept.recall("whole") == [0] * 9 and kept.recall("c") is None
    kept.drop("whole")
    assert kept.recall("whole") is None
