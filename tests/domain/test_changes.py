"""Rules of changes are read strictly; paying on time counts in a row; an earlier quote holds the rate."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from puhui.loans.domain import (
    ChangeChoice,
    ContractTerms,
    EventKind,
    LoanEvent,
    change_price,
    paid_on_time,
    position,
    promised_rate,
)
from puhui.loans.domain.change import change_loan, first_moved
from puhui.loans.domain.change_policy import parse_changes
from puhui.offers.domain.concessions import NO_CONCESSIONS
from puhui.protection.domain.strict import PolicyInvalid
from tests.generative.test_change_properties import drawn_terms, quoted, told

FILE = "changes/2026-11-22.toml"
TEXT = (Path(__file__).resolve().parents[2] / "policies" / FILE).read_text(encoding="utf-8")
POLICY = parse_changes(TEXT, file=FILE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("notice_days_least = 5", "notice_days_least = 0"),
        ("due_day_wait_months = 6", "due_day_wait_months = 25"),
        ("due_day_wait_months = 6", "due_day_wait_moths = 6"),
        ('version = "2026-11-22"', 'version = "2026-11-23"'),
        ("annual_rate_ppm = 12_000", "annual_rate_ppm = 5_000"),
        ("annual_rate_ppm = 3_000", "annual_rate_ppm = 0"),
        ("payments_at_least = 3", "payments_at_least = 6"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(PolicyInvalid):
        parse_changes(TEXT.replace(old, new), file=FILE)


def test_what_payments_on_time_take_off() -> None:
    assert [POLICY.off_ppm(n) for n in (0, 2, 3, 5, 6, 12, 40)] == [0, 0, 3_000, 3_000, 6_000, 12_000, 12_000]
    steps = [POLICY.next_step(n) for n in (0, 3, 11, 12)]
    assert [one.payments_at_least if one else None for one in steps] == [3, 6, 12, None]


def paid(days_late: tuple[int, ...]) -> tuple[ContractTerms, list[LoanEvent]]:
    """A loan whose instalments so far came so many days after their day."""
    draw = random.Random(5)
    terms = drawn_terms(draw)
    while terms.months < 9:
        terms = drawn_terms(draw)
    events = [told(1, EventKind.DISBURSE, terms.value_date, terms.principal_minor)]
    for row, late in zip(terms.rows, days_late, strict=False):
        day = row.due_date + timedelta(days=late)
        due = position(terms=terms, events=events, as_of=day).due_minor or row.payment_minor
        events.append(told(len(events) + 1, EventKind.REPAY, day, due))
    return terms, events


@pytest.mark.parametrize(
    ("late", "counted"),
    [((), 0), ((0, 0, 0), 3), ((0, 5, 0, 0), 2), ((0, 0, 4), 0)],
)
def test_payments_on_time_count_in_a_row(late: tuple[int, ...], counted: int) -> None:
    terms, events = paid(late)
    asked = terms.rows[len(late)].due_date - timedelta(days=1)
    assert paid_on_time([position(terms=terms, events=events, as_of=asked)]) == counted
    missed = terms.rows[len(late)].due_date + timedelta(days=2)
    assert paid_on_time([position(terms=terms, events=events, as_of=missed)]) == 0


def test_a_price_is_the_profile_less_what_counts_and_never_below_the_floor() -> None:
    terms, events = paid((0, 0, 0))
    loan = change_loan(terms=terms, events=events, on_date=events[-1].value_date)
    asked = {
        "loan": loan, "choice": ChangeChoice(), "promised_ppm": None, "policy": POLICY, "on_time_payments": 3,
        "proof_ids": ("p",),
    }  # fmt: skip
    price = change_price(base_ppm=loan.rate_ppm, concessions=NO_CONCESSIONS, **asked)
    assert price.answer_ppm == loan.rate_ppm - 3_000 and price.is_lower
    floor = replace(NO_CONCESSIONS, rate_least_ppm=loan.rate_ppm - 1_000)
    price = change_price(base_ppm=loan.rate_ppm, concessions=floor, **asked)
    assert price.answer_ppm == loan.rate_ppm - 1_000
    dearer = change_price(base_ppm=loan.rate_ppm + 9_000, concessions=NO_CONCESSIONS, **asked)
    assert (
        dearer.answer_ppm > dearer.now_ppm and not dearer.is_lower
    )  # nothing gets dearer: it is not offered
    held = change_price(
        base_ppm=loan.rate_ppm + 9_000, concessions=NO_CONCESSIONS, **{**asked, "promised_ppm": 20_000}
    )
    assert held.answer_ppm == 20_000 and held.is_lower


def test_an_earlier_quote_holds_while_its_proofs_stand() -> None:
    terms, events = paid((0,))
    lower = terms.annual_rate_ppm - 100
    quote = quoted(ChangeChoice(annual_rate_ppm=lower), terms, events, events[-1].value_date)
    quote = replace(quote, proof_ids=("p",))
    at: datetime = quote.valid_until
    assert promised_rate([quote], given={"p", "q"}, now=at) == lower
    assert promised_rate([quote], given={"q"}, now=at) is None
    assert promised_rate([quote], given={"p"}, now=at + timedelta(microseconds=1)) is None


def test_the_first_moved_day_leaves_a_period_and_notice() -> None:
    terms, events = paid((0, 0))
    last = events[-1].value_date
    loan = change_loan(terms=terms, events=events, on_date=last + timedelta(days=20))
    for day in range(1, 29):
        there = first_moved(loan, day, period_days_least=15, notice_days_least=5)
        assert there.day == day and there >= max(last + timedelta(days=15), loan.on_date + timedelta(days=5))
        assert there < loan.on_date + timedelta(days=5 + 31)
