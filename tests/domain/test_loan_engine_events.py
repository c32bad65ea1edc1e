"""Events of the general engine, each on one small loan: 100.00 at 7 % over six months of a twelfth each."""

from __future__ import annotations

from datetime import date

import pytest

from puhui.loans.domain.engine import (
    AllocationOrder,
    BookEvent,
    BookPosition,
    LoanStatus,
    LoanTerms,
    position,
)
from puhui.loans.domain.engine.accruals import accrual_dates
from puhui.loans.domain.engine.codes import (
    Ahead,
    ChargeBasis,
    ChargeTime,
    Component,
    DueState,
    Kind,
    ReAgeInterest,
    RowKind,
    Unit,
)
from puhui.loans.domain.engine.lateness import days_past_due, late_penalty
from puhui.loans.domain.engine.replay import replay

START = date(2024, 1, 1)
PRINCIPAL_FIRST = tuple(
    (state, part)
    for state in DueState
    for part in (Component.PENALTY, Component.FEE, Component.PRINCIPAL, Component.INTEREST)
)


def terms(**changes: object) -> LoanTerms:
    """The small loan."""
    values: dict[str, object] = {
        "currency": "CNY",
        "principal_minor": 10_000,
        "annual_rate_ppm": 70_000,
        "count": 6,
        "start_date": START,
    }
    return LoanTerms(**(values | changes))  # type: ignore[arg-type]


def story(*steps: tuple[Kind, date, dict[str, object]]) -> list[BookEvent]:
    """The payout and then the steps, each booked on its day."""
    events = [BookEvent(seq=1, kind=Kind.DISBURSE, value_date=START, booking_date=START, amount_minor=10_000)]
    for kind, day, values in steps:
        event = {"seq": len(events) + 1, "kind": kind, "value_date": day, "booking_date": day} | values
        events.append(BookEvent(**event))  # type: ignore[arg-type]
    return events


def pay(day: date, amount: int) -> tuple[Kind, date, dict[str, object]]:
    """A payment."""
    return (Kind.REPAY, day, {"amount_minor": amount})


def rows(found: BookPosition) -> list[tuple[int, int, int]]:
    """Principal, interest and what is open of each instalment."""
    return [(row.principal_minor, row.interest_minor, row.open_minor) for row in found.rows]


def test_a_payment_on_its_day() -> None:
    found = position(terms=terms(), events=story(pay(date(2024, 2, 1), 1_701)), as_of=date(2024, 2, 1))
    assert rows(found)[:2] == [(1_643, 58, 0), (1_652, 49, 1_701)]
    assert found.lines[-1].principal_minor == 1_643 and found.lines[-1].balance_minor == 8_357


def test_an_early_payment_saves_interest() -> None:
    """Half a month early: 24 cents of interest are due, the rest of the level payment is principal."""
    found = position(terms=terms(), events=story(pay(date(2024, 1, 14), 1_701)), as_of=date(2024, 1, 14))
    assert rows(found)[:2] == [(1_677, 24, 0), (1_623, 78, 1_701)]
    assert found.total("interest") < 205


def test_late_principal_bears_interest_until_today() -> None:
    for day, interest in ((date(2024, 2, 15), 53), (date(2024, 3, 1), 58)):
        found = position(terms=terms(), events=story(), as_of=day)
        assert found.rows[1].interest_minor == interest


def test_what_lies_ahead_goes_by_rule() -> None:
    paid = story(pay(date(2024, 1, 1), 3_000))
    reached = {}
    for rule in Ahead:
        order = AllocationOrder(order=PRINCIPAL_FIRST, ahead=rule)
        found = position(terms=terms(allocations={Kind.REPAY: order}), events=paid, as_of=START)
        reached[rule] = [row.number for row in found.rows if row.paid_minor]
    assert reached == {
        Ahead.NEXT: [1, 2],
        Ahead.LAST: [5, 6],
        Ahead.SPREAD: [1, 2, 3, 4, 5, 6],
        Ahead.NEXT_LAST: [1, 6],
    }


