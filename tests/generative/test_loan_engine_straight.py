"""Loans that go straight on have the figures that a book gives: payments on their day, late, in part, too much, and a change
of the rate or a re-age, on every kind of day.
"""

from __future__ import annotations

import os
import random
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

from puhui.batch.portfolio.columns import TermsTable, pack, read_columns, with_terms
from puhui.loans.domain.engine import BookEvent, LoanTerms, figures, position
from puhui.loans.domain.engine.codes import Basis, Kind, Method, ReAgeInterest, Unit
from tests.batch.kit import plain_figures

SEED = 20_261_122
STORIES = 2_000 if os.environ.get("PUHUI_RELEASE") else 80


def contract(dice: random.Random) -> LoanTerms:
    """A contract without special features, sometimes of extreme numbers."""
    return LoanTerms(
        currency="CNY",
        principal_minor=dice.choice(
            [dice.randrange(1_000, 50_000_000)] * 9 + [dice.randrange(1, 500), 10**10]
        ),
        annual_rate_ppm=dice.choice([36_500, 90_000, 144_000, 144_000, 360_000, 999_999]),
        count=dice.choice([2, 3, 12, 12, 24, 36, 60]),
        every=dice.choice([1, 1, 1, 1, 2, 6]),
        unit=dice.choice([Unit.MONTH, Unit.MONTH, Unit.MONTH, Unit.YEAR]),
        start_date=date(2023, 1, 1) + timedelta(days=dice.randrange(1_200)),
        method=dice.choice([Method.EQUAL_INSTALMENT, Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL]),
        basis=dice.choice([Basis.THIRTY_360, Basis.ANNUAL]),
        levels_again=dice.random() < 0.8,
        multiple_minor=dice.choice([0, 0, 0, 100]),
    )


def habits(dice: random.Random, terms: LoanTerms) -> list[BookEvent]:
    """Payments as borrowers make them, and now and then a change of the rate or a re-age."""
    start = terms.start_date
    told: list[tuple[date, int, int]] = []
    rows, is_tidy = position(terms=terms, events=[], as_of=start).rows, dice.random() < 0.75
    for row in rows[: dice.randrange(min(len(rows), 12) + 1)]:
        for _ in range(dice.choice([0, 1, 1, 1, 1, 1, 1, 2])):
            late = dice.choice([0, 0, 0, 0, 0, 3, 17, 45] if is_tidy else [0, 0, 5, -1, -9])
            due = rows[0].due_minor if dice.random() < 0.7 else row.due_minor
            part = dice.choice([due, due, due, due // 2, due // 10] if is_tidy else [due, due + 1])
            amount = max(1, part)
            told.append((max(start, row.due_date + timedelta(days=late)), Kind.REPAY, amount))
    if dice.random() < 0.3:
        told = dribbles(dice, start, rows[0].due_minor)
    if told and dice.random() < 0.6:
        day = dice.choice(told)[0] + timedelta(days=dice.choice([0, 0, 1, 10, -1]))
        kind = dice.choice([Kind.RATE_CHANGE, Kind.RE_AGE])
        told.append((max(start, day), kind, dice.choice([1, 60_000, 120_000, 240_000])))
    told.sort(key=lambda one: (one[0], dice.random()))
    payout = BookEvent(
        seq=1, kind=Kind.DISBURSE, value_date=start, booking_date=start, amount_minor=terms.principal_minor
    )
    events = [payout]
    for seq, (day, kind, number) in enumerate(told, 2):
        events.append(happening(dice, terms, seq, day, Kind(kind), number))
    return events


def dribbles(dice: random.Random, start: date, due: int) -> list[tuple[date, int, int]]:
    """Small payments on any days, ahead of the first due date and between others, a little above or below what is due."""
    told, day = [], start
    for _ in range(dice.randrange(1, 40)):
        day += timedelta(days=dice.choice([0, 1, 5, 10, 10, 15, 30]))
        told.append((day, int(Kind.REPAY), max(1, due * dice.choice([5, 25, 33, 50, 90, 100]) // 100)))
    return told


def happening(
    dice: random.Random, terms: LoanTerms, seq: int, day: date, kind: Kind, number: int
) -> BookEvent:
    """One event; it is sometimes booked later than it counts."""
    is_payment = kind is Kind.REPAY
    return BookEvent(
        seq=seq,
        kind=kind,
        value_date=day,
        booking_date=day + timedelta(days=dice.choice([0] * 12 + [20])),
        amount_minor=number if is_payment else 0,
        annual_rate_ppm=number if kind is Kind.RATE_CHANGE else 0,
        from_date=day + timedelta(days=dice.choice([1, 20, 20, 31, 60])) if kind is Kind.RE_AGE else None,
        count=dice.randrange(1, 20) if kind is Kind.RE_AGE else 0,
        every=terms.every if kind is Kind.RE_AGE else 1,
        unit=terms.unit if kind is Kind.RE_AGE else Unit.MONTH,
        interest=dice.choice([ReAgeInterest.DEFAULT] * 4 + [ReAgeInterest.WAIVE])
        if kind is Kind.RE_AGE
        else ReAgeInterest.DEFAULT,
    )


def test_going_straight_changes_no_figure() -> None:
    dice, table, loans = random.Random(SEED), TermsTable(), []
    for number in range(STORIES):
        terms = contract(dice)
        loans.append((str(number), terms, habits(dice, terms)))
    columns = read_columns(with_terms(pack(loans, table), table))
    days = [date(2023, 12, 31), date(2024, 9, 15), date(2025, 6, 30), date(2040, 1, 1)]
    days += [events[-1].value_date for _, _, events in dice.sample(loans, 2)]
    went, inner = 0, figures.go_straight

    def counted(*arguments: Any) -> bool:
        nonlocal went
        done = inner(*arguments)
        went += done
        return done

    for day in days:
        with patch.object(figures, "go_straight", counted):
            straight = plain_figures(columns, day.toordinal())
        with patch.object(figures, "may_go_straight", lambda b, table, number: False):
            book = plain_figures(columns, day.toordinal())
        for number in range(STORIES):
            assert straight[number] == book[number], f"seed {SEED}, loan {number}, {day}: {loans[number]}"
    assert went > STORIES, "hardly any loan went straight on: nothing was compared"


def test_remembered_level_payments_are_those_of_each_loan_alone() -> None:
    """Loans of one amount, rate and count whose contracts round differently, one after the other and again."""
    start, loans = date(2024, 1, 31), []
    for number in range(24):
        terms = LoanTerms(
            currency="CNY",
            principal_minor=(1_000_000, 1_234_500)[number % 2],
            annual_rate_ppm=(144_000, 180_000)[number // 2 % 2],
            count=(12, 36)[number // 4 % 2],
            start_date=start,
            levels_again=number < 12,
            multiple_minor=(0, 100, 0)[number % 3],
        )
        payout = BookEvent(
            seq=1,
            kind=Kind.DISBURSE,
            value_date=start,
            booking_date=start,
            amount_minor=terms.principal_minor,
        )
        loans.append((str(number), terms, [payout]))
    day = date(2024, 4, 30).toordinal()

    def figures_of(some: list[tuple[str, LoanTerms, list[BookEvent]]]) -> list[list[int]]:
        table = TermsTable()
        return plain_figures(read_columns(with_terms(pack(some, table), table)), day)

    alone = [figures_of([one])[0] for one in loans]
    assert figures_of([*loans, *loans]) == [*alone, *alone]
    assert len({tuple(one) for one in alone}) > 12, "the contracts differ in what they give"
