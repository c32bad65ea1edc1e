"""Properties of semantics version 2 over drawn stories, and a machine that lets everything happen that is allowed."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from puhui.batch.portfolio.columns import TermsTable, pack, read_columns, with_terms
from puhui.batch.portfolio.compiled import working_memory
from puhui.batch.portfolio.shard_task import kernel
from puhui.core.refusals import Refusal
from puhui.core.rounding import Rounding
from puhui.loans.domain import (
    PAYMENTS,
    REVERSIBLE,
    SEMANTICS,
    ContractTerms,
    EventKind,
    LoanEvent,
    LoanEvents,
    LoanState,
    Position,
    balances,
    freeze_payload,
    position,
    postings,
    standing,
    try_event,
)
from puhui.loans.domain.engine import BookEvent, LoanTerms, figures
from puhui.loans.domain.engine import position as engine_position
from puhui.loans.domain.engine.codes import Basis, Kind, Unit
from puhui.products.domain import CapBasis, CapRule, LoanOptions, Method, fit_under_cap

RELEASE = os.environ.get("PUHUI_RELEASE") == "1"
PARTS = 8  # of the long run
EVENTS = 24 if RELEASE else 12  # of a story
SEEN: Counter[str] = Counter()  # what happened in all stories, and what was refused
LIVED: Counter[str] = Counter()  # the same of all parts of the long run
RARE = ("sale undone", "write_off undone", "charge_off undone", "re_age undone", "chargeback")  # must happen
START = date(2026, 1, 31)
CAP = CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE)
QUIET: Any = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@cache
def terms_of(months: int, method: Method, rate: int, fee: int) -> ContractTerms:
    """This function will make the terms of a contract."""
    fitted = fit_under_cap(
        principal_minor=100_000, annual_rate_ppm=rate, months=months, method=method, value_date=START, cap=CAP,
        fee_minor=fee, options=LoanOptions(),
    )  # fmt: skip
    return ContractTerms(
        semantics_version=2, currency="CNY", principal_minor=100_000, annual_rate_ppm=fitted.annual_rate_ppm,
        penalty_daily_rate_ppm=500, months=months, method=method, instalment_rounding=Rounding.HALF_EVEN,
        value_date=START, due_day=None, rows=fitted.rows, cap=CAP, withdrawal_days=14, options=LoanOptions(),
    )  # fmt: skip


def made(
    seq: int,
    kind: EventKind,
    day: date,
    amount_minor: int = 0,
    booked: date | None = None,
    payload: dict[str, Any] | None = None,
) -> LoanEvent:
    """This function will make an event, booked on its day unless told otherwise."""
    from datetime import UTC, datetime

    on = booked or day
    return LoanEvent(
        id=f"e{seq}", loan_id="l", seq=seq, kind=kind, value_date=day, booking_date=on,
        booked_at=datetime(on.year, on.month, on.day, 4, tzinfo=UTC), amount_minor=amount_minor, payload=payload or {},
    )  # fmt: skip


def whole(found: Position) -> int:
    """This function will add up where the principal went: outstanding, repaid, waived, written off, sold."""
    return (
        found.principal_outstanding_minor + found.paid_principal_minor + found.waived_principal_minor
        + found.written_off_minor + found.sold_minor
    )  # fmt: skip


TERMS = st.builds(
    terms_of, st.sampled_from([1, 3, 4]), st.sampled_from(list(Method)[:4]), st.integers(0, 180).map(lambda n: n * 1000), st.sampled_from([0, 55])
)  # fmt: skip
AMOUNTS = st.lists(st.tuples(st.integers(0, 90), st.integers(1, 60_000)), min_size=1, max_size=4)


@given(terms=TERMS, paid=AMOUNTS, after=st.integers(0, 120), data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
def test_nothing_is_lost_and_order_of_booking_does_not_matter(
    terms: ContractTerms, paid: list[tuple[int, int]], after: int, data: st.DataObject
) -> None:
    events = [made(1, EventKind.DISBURSE, START, terms.principal_minor)]
    for days, amount in paid:
        events.append(made(len(events) + 1, EventKind.REPAY, START + timedelta(days=days), amount))
    day = START + timedelta(days=after)
    found = position(terms=terms, events=events, as_of=day)
    assert whole(found) == terms.principal_minor
    used = [one for one in found.allocations]
    for one in used:
        assert (
            one.amount_minor
            == one.penalty_minor + one.fee_minor + one.interest_minor + one.principal_minor + one.credit_minor
        )
    # Back-dated: booked later, known in the end; and on one day in another order.
    shuffled = data.draw(st.permutations(events[1:]))
    again = [events[0]] + [replace(one, seq=n, booking_date=day) for n, one in enumerate(shuffled, 2)]
    other = position(terms=terms, events=again, as_of=day)
    assert (other.payoff_minor, other.principal_outstanding_minor, other.credit_minor) == (
        found.payoff_minor, found.principal_outstanding_minor, found.credit_minor,
    )  # fmt: skip
    # Undone, one by one, from the last: as if it had never happened.
    undone = made(
        99, EventKind.REVERSE, events[-1].value_date, booked=day, payload={"event_id": events[-1].id}
    )
    assert position(terms=terms, events=[*events, undone], as_of=day) == position(
        terms=terms, events=events[:-1], as_of=day
    )


MOVES = [
    EventKind.MOVE_DUE,
    EventKind.DEFER,
    EventKind.INTEREST_PAUSE,
    EventKind.LATENESS_PAUSE,
]


def is_open(machine: Any) -> bool:
    """This function will tell whether the loan of a story is paid out and has not ended."""
    return bool(machine.is_open)


def test_a_refund_beyond_the_credit_is_owed_again_and_no_longer_repaid() -> None:
    """A payment's credit can shrink after it was refunded, when terms change back in time."""
    terms, day = terms_of(1, Method.EQUAL_INSTALMENT, 2000, 0), START + timedelta(days=1)
    paid = [made(1, EventKind.DISBURSE, START, 100_000), made(2, EventKind.PAYOFF, day, 100_001)]
    found = position(terms=terms, events=[*paid, made(3, EventKind.CREDIT_REFUND, day, 5)], as_of=day)
    assert (found.principal_outstanding_minor, found.paid_principal_minor) == (5, 99_995)
    assert whole(found) == terms.principal_minor