def test_a_payoff_closes_and_more_is_a_credit() -> None:
    quote = position(terms=terms(), events=story(), as_of=date(2024, 1, 15)).payoff_minor
    assert quote == 10_000 + 26
    paid = story(pay(date(2024, 1, 15), quote + 500))
    found = position(terms=terms(), events=paid, as_of=date(2024, 1, 15))
    assert (found.status, found.outstanding_minor, found.credit_minor) == (LoanStatus.OVERPAID, 0, 500)
    back = (Kind.CREDIT_REFUND, date(2024, 1, 16), {"amount_minor": 500})
    assert position(
        terms=terms(), events=story(pay(date(2024, 1, 15), quote + 500), back), as_of=date(2024, 1, 16)
    ).status is LoanStatus.CLOSED  # fmt: skip


def test_a_rate_change_counts_from_its_day() -> None:
    change = (Kind.RATE_CHANGE, date(2024, 2, 2), {"annual_rate_ppm": 40_000})
    found = position(
        terms=terms(), events=story(pay(date(2024, 2, 1), 1_701), change), as_of=date(2024, 2, 2)
    )
    assert [row.interest_minor for row in found.rows] == [58, 28, 22, 17, 11, 6]


def test_paused_days_bear_no_interest() -> None:
    pause = (
        Kind.INTEREST_PAUSE,
        date(2024, 2, 1),
        {"from_date": date(2024, 2, 10), "to_date": date(2024, 3, 10)},
    )
    found = position(terms=terms(), events=story(pay(date(2024, 2, 1), 1_701), pause), as_of=date(2024, 2, 1))
    assert [row.interest_minor for row in found.rows] == [58, 13, 28, 29, 19, 10]


def test_charges_join_their_instalment_and_may_be_waived() -> None:
    fee = {"amount_minor": 300, "due_date": date(2024, 2, 15)}
    share = {"charge_basis": ChargeBasis.AMOUNT, "charge_ppm": 10_000, "charge_time": ChargeTime.INSTALMENT}
    charged = story((Kind.CHARGE, START, fee), (Kind.CHARGE, START, share))
    found = position(terms=terms(), events=charged, as_of=START)
    assert [row.fee_minor for row in found.rows] == [16, 317, 17, 17, 17, 17]
    waived = [*charged, BookEvent(seq=4, kind=Kind.CHARGE_WAIVER, value_date=date(2024, 1, 5),
                                  booking_date=date(2024, 1, 5), of_seq=2)]  # fmt: skip
    after = position(terms=terms(), events=waived, as_of=date(2024, 1, 5))
    assert found.outstanding_minor - after.outstanding_minor == 300 == after.total("waived")


def test_a_charge_after_maturity_has_an_instalment_of_its_own() -> None:
    late = (
        Kind.CHARGE,
        date(2024, 8, 1),
        {"amount_minor": 100, "due_date": date(2024, 8, 1), "is_penalty": True},
    )
    found = position(terms=terms(), events=story(late), as_of=date(2024, 8, 1))
    assert (found.rows[-1].kind, found.rows[-1].penalty_minor) == (RowKind.EXTRA, 100)


def test_a_chargeback_is_owed_again() -> None:
    back = (Kind.CHARGEBACK, date(2024, 2, 5), {"amount_minor": 1_701, "of_seq": 2})
    ordered = terms(credit_order=(Component.INTEREST, Component.PRINCIPAL))
    found = position(terms=ordered, events=story(pay(date(2024, 2, 1), 1_701), back), as_of=date(2024, 2, 5))
    assert (found.lines[-1].interest_minor, found.lines[-1].principal_minor) == (58, 1_643)
    assert found.rows[1].due_minor == 1_701 * 2


