"""Changes of drawn loans on drawn days: what is quoted is what recording it gives, to the cent."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from puhui.core.refusals import Refusal
from puhui.core.rounding import Rounding
from puhui.loans.domain import (
    ChangeChoice,
    ChangeQuote,
    ChangeTerms,
    ContractTerms,
    EventKind,
    LoanEvent,
    build_change,
    change_from_plain,
    change_loan,
    change_to_plain,
    figures_of,
    parse_changes,
    position,
)
from puhui.products.domain import CapBasis, CapRule, Method, MethodTerms, Product
from puhui.products.domain.by_options import build_schedule
from puhui.products.domain.options import LoanOptions

SEED, CASES = 20261122, 120
START = date(2026, 11, 23)
CAP = CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE)
POLICY = parse_changes(
    """
[changes]
jurisdiction = "CN"
version = "2026-11-22"
valid_from = 2026-11-22
valid_to = "open"
notice_days_least = 5
due_day_wait_months = 6
payments_wait_months = 3
""",
    file="changes/2026-11-22.toml",
)
PRODUCT = Product(
    id="drawn", version="2026-11-01", hash="", valid_from=START, valid_to=None, name_en="", name_zh="", currency="CNY",
    amount_min_minor=1, amount_max_minor=10**9, amount_step_minor=1, terms=(3, 6, 9, 12, 18, 24),
    methods=tuple(MethodTerms(method=one, max_months=24) for one in (Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_FIRST)),
    fees=(), instalment_rounding=Rounding.HALF_EVEN, first_period_min_days=15, restores=True, semantics_version=2,
    options=LoanOptions(),
)  # fmt: skip
WITHIN = ChangeTerms(
    product=PRODUCT,
    cap=CAP,
    left_minor=10**9,
    notice_days_least=POLICY.notice_days_least,
    due_day_wait_months=POLICY.due_day_wait_months,
    payments_wait_months=POLICY.payments_wait_months,
)


def drawn_terms(draw: random.Random) -> ContractTerms:
    """A contract."""
    method = draw.choice([one.method for one in PRODUCT.methods])
    months, rate = draw.choice(PRODUCT.terms), draw.randrange(40_000, 200_000, 100)
    principal, start = draw.randrange(50_000, 20_000_000), START + timedelta(days=draw.randrange(400))
    rows = build_schedule(
        principal_minor=principal,
        annual_rate_ppm=rate,
        months=months,
        method=method,
        value_date=start,
        options=LoanOptions(),
    )
    return ContractTerms(
        semantics_version=2,
        currency="CNY",
        principal_minor=principal,
        annual_rate_ppm=rate,
        penalty_daily_rate_ppm=500,
        months=months,
        method=method,
        instalment_rounding=Rounding.HALF_EVEN,
        value_date=start,
        due_day=None,
        rows=rows,
        cap=CAP,
        withdrawal_days=0,
        options=LoanOptions(),
    )


def told(seq: int, kind: EventKind, day: date, amount: int = 0, **said: object) -> LoanEvent:
    """An event."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return LoanEvent(
        id=f"e{seq}", loan_id="loan", seq=seq, kind=kind, value_date=day, booking_date=day, booked_at=at,
        amount_minor=amount, payload=said,
    )  # fmt: skip