class OneLoan(RuleBasedStateMachine):
    """Whatever the checks allow happens; whatever happens is balanced in every account, loses nothing, and is what walking
    all events again gives.
    """

    def __init__(self) -> None:
        super().__init__()
        self.day = START
        self.told = LoanEvents()
        self.books: Counter[str] = Counter()
        self.is_open, self.credit = False, 0
        self.terms = terms_of(3, Method.EQUAL_INSTALMENT, 180_000, 55)

    @initialize(terms=TERMS)
    def it_is_paid_out(self, terms: ContractTerms) -> None:
        self.terms = terms
        self._try(EventKind.DISBURSE, terms.principal_minor)

    def _try(self, kind: EventKind, amount: int = 0, back: int = 0, **payload: Any) -> None:
        if len(self.told) > EVENTS:  # a story long enough; the steps left only let days pass
            return
        value_date = max(START, self.day - timedelta(days=back))
        undone = None
        if kind is EventKind.REVERSE:
            target = self.told.find(payload["event_id"])
            assert target is not None
            value_date, undone = target.value_date, target.kind
        event = made(len(self.told) + 1, kind, value_date, amount, booked=self.day, payload=payload)
        try:
            tried = try_event(terms=self.terms, events=self.told, event=event, may_overpay=True)
        except Refusal as refusal:
            SEEN[f"refused: {refusal.code}"] += 1
            return
        again = SEMANTICS[2](terms=self.terms, events=[*tried.events], as_of=tried.after.as_of)
        assert tried.after == again, "an event tried is what walking all of them gives"
        for one in postings(before=tried.before, after=tried.after, event=tried.event, undone=undone):
            assert one.amount_minor > 0
            self.books[one.debit] += one.amount_minor
            self.books[one.credit] -= one.amount_minor
        if undone is not None:
            self._was_never(payload["event_id"], again)
        self.told, self.credit = tried.events, tried.after.credit_minor
        self.is_open = tried.after.state is LoanState.ACTIVE
        SEEN[kind.value if undone is None else f"{undone.value} undone"] += 1

    def _was_never(self, id: str, found: Position) -> None:
        """What was undone is as if it had never happened, wherever else it stood in the story."""
        without = [one for one in self.told if one.id != id]
        assert found == SEMANTICS[2](terms=self.terms, events=without, as_of=found.as_of)

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.day += timedelta(days=days)

    @rule(
        amount=st.integers(1, 120_000),
        back=st.integers(0, 30),
        kind=st.sampled_from([EventKind.REPAY, EventKind.PREPAY, EventKind.REFUND, EventKind.RECOVERY]),
    )
    def money_comes(self, amount: int, back: int, kind: EventKind) -> None:
        self._try(kind, amount, back)

    @precondition(lambda self: self.is_open and len(self.told) > 4)
    @rule(kind=st.sampled_from([EventKind.PAYOFF, EventKind.WITHDRAW]), more=st.integers(0, 1))
    def it_is_closed(self, kind: EventKind, more: int) -> None:
        here = position(terms=self.terms, events=self.told, as_of=self.day)
        self._try(
            kind, more + (here.withdrawal_minor or 0 if kind is EventKind.WITHDRAW else here.payoff_minor)
        )

    @precondition(lambda self: self.credit > 0)
    @rule(amount=st.integers(1, 40_000))
    def a_credit_goes_back(self, amount: int) -> None:
        self._try(EventKind.CREDIT_REFUND, min(amount, self.credit))

    @rule(at=st.integers(0, 30), amount=st.integers(1, 20_000))
    def a_payment_is_disputed(self, at: int, amount: int) -> None:
        payments = [one for one in self.told if one.kind in PAYMENTS]
        if payments:
            target = payments[at % len(payments)]
            self._try(EventKind.CHARGEBACK, min(amount, target.amount_minor), event_id=target.id)

    @precondition(is_open)
    @rule(
        amount=st.integers(1, 40_000), component=st.sampled_from(["penalty", "fee", "interest", "principal"])
    )
    def something_is_waived(self, amount: int, component: str) -> None:
        self._try(EventKind.WAIVE, amount, component=component)

    @precondition(is_open)
    @rule(amount=st.integers(1, 3_000), penalty=st.booleans())
    def a_fee_is_charged(self, amount: int, penalty: bool) -> None:
        self._try(EventKind.FEE, amount, due=(self.day + timedelta(days=9)).isoformat(), penalty=penalty)

    @precondition(is_open)
    @rule()
    def it_is_re_amortised(self) -> None:
        self._try(EventKind.RE_AMORTISE)

    @precondition(lambda self: self.is_open and len(self.told) > 4)
    @rule(kind=st.sampled_from([EventKind.CHARGE_OFF, EventKind.WRITE_OFF]))
    def it_is_given_up(self, kind: EventKind) -> None:
        self._try(kind)

    @precondition(lambda self: self.is_open and len(self.told) > 4)
    @rule(price=st.integers(1, 100_000))
    def it_is_sold(self, price: int) -> None:
        self._try(EventKind.SALE, price)

    @precondition(is_open)
    @rule(kind=st.sampled_from(MOVES), at=st.integers(0, 3), days=st.integers(0, 40))
    def days_move(self, kind: EventKind, at: int, days: int) -> None:
        first, last = self.day, self.day + timedelta(days=days)
        if kind in (EventKind.MOVE_DUE, EventKind.DEFER):
            here = position(terms=self.terms, events=self.told, as_of=self.day)
            ahead = [row.due_date for row in here.rows if row.due_date > self.day]
            if not ahead:
                return
            first = ahead[at % len(ahead)]
            last = first + timedelta(days=days)
        days_of: dict[str, Any] = {"from": first.isoformat(), "to": last.isoformat()}
        self._try(kind, **days_of)

    @precondition(is_open)
    @rule(count=st.integers(1, 6))
    def it_is_extended(self, count: int) -> None:
        self._try(EventKind.EXTEND, count=count)

    @precondition(is_open)
    @rule(count=st.integers(1, 6))
    def it_is_re_aged(self, count: int) -> None:
        self._try(EventKind.RE_AGE, first_due=(self.day + timedelta(days=20)).isoformat(), count=count)

    @precondition(is_open)
    @rule(ppm=st.integers(0, 180_000))
    def the_rate_falls(self, ppm: int) -> None:
        self._try(EventKind.RATE_CHANGE, annual_rate_ppm=ppm)

    @precondition(is_open)
    @rule(days=st.integers(1, 20))
    def penalties_freeze(self, days: int) -> None:
        self._try(
            EventKind.PENALTY_FREEZE,
            **freeze_payload(from_date=self.day, until_date=self.day + timedelta(days=days)),
        )

    @precondition(
        lambda self: self.is_open and any(one.kind is EventKind.PENALTY_FREEZE for one in self.told)
    )
    @rule()
    def penalties_thaw(self) -> None:
        self._try(EventKind.PENALTY_THAW)

    @precondition(lambda self: len(self.told) > 1)
    @rule(at=st.integers(0, 3))
    def something_is_undone(self, at: int) -> None:
        left = [one for one in reversed(standing(self.told)) if one.kind in REVERSIBLE]
        if left:
            self._try(EventKind.REVERSE, event_id=left[at % len(left)].id)

    @invariant()
    def nothing_is_lost(self) -> None:
        if not self.told:
            return
        found = position(terms=self.terms, events=self.told, as_of=self.day)
        story = [(one.kind.value, one.value_date, one.amount_minor, one.payload) for one in self.told]
        assert whole(found) == self.terms.principal_minor, story
        for code, amount in balances(found).items():
            assert self.books[code] == amount, (code, self.books[code], amount, self.day, story)
        for one in found.allocations:
            parts = one.penalty_minor + one.fee_minor + one.interest_minor + one.principal_minor
            assert one.amount_minor == parts + one.credit_minor, (one, story)
        assert found.payoff_minor >= 0 and found.credit_minor >= 0
        assert (found.state is LoanState.ACTIVE) == (found.payoff_minor > 0 or found.closed_on is None)
        SEEN["steps"] += 1


