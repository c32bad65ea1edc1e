"""What must hold on every loan of the general engine, whatever its product and whatever happens to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from puhui.loans.domain.engine import (
    AllocationOrder,
    BookEvent,
    BookPosition,
    LoanTerms,
    position,
)
from puhui.loans.domain.engine.codes import (
    LAST_PAYMENT,
    Ahead,
    Basis,
    Component,
    DueState,
    Kind,
    Method,
    Plan,
    Recalculation,
    Unit,
)

QUICK = settings(max_examples=60, deadline=None, print_blob=True)
PAYMENTS = (Kind.REPAY, Kind.GOODWILL, Kind.MERCHANT_REFUND)
STARTS = st.dates(date(2000, 1, 1), date(2040, 12, 31))


@st.composite
def contracts(draw: st.DrawFn) -> LoanTerms:
    """A contract of any product."""
    parts = draw(st.permutations(list(Component)))
    order = tuple((state, part) for state in DueState for part in parts)
    return LoanTerms(
        currency="CNY",
        principal_minor=draw(st.integers(1_000, 5_000_000)),
        annual_rate_ppm=draw(st.sampled_from([0, 36_500, 70_000, 144_000, 360_000])),
        count=draw(st.integers(1, 14)),
        every=draw(st.integers(1, 3)),
        unit=draw(st.sampled_from([Unit.DAY, Unit.WEEK, Unit.MONTH])),
        start_date=draw(STARTS),
        method=draw(
            st.sampled_from([Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_FIRST])
        ),
        plan=draw(st.sampled_from(list(Plan))),
        basis=draw(st.sampled_from(list(Basis))),
        recalculation=draw(st.sampled_from(list(Recalculation))),
        levels_again=draw(st.booleans()),
        vertical=draw(st.booleans()),
        allocations={Kind.REPAY: AllocationOrder(order=order, ahead=draw(st.sampled_from(list(Ahead))))},
    )


def payout(terms: LoanTerms) -> BookEvent:
    """The principal, on the start date."""
    return BookEvent(
        seq=1,
        kind=Kind.DISBURSE,
        value_date=terms.start_date,
        booking_date=terms.start_date,
        amount_minor=terms.principal_minor,
    )


@st.composite
def stories(draw: st.DrawFn) -> tuple[LoanTerms, list[BookEvent]]:
    """A contract paid out, and up to five payments and charges, each on a day of its own."""
    terms = draw(contracts())
    events = [payout(terms)]
    day = terms.start_date
    for _ in range(draw(st.integers(0, 5))):
        day += timedelta(days=draw(st.integers(1, 45)))
        charge = draw(st.booleans()) and draw(st.booleans())
        events.append(
            BookEvent(
                seq=len(events) + 1,
                kind=Kind.CHARGE if charge else draw(st.sampled_from(PAYMENTS)),
                value_date=day,
                booking_date=day,
                amount_minor=draw(st.integers(1, terms.principal_minor // 2 + 1)),
                due_date=day if charge else None,
                is_penalty=draw(st.booleans()),
            )
        )
    return terms, events


def figures(found: BookPosition) -> tuple[object, ...]:
    """A position without the numbers of the events behind it."""
    lines = tuple(replace(line, seq=0) for line in found.lines if not line.is_reversed)
    return (found.status, found.rows, lines, found.outstanding_minor, found.credit_minor, found.payoff_minor)


@QUICK
@given(story=stories(), days=st.integers(0, 200))
def test_nothing_is_lost(story: tuple[LoanTerms, list[BookEvent]], days: int) -> None:
    """Lent = owed + repaid; each payment = its parts + what is left over; the rows carry all that was lent."""
    terms, events = story
    found = position(terms=terms, events=events, as_of=events[-1].value_date + timedelta(days=days))
    repaid = sum(line.principal_minor for line in found.lines if line.kind <= LAST_PAYMENT)
    open_principal = found.total("principal") - found.total("paid_principal")
    assert found.lent_minor == terms.principal_minor == open_principal + repaid
    for line in found.lines:
        if line.kind <= LAST_PAYMENT:
            parts = line.principal_minor + line.interest_minor + line.fee_minor + line.penalty_minor
            assert line.amount_minor == parts + line.over_minor and line.over_minor >= 0
    assert found.credit_minor == sum(line.over_minor for line in found.lines if line.kind <= LAST_PAYMENT)
    for row in found.rows:
        assert 0 <= row.paid_principal_minor <= row.principal_minor
        assert 0 <= row.paid_fee_minor <= row.fee_minor and 0 <= row.paid_penalty_minor <= row.penalty_minor
        assert row.interest_minor >= row.paid_interest_minor >= 0
    assert found.total("paid") == sum(
        line.amount_minor - line.over_minor for line in found.lines if line.kind <= LAST_PAYMENT
    )


@QUICK
@given(story=stories(), data=st.data())
def test_an_undo_restores(story: tuple[LoanTerms, list[BookEvent]], data: st.DataObject) -> None:
    """A payment and its reversal leave what would be without both."""
    terms, events = story
    last = events[-1].value_date + timedelta(days=data.draw(st.integers(1, 40)))
    paid = BookEvent(
        seq=len(events) + 1, kind=Kind.REPAY, value_date=last, booking_date=last,
        amount_minor=data.draw(st.integers(1, terms.principal_minor)),
    )  # fmt: skip
    undone = BookEvent(
        seq=len(events) + 2, kind=Kind.REVERSE, value_date=last, booking_date=last, of_seq=paid.seq
    )
    before = position(terms=terms, events=events, as_of=last)
    after = position(terms=terms, events=[*events, paid, undone], as_of=last)
    assert figures(after) == figures(before)
    assert [line for line in after.lines if line.is_reversed], "the reversed payment stays in the statement"


@QUICK
@given(story=stories(), data=st.data())
def test_back_dating_is_having_known(story: tuple[LoanTerms, list[BookEvent]], data: st.DataObject) -> None:
    """Payments booked in any order, but for the days of their charges, give the position of the right order."""
    terms, events = story
    assume(all(event.kind is not Kind.CHARGE for event in events) and len(events) > 2)
    last = events[-1].value_date
    mixed = [events[0], *data.draw(st.permutations(events[1:]))]
    late = [replace(event, seq=number, booking_date=last) for number, event in enumerate(mixed, 1)]
    known = position(terms=terms, events=events, as_of=last)
    assert figures(position(terms=terms, events=late, as_of=last)) == figures(known)


@QUICK
@given(story=stories(), days=st.integers(1, 60))
def test_a_preview_is_the_execution(story: tuple[LoanTerms, list[BookEvent]], days: int) -> None:
    """Paying what the payoff says closes the loan, to the last minor unit, on the day for which it was said."""
    terms, events = story
    day = events[-1].value_date + timedelta(days=days)
    before = position(terms=terms, events=events, as_of=day)
    assume(before.payoff_minor > 0)
    paid = BookEvent(
        seq=len(events) + 1,
        kind=Kind.REPAY,
        value_date=day,
        booking_date=day,
        amount_minor=before.payoff_minor,
    )
    found = position(terms=terms, events=[*events, paid], as_of=day)
    assert (found.outstanding_minor, found.credit_minor) == (0, before.credit_minor)
    assert found.lines[-1].over_minor == 0


@QUICK
@given(terms=contracts())
def test_a_plan_pays_everything_back(terms: LoanTerms) -> None:
    """A plan without events lends the principal once and asks for it once, on rising dates."""
    plan = position(terms=terms, events=(), as_of=terms.start_date)
    assert plan.total("principal") == terms.principal_minor and len(plan.rows) == terms.count
    assert plan.rows[-1].balance_minor == 0
    dues = [row.due_date for row in plan.rows]
    assert dues == sorted(set(dues)) and dues[0] > terms.start_date
    if terms.annual_rate_ppm == 0:
        assert plan.total("interest") == 0
    assert plan == position(terms=terms, events=(), as_of=terms.start_date)
