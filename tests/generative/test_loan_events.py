"""A story that is gone on with gives, after each event, what the whole story gives: both versions, in order or not."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from puhui.loans.domain import (
    SEMANTICS,
    ContractTerms,
    EventKind,
    LoanEvent,
    LoanEvents,
    freeze_payload,
    position,
)
from puhui.loans.domain.compute import WALKS, forget_positions
from puhui.products.domain import Method
from tests.generative.test_loans_v2_generative import START, made, terms_of

SEED, STORIES = 4, 120
PAID = (EventKind.REPAY, EventKind.REPAY, EventKind.PREPAY, EventKind.PAYOFF, EventKind.WITHDRAW)


def drawn_terms(dice: random.Random) -> ContractTerms:
    """This function will draw a contract of either version."""
    terms = terms_of(
        dice.choice([1, 3, 4, 12]),
        dice.choice(list(Method)[:4]),
        dice.randrange(0, 181) * 1000,
        dice.choice([0, 55]),
    )
    return terms if dice.random() < 0.6 else replace(terms, semantics_version=1, options=None)


def drawn_event(dice: random.Random, terms: ContractTerms, told: LoanEvents, day: date) -> LoanEvent:
    """This function will draw what happens next: mostly a payment, sometimes back-dated, now and then something else."""

    def event(kind: EventKind, amount: int = 0, back: int = 0, **payload: Any) -> LoanEvent:
        on = max(START, day - timedelta(days=back))
        return made(len(told) + 1, kind, on, amount, booked=day, payload=payload)

    kind = dice.random()
    if kind < 0.75:
        amount = dice.choice([1, 700, 9_000, 30_000, 120_000])
        return event(dice.choice(PAID), amount, dice.choice([0, 0, 0, 0, 12]))
    if kind < 0.80:
        until = day + timedelta(days=dice.randrange(1, 20))
        return event(EventKind.PENALTY_FREEZE, **freeze_payload(from_date=day, until_date=until))
    taken = {one.payload.get("event_id") for one in told}
    left = [one for one in told[1:] if one.kind is not EventKind.REVERSE and one.id not in taken]
    if kind < 0.86 and left:
        target = dice.choice(left)
        return replace(event(EventKind.REVERSE, event_id=target.id), value_date=target.value_date)
    if terms.semantics_version == 1:
        return event(EventKind.REPAY, 800)
    due = (day + timedelta(days=9)).isoformat()
    pause: dict[str, Any] = {"from": day.isoformat(), "to": due}
    payments = [one for one in left if one.kind is EventKind.REPAY]
    return dice.choice(
        [
            event(EventKind.WAIVE, 10, component="interest"),
            event(EventKind.FEE, 100, due=due),
            event(EventKind.RATE_CHANGE, annual_rate_ppm=dice.randrange(0, 100_000)),
            event(EventKind.RE_AMORTISE),
            event(EventKind.REFUND, 5_000),
            event(EventKind.CHARGEBACK, 1, event_id=payments[0].id)
            if payments
            else event(EventKind.REPAY, 5),
            event(EventKind.LATENESS_PAUSE, **pause),
            event(EventKind.CHARGE_OFF),
        ]
    )


def test_going_on_is_walking_again() -> None:
    """Each event of each story: `position` of the value that goes on, and each version's own function over all events."""
    print(f"seed {SEED}")
    went = Counter[str]()
    for number in range(STORIES):
        dice = random.Random(SEED * 10_000 + number)
        terms, day = drawn_terms(dice), START
        told = LoanEvents([made(1, EventKind.DISBURSE, START, terms.principal_minor)])
        for _ in range(dice.randrange(2, 13)):
            day += timedelta(days=dice.choice([0, 0, 1, 5, 20, 31, 40]))
            event = drawn_event(dice, terms, told, day)
            before = told.walk(WALKS[terms.semantics_version], terms)
            went["on" if before and before.after(event) else "again"] += 1
            told.with_event(replace(event, id="another", amount_minor=0))  # tried, and did not happen
            told = told.with_event(event)
            as_of = told.latest + timedelta(days=dice.choice([0, 0, 3, 50]))
            forget_positions()
            whole = SEMANTICS[terms.semantics_version](terms=terms, events=list(told), as_of=as_of)
            assert position(terms=terms, events=told, as_of=as_of) == whole, (number, [*told])
            assert told.find(event.id) == event and told.find("another") is None
    assert min(went["on"], went["again"]) > 100, went


def test_the_past_is_read_from_the_whole_story() -> None:
    """A date before the last event, and what was known earlier, are answered by the events that count there."""
    terms = terms_of(3, Method.EQUAL_INSTALMENT, 180_000, 0)
    events = [made(1, EventKind.DISBURSE, START, terms.principal_minor)]
    events += [made(n, EventKind.REPAY, START + timedelta(days=10 * n), 2_000) for n in range(2, 6)]
    told = LoanEvents()
    for event in events:
        told = told.with_event(event)
    for days in range(0, 60, 5):
        as_of = START + timedelta(days=days)
        assert position(terms=terms, events=told, as_of=as_of) == position(
            terms=terms, events=events, as_of=as_of
        )
    known = events[2].booked_at
    assert position(terms=terms, events=told, as_of=told.latest, known_at=known) == position(
        terms=terms, events=events[:3], as_of=told.latest
    )


def test_two_values_may_go_on_from_one() -> None:
    """Each keeps its own events; the one they come from stays what it was."""
    first = LoanEvents([made(1, EventKind.DISBURSE, START, 100_000)])
    one = first.with_event(made(2, EventKind.REPAY, START, 100))
    other = first.with_event(replace(made(2, EventKind.REPAY, START, 200), id="other"))
    assert [len(first), len(one), len(other)] == [1, 2, 2]
    assert (one[-1].amount_minor, other[-1].amount_minor) == (100, 200)
    assert list(first) == list(one)[:1] == list(other)[:1] and first[:5] == [first[0]]
    assert one.find("other") is None and other.find("e2") is None and first.find("e2") is None
    same = first.with_event(made(2, EventKind.REPAY, START, 100))
    assert same.is_same(one) and not other.is_same(one)
