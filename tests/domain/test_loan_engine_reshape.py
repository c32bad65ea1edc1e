"""What a re-age, a re-amortisation and a later payout do to the table, each figure from first principles. The small loan of
`test_loan_engine_events`: 100.00 at 7 % over six months of a twelfth each, 17.01 a month.
"""

from __future__ import annotations

from datetime import date

import pytest

from puhui.loans.domain.engine import BookEvent, BookPosition, LoanTerms, Tranche, position
from puhui.loans.domain.engine.codes import Kind, ReAgeInterest, RowKind
from tests.domain.test_loan_engine_events import pay, story, terms

MARCH = date(2024, 3, 15)


def re_age(interest: ReAgeInterest, count: int = 6) -> tuple[Kind, date, dict[str, object]]:
    """A re-age on 15 March into instalments from 1 April on."""
    return (Kind.RE_AGE, MARCH, {"from_date": date(2024, 4, 1), "count": count, "interest": interest})


def charge(day: date, amount: int, *, is_penalty: bool = False) -> tuple[Kind, date, dict[str, object]]:
    """A dated charge, booked on 1 February."""
    values = {"amount_minor": amount, "due_date": day, "is_penalty": is_penalty}
    return (Kind.CHARGE, date(2024, 2, 1), values)


def lend(day: date, amount: int) -> tuple[Kind, date, dict[str, object]]:
    """A payout."""
    return (Kind.DISBURSE, day, {"amount_minor": amount})


def at(day: date, *steps: tuple[Kind, date, dict[str, object]], **changes: object) -> BookPosition:
    """The position of the small loan after steps."""
    return position(terms=terms(**changes), events=story(*steps), as_of=day)


def test_an_even_split_takes_open_charges_with_it() -> None:
    """Eight of fees and ten of penalties, each split over six, the last one taking the rest; payments are equal."""
    found = at(
        MARCH,
        charge(date(2024, 2, 1), 800),
        charge(date(2024, 7, 15), 1_000, is_penalty=True),
        re_age(ReAgeInterest.SPLIT_ALL),
    )
    new = found.rows[-6:]
    assert [row.fee_minor for row in new] == [133, 133, 133, 133, 133, 135]
    assert [row.penalty_minor for row in new] == [167, 167, 167, 167, 167, 165]
    assert sum(row.principal_minor for row in new) == 10_000
    assert {row.open_minor for row in found.rows[:-6]} == {0} and found.rows[-1].due_date == date(2024, 9, 1)
    line = found.lines[-1]
    assert (line.kind, line.fee_minor, line.penalty_minor) == (Kind.RE_AGE, 800, 1_000)
    assert line.amount_minor == sum(row.open_minor for row in new) == found.outstanding_minor
    assert len({row.due_minor for row in new[:-1]}) == 1


def test_what_was_paid_of_a_charge_does_not_move() -> None:
    """Five of eight were paid: three move."""
    found = at(
        MARCH,
        charge(date(2024, 2, 1), 800),
        pay(date(2024, 2, 1), 500),
        re_age(ReAgeInterest.SPLIT_PAYABLE, 3),
    )
    assert [row.fee_minor for row in found.rows] == [500, 0, 0, 100, 100, 100]
    assert found.rows[0].paid_fee_minor == 500 and found.rows[0].open_minor == 0


def test_a_levelled_re_age_leaves_charges_on_their_day() -> None:
    found = at(MARCH, charge(date(2024, 5, 1), 800), re_age(ReAgeInterest.DEFAULT))
    assert [row.due_date for row in found.rows if row.fee_minor] == [date(2024, 5, 1)]


@pytest.mark.parametrize("interest", list(ReAgeInterest))
@pytest.mark.parametrize("day", [date(2024, 4, 1), date(2024, 6, 10), date(2025, 1, 1)])
def test_a_payout_after_a_re_age_is_asked_for(interest: ReAgeInterest, day: date) -> None:
    """Also where no instalment follows the rate any more, and past the last one."""
    found = at(day, re_age(interest), lend(day, 5_000))
    assert found.lent_minor == 15_000 == found.total("principal")
    assert found.outstanding_minor >= 15_000


def test_a_payout_after_an_even_split_is_split_evenly() -> None:
    before = at(date(2024, 4, 1), re_age(ReAgeInterest.SPLIT_PAYABLE))
    found = at(date(2024, 4, 1), re_age(ReAgeInterest.SPLIT_PAYABLE), lend(date(2024, 4, 1), 5_001))
    more = [
        row.principal_minor - was.principal_minor for row, was in zip(found.rows, before.rows, strict=True)
    ]
    assert more[-6:] == [0, 1_000, 1_000, 1_000, 1_000, 1_001]
    assert found.total("interest") == before.total("interest")