def test_a_re_age_moves_what_is_owed() -> None:
    day = date(2024, 3, 15)
    values = {"from_date": date(2024, 4, 1), "count": 6, "unit": Unit.MONTH}
    found = position(
        terms=terms(), events=story(pay(date(2024, 2, 1), 1_701), (Kind.RE_AGE, day, values)), as_of=day
    )
    assert [row.due_date for row in found.rows][2:4] == [day, date(2024, 4, 1)]
    assert [row.due_minor for row in found.rows[3:]] == [1_430] * 5 + [1_429]
    even = values | {"interest": ReAgeInterest.SPLIT_PAYABLE}
    split = position(
        terms=terms(), events=story(pay(date(2024, 2, 1), 1_701), (Kind.RE_AGE, day, even)), as_of=day
    )
    assert {row.kind for row in split.rows[3:]} == {RowKind.FIXED}
    assert split.total("principal") == 10_000


def test_a_re_amortisation_moves_what_is_past_due() -> None:
    day = date(2024, 3, 15)
    found = position(
        terms=terms(), events=story(pay(date(2024, 2, 1), 1_701), (Kind.RE_AMORTISE, day, {})), as_of=day
    )
    assert [row.due_minor for row in found.rows] == [1_701, 0, 2_132, 2_132, 2_132, 2_133]


def test_losses() -> None:
    """A charge-off may end interest or make all due; a write-off closes; what comes in later is a recovery."""
    day = date(2024, 3, 1)
    off = (Kind.CHARGE_OFF, day, {})
    free = position(terms=terms(stops_interest=True), events=story(off), as_of=day)
    assert [row.interest_minor for row in free.rows[2:]] == [0, 0, 0, 0]
    at_once = position(terms=terms(accelerates=True), events=story(off), as_of=day)
    assert len(at_once.rows) == 2 and at_once.rows[-1].due_date == day
    gone = story((Kind.WRITE_OFF, day, {}))
    assert position(terms=terms(), events=gone, as_of=day).status is LoanStatus.WRITTEN_OFF
    found = position(
        terms=terms(), events=[*gone, *story((Kind.RECOVERY, day, {"amount_minor": 4_000}))[1:]], as_of=day
    )
    assert found.total("paid_principal") == 4_000 and found.outstanding_minor == 0


def test_moving_and_extending() -> None:
    moved = (Kind.MOVE_DUE, START, {"from_date": date(2024, 2, 1), "to_date": date(2024, 3, 1)})
    found = position(terms=terms(), events=story(moved), as_of=START)
    assert rows(found)[0][:2] == (1_584, 117) and found.rows[-1].due_date == date(2024, 8, 1)
    longer = (Kind.EXTEND, START, {"from_date": date(2024, 2, 1), "count": 2})
    assert len(position(terms=terms(), events=story(longer), as_of=START).rows) == 8


def test_a_refund_gives_back_its_interest() -> None:
    """5.00 of 10.00 come back after 21 days: so does what they had borne."""
    refund = (Kind.MERCHANT_REFUND, date(2024, 1, 22), {"amount_minor": 5_000})
    found = position(
        terms=terms(refunds_interest=(Kind.MERCHANT_REFUND,)), events=story(refund), as_of=date(2024, 1, 22)
    )
    assert [line.kind for line in found.lines] == [Kind.DISBURSE, Kind.MERCHANT_REFUND, Kind.INTEREST_REFUND]
    assert found.lines[-1].amount_minor == 20


def test_days_past_due_grace_and_pause() -> None:
    events = story()
    found = position(terms=terms(), events=events, as_of=date(2024, 2, 11))
    late = days_past_due(position=found, events=events, as_of=date(2024, 2, 11), grace_days=3)
    assert (late.since, late.past_due_days, late.counted_from, late.counted_days) == (
        date(2024, 2, 1), 10, date(2024, 2, 4), 7,
    )  # fmt: skip
    assert late.amount_minor == 1_701
    pause = story((
        Kind.DELINQUENCY_PAUSE, date(2024, 2, 5),
        {"from_date": date(2024, 2, 5), "to_date": date(2024, 2, 20)},
    ))  # fmt: skip
    paused = days_past_due(position=found, events=pause, as_of=date(2024, 2, 11), grace_days=3)
    assert (paused.past_due_days, paused.counted_days) == (10, 1)


