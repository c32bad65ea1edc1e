"""What must hold on every loan, whatever happens to it: the invariants of the position."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from puhui.core.rounding import Rounding, divide
from puhui.loans.domain import (
    PAYMENTS,
    EventKind,
    LoanEvent,
    LoanState,
    Position,
    RowState,
    check_payment,
    imagine,
    plan,
    position,
    postings,
    preview,
    settlement_kind,
    standing,
    terms_from_plain,
    terms_to_plain,
)
from tests.generative.loan_stories import Story, stories, terms_of

QUICK = settings(max_examples=100, deadline=None, print_blob=True)
MONEY = [EventKind.REPAY, EventKind.PREPAY, EventKind.REPAY]


def figures(found: Position) -> Position:
    """A position without the names of the payments that led to it."""
    return replace(found, allocations=())


@QUICK
@given(story=stories(), days=st.integers(0, 400))
def test_nothing_is_lost(story: Story, days: int) -> None:
    """Lent = outstanding + repaid; what came in = what it was used for + credit; the table adds up to both."""
    day = story.today + timedelta(days=days)
    found = story.at(day)
    assert found.disbursed_minor == found.principal_outstanding_minor + found.paid_principal_minor
    assert sum(row.principal_minor + row.prepaid_minor for row in found.rows) == found.disbursed_minor
    real = standing(story.events)
    came = sum(one.amount_minor for one in real if one.kind in PAYMENTS)
    back = sum(one.amount_minor for one in real if one.kind is EventKind.CREDIT_REFUND)
    assert came == found.paid_minor + found.credit_minor + back
    assert found.credit_minor >= 0
    for name, ahead in (
        ("principal", sum(row.prepaid_minor for row in found.rows)),
        ("interest", 0),
        ("fee", 0),
        ("penalty", 0),
    ):
        paid = sum(getattr(row, f"paid_{name}_minor") for row in found.rows)
        assert paid + ahead == getattr(found, f"paid_{name}_minor")
    for row in found.rows:
        for name in ("principal", "interest", "fee", "penalty"):
            assert 0 <= getattr(row, f"paid_{name}_minor") <= getattr(row, f"{name}_minor"), (name, row)
        assert (row.state is RowState.PAID) == (row.open_minor == 0)
        assert row.state is not RowState.LATE or row.due_date < day
    assert found.due_minor == sum(row.open_minor for row in found.rows if row.due_date <= day)
    assert found.late_minor == sum(row.open_minor for row in found.rows if row.due_date < day)
    assert (found.dpd_days > 0) == (found.late_minor > 0)
    assert found.payoff_minor >= 0 and found.payoff_saves_minor >= 0
    assert (found.state is LoanState.ACTIVE) == (found.closed_on is None)


@QUICK
@given(story=stories())
def test_every_allocation_adds_up(story: Story) -> None:
    found = story.at(story.today)
    paid = {one.id: one.amount_minor for one in standing(story.events) if one.kind in PAYMENTS}
    assert {one.event_id: one.amount_minor for one in found.allocations} == paid
    for one in found.allocations:
        parts = (
            one.penalty_minor + one.fee_minor + one.interest_minor + one.principal_minor + one.credit_minor
        )
        assert parts == one.amount_minor
        assert one.principal_minor >= 0 and one.credit_minor >= 0


@QUICK
@given(story=stories())
def test_the_books_are_the_positions(story: Story) -> None:
    """The postings of every event add up to the figures of the position, whatever was back-dated or reversed."""
    balances: Counter[str] = Counter()
    for count, event in enumerate(story.events):
        day = event.booking_date
        before = position(terms=story.terms, events=story.events[:count], as_of=day)
        after = position(terms=story.terms, events=story.events[: count + 1], as_of=day)
        for one in postings(before=before, after=after, event=event):
            balances[one.debit] += one.amount_minor
            balances[one.credit] -= one.amount_minor
    found = story.at(story.today)
    assert balances["1301"] == found.principal_outstanding_minor
    assert -balances["4001"] == found.paid_interest_minor
    assert -balances["4002"] == found.paid_penalty_minor
    assert -balances["4003"] == found.paid_fee_minor
    assert -balances["2001"] == found.credit_minor
    real = standing(story.events)
    assert balances["1003"] == sum(one.amount_minor for one in real if one.kind in PAYMENTS)


@QUICK
@given(
    story=stories(kinds=MONEY),
    first=st.integers(1, 10**7),
    second=st.integers(1, 10**7),
    gap=st.integers(0, 70),
)
def test_payments_of_one_day_commute(story: Story, first: int, second: int, gap: int) -> None:
    day = story.today + timedelta(days=gap)
    ends = []
    for amounts in ((first, second), (second, first)):
        copy = Story(story.terms, list(story.events))
        for amount in amounts:
            copy.events.append(copy.event(EventKind.REPAY, day, amount))
        ends.append([figures(copy.at(day + timedelta(days=later))) for later in (0, 1, 40)])
    assert ends[0] == ends[1]


@QUICK
@given(story=stories(), amount=st.integers(1, 10**7), gap=st.integers(0, 60), more=st.integers(0, 90))
def test_a_reversal_restores(story: Story, amount: int, gap: int, more: int) -> None:
    day = story.today + timedelta(days=gap)
    plain = [story.at(day + timedelta(days=later)) for later in (-1, 0, 1, more)]
    assume(story.take(story.event(EventKind.REPAY, day, amount)))
    paid = story.events[-1]
    story.events.append(story.event(EventKind.REVERSE, day, 0, {"event_id": paid.id}))
    assert plain == [story.at(day + timedelta(days=later)) for later in (-1, 0, 1, more)]
    before_it_was_known = story.events[-2].booked_at
    assert story.at(day, known_at=before_it_was_known).allocations[-1].event_id == paid.id


@QUICK
@given(story=stories(kinds=[*MONEY, EventKind.PENALTY_FREEZE]), order=st.randoms(use_true_random=False))
def test_back_dated_is_having_known(story: Story, order: object) -> None:
    """Events recorded late, in any order, give the position of events recorded in time (one a day)."""
    once: dict[date, LoanEvent] = {}
    for event in story.events:
        once.setdefault(event.value_date, event)
    in_time = list(once.values())
    shuffled = list(in_time)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    late = [replace(event, seq=seq) for seq, event in enumerate(shuffled, start=1)]
    for later in (0, 1, 33, 200):
        day = story.today + timedelta(days=later)
        assert position(terms=story.terms, events=in_time, as_of=day) == position(
            terms=story.terms, events=late, as_of=day
        )


@QUICK
@given(story=stories())
def test_what_we_believed_then(story: Story) -> None:
    """With `known_at`, the position is the one of the events booked by then."""
    for count, event in enumerate(story.events):
        known = position(terms=story.terms, events=story.events[: count + 1], as_of=story.today)
        assert story.at(story.today, known_at=event.booked_at) == known


@QUICK
@given(terms=terms_of())
def test_a_quote_is_the_position_without_events(terms: object) -> None:
    found = position(terms=terms, events=[], as_of=terms.value_date)  # type: ignore[arg-type,attr-defined]
    assert found.state is LoanState.PENDING and found.principal_outstanding_minor == found.payoff_minor == 0
    for row, quoted in zip(found.rows, terms.rows, strict=True):  # type: ignore[attr-defined]
        for name in ("number", "due_date", "principal_minor", "interest_minor", "fee_minor", "balance_minor"):
            assert getattr(row, name) == getattr(quoted, name)
        assert row.payment_minor == quoted.payment_minor
    assert terms_from_plain(terms_to_plain(terms)) == terms  # type: ignore[arg-type]


@QUICK
@given(
    story=stories(
        kinds=[EventKind.REPAY, EventKind.PREPAY, EventKind.PENALTY_FREEZE, EventKind.CREDIT_REFUND]
    )
)
def test_facts_only_grow(story: Story) -> None:
    """Day by day: what was paid and what was added for lateness never shrink, the principal never grows."""
    last = story.at(story.events[0].value_date)
    day = last.as_of
    while day < story.today + timedelta(days=60):
        day += timedelta(days=1)
        now = story.at(day)
        assert now.paid_principal_minor >= last.paid_principal_minor
        assert (
            now.paid_interest_minor + now.paid_principal_minor
            >= last.paid_interest_minor + last.paid_principal_minor
        )
        assert now.paid_penalty_minor >= last.paid_penalty_minor
        assert now.principal_outstanding_minor <= last.principal_outstanding_minor
        for new, old in zip(now.rows, last.rows, strict=True):
            assert new.penalty_minor >= old.penalty_minor and new.due_date == old.due_date
        if not any(event.value_date == day for event in story.events):
            assert now.payoff_minor >= last.payoff_minor
        last = now


@QUICK
@given(
    story=stories(kinds=MONEY, steps=4),
    gap=st.integers(0, 90),
    days=st.integers(1, 30),
    inside=st.integers(0, 29),
)
def test_a_frozen_penalty_stays(story: Story, gap: int, days: int, inside: int) -> None:
    """Guarantee G7: nothing is added for the day of asking or a later day of the freeze; afterwards days count on."""
    asked = story.today + timedelta(days=gap)
    eve = story.at(asked - timedelta(days=1))
    free = story.at(asked + timedelta(days=days))
    assume(story.at(asked).state is LoanState.ACTIVE)
    until = asked + timedelta(days=days)
    payload = {"from": asked.isoformat(), "until": until.isoformat()}
    assert story.take(story.event(EventKind.PENALTY_FREEZE, asked, 0, payload))
    then = story.at(min(asked + timedelta(days=inside), until - timedelta(days=1)))
    assert [row.penalty_minor for row in then.rows] == [
        row.penalty_minor for row in eve.rows
    ] or story.today == eve.as_of
    assert then.frozen_until == until
    for frozen, unfrozen in zip(story.at(until).rows, free.rows, strict=True):
        assert frozen.penalty_minor <= unfrozen.penalty_minor


@QUICK
@given(
    story=stories(kinds=[EventKind.REPAY, EventKind.PENALTY_FREEZE, EventKind.PENALTY_THAW], steps=6),
    days=st.integers(0, 120),
)
def test_penalty_day_by_day(story: Story, days: int) -> None:
    """The penalty of each instalment is the sum over days of late principal × rate, rounded once."""
    day = story.today + timedelta(days=days)
    frozen: set[date] = set()
    for event in sorted(story.events, key=lambda one: (one.value_date, one.seq)):
        if event.kind is EventKind.PENALTY_FREEZE:
            start, end = (date.fromisoformat(event.payload[name]) for name in ("from", "until"))
            frozen |= {start + timedelta(days=count) for count in range((end - start).days)}
        if event.kind is EventKind.PENALTY_THAW:
            frozen = {one for one in frozen if one < event.value_date}
    found = story.at(day)
    assume(found.state is LoanState.ACTIVE)
    sums = [Fraction(0)] * len(found.rows)
    walked = found.rows[0].due_date
    while walked <= day:
        eve = story.at(walked - timedelta(days=1))
        for index, row in enumerate(eve.rows):
            if row.due_date < walked and walked not in frozen:
                late = row.principal_minor - row.paid_principal_minor
                sums[index] += Fraction(late * story.terms.penalty_daily_rate_ppm, 1_000_000)
        walked += timedelta(days=1)
    expected = [divide(one.numerator, one.denominator, Rounding.HALF_EVEN) for one in sums]
    assert [row.penalty_minor for row in found.rows] == expected


@QUICK
@given(
    story=stories(kinds=MONEY),
    gap=st.integers(0, 40),
    percent=st.integers(1, 99),
    kind=st.sampled_from([EventKind.REPAY, EventKind.PREPAY]),
)
def test_paying_lowers_the_payoff_by_what_was_paid(
    story: Story, gap: int, percent: int, kind: EventKind
) -> None:
    """On one day every way of paying costs the same: payment then payoff = payoff alone, and the payoff closes."""
    day = story.today + timedelta(days=gap)
    before = story.at(day)
    amount = before.payoff_minor * percent // 100
    assume(before.state is LoanState.ACTIVE and amount)
    after = preview(
        terms=story.terms,
        events=story.events,
        event=imagine(kind=kind, amount_minor=amount, value_date=day, through=99),
        as_of=day,
    )
    assert after.payoff_minor == before.payoff_minor - amount
    assert story.take(story.event(EventKind.PAYOFF, day, before.payoff_minor), may_overpay=False)
    closed = story.at(day)
    assert closed.state is LoanState.CLOSED and closed.credit_minor == before.credit_minor
    assert closed.payments_left == closed.payoff_minor == closed.due_minor == 0
    assert closed == replace(story.at(day + timedelta(days=500)), as_of=day)


@QUICK
@given(story=stories(kinds=MONEY), gap=st.integers(0, 40), percent=st.integers(1, 99))
def test_a_prepayment_never_costs_more(story: Story, gap: int, percent: int) -> None:
    """Due dates and count stay, no instalment's interest rises, and what remains falls by at least what was paid."""
    day = story.today + timedelta(days=gap)
    before = story.at(day)
    amount = before.payoff_minor * percent // 100
    assume(before.state is LoanState.ACTIVE and amount)
    event = imagine(kind=EventKind.PREPAY, amount_minor=amount, value_date=day)
    after = preview(terms=story.terms, events=story.events, event=event, as_of=day)
    assert [row.due_date for row in after.rows] == [row.due_date for row in before.rows]
    for new, old in zip(after.rows, before.rows, strict=True):
        assert new.interest_minor <= old.interest_minor and new.fee_minor <= old.fee_minor
    left = sum(row.open_minor for row in before.rows) - sum(row.open_minor for row in after.rows)
    assert left >= amount