def test_a_table_by_agreement_is_not_extended() -> None:
    more = (Kind.EXTEND, date(2024, 4, 2), {"count": 2, "from_date": date(2024, 5, 1)})
    for full in (False, True):
        before = at(date(2024, 4, 2), re_age(ReAgeInterest.SPLIT_PAYABLE), full_term_tranches=full)
        found = at(date(2024, 4, 2), re_age(ReAgeInterest.SPLIT_PAYABLE), more, full_term_tranches=full)
        assert found.rows == before.rows
        lent = at(
            date(2024, 4, 2),
            re_age(ReAgeInterest.SPLIT_PAYABLE),
            lend(date(2024, 4, 2), 5_000),
            full_term_tranches=full,
        )
        assert lent.total("principal") == 15_000


def test_scheduled_balances_after_a_re_age() -> None:
    """A down payment on the first day, then a chargeback, both before a re-age: each balance is the principal to come."""
    back = (Kind.CHARGEBACK, date(2024, 2, 1), {"amount_minor": 1_276, "of_seq": 2})
    for interest in ReAgeInterest:
        found = at(
            MARCH,
            pay(date(2024, 2, 1), 1_276),
            back,
            re_age(interest),
            down_payment_ppm=250_000,
            pays_down_payment=True,
        )
        assert found.rows[0].balance_minor == 7_500
        for row in found.rows[2:]:
            left = sum(one.principal_minor for one in found.rows if one.number > row.number)
            assert row.balance_minor == left, f"{interest}, instalment {row.number}"


def test_a_chargeback_after_an_even_split_stands_in_the_balances() -> None:
    back = (Kind.CHARGEBACK, date(2024, 4, 1), {"amount_minor": 1_701, "of_seq": 2})
    found = at(date(2024, 4, 1), pay(date(2024, 2, 1), 1_701), re_age(ReAgeInterest.SPLIT_PAYABLE), back)
    assert found.rows[-1].balance_minor == 0
    assert found.rows[-2].balance_minor == found.rows[-1].principal_minor


def test_parts_of_moved_interest_may_be_rounded_alone() -> None:
    """49 cents over four: 12 each with the rest in the last one, or 12 each and no more."""
    moved = (Kind.RE_AMORTISE, MARCH, {"interest": ReAgeInterest.SPLIT_PAYABLE})
    paid = pay(date(2024, 2, 1), 1_701)
    ours, alone = at(MARCH, paid, moved), at(MARCH, paid, moved, parts_alone=True)
    assert ours.lines[-1].interest_minor == alone.lines[-1].interest_minor == 49
    assert ours.total("interest") - alone.total("interest") == 49 - 4 * 12


def test_a_payout_after_maturity_is_due_on_its_day() -> None:
    """In an instalment of its own: in the last one it would be late the moment it is lent."""
    day = date(2024, 8, 20)
    settled = at(date(2024, 8, 1)).payoff_minor
    found = at(day, pay(date(2024, 8, 1), settled), lend(day, 4_000))
    assert [(row.due_date, row.open_minor) for row in found.rows if row.open_minor] == [(day, 4_000)]
    assert found.rows[-1].balance_minor == 0 and len(found.rows) == 7


def test_expected_payouts_stand_in_the_balances_while_they_can_come() -> None:
    """Until their day is over, and not once a payout of their day or later stands for them."""
    more = Tranche(value_date=date(2024, 2, 10), amount_minor=5_000)
    expected = (Tranche(value_date=date(2024, 1, 1), amount_minor=10_000), more)
    for day, waiting in ((date(2024, 2, 10), 5_000), (date(2024, 2, 11), 0)):
        found = at(day, tranches=expected)
        shown = found.rows[1].balance_minor + sum(row.principal_minor for row in found.rows[:2])
        assert shown == found.lent_minor + waiting
    same_day = (*expected[:1], Tranche(value_date=date(2024, 1, 1), amount_minor=5_000))
    assert at(date(2024, 1, 1), tranches=same_day).rows[-1].balance_minor == 0


def refunded(day: date, amount: int) -> tuple[Kind, date, dict[str, object]]:
    """A merchant's refund that gives interest back."""
    return (Kind.MERCHANT_REFUND, day, {"amount_minor": amount, "refunds_interest": True})


def interest_given(found: BookPosition) -> list[int]:
    """What each refund gave back."""
    return [line.amount_minor for line in found.lines if line.kind is Kind.INTEREST_REFUND]


def test_a_refund_gives_back_interest_beside_the_down_payment_made() -> None:
    """20.00 of 100.00, two months at 7 %, 25 % paid down at once: all of the refunded amount bore interest, for the down
    payment does not shrink with it. 75.00 − 20.00 instead of 75.00, twice rounded to cents.
    """
    down = {"down_payment_ppm": 250_000, "pays_down_payment": True}
    found = at(date(2024, 3, 1), refunded(date(2024, 3, 1), 2_000), **down)
    assert interest_given(found) == [2 * (44 - 32)]


def test_refunds_take_payouts_in_turn() -> None:
    """100.00 on 1 January, 100.00 on 1 February. A first refund stands for the first payout; the second one, as great, for the
    second, which bore interest in February only. Before: 58 on 100.00, then 117 on 200.00.
    """
    day = date(2024, 3, 1)
    found = at(day, lend(date(2024, 2, 1), 10_000), refunded(day, 10_000), refunded(day, 10_000))
    first, second = interest_given(found)
    assert (first, second) == (58 + 117 - 58, 117 - 58)


