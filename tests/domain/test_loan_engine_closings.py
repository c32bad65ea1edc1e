"""A loan that ends in an unusual way ends whole: principal given up on the day of the payoff, instalments moved and then paid
off, a charge-off taken back.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from puhui.core.refusals import Refusal
from puhui.loans.domain import EventKind, LoanEvent, LoanState, Position, check_event, position
from puhui.loans.domain.engine import BookEvent, LoanTerms
from puhui.loans.domain.engine import position as engine_position
from puhui.loans.domain.engine.codes import Kind
from puhui.products.domain import Method
from tests.generative.test_loans_v2_generative import START, made, terms_of, whole

SEED = 20_261_122
METHODS = list(Method)[:4]


def is_whole(found: Position, lent: int) -> bool:
    """Nothing below zero, nothing lost."""
    least = min(
        min(row.principal_minor, row.interest_minor, row.fee_minor, row.penalty_minor, row.open_minor)
        for row in found.rows
    )
    return least >= 0 and whole(found) == lent


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("component", ["principal", "interest"])
@pytest.mark.parametrize("amount", [1, 500, 20_000, 99_999])
def test_a_payoff_on_the_day_of_a_waiver_closes_the_loan(method: Method, component: str, amount: int) -> None:
    for months, rate, days in ((1, 0, 28), (3, 180_000, 28), (4, 120_000, 40), (3, 180_000, 90)):
        terms, day = terms_of(months, method, rate, 55), START + timedelta(days=days)
        events = [made(1, EventKind.DISBURSE, START, 100_000)]
        events.append(made(2, EventKind.WAIVE, day, amount, payload={"component": component}))
        before = position(terms=terms, events=events, as_of=day)
        events.append(made(3, EventKind.PAYOFF, day, before.payoff_minor))
        for later in (0, 10, 300):
            found = position(terms=terms, events=events, as_of=day + timedelta(days=later))
            assert found.state is LoanState.CLOSED, (method, months, rate, days, later)
            assert is_whole(found, 100_000), (method, months, rate, days, later, found.rows)


def relief(dice: random.Random, kind: EventKind, there: Position) -> dict[str, Any] | None:
    """What a relief says of its dates, None where it cannot be."""
    day = there.as_of
    if kind is EventKind.INTEREST_PAUSE:
        first = day + timedelta(days=dice.randrange(-5, 30))
        return {"from": first.isoformat(), "to": (first + timedelta(days=dice.randrange(60))).isoformat()}
    if kind is EventKind.DEFER:
        waits = [row.due_date for row in there.rows if row.due_date > day and row.open_minor]
        if not waits:
            return None
        due = dice.choice(waits)
        return {"from": due.isoformat(), "to": (due + timedelta(days=dice.randrange(1, 70))).isoformat()}
    return {}


def relieved(dice: random.Random) -> tuple[Any, list[LoanEvent], date]:
    """A contract, some reliefs in any order with payments between them, and the last day."""
    terms = terms_of(
        dice.choice([1, 3, 4, 12]),
        dice.choice(METHODS),
        dice.choice([0, 60_000, 180_000]),
        dice.choice([0, 55]),
    )
    events, day = [made(1, EventKind.DISBURSE, START, 100_000)], START
    kinds = [EventKind.INTEREST_PAUSE, EventKind.DEFER, EventKind.RE_AMORTISE, EventKind.FEE, EventKind.REPAY]
    for _ in range(dice.randrange(2, 5)):
        day += timedelta(days=dice.randrange(45))
        kind, before = dice.choice(kinds), position(terms=terms, events=events, as_of=day)
        said = relief(dice, kind, before)
        if said is None:
            continue
        if kind is EventKind.FEE:
            said = {"due": (day + timedelta(days=dice.randrange(20))).isoformat()}
        amount = {EventKind.REPAY: before.due_minor or 500, EventKind.FEE: 777}.get(kind, 0)
        event = made(len(events) + 1, kind, day, amount, payload=said)
        try:
            check_event(terms=terms, events=events, event=event, before=before, may_overpay=True)
        except Refusal:
            continue
        events.append(event)
    return terms, events, day


def test_a_payoff_after_any_relief_closes_the_loan() -> None:
    dice, closed = random.Random(SEED), 0
    for number in range(60):
        terms, events, last = relieved(dice)
        for day in (last, last + timedelta(days=20), date(2026, 8, 1)):
            there = position(terms=terms, events=events, as_of=max(day, last))
            assert is_whole(there, 100_000), f"seed {SEED}, story {number}, {events}"
            if there.state is not LoanState.ACTIVE:
                continue
            paid = [*events, made(99, EventKind.PAYOFF, there.as_of, there.payoff_minor)]
            for later in (there.as_of, date(2029, 1, 1)):
                found = position(terms=terms, events=paid, as_of=later)
                assert found.state is LoanState.CLOSED, f"seed {SEED}, story {number}, {paid}"
                assert is_whole(found, 100_000) and found.credit_minor == 0
            closed += 1
    assert closed > 60, "hardly any loan was closed"


def test_a_charge_off_taken_back_never_happened() -> None:
    day, due = date(2024, 1, 31), date(2024, 4, 10)
    terms = LoanTerms(
        currency="CNY",
        principal_minor=1_200_000,
        annual_rate_ppm=144_000,
        count=12,
        start_date=day,
        stops_interest=True,
    )

    def event(seq: int, kind: Kind, on: date, amount: int = 0, of: int = 0) -> BookEvent:
        return BookEvent(seq=seq, kind=kind, value_date=on, booking_date=on, amount_minor=amount, of_seq=of)

    story = [event(1, Kind.DISBURSE, day, 1_200_000), event(2, Kind.REPAY, date(2024, 2, 29), 100_000)]
    off, paid = event(3, Kind.CHARGE_OFF, due), event(4, Kind.REPAY, date(2024, 5, 2), 50_000)
    without = engine_position(terms=terms, events=[*story, paid], as_of=date(2024, 9, 1))
    charged = engine_position(terms=terms, events=[*story, off, paid], as_of=date(2024, 9, 1))
    assert charged.outstanding_minor < without.outstanding_minor  # interest ended
    for of in (0, 3):
        undo = event(5, Kind.UNDO_CHARGE_OFF, date(2024, 5, 20), of=of)
        found = engine_position(terms=terms, events=[*story, off, paid, undo], as_of=date(2024, 9, 1))
        assert (found.rows, found.payoff_minor, found.written_off_minor) == (
            without.rows,
            without.payoff_minor,
            0,
        )
        assert [line.kind for line in found.lines if line.is_reversed] == [Kind.CHARGE_OFF]
    with pytest.raises(ValueError, match="refers to one that is not there"):
        engine_position(
            terms=terms, events=[*story, event(5, Kind.UNDO_CHARGE_OFF, due)], as_of=date(2024, 9, 1)
        )


@pytest.mark.parametrize("kind", [EventKind.WAIVE, EventKind.PREPAY])
@pytest.mark.parametrize("amount", [1, 300, 499, 500])
def test_what_was_charged_back_after_maturity_is_lowered_ahead(kind: EventKind, amount: int) -> None:
    """No regular instalment is ahead that levelling could lower, only the one after maturity, with a fee due later."""
    terms, day = terms_of(1, Method.EQUAL_INSTALMENT, 0, 0), START + timedelta(days=60)
    due, said = (day + timedelta(days=9)).isoformat(), {"component": "principal"}
    events = [
        made(1, EventKind.DISBURSE, START, 100_000),
        made(2, EventKind.PAYOFF, START, 100_000),
        made(3, EventKind.CHARGEBACK, day, 500, payload={"event_id": "e2"}),
        made(4, EventKind.FEE, day, 100, payload={"due": due, "penalty": False}),
        made(5, kind, day, amount, payload=said if kind is EventKind.WAIVE else {}),
    ]
    found = position(terms=terms, events=events, as_of=day)
    assert is_whole(found, 100_000) and found.principal_outstanding_minor == 500 - amount
    given = amount if kind is EventKind.WAIVE else 0
    assert (found.waived_principal_minor, found.paid_principal_minor) == (given, 99_500 + amount - given)
    assert len(found.rows) == 2 and found.payoff_minor == 500 - amount


@pytest.mark.parametrize("method", METHODS)
def test_a_prepayment_of_all_principal_pays_interest_first(method: Method) -> None:
    """It neither closes the loan without its interest nor takes more principal than is owed: what is left stays due."""
    terms, day = terms_of(3, method, 180_000, 0), START + timedelta(days=20)
    out = made(1, EventKind.DISBURSE, START, 100_000)
    payoff = position(terms=terms, events=[out], as_of=day).payoff_minor
    for amount in (99_999, 100_000, 100_500, payoff - 1, payoff):
        events = [out, made(2, EventKind.PREPAY, day, amount)]
        found = position(terms=terms, events=events, as_of=day)
        (used,) = found.allocations
        assert used.interest_minor + used.principal_minor + used.credit_minor == amount, amount
        assert is_whole(found, 100_000) and found.payoff_minor == payoff - amount, amount
        assert (found.state is LoanState.CLOSED) == (amount == payoff)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rate", [0, 870, 180_000])
def test_levelling_again_leaves_what_later_instalments_were_paid(method: Method, rate: int) -> None:
    """Paid off, one fen of it charged back, then levelled again: no instalment asks for what is paid of a later one."""
    terms, day = terms_of(4, method, rate, 0), START + timedelta(days=21)
    events = [made(1, EventKind.DISBURSE, START, 100_000)]
    events.append(
        made(2, EventKind.PAYOFF, day, position(terms=terms, events=events, as_of=day).payoff_minor)
    )
    events.append(made(3, EventKind.CHARGEBACK, day, 1, payload={"event_id": "e2"}))
    for kind, said in ((EventKind.RE_AMORTISE, {}), (EventKind.EXTEND, {"count": 2})):
        event = made(4, kind, day, payload=said)
        found = position(terms=terms, events=[*events, event], as_of=day)
        assert is_whole(found, 100_000) and found.payoff_minor == 1, (kind, found.rows)
        found = position(terms=terms, events=[*events, event], as_of=day + timedelta(days=200))
        assert is_whole(found, 100_000), (kind, found.rows)


@pytest.mark.parametrize("method", METHODS)
def test_giving_up_all_principal_leaves_the_interest_to_the_day(method: Method) -> None:
    terms, day = terms_of(3, method, 180_000, 0), START + timedelta(days=20)
    out = made(1, EventKind.DISBURSE, START, 100_000)
    owed = position(terms=terms, events=[out], as_of=day).interest_accrued_minor
    waived = made(2, EventKind.WAIVE, day, 100_000, payload={"component": "principal"})
    found = position(terms=terms, events=[out, waived], as_of=day)
    assert owed > 0 and is_whole(found, 100_000)
    assert (found.payoff_minor, found.principal_outstanding_minor) == (owed, 0)
    paid = made(3, EventKind.PAYOFF, day, owed)
    closed = position(terms=terms, events=[out, waived, paid], as_of=day + timedelta(days=100))
    assert closed.state is LoanState.CLOSED and is_whole(closed, 100_000)
