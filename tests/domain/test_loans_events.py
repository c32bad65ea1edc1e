"""Events, doors and plans of loans, where a table would say less."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from puhui.loans.domain import (
    SEMANTICS,
    EventKind,
    LoanState,
    RowState,
    bucket_of,
    disbursement,
    freeze_payload,
    imagine,
    plan,
    position,
    postings,
    preview,
    settlement_kind,
    upcast,
)
from puhui.loans.domain.events import rows_from_payload, rows_to_payload
from puhui.offers.domain import for_value_date
from tests.golden import loan_values as values
from tests.spec.loan_tables import events_of

TERMS = values.terms()
DUE = date(2026, 12, 20)
HEAD = "date | what | amount | note\n2026-11-20 | disburse | 20000.00 | -\n"


def test_every_semantics_version_stays_callable() -> None:
    assert set(SEMANTICS) == {1, 2}
    with pytest.raises(KeyError):
        position(terms=replace(TERMS, semantics_version=3), events=[], as_of=DUE)


def test_a_payload_from_the_future_is_not_read() -> None:
    assert upcast(kind=EventKind.REPAY, schema_version=1, payload={"through": 3}) == {"through": 3}
    with pytest.raises(AssertionError, match="newer"):
        upcast(kind=EventKind.REPAY, schema_version=2, payload={})


def test_a_late_payout_carries_the_quote_for_its_day() -> None:
    """The table in the event is the quote's own for that value date (guarantee G4)."""
    event = imagine(kind=EventKind.DISBURSE, amount_minor=20_000_00, value_date=date(2026, 11, 26))
    done = disbursement(terms=TERMS, event=event)
    quote = for_value_date(quote=values.quote(), value_date=date(2026, 11, 26))
    rows = rows_from_payload(done.payload["rows"])
    assert rows == quote.rows
    assert rows_to_payload(rows) == done.payload["rows"]
    found = position(terms=TERMS, events=[replace(done, seq=1)], as_of=date(2026, 11, 26))
    assert sum(row.open_minor for row in found.rows) == quote.all_in.total_minor
    stated = imagine(kind=EventKind.DISBURSE, amount_minor=20_000_00, value_date=values.DAY)
    assert disbursement(terms=TERMS, event=stated) is stated


def test_a_freeze_has_days() -> None:
    assert freeze_payload(from_date=DUE, until_date=DUE + timedelta(days=14)) == {
        "from": "2026-12-20",
        "until": "2027-01-03",
    }
    with pytest.raises(AssertionError):
        freeze_payload(from_date=DUE, until_date=DUE)


def test_freezes_that_touch_are_one() -> None:
    rows = """2027-01-05 | penalty_freeze | - | until 2027-01-19
2027-01-12 | penalty_freeze | - | until 2027-01-26
2027-02-10 | penalty_freeze | - | until 2027-02-12"""
    events = events_of(TERMS, HEAD + rows)
    frozen = position(terms=TERMS, events=events, as_of=date(2027, 1, 13))
    assert frozen.frozen_until == date(2027, 1, 26)
    later = position(terms=TERMS, events=events, as_of=date(2027, 2, 12))
    # 54 days late, 21 + 2 of them frozen.
    assert later.rows[0].penalty_minor == (1_559_51 * 500 * (54 - 23) + 500_000) // 1_000_000


def test_as_what_money_is_recorded() -> None:
    events = events_of(TERMS, HEAD)
    early = position(terms=TERMS, events=events, as_of=date(2026, 11, 30))  # withdraw 20,080.00
    late = position(terms=TERMS, events=events, as_of=date(2026, 12, 10))  # payoff 20,160.00

    def kind(intent: EventKind, amount: int, found: object) -> EventKind:
        return settlement_kind(intent=intent, amount_minor=amount, position=found)  # type: ignore[arg-type]

    assert kind(EventKind.WITHDRAW, 20_080_00, early) is EventKind.WITHDRAW
    assert kind(EventKind.WITHDRAW, 20_079_99, early) is EventKind.PREPAY
    assert kind(EventKind.WITHDRAW, 20_160_00, late) is EventKind.PAYOFF
    assert kind(EventKind.PAYOFF, 20_159_99, late) is EventKind.PREPAY
    assert kind(EventKind.PAYOFF, 20_160_00, late) is EventKind.PAYOFF
    assert kind(EventKind.REPAY, 1, late) is EventKind.REPAY


def test_the_plan_takes_arrears_today() -> None:
    events = events_of(TERMS, HEAD)
    found = plan(terms=TERMS, events=events, today=date(2026, 12, 30), as_of=date(2027, 1, 25))
    assert [row.state for row in found.rows[:3]] == [RowState.PLANNED, RowState.PLANNED, RowState.DUE]
    assert found.paid_penalty_minor == 7_80 and found.late_minor == 0
    same_day = plan(terms=TERMS, events=events, today=date(2026, 12, 30), as_of=date(2026, 12, 30))
    assert same_day == position(terms=TERMS, events=events, as_of=date(2026, 12, 30))


def test_the_plan_of_a_quote() -> None:
    """Before the payout, the future shows the quote's table being paid; before its date, a pending loan."""
    before = plan(terms=TERMS, events=[], today=values.DAY, as_of=values.DAY - timedelta(days=1))
    assert before.state is LoanState.PENDING
    end = plan(terms=TERMS, events=[], today=values.DAY, as_of=TERMS.rows[-1].due_date)
    assert end.state is LoanState.CLOSED and end.paid_minor == 21_690_12
    late = plan(terms=TERMS, events=[], today=values.DAY + timedelta(days=3), as_of=TERMS.rows[-1].due_date)
    assert late.state is LoanState.CLOSED and late.paid_minor < 21_690_12


def test_a_reversed_refund_mirrors_it() -> None:
    rows = "2026-12-05 | payoff | 20150.00 | -\n2026-12-06 | credit_refund | 30.00 | -"
    events = events_of(TERMS, HEAD + rows)
    undo = replace(
        events[-1], id="undo", seq=4, kind=EventKind.REVERSE, amount_minor=0, payload={"event_id": "e3"}
    )
    day = date(2026, 12, 6)
    before = position(terms=TERMS, events=events, as_of=day)
    after = position(terms=TERMS, events=[*events, undo], as_of=day)
    assert before.credit_minor == 0 and after.credit_minor == 30_00
    [one] = postings(before=before, after=after, event=undo)
    assert (one.debit, one.credit, one.amount_minor) == ("1002", "2001", 30_00)


def test_a_preview_comes_last_on_its_day() -> None:
    events = events_of(TERMS, HEAD + "2026-12-20 | repay | 1807.51 | -")
    imagined = imagine(kind=EventKind.PREPAY, amount_minor=1_000_00, value_date=DUE)
    found = preview(terms=TERMS, events=events, event=imagined)
    assert found.as_of == DUE and found.rows[1].prepaid_minor == 1_000_00 and found.rows[0].prepaid_minor == 0


def test_buckets_by_thirty_days() -> None:
    marks = {0: "M0", 1: "M1", 30: "M1", 31: "M2", 90: "M3", 91: "M4", 180: "M6", 181: "M6+", 900: "M6+"}
    assert {days: bucket_of(days) for days in marks} == marks