def finance(kind: Kind, day: date, amount: int) -> tuple[Kind, date, dict[str, object]]:
    """A fee that is financed, or less of it, or what a third party pays."""
    return (kind, day, {"amount_minor": amount})


def test_a_financed_fee_is_principal_that_is_not_paid_out() -> None:
    """100.00 and 50.00 are repaid like 150.00, but for the down payment, which is of what was paid out."""
    day = date(2024, 1, 1)
    for down in ({}, {"down_payment_ppm": 250_000, "pays_down_payment": True}):
        fee = at(day, finance(Kind.CAPITALISE, day, 5_000), **down)
        plain = at(day, finance(Kind.DISBURSE, day, 5_000), down_payment_ppm=0) if not down else None
        assert fee.total("principal") == 15_000 and fee.lent_minor == 15_000
        assert plain is None or plain.rows == fee.rows
        assert sum(row.principal_minor for row in fee.rows if row.kind is RowKind.DOWN_PAYMENT) in (0, 2_500)
        line = fee.lines[-1]
        assert (line.principal_minor, line.balance_minor) == (5_000, 15_000 - (2_500 if down else 0))


def test_less_of_a_financed_fee_is_a_payment() -> None:
    day = date(2024, 2, 1)
    fee = finance(Kind.CAPITALISE, date(2024, 1, 1), 5_000)
    less = at(day, fee, finance(Kind.CAPITALISE_ADJUSTMENT, day, 2_551))
    paid = at(day, fee, pay(day, 2_551))
    assert less.rows == paid.rows and less.lines[-1].kind is Kind.CAPITALISE_ADJUSTMENT
    over = at(day, fee, finance(Kind.CAPITALISE_ADJUSTMENT, day, 20_000))
    assert over.credit_minor == 20_000 - over.total("paid") > 0


def test_what_a_third_party_pays_changes_nothing_that_is_owed() -> None:
    day = date(2024, 2, 1)
    beside = (finance(Kind.FEE_BUYDOWN, day, 5_000), finance(Kind.FEE_BUYDOWN_ADJUSTMENT, day, 1_000))
    found, plain = at(day, *beside), at(day)
    assert (found.rows, found.payoff_minor, found.credit_minor) == (plain.rows, plain.payoff_minor, 0)
    assert [(line.amount_minor, line.over_minor) for line in found.lines[1:]] == [(5_000,) * 2, (1_000,) * 2]
    assert found.lines[-1].balance_minor == 10_000


def full_term(first: int, second: int, day: date, **changes: object) -> BookPosition:
    """Two payouts, each over the full number of instalments."""
    return at_first(first, day, lend(day, second), full_term_tranches=True, **changes)


def at_first(
    amount: int, day: date, *steps: tuple[Kind, date, dict[str, object]], **changes: object
) -> BookPosition:
    """Like `at` with another first amount."""
    events = [one if one.seq > 1 else with_amount(one, amount) for one in story(*steps)]
    return position(terms=terms(**changes), events=events, as_of=day)


def with_amount(event: BookEvent, amount: int) -> BookEvent:
    """The event with another amount."""
    return BookEvent(
        seq=event.seq,
        kind=event.kind,
        value_date=event.value_date,
        booking_date=event.booking_date,
        amount_minor=amount,
    )


def alone(amount: int, start: date, **changes: object) -> BookPosition:
    """A loan of one payout."""
    contract: LoanTerms = terms(principal_minor=amount, start_date=start, **changes)
    return position(terms=contract, events=[], as_of=start)


@pytest.mark.parametrize(("first", "second"), [(10_000, 10_000), (123_457, 4_321), (5_000, 999_999)])
def test_full_term_payouts_are_two_loans_in_one(first: int, second: int) -> None:
    """On a due date, everything paid on time: each instalment asks for what two separate loans ask for, but for the interest
    of both, which is rounded once instead of twice.
    """
    day = date(2024, 2, 1)
    paid = alone(first, date(2024, 1, 1)).rows[0].due_minor
    found = at_first(first, day, pay(day, paid), lend(day, second), full_term_tranches=True)
    one, two = alone(first, date(2024, 1, 1)).rows, alone(second, day).rows
    assert len(found.rows) == 7 and found.total("principal") == first + second
    together = [one[n + 1].due_minor + two[n].due_minor for n in range(5)]
    assert [row.due_minor for row in found.rows[1:6]] == together
    assert abs(found.rows[6].due_minor - two[5].due_minor) <= 6


def test_a_full_term_payout_inside_a_period_bears_its_own_days() -> None:
    """15 of 29 days of February: levelled again alone, 17.07 beside 17.13 of the first."""
    found = full_term(10_000, 10_000, date(2024, 2, 15), annual_rate_ppm=94_822)
    assert [row.due_minor for row in found.rows[:6]] == [1_713, 3_420, 3_420, 3_420, 3_420, 3_426]
    assert found.total("principal") == 20_000 and len(found.rows) == 7