def test_penalty_on_what_was_late_each_day() -> None:
    """0.05 % a day on the unpaid instalment: ten days on all of it, then ten on what a payment left."""
    events = story(pay(date(2024, 2, 11), 1_000))
    book = replay(terms=terms(), events=events, as_of=date(2024, 2, 21))
    found = late_penalty(book=book, events=(), as_of=date(2024, 2, 21), daily_rate=(500, 1_000_000))
    assert found == round((1_701 * 10 + 701 * 10) * 0.0005)


def test_interest_is_accrued_at_month_ends_and_before_due_dates() -> None:
    dues = [date(2024, 9, 16), date(2024, 10, 16), date(2024, 11, 16)]
    found = accrual_dates(start=date(2024, 9, 1), end=date(2024, 10, 31), due_dates=dues, daily=False)
    assert [day.day for day in found] == [15, 30, 15, 31]


def test_events_given_out_of_order_count_by_their_numbers_and_days() -> None:
    steps = (pay(date(2024, 3, 1), 1_701), pay(date(2024, 2, 1), 1_701), pay(date(2024, 2, 1), 500))
    events = story(*steps)
    found = position(terms=terms(), events=events, as_of=date(2024, 4, 1))
    assert position(terms=terms(), events=events[::-1], as_of=date(2024, 4, 1)) == found
    assert [line.amount_minor for line in found.lines] == [10_000, 1_701, 500, 1_701]


@pytest.mark.parametrize(
    "wrong",
    [
        (Kind.CHARGE_WAIVER, date(2024, 2, 1), {"of_seq": 7}),
        (Kind.UNDO_CHARGE_OFF, date(2024, 2, 1), {}),
    ],
)
def test_an_event_of_something_that_is_not_there_is_refused(
    wrong: tuple[Kind, date, dict[str, object]],
) -> None:
    """A waiver of no charge, a charge-off taken back that never was."""
    with pytest.raises(ValueError, match="not there"):
        position(terms=terms(), events=story(wrong), as_of=date(2024, 2, 1))


def late_charge(ppm: int = 15_000) -> tuple[Kind, date, dict[str, object]]:
    """1.5 % of what is open of an instalment once it is late, as a penalty."""
    values = {"charge_time": ChargeTime.OVERDUE, "charge_basis": ChargeBasis.AMOUNT_AND_INTEREST}
    return (Kind.CHARGE, START, {"charge_ppm": ppm, "is_penalty": True, **values})


def penalties(day: date, *steps: tuple[Kind, date, dict[str, object]]) -> list[int]:
    """The penalties of the instalments on a day."""
    found = position(terms=terms(), events=story(late_charge(), *steps), as_of=day)
    return [row.penalty_minor for row in found.rows]


def test_a_charge_for_being_late_comes_once_with_each_late_instalment() -> None:
    """17.01 × 1.5 % = 26 cents, from the day after the due date on."""
    assert sum(penalties(date(2024, 2, 1))) == 0
    assert penalties(date(2024, 2, 2)) == penalties(date(2024, 3, 1)) == [26, 0, 0, 0, 0, 0]
    assert penalties(date(2024, 3, 2))[:3] == [26, 26, 0]
    part = pay(date(2024, 2, 1), 1_000)
    assert penalties(date(2024, 3, 1), part)[0] == 11  # of the 7.01 that was open
    late = pay(date(2024, 2, 9), 1_701)
    assert penalties(date(2024, 3, 1), late)[0] == 26


def test_a_payment_dated_back_was_never_late() -> None:
    paid = (Kind.REPAY, date(2024, 2, 1), {"amount_minor": 1_701, "booking_date": date(2024, 2, 20)})
    assert penalties(date(2024, 2, 20), paid)[0] == 0


def test_days_without_penalty_make_nothing_late() -> None:
    frozen = (
        Kind.PENALTY_FREEZE,
        date(2024, 2, 1),
        {"from_date": date(2024, 2, 1), "to_date": date(2024, 2, 20)},
    )
    assert penalties(date(2024, 2, 20), frozen)[0] == 0 and penalties(date(2024, 2, 21), frozen)[0] == 26
