"""Semantics version 2: what a contract of the general engine means, event by event, and what the books say of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from puhui.core.money import MAX_MINOR
from puhui.core.rounding import Rounding
from puhui.loans.domain import (
    AmountOutOfBounds,
    ContractTerms,
    CountUnfit,
    DatesUnfit,
    EventBeforeDisbursement,
    EventInFuture,
    EventKind,
    EventNotOfContract,
    LaterEventDepends,
    LoanEvent,
    LoanNotWrittenOff,
    LoanState,
    Position,
    RateAboveContract,
    RefundExceedsLoan,
    WaiverExceedsOpen,
    check_event,
    disbursement,
    position,
    postings,
    preview,
    rows_paid_out_on,
    terms_from_plain,
    terms_to_plain,
)
from puhui.loans.domain.checks import NoInstalmentAhead
from puhui.products.domain import CapBasis, CapRule, LoanOptions, Method, fit_under_cap
from puhui.products.domain.options import DueUnit, MonthEndRule

CAP = CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE)
START = date(2026, 1, 31)
LENT = 1_000_000
OPTIONS = {
    "plain": LoanOptions(),
    "3+9": LoanOptions(interest_only=3),
    "weekly": LoanOptions(unit=DueUnit.WEEK),
    "fortnightly": LoanOptions(unit=DueUnit.FORTNIGHT),
    "whole yuan": LoanOptions(multiple_minor=100),
    "month end": LoanOptions(month_end=MonthEndRule.NEXT_DAY),
    "own table": LoanOptions(weights=(1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 4)),
    "down payment": LoanOptions(down_payment_ppm=200_000),
    "fees": LoanOptions(instalment_fee_ppm=3_000, payout_fee_ppm=5_000, fixed_rate_ppm=0),
    "vertical": LoanOptions(vertical=True, grace_days=3, refunds_interest=True),
}


def terms_with(
    options: LoanOptions = OPTIONS["plain"],
    *,
    method: Method = Method.EQUAL_INSTALMENT,
    due_day: int | None = None,
    rate: int = 180_000,
) -> ContractTerms:
    """This function will make the terms of a contract of twelve instalments."""
    fitted = fit_under_cap(
        principal_minor=LENT, annual_rate_ppm=rate if options.fixed_rate_ppm is None else options.fixed_rate_ppm,
        months=12, method=method, value_date=START, cap=CAP, due_day=due_day, options=options,
    )  # fmt: skip
    return ContractTerms(
        semantics_version=2, currency="CNY", principal_minor=LENT, annual_rate_ppm=fitted.annual_rate_ppm,
        penalty_daily_rate_ppm=500, months=12, method=method, instalment_rounding=Rounding.HALF_EVEN,
        value_date=START, due_day=due_day, rows=fitted.rows, cap=CAP, withdrawal_days=14, options=options,
    )  # fmt: skip


def event(seq: int, kind: EventKind, day: date, amount_minor: int = 0, **payload: Any) -> LoanEvent:
    """This function will make an event that was booked on its day."""
    return LoanEvent(
        id=f"e{seq}", loan_id="l", seq=seq, kind=kind, value_date=day, booking_date=day,
        booked_at=datetime(day.year, day.month, day.day, 4, tzinfo=UTC), amount_minor=amount_minor,
        payload={name.rstrip("_"): value for name, value in payload.items()},
    )  # fmt: skip


TERMS = terms_with()
PAID_OUT = event(1, EventKind.DISBURSE, START, LENT)


def on(day: date, *events: LoanEvent, terms: ContractTerms = TERMS) -> Position:
    """This function will compute the position of a paid out loan."""
    return position(terms=terms, events=[PAID_OUT, *events], as_of=day)


def whole(found: Position) -> int:
    """This function will add up where the principal went."""
    return (
        found.principal_outstanding_minor + found.paid_principal_minor - found.recovered_minor
        + found.waived_principal_minor + found.written_off_minor + found.recovered_minor + found.sold_minor
    )  # fmt: skip


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("method", list(Method))
def test_a_quote_is_the_position_of_a_contract_without_events(name: str, method: Method) -> None:
    options = OPTIONS[name]
    if options.interest_only and method in (Method.INTEREST_FIRST, Method.BULLET):
        return
    if method is Method.BULLET and options.unit is not DueUnit.MONTH:
        return
    for due_day in (None, 5) if options.unit is DueUnit.MONTH else (None,):
        terms = terms_with(options, method=method, due_day=due_day)
        for events in ((), (PAID_OUT,)):
            found = position(terms=terms, events=events, as_of=START)
            told = [(r.due_date, r.principal_minor, r.interest_minor, r.fee_minor) for r in found.rows]
            assert told == [
                (r.due_date, r.principal_minor, r.interest_minor, r.fee_minor) for r in terms.rows
            ]
        assert terms_from_plain(terms_to_plain(terms)) == terms


def test_a_later_payout_has_the_table_that_binds_for_it() -> None:
    for day in (START + timedelta(days=n) for n in (1, 9, 20, 27, 40)):
        out = disbursement(terms=TERMS, event=replace(PAID_OUT, value_date=day, booking_date=day))
        found = position(terms=TERMS, events=[out], as_of=day)
        told = [(r.due_date, r.principal_minor, r.interest_minor) for r in found.rows]
        assert told == [
            (r.due_date, r.principal_minor, r.interest_minor)
            for r in rows_paid_out_on(terms=TERMS, value_date=day)
        ]


def test_a_payment_before_its_day_saves_interest_in_the_end() -> None:
    first = TERMS.rows[0]
    plain = on(date(2027, 1, 31), event(2, EventKind.REPAY, first.due_date, first.payment_minor))
    early = on(
        date(2027, 1, 31), event(2, EventKind.REPAY, first.due_date - timedelta(days=10), first.payment_minor)
    )
    assert (
        early.rows[0].state.value == "paid" and early.rows[-1].interest_minor <= plain.rows[-1].interest_minor
    )
    assert (
        sum(r.payment_minor for r in early.rows) - early.penalty_outstanding_minor
        < sum(r.payment_minor for r in plain.rows) - plain.penalty_outstanding_minor
    )


def test_late_principal_bears_the_penalty_and_no_other_interest() -> None:
    first = TERMS.rows[0]
    late = on(first.due_date + timedelta(days=20))
    assert late.penalty_outstanding_minor == (first.principal_minor * 500 * 20 + 500_000) // 1_000_000
    assert (late.dpd_days, late.bucket) == (20, "M1")
    freeze = event(2, EventKind.PENALTY_FREEZE, first.due_date + timedelta(days=5),
                   from_=(first.due_date + timedelta(days=5)).isoformat(), until=(first.due_date + timedelta(days=15)).isoformat())  # fmt: skip
    frozen = on(
        first.due_date + timedelta(days=20),
        replace(freeze, payload={"from": freeze.payload["from"], "until": freeze.payload["until"]}),
    )
    assert frozen.penalty_outstanding_minor == (first.principal_minor * 500 * 10 + 500_000) // 1_000_000
    pause = event(2, EventKind.LATENESS_PAUSE, first.due_date + timedelta(days=3), from_=(first.due_date + timedelta(days=4)).isoformat(), to=(first.due_date + timedelta(days=10)).isoformat())  # fmt: skip
    assert on(first.due_date + timedelta(days=20), pause).dpd_days == 20 - 7


DAY = date(2026, 4, 10)  # one instalment is late, one was due on 31 March
STORIES: dict[str, list[LoanEvent]] = {
    "part": [event(2, EventKind.REPAY, date(2026, 3, 5), 100_000)],
    "ahead": [event(2, EventKind.REPAY, date(2026, 2, 10), 300_000)],
    "prepay": [event(2, EventKind.PREPAY, date(2026, 3, 15), 400_000)],
    "return": [event(2, EventKind.REFUND, date(2026, 3, 15), 400_000)],
    "whole return": [event(2, EventKind.REFUND, date(2026, 2, 10), LENT)],
    "chargeback": [
        event(2, EventKind.REPAY, date(2026, 2, 28), 91_680),
        event(3, EventKind.CHARGEBACK, date(2026, 3, 9), 91_680, event_id="e2"),
    ],
    "fee": [event(2, EventKind.FEE, date(2026, 3, 1), 5_000, due="2026-03-20")],
    "waive interest": [event(2, EventKind.WAIVE, date(2026, 4, 2), 20_000, component="interest")],
    "waive penalty": [event(2, EventKind.WAIVE, date(2026, 4, 2), 500, component="penalty")],
    "waive principal": [event(2, EventKind.WAIVE, date(2026, 4, 2), 300_000, component="principal")],
    "rate": [event(2, EventKind.RATE_CHANGE, date(2026, 3, 10), annual_rate_ppm=100_000)],
    "pause": [event(2, EventKind.INTEREST_PAUSE, date(2026, 3, 10), from_="2026-03-11", to="2026-03-20")],
    "move": [event(2, EventKind.MOVE_DUE, date(2026, 3, 10), from_="2026-03-31", to="2026-04-08")],
    "defer": [event(2, EventKind.DEFER, date(2026, 3, 10), from_="2026-03-31", to="2026-05-31")],
    "extend": [event(2, EventKind.EXTEND, date(2026, 3, 10), count=6)],
    "re-age": [event(2, EventKind.RE_AGE, date(2026, 4, 5), first_due="2026-05-05", count=18)],
    "re-amortise": [event(2, EventKind.RE_AMORTISE, date(2026, 4, 5))],
    "charge off": [event(2, EventKind.CHARGE_OFF, date(2026, 4, 5))],
    "write off": [event(2, EventKind.WRITE_OFF, date(2026, 4, 5))],
    "recovery": [
        event(2, EventKind.WRITE_OFF, date(2026, 4, 5)),
        event(3, EventKind.RECOVERY, date(2026, 4, 8), 250_000),
    ],
    "sale": [event(2, EventKind.SALE, date(2026, 4, 5), 600_000)],
}


@pytest.mark.parametrize("name", STORIES)
def test_every_kind_keeps_the_books(name: str) -> None:
    """Allowed by the checks, balanced in the ledger, no principal lost, and the same when undone."""
    known = [PAID_OUT]
    for one in STORIES[name]:
        day = max(one.booking_date, DAY) if one is STORIES[name][-1] else one.booking_date
        before = position(terms=TERMS, events=known, as_of=day)
        check_event(terms=TERMS, events=known, event=replace(one, booking_date=day), before=before)
        after = position(terms=TERMS, events=[*known, one], as_of=day)
        assert preview(terms=TERMS, events=known, event=one, as_of=day) == after
        booked = postings(before=before, after=after, event=one)
        moved = sum(
            p.amount_minor for p in booked if p.debit in ("1003", "1004") or p.credit in ("1003", "1004")
        )
        if one.kind in (
            EventKind.REPAY,
            EventKind.PREPAY,
            EventKind.REFUND,
            EventKind.CHARGEBACK,
            EventKind.RECOVERY,
            EventKind.SALE,
        ):
            assert moved == one.amount_minor
        known.append(one)
    for day in (DAY, date(2026, 8, 31), date(2028, 1, 1)):
        assert whole(position(terms=TERMS, events=known, as_of=day)) == LENT
    undone = event(9, EventKind.REVERSE, known[-1].value_date, event_id=known[-1].id)
    there = position(terms=TERMS, events=known, as_of=DAY)
    check_event(terms=TERMS, events=known, event=replace(undone, booking_date=DAY), before=there)
    assert position(terms=TERMS, events=[*known, undone], as_of=DAY) == position(
        terms=TERMS, events=known[:-1], as_of=DAY
    )
    back = postings(
        before=there,
        after=position(terms=TERMS, events=[*known, undone], as_of=DAY),
        event=undone,
        undone=known[-1].kind,
    )
    assert sorted((p.debit, p.credit, p.amount_minor) for p in back) == sorted(
        (p.credit, p.debit, p.amount_minor)
        for p in postings(
            before=position(terms=TERMS, events=known[:-1], as_of=DAY), after=there, event=known[-1]
        )
    )


def test_what_the_kinds_do() -> None:
    assert (
        on(DAY, *STORIES["whole return"]).state is LoanState.ACTIVE
    )  # the interest of the days is still owed
    terms = terms_with(OPTIONS["vertical"])
    assert on(DAY, *STORIES["whole return"], terms=terms).state is LoanState.CLOSED
    assert on(DAY, *STORIES["recovery"]).state is LoanState.WRITTEN_OFF
    assert on(DAY, *STORIES["sale"]).sale_loss_minor == LENT - 600_000
    eased = on(DAY, *STORIES["re-age"])
    assert eased.restructured and eased.dpd_days == 0 and eased.next_due_date == date(2026, 5, 5)
    assert on(DAY, *STORIES["defer"]).next_due_date == date(2026, 5, 31)
    assert len(on(DAY, *STORIES["extend"]).rows) == 18
    plain = on(date(2026, 3, 31), event(2, EventKind.REPAY, date(2026, 2, 28), 91_680))
    paused = on(
        date(2026, 3, 31),
        event(2, EventKind.REPAY, date(2026, 2, 28), 91_680),
        replace(STORIES["pause"][0], seq=3),
    )
    assert paused.rows[1].interest_minor < plain.rows[1].interest_minor


BAD = {
    "before the payout": (
        event(9, EventKind.FEE, date(2026, 1, 1), 100, due="2026-03-01"),
        EventBeforeDisbursement,
    ),
    "in the far future": (
        event(9, EventKind.WAIVE, date(2126, 1, 1), 100, component="interest"),
        EventInFuture,
    ),
    "beyond range": (event(9, EventKind.FEE, DAY, MAX_MINOR + 1, due="2026-05-01"), AmountOutOfBounds),
    "a rise": (event(9, EventKind.RATE_CHANGE, DAY, annual_rate_ppm=190_000), RateAboveContract),
    "a date far off": (event(9, EventKind.RE_AGE, DAY, first_due="2099-01-01", count=3), DatesUnfit),
    "a date gone": (event(9, EventKind.RE_AGE, DAY, first_due="2026-04-10", count=3), DatesUnfit),
    "no such instalment": (
        event(9, EventKind.MOVE_DUE, DAY, from_="2026-04-29", to="2026-05-02"),
        DatesUnfit,
    ),
    "too many": (event(9, EventKind.EXTEND, DAY, count=121), CountUnfit),
    "a return too big": (event(9, EventKind.REFUND, DAY, LENT + 1), RefundExceedsLoan),
    "a waiver too big": (event(9, EventKind.WAIVE, DAY, LENT + 1, component="principal"), WaiverExceedsOpen),
    "no loss yet": (event(9, EventKind.RECOVERY, DAY, 100), LoanNotWrittenOff),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused(name: str) -> None:
    bad, refusal = BAD[name]
    with pytest.raises(refusal):
        check_event(terms=TERMS, events=[PAID_OUT], event=replace(bad, booking_date=DAY), before=on(DAY))


def test_arrears_cannot_move_past_the_last_instalment() -> None:
    day = date(2027, 3, 1)
    moved = replace(event(9, EventKind.RE_AMORTISE, day), booking_date=day)
    with pytest.raises(NoInstalmentAhead):
        check_event(terms=TERMS, events=[PAID_OUT], event=moved, before=on(day))


def test_a_later_event_is_undone_first() -> None:
    paid, moved = (
        event(2, EventKind.REPAY, date(2026, 2, 28), 91_680),
        replace(STORIES["re-age"][0], seq=3, id="e3"),
    )
    undo = event(4, EventKind.REVERSE, paid.value_date, event_id="e2")
    with pytest.raises(LaterEventDepends):
        check_event(
            terms=TERMS,
            events=[PAID_OUT, paid, moved],
            event=replace(undo, booking_date=DAY),
            before=on(DAY, paid, moved),
        )


def test_a_contract_of_version_1_knows_none_of_it() -> None:
    old = replace(TERMS, semantics_version=1, options=None)
    with pytest.raises(EventNotOfContract):
        check_event(terms=old, events=[PAID_OUT], event=STORIES["write off"][0], before=on(DAY, terms=old))


def test_what_was_believed_then() -> None:
    paid = replace(
        event(2, EventKind.REPAY, date(2026, 2, 28), 91_680), booked_at=datetime(2026, 3, 9, tzinfo=UTC)
    )
    then = position(
        terms=TERMS,
        events=[PAID_OUT, paid],
        as_of=date(2026, 3, 5),
        known_at=datetime(2026, 3, 5, 8, tzinfo=UTC),
    )
    assert then == on(date(2026, 3, 5)) and then != on(date(2026, 3, 5), paid)


@pytest.mark.parametrize("back", [timedelta(0), timedelta(days=10)])
def test_a_fee_paid_ahead_follows_its_charge_into_another_table(back: timedelta) -> None:
    terms = terms_with(OPTIONS["fees"], rate=0)
    fee = terms.rows[0].fee_minor
    day = terms.rows[0].due_date - back
    paid = event(2, EventKind.REPAY, day, terms.rows[0].payment_minor + fee // 2 + 1)
    aged = event(3, EventKind.RE_AGE, day, first_due=(day + timedelta(days=20)).isoformat(), count=2)
    before, after = on(day, paid, terms=terms), on(day, paid, aged, terms=terms)
    assert before.paid_fee_minor == after.paid_fee_minor > 0
    assert all(row.fee_minor >= row.paid_fee_minor for row in after.rows)
    assert after.payoff_minor == before.payoff_minor
    closed = on(day, paid, aged, event(4, EventKind.PAYOFF, day, after.payoff_minor), terms=terms)
    assert closed.state is LoanState.CLOSED and closed.payoff_minor == 0 and closed.credit_minor == 0


@pytest.mark.parametrize("method", [Method.FLAT, Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL])
def test_what_was_charged_back_is_asked_for_once_when_the_rest_is_levelled_again(method: Method) -> None:
    terms, day, later = terms_with(method=method), START, START + timedelta(days=53)
    payoff = on(day, terms=terms).payoff_minor
    paid = event(2, EventKind.PAYOFF, day, payoff)
    back = event(3, EventKind.CHARGEBACK, day, payoff // 6, event_id="e2")
    for kind, said in ((EventKind.RE_AMORTISE, {}), (EventKind.RATE_CHANGE, {"annual_rate_ppm": 0})):
        found = on(later, paid, back, event(4, kind, day, **said), terms=terms)
        assert found.principal_outstanding_minor == payoff // 6
        assert sum(row.principal_minor for row in found.rows) == LENT + payoff // 6


@pytest.mark.parametrize("given", [95, 146, 200])
def test_what_was_waived_of_two_fees_follows_each_into_another_table(given: int) -> None:
    """One fee moves nearer and the contract's own stays: a payoff, which drops both, closes the loan and loses nothing."""
    terms = terms_with(OPTIONS["fees"], rate=0)
    early = START + timedelta(days=9)
    story = [
        event(2, EventKind.FEE, START, 241, due=early.isoformat(), penalty=False),
        event(3, EventKind.WAIVE, START, given, component="fee"),
        event(4, EventKind.RE_AGE, START, first_due=(START + timedelta(days=20)).isoformat(), count=1),
    ]
    day = START + timedelta(days=14)
    before = on(day, *story, terms=terms)
    assert all(row.fee_minor >= row.paid_fee_minor >= 0 for row in before.rows)
    closed = on(day, *story, event(5, EventKind.PAYOFF, day, before.payoff_minor), terms=terms)
    assert closed.state is LoanState.CLOSED and closed.payoff_minor == 0 and closed.credit_minor == 0
    assert closed.paid_principal_minor == terms.principal_minor
    assert all(row.fee_minor >= 0 for row in closed.rows)