def drawn_story(draw: random.Random, terms: ContractTerms) -> tuple[list[LoanEvent], date]:
    """Payments on their day, now and then a part early, and a day on which she asks."""
    events = [told(1, EventKind.DISBURSE, terms.value_date, terms.principal_minor)]
    day = terms.value_date
    for row in terms.rows[: draw.randrange(len(terms.rows))]:
        if draw.random() < 0.2 and row.due_date - day > timedelta(days=3):
            early = day + timedelta(days=draw.randrange(1, (row.due_date - day).days))
            amount = draw.randrange(100, max(200, terms.principal_minor // 20))
            events.append(told(len(events) + 1, EventKind.PREPAY, early, amount))
        there = position(terms=terms, events=events, as_of=row.due_date)
        if there.due_minor:
            events.append(told(len(events) + 1, EventKind.REPAY, row.due_date, there.due_minor))
        day = row.due_date
    return events, day + timedelta(days=draw.randrange(0, 28))


def drawn_choice(draw: random.Random, terms: ContractTerms) -> ChangeChoice:
    """What she asks for."""
    return ChangeChoice(
        due_day=draw.choice([None, draw.randrange(1, 29)]),
        payments=draw.choice([None, draw.randrange(1, 25)]),
        annual_rate_ppm=draw.choice([None, draw.randrange(0, terms.annual_rate_ppm)]),
    )


def quoted(choice: ChangeChoice, terms: ContractTerms, events: list[LoanEvent], day: date) -> ChangeQuote:
    """The quote of a choice."""
    return build_change(
        id="c" * 26,
        customer_id="her",
        choice=choice,
        loan=change_loan(terms=terms, events=events, on_date=day),
        within=WITHIN,
        policy=POLICY,
        decision_id="",
        proof_ids=(),
        valid_days=7,
        zone="Asia/Shanghai",
        issued_at=datetime(day.year, day.month, day.day, 2, tzinfo=UTC),
    )


def recorded(
    quote: ChangeQuote, terms: ContractTerms, events: list[LoanEvent], later: int
) -> list[LoanEvent]:
    """The events as signing records them, so many days later."""
    done = list(events)
    for place, step in enumerate(quote.steps):
        one = told(len(done) + 1, step.kind, step.value_date)
        booked = quote.on_date + timedelta(days=later)
        done.append(replace(one, id=f"s{place}", booking_date=booked, payload=dict(step.payload)))
    return done


def test_what_is_quoted_is_what_happens() -> None:
    print(f"seed {SEED}")
    draw = random.Random(SEED)
    seen = {"quoted": 0, "refused": 0, "due_day": 0, "more": 0, "fewer": 0, "rate": 0}
    for case in range(CASES):
        terms = drawn_terms(draw)
        events, day = drawn_story(draw, terms)
        choice = drawn_choice(draw, terms)
        try:
            quote = quoted(choice, terms, events, day)
        except Refusal:
            seen["refused"] += 1
            continue
        seen["quoted"] += 1
        assert change_from_plain(change_to_plain(quote)) == quote, case
        before = position(terms=terms, events=events, as_of=day)
        done = recorded(quote, terms, events, later=draw.randrange(3))
        there = position(terms=terms, events=done, as_of=day)
        rate = quote.after.annual_rate_ppm
        assert figures_of(there, payoff_minor=before.payoff_minor, rate_ppm=rate) == quote.after, case
        holds(quote, choice, case)
        owed = before.principal_outstanding_minor
        left = there.principal_outstanding_minor
        assert sum(one.principal_minor for one in quote.after.payments) == left, case
        # A lower rate counts from its day on: what was paid on that very day then repaid a little more.
        assert left == owed or (choice.annual_rate_ppm is not None and left < owed), case
        assert not there.restructured, case
        settles(terms, done, quote, case)
        for name, hit in (
            ("due_day", choice.due_day is not None),
            ("more", len(quote.after.payments) > len(quote.before.payments)),
            ("fewer", len(quote.after.payments) < len(quote.before.payments)),
            ("rate", choice.annual_rate_ppm is not None),
        ):
            seen[name] += hit
    print(seen)
    assert min(seen.values()) > CASES // 20, seen


def holds(quote: ChangeQuote, choice: ChangeChoice, case: int) -> None:
    """What she asked for is what she gets."""
    payments = quote.after.payments
    if choice.due_day is not None:
        assert {one.due_date.day for one in payments} == {choice.due_day}, case
        assert payments[0].due_date >= quote.on_date + timedelta(days=POLICY.notice_days_least), case
    if choice.payments is not None:
        assert len(payments) == choice.payments, case
    if choice == ChangeChoice(annual_rate_ppm=choice.annual_rate_ppm):
        assert quote.after.total_minor <= quote.before.total_minor, case
        assert [one.due_date for one in payments] == [one.due_date for one in quote.before.payments], case


def settles(terms: ContractTerms, events: list[LoanEvent], quote: ChangeQuote, case: int) -> None:
    """Paid as quoted, the loan ends with the last payment and nothing is left."""
    done = list(events)
    for one in quote.after.payments:
        done.append(told(len(done) + 1, EventKind.REPAY, one.due_date, one.amount_minor))
    there = position(terms=terms, events=done, as_of=quote.after.last.due_date)
    assert there.closed_on == quote.after.last.due_date, case
    assert there.credit_minor == 0 and there.principal_outstanding_minor == 0, case