@QUICK
@given(story=stories(kinds=MONEY, steps=5), gap=st.integers(0, 30))
def test_the_plan_pays_everything_on_its_day(story: Story, gap: int) -> None:
    today = story.today + timedelta(days=gap)
    now = story.at(today)
    assume(now.state is LoanState.ACTIVE)
    last = max(now.rows[-1].due_date, today + timedelta(days=1))
    end = plan(terms=story.terms, events=story.events, today=today, as_of=last)
    assert end.state is LoanState.CLOSED
    planned = [row for row in end.rows if row.state is RowState.PLANNED]
    assert {row.number for row in planned} <= {row.number for row in now.rows if row.open_minor}
    assert all(row.state in {RowState.PAID, RowState.PLANNED} for row in end.rows)
    assert end.paid_minor - now.paid_minor <= sum(row.open_minor for row in now.rows)


@QUICK
@given(story=stories(kinds=[EventKind.REPAY], steps=2, late_payout=0), gap=st.integers(0, 14))
def test_a_withdrawal_costs_the_days_only(story: Story, gap: int) -> None:
    day = max(story.today, story.events[0].value_date + timedelta(days=gap))
    here = story.at(day)
    assume(here.withdrawal_minor is not None and here.withdrawal_minor > 0)
    assert here.withdrawal_minor is not None and here.withdrawal_minor <= here.payoff_minor
    assert story.take(story.event(EventKind.WITHDRAW, day, here.withdrawal_minor), may_overpay=False)
    undone = story.at(day)
    assert undone.state is LoanState.WITHDRAWN and undone.credit_minor == here.credit_minor
    assert undone.paid_fee_minor == undone.paid_penalty_minor == 0
    assert undone.paid_principal_minor == story.terms.principal_minor
    first = story.terms.rows[0]
    days, whole = (day - story.terms.value_date).days, (first.due_date - story.terms.value_date).days
    if day < first.due_date:
        assert undone.paid_interest_minor == divide(first.interest_minor * days, whole, Rounding.HALF_EVEN)


@QUICK
@given(
    story=stories(),
    gap=st.integers(0, 40),
    amount=st.integers(1, 10**7),
    kind=st.sampled_from(sorted(PAYMENTS, key=str)),
)
def test_money_that_has_arrived_is_never_refused(
    story: Story, gap: int, amount: int, kind: EventKind
) -> None:
    """On an open loan, the kind that `settlement_kind` names is always recorded."""
    day = story.today + timedelta(days=gap)
    here = story.at(day)
    assume(here.state is LoanState.ACTIVE)
    as_what = settlement_kind(intent=kind, amount_minor=amount, position=here)
    check_payment(position=here, kind=as_what, amount_minor=amount, may_overpay=True)
    assert story.take(story.event(as_what, day, amount))