@pytest.mark.release
@pytest.mark.parametrize("part", range(PARTS))
def test_a_loan_lives_long(part: int) -> None:
    """2,000 runs of 100 steps in all, each part with a seed of its own, so that parts may run beside each other."""
    _live(2000 // PARTS, 100, part)
    LIVED.update(SEEN)
    LIVED["parts"] += 1
    if LIVED["parts"] == PARTS:
        assert not [one for one in RARE if not LIVED[one]], LIVED


def test_a_loan_lives() -> None:
    """100 runs of 50 steps."""
    _live(100, 50, None)


def _live(runs: int, steps: int, part: int | None) -> None:
    SEEN.clear()
    machine = OneLoan if part is None else seed(part)(type(f"Loan{part}", (OneLoan,), {}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            derandomize=part is None,
            suppress_health_check=QUIET,
            database=None,
        ),
    )
    print(f"seed {part}: {runs} runs of {steps} steps: {dict(sorted(SEEN.items()))}")
    missed = [] if part is not None else [one for one in RARE[:2] if not SEEN[one]]
    assert SEEN["steps"] >= runs * steps // 2 and not missed, (missed, SEEN)


CONVENTIONS = [
    (basis, unit, every) for basis in Basis for unit, every in ((Unit.MONTH, 1), (Unit.WEEK, 2))
]  # 7 bases × months and fortnights = 14


@pytest.mark.parametrize(("basis", "unit", "every"), CONVENTIONS)
def test_every_start_day_repays_to_the_cent(basis: Basis, unit: Unit, every: int) -> None:
    """Start days of 2000–2040, every 331st unless a release is tried: the plan repays what was lent, and the compiled
    kernel says the same of it.
    """
    first, last = date(2000, 1, 1), date(2040, 12, 31)
    days = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, 1 if RELEASE else 331)]
    loans = [one_loan(day, basis, unit, every) for day in days]
    shared = TermsTable()
    table = pack(((str(n), terms, [out]) for n, (terms, out) in enumerate(loans)), shared)
    columns, size = read_columns(with_terms(table, shared)), len(loans)
    out, memory = numpy.zeros(figures.V_WIDTH * size, "i8"), working_memory()
    for at, (day, (terms, paid_out)) in enumerate(zip(days, loans, strict=True)):
        found = engine_position(terms=terms, events=[paid_out], as_of=day)
        assert sum(row.principal_minor for row in found.rows) == 123_457, day
        assert all(row.due_date > row.start_date and row.interest_minor >= 0 for row in found.rows), day
        assert found.rows[-1].balance_minor == 0 and found.payoff_minor == 123_457, day
        kernel().value_loans(*memory, *columns.arguments(), day.toordinal(), at, at + 1, out, size, 0)
        compiled = out.reshape(figures.V_WIDTH, size)[:, at]
        assert compiled[figures.V_FAULT] == 0 and compiled[figures.V_PAYOFF] == 123_457, day
        assert compiled[figures.V_OUTSTANDING] == found.outstanding_minor, day
        assert compiled[figures.V_INTEREST] == sum(row.interest_minor for row in found.rows), day
        assert compiled[figures.V_NEXT_DUE] == found.rows[0].due_date.toordinal(), day
        assert compiled[figures.V_NEXT_AMOUNT] == found.rows[0].due_minor, day


def one_loan(day: date, basis: Basis, unit: Unit, every: int) -> tuple[LoanTerms, BookEvent]:
    """This function will make a contract of four instalments that starts on a day, and its payout."""
    terms = LoanTerms(
        currency="CNY", principal_minor=123_457, annual_rate_ppm=235_000, count=4, start_date=day, basis=basis, unit=unit, every=every,
    )  # fmt: skip
    out = BookEvent(seq=1, kind=Kind.DISBURSE, value_date=day, booking_date=day, amount_minor=123_457)
    return terms, out
