"""Properties of semantics version 2 over drawn stories, and a machine that lets everything happen that is allowed."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from puhui.core.refusals import Refusal
from puhui.core.rounding import Rounding
from puhui.loans.domain import (
    ContractTerms,
    EventKind,
    LoanEvent,
    LoanState,
    Position,
    check_event,
    freeze_payload,
    position,
    postings,
    preview,
)
from puhui.loans.domain.engine import BookEvent, LoanTerms
from puhui.loans.domain.engine import position as engine_position
from puhui.loans.domain.engine.codes import Basis, Kind, Unit
from puhui.products.domain import CapBasis, CapRule, LoanOptions, Method, fit_under_cap

RELEASE = os.environ.get("PUHUI_RELEASE") == "1"
RUNS, STEPS = (2000, 100) if RELEASE else (100, 50)
START = date(2026, 1, 31)
CAP = CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE)
QUIET: Any = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


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


class OneLoan(RuleBasedStateMachine):
    """Whatever the checks allow happens; whatever happens is balanced, loses nothing, and is what the preview said."""

    def __init__(self) -> None:
        super().__init__()
        self.terms = terms_of(3, Method.EQUAL_INSTALMENT, 180_000, 55)
        self.day = START
        self.events = [made(1, EventKind.DISBURSE, START, self.terms.principal_minor)]
        self.books: dict[str, int] = {"1301": self.terms.principal_minor}

    def _try(
        self, kind: EventKind, amount: int = 0, back: int = 0, undone: EventKind | None = None, **payload: Any
    ) -> None:
        if len(self.events) > 12:  # a story long enough; the steps left only let days pass
            return
        value_date = max(START, self.day - timedelta(days=back))
        if kind is EventKind.REVERSE:
            value_date = next(one.value_date for one in self.events if one.id == payload["event_id"])
        event = made(len(self.events) + 1, kind, value_date, amount, booked=self.day, payload=payload)
        before = position(terms=self.terms, events=self.events, as_of=self.day)
        try:
            check_event(terms=self.terms, events=self.events, event=event, before=before, may_overpay=True)
        except Refusal:
            return
        after = position(terms=self.terms, events=[*self.events, event], as_of=self.day)
        assert preview(terms=self.terms, events=self.events, event=event, as_of=self.day) == after
        for one in postings(before=before, after=after, event=event, undone=undone):
            assert one.amount_minor > 0
            self.books[one.debit] = self.books.get(one.debit, 0) + one.amount_minor
            self.books[one.credit] = self.books.get(one.credit, 0) - one.amount_minor
        self.events.append(event)
        self.found = after

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

    @rule(
        amount=st.integers(1, 40_000), component=st.sampled_from(["penalty", "fee", "interest", "principal"])
    )
    def something_is_waived(self, amount: int, component: str) -> None:
        self._try(EventKind.WAIVE, amount, component=component)

    @rule(amount=st.integers(1, 3_000))
    def a_fee_is_charged(self, amount: int) -> None:
        self._try(EventKind.FEE, amount, due=(self.day + timedelta(days=9)).isoformat())

    @rule(kind=st.sampled_from([EventKind.RE_AMORTISE, EventKind.CHARGE_OFF, EventKind.WRITE_OFF]))
    def terms_change(self, kind: EventKind) -> None:
        self._try(kind)

    @rule(count=st.integers(1, 6))
    def it_is_re_aged(self, count: int) -> None:
        self._try(EventKind.RE_AGE, first_due=(self.day + timedelta(days=20)).isoformat(), count=count)

    @rule(ppm=st.integers(0, 180_000))
    def the_rate_falls(self, ppm: int) -> None:
        self._try(EventKind.RATE_CHANGE, annual_rate_ppm=ppm)

    @rule(days=st.integers(1, 20))
    def penalties_freeze(self, days: int) -> None:
        self._try(
            EventKind.PENALTY_FREEZE,
            **freeze_payload(from_date=self.day, until_date=self.day + timedelta(days=days)),
        )

    @rule(at=st.integers(1, 30))
    def something_is_undone(self, at: int) -> None:
        if at < len(self.events) and self.events[at].kind is not EventKind.REVERSE:
            target = self.events[at]
            self._try(EventKind.REVERSE, undone=target.kind, event_id=target.id)

    @invariant()
    def nothing_is_lost(self) -> None:
        found = position(terms=self.terms, events=self.events, as_of=self.day)
        assert whole(found) == self.terms.principal_minor, [
            (one.kind.value, one.value_date, one.amount_minor) for one in self.events
        ]
        assert self.books["1301"] == found.principal_outstanding_minor
        assert found.payoff_minor >= 0 and found.credit_minor >= 0
        assert (found.state is LoanState.ACTIVE) == (found.payoff_minor > 0 or found.closed_on is None)


@pytest.mark.release
def test_a_loan_lives_long() -> None:
    """2,000 runs of 100 steps."""
    _live(2000, 100)


def test_a_loan_lives() -> None:
    """100 runs of 50 steps."""
    _live(100, 50)


def _live(runs: int, steps: int) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        OneLoan,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=QUIET,
            database=None,
        ),
    )


CONVENTIONS = [
    (basis, unit, every) for basis in Basis for unit, every in ((Unit.MONTH, 1), (Unit.WEEK, 2))
]  # 7 bases × months and fortnights = 14


@pytest.mark.parametrize(("basis", "unit", "every"), CONVENTIONS)
def test_every_start_day_repays_to_the_cent(basis: Basis, unit: Unit, every: int) -> None:
    """Start days of 2000–2040: all of them in release-check, every 97th otherwise; the plan repays what was lent."""
    first, last = date(2000, 1, 1), date(2040, 12, 31)
    for days in range(0, (last - first).days + 1, 1 if RELEASE else 331):
        day = first + timedelta(days=days)
        terms = LoanTerms(
            currency="CNY", principal_minor=123_457, annual_rate_ppm=235_000, count=4, start_date=day, basis=basis, unit=unit, every=every,
        )  # fmt: skip
        out = BookEvent(seq=1, kind=Kind.DISBURSE, value_date=day, booking_date=day, amount_minor=123_457)
        found = engine_position(terms=terms, events=[out], as_of=day)
        assert sum(row.principal_minor for row in found.rows) == 123_457, day
        assert all(row.due_date > row.start_date and row.interest_minor >= 0 for row in found.rows), day
        assert found.rows[-1].balance_minor == 0 and found.payoff_minor == 123_457, day
