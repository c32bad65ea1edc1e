"""The short ways of the engine change no figure: payments worked out at the front, and plans followed without being written
down, give the position that the whole book gives.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from unittest.mock import patch

import pytest

from puhui.loans.domain.engine import (
    AllocationOrder,
    BookEvent,
    BookPosition,
    BookRow,
    LoanTerms,
    TableRow,
    front,
    level,
    position,
)
from puhui.loans.domain.engine.codes import (
    Ahead,
    Basis,
    Component,
    DueState,
    Kind,
    Method,
    PaymentPurpose,
    Plan,
    ReAgeInterest,
    Recalculation,
    Unit,
)

SEED = 20_261_122
STORIES = 1_500 if os.environ.get("PUHUI_RELEASE") else 60
OTHERS = (
    Kind.CHARGE,
    Kind.RATE_CHANGE,
    Kind.EXTEND,
    Kind.RE_AGE,
    Kind.RE_AMORTISE,
    Kind.INTEREST_PAUSE,
    Kind.PENALTY_FREEZE,
    Kind.WAIVE,
    Kind.CREDIT_REFUND,
    Kind.DISBURSE,
    Kind.WRITE_OFF,
    Kind.GOODWILL,
)


@contextmanager
def the_long_way() -> Iterator[None]:
    """Every payment works the whole book out, every plan is written down."""
    with (
        patch.object(front, "look", lambda b: False),
        patch.object(level, "set_untouched", lambda b, r, d: False),
    ):
        yield


def contract(dice: random.Random) -> LoanTerms:
    """Terms as lenders have them, now and then unusual ones."""
    start = date(2023, 1, 1) + timedelta(days=dice.randrange(700))
    if dice.random() < 0.5:
        usual = LoanTerms(
            currency="CNY",
            principal_minor=dice.randrange(5_000, 30_000_000),
            annual_rate_ppm=dice.choice([36_500, 144_000]),
            count=dice.randrange(6, 37),
            start_date=start,
            method=dice.choice([Method.EQUAL_INSTALMENT, Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL]),
            recalculation=dice.choice([Recalculation.DAILY, Recalculation.EARLY_ONLY]),
            penalty_daily_ppm=dice.choice([0, 500]),
        )
        return with_table(usual, dice) if dice.random() < 0.5 else usual
    terms = LoanTerms(
        currency="CNY",
        principal_minor=dice.randrange(5_000, 30_000_000),
        annual_rate_ppm=dice.choice([0, 36_500, 144_000, 240_000, 360_000]),
        count=dice.randrange(2, 37),
        start_date=start,
        method=dice.choice([Method.EQUAL_INSTALMENT, Method.EQUAL_INSTALMENT, *Method]),
        plan=dice.choice([Plan.ANNUITY, Plan.ANNUITY, Plan.NOMINAL]),
        basis=dice.choice([Basis.THIRTY_360, Basis.THIRTY_360, *Basis]),
        unit=dice.choice([Unit.MONTH, Unit.MONTH, Unit.MONTH, Unit.WEEK]),
        every=dice.choice([1, 1, 2]),
        recalculation=dice.choice([Recalculation.DAILY, Recalculation.EARLY_ONLY, *Recalculation]),
        multiple_minor=dice.choice([0, 0, 100]),
        grace_principal=dice.choice([0, 0, 0, 1]),
        penalty_daily_ppm=dice.choice([0, 500]),
        fees_end_with_payoff=dice.random() < 0.5,
        vertical=dice.random() < 0.1,
        allocations={Kind.REPAY: shuffled(dice)} if dice.random() < 0.2 else {},
    )
    return with_table(terms, dice) if dice.random() < 0.3 else terms


def shuffled(dice: random.Random) -> AllocationOrder:
    """Any order of the twelve."""
    codes = [(state, part) for state in DueState for part in Component]
    dice.shuffle(codes)
    return AllocationOrder(order=tuple(codes), ahead=dice.choice(list(Ahead)))


def with_table(terms: LoanTerms, dice: random.Random) -> LoanTerms:
    """The same contract as signed: a table, with fees."""
    fee = dice.choice([0, 500])
    rows = position(terms=terms, events=[], as_of=terms.start_date).rows
    table = tuple(
        TableRow(
            due_date=row.due_date,
            principal_minor=row.principal_minor,
            interest_minor=row.interest_minor,
            fee_minor=fee,
            interest_days=0,
            period_days=0,
        )
        for row in rows
    )
    return replace(terms, table=table)


def habits(dice: random.Random, terms: LoanTerms) -> list[BookEvent]:
    """A borrower who mostly pays what is due on its day, sometimes early, late, in part or more; and now and then an
    event of another kind.
    """
    start = terms.start_date
    plan = position(terms=terms, events=[], as_of=start).rows
    told: list[tuple[date, int, Kind]] = []
    rare, is_tidy = dice.choice([0, 0, 0.1]), dice.random() < 0.6
    for row in plan[: dice.randrange(len(plan) + 1)]:
        told += payments(dice, row, start, is_tidy)
        if dice.random() < rare:
            told.append(
                (max(start, row.due_date + timedelta(days=dice.randrange(25))), 9_000, dice.choice(OTHERS))
            )
    told.sort(key=lambda one: one[0])
    events = [
        BookEvent(
            seq=1,
            kind=Kind.DISBURSE,
            value_date=start,
            booking_date=start,
            amount_minor=terms.principal_minor,
        )
    ]
    for seq, (day, amount, kind) in enumerate(told, 2):
        events.append(happening(dice, seq, day, amount, kind))
    return events


def payments(dice: random.Random, row: BookRow, start: date, is_tidy: bool) -> list[tuple[date, int, Kind]]:
    """What is paid of one instalment; a tidy borrower pays nothing early and no more than it, or a little every few days."""
    found, due = [], row.due_minor
    if is_tidy and dice.random() < 0.3:
        days = sorted(dice.sample(range(-30, 5), 6))
        part = max(1, due * dice.randrange(5, 30) // 100)
        return [(max(start, row.due_date + timedelta(days=day)), part, Kind.REPAY) for day in days]
    for _ in range(dice.choice([1, 1, 1, 1, 2] if is_tidy else [1, 1, 2, 6])):
        late = dice.choice([0, 0, 0, 0, 1, 5, 20, 40] if is_tidy else [0, 0, 1, -3, 5, 40])
        amount = dice.choice([due, due, due, due // 2] if is_tidy else [due, due // 2, due + 1, 2 * due])
        found.append((max(start, row.due_date + timedelta(days=late)), max(1, amount), Kind.REPAY))
    return found


def happening(dice: random.Random, seq: int, day: date, amount: int, kind: Kind) -> BookEvent:
    """One event on a day."""
    return BookEvent(
        seq=seq,
        kind=kind,
        value_date=day,
        booking_date=day,
        amount_minor=amount,
        annual_rate_ppm=dice.choice([0, 90_000]),
        from_date=day + timedelta(days=3),
        to_date=day + timedelta(days=30),
        count=dice.randrange(1, 5),
        interest=dice.choice(list(ReAgeInterest)),
        due_date=day + timedelta(days=dice.choice([0, 10])),
        component=dice.choice(list(Component)),
        use=PaymentPurpose.LEVEL if kind is Kind.REPAY and dice.random() < 0.05 else PaymentPurpose.AHEAD,
    )


def outcome(terms: LoanTerms, events: list[BookEvent], as_of: date) -> BookPosition | str:
    """The position, or why there is none: nobody asks here whether an event is allowed, so some stories are impossible."""
    try:
        return position(terms=terms, events=events, as_of=as_of)
    except ValueError as error:
        return str(error)


def test_short_ways_change_no_figure() -> None:
    dice, taken = random.Random(SEED), 0
    pay_front = front.pay_front

    def counted(*arguments: object) -> bool:
        nonlocal taken
        done = pay_front(*arguments)  # type: ignore[arg-type]
        taken += done
        return done

    with patch.object(front, "pay_front", counted):
        for number in range(STORIES):
            terms = contract(dice)
            events = habits(dice, terms)
            as_of = events[-1].value_date + timedelta(days=dice.randrange(200))
            quick = outcome(terms, events, as_of)
            with the_long_way():
                slow = outcome(terms, events, as_of)
            assert quick == slow, f"seed {SEED}, story {number}"
    assert taken > 2 * STORIES, "hardly any payment took the short way: nothing was compared"


@pytest.mark.parametrize("count", [2, 12, 36, 360])
def test_a_plan_followed_is_a_plan_written_down(count: int) -> None:
    for amount in (1_000, 99_999, 1_000_000, 30_000_000):
        for rate in (1, 36_500, 144_000, 360_000, 999_999):
            terms = LoanTerms(
                currency="CNY",
                principal_minor=amount,
                annual_rate_ppm=rate,
                count=count,
                start_date=date(2024, 1, 31),
            )
            quick = position(terms=terms, events=[], as_of=terms.start_date)
            with the_long_way():
                assert quick == position(terms=terms, events=[], as_of=terms.start_date), (amount, rate)
