"""Plans of the general engine: each product's first schedule, worked out by hand or by an independent formula."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from puhui.loans.domain.engine import BookEvent, LoanTerms, Tranche, position
from puhui.loans.domain.engine.codes import Basis, Kind, Method, PeriodInterest, Plan, Recalculation, Unit
from puhui.loans.domain.engine.replay import planned_level

JANUARY = date(2024, 1, 1)


def terms(**changes: object) -> LoanTerms:
    """Ten thousand at 12 % over three months."""
    values: dict[str, object] = {
        "currency": "CNY",
        "principal_minor": 1_000_000,
        "annual_rate_ppm": 120_000,
        "count": 3,
        "start_date": JANUARY,
    }
    return LoanTerms(**(values | changes))  # type: ignore[arg-type]


def table(contract: LoanTerms) -> list[tuple[str, int, int]]:
    """Due date, principal and interest of each instalment of the plan."""
    found = position(terms=contract, events=(), as_of=contract.start_date)
    return [(row.due_date.isoformat(), row.principal_minor, row.interest_minor) for row in found.rows]


def test_equal_instalments_by_twelfths() -> None:
    assert table(terms()) == [
        ("2024-02-01", 330_022, 10_000),
        ("2024-03-01", 333_322, 6_700),
        ("2024-04-01", 336_656, 3_367),
    ]


def test_equal_principal() -> None:
    assert table(terms(method=Method.EQUAL_PRINCIPAL)) == [
        ("2024-02-01", 333_333, 10_000),
        ("2024-03-01", 333_333, 6_667),
        ("2024-04-01", 333_334, 3_333),
    ]


def test_interest_first_and_bullet() -> None:
    assert table(terms(method=Method.INTEREST_FIRST)) == [
        ("2024-02-01", 0, 10_000),
        ("2024-03-01", 0, 10_000),
        ("2024-04-01", 1_000_000, 10_000),
    ]
    bullet = terms(method=Method.INTEREST_FIRST, count=1, every=6)
    assert table(bullet) == [("2024-07-01", 1_000_000, 60_000)]


def test_interest_only_months_then_instalments() -> None:
    """3+9 in small: one month of interest only, then two level ones."""
    rows = table(terms(grace_principal=1))
    assert rows[0] == ("2024-02-01", 0, 10_000)
    assert sum(row[1] for row in rows) == 1_000_000
    assert abs(sum(rows[1][1:]) - sum(rows[2][1:])) <= 1


def test_flat_interest() -> None:
    assert table(terms(method=Method.FLAT)) == [
        ("2024-02-01", 333_333, 10_000),
        ("2024-03-01", 333_333, 10_000),
        ("2024-04-01", 333_334, 10_000),
    ]


def test_no_interest_and_a_multiple() -> None:
    """Payments are multiples of a whole unit; the last one takes what is left."""
    free = terms(annual_rate_ppm=0, principal_minor=100_000, multiple_minor=100)
    assert [row[1] for row in table(free)] == [33_300, 33_300, 33_400]
    assert [row[1] for row in table(terms(annual_rate_ppm=0, principal_minor=1))] == [0, 0, 1]


@pytest.mark.parametrize(
    ("basis", "interest"),
    [
        (Basis.THIRTY_360, 10_000),
        (Basis.ACTUAL_360, 10_333),
        (Basis.ACTUAL_364, 10_220),
        (Basis.ACTUAL_365, 10_192),
        (Basis.ACTUAL_ACTUAL, 10_164),
        (Basis.ACTUAL_FEBRUARY, 10_192),
        (Basis.ANNUAL, 10_000),
    ],
)
def test_day_counts(basis: Basis, interest: int) -> None:
    """January 2024 has 31 days of a year of 366; only a period that holds the 29th of February counts 366 of its own."""
    assert table(terms(basis=basis))[0][2] == interest


def test_the_year_turns_where_the_contract_says() -> None:
    """From 1 December 2023 to 1 January 2024: the last day stands in the leap year, or it does not."""
    december = terms(start_date=date(2023, 12, 1), basis=Basis.ACTUAL_ACTUAL, count=1)
    shares = {True: Fraction(30, 365) + Fraction(1, 366), False: Fraction(31, 365)}
    for turns, share in shares.items():
        found = position(
            terms=LoanTerms(**{name: getattr(december, name) for name in december.__slots__}
                | {"year_turns_on_31_december": turns}),
            events=(), as_of=december.start_date,
        )  # fmt: skip
        assert found.rows[0].interest_minor == round(120_000 * share)


def test_weeks_and_month_ends() -> None:
    assert [row[0] for row in table(terms(unit=Unit.WEEK, every=2))] == [
        "2024-01-15",
        "2024-01-29",
        "2024-02-12",
    ]
    end = terms(start_date=date(2023, 1, 31))
    assert [row[0] for row in table(end)] == ["2023-02-28", "2023-03-31", "2023-04-30"]
    over = terms(start_date=date(2023, 1, 31), overflows_month=True)
    assert [row[0] for row in table(over)] == ["2023-03-01", "2023-03-31", "2023-05-01"]


def test_the_first_period_may_be_longer() -> None:
    """32 days: two of them before the first regular month; charged with it, spread, or free."""
    november = {"start_date": date(2023, 11, 3), "first_due": date(2023, 12, 5), "basis": Basis.ACTUAL_365}
    first = {
        stub: table(terms(**november, stub=stub, plan=Plan.NOMINAL, levels_again=False))[0][2]
        for stub in PeriodInterest
    }
    assert first == {
        PeriodInterest.CHARGED: 10_521,
        PeriodInterest.SPREAD: 9_863 + 219,
        PeriodInterest.FREE: 9_863,
    }


def test_a_down_payment_is_due_at_once() -> None:
    found = position(terms=terms(down_payment_ppm=250_000), events=(), as_of=JANUARY)
    assert next((row.due_date, row.principal_minor) for row in found.rows) == (JANUARY, 250_000)
    assert found.rows[1].interest_minor == 7_500


def test_a_second_payout_is_levelled_from_its_day_on() -> None:
    two = terms(tranches=(
        Tranche(value_date=JANUARY, amount_minor=500_000),
        Tranche(value_date=date(2024, 2, 1), amount_minor=500_000),
    ))  # fmt: skip
    rows = table(two)
    assert rows[0] == ("2024-02-01", 165_011, 5_000)
    assert sum(row[1] for row in rows) == 1_000_000 and rows[1][2] == 8_350


def test_the_level_payment_is_the_textbook_annuity() -> None:
    """P·i / (1 − (1 + i)⁻ⁿ), exact, for equal periods, rounded up as that contract says."""
    rate, count, principal = Fraction(120_000, 12_000_000), 24, 1_234_567
    exact = principal * rate / (1 - (1 + rate) ** -count)
    found = planned_level(
        terms=terms(
            principal_minor=principal, count=count, plan=Plan.NOMINAL, basis=Basis.ANNUAL, rounding_code=1
        )
    )
    assert found == -(-exact.numerator // exact.denominator)


def test_interest_that_an_instalment_cannot_hold_is_handed_on() -> None:
    """A moved due date makes one long period; its interest is more than the instalment and the rest comes next."""
    long = terms(principal_minor=10_000, annual_rate_ppm=2_400_000, recalculation=Recalculation.DAILY)
    events = [
        BookEvent(seq=1, kind=Kind.DISBURSE, value_date=JANUARY, booking_date=JANUARY, amount_minor=10_000),
        BookEvent(
            seq=2, kind=Kind.MOVE_DUE, value_date=JANUARY, booking_date=JANUARY,
            from_date=date(2024, 2, 1), to_date=date(2024, 7, 1),
        ),
    ]  # fmt: skip
    rows = position(terms=long, events=events, as_of=JANUARY).rows
    assert rows[0].principal_minor == 0 and rows[0].interest_minor < 12_000
    assert sum(row.interest_minor for row in rows) >= 12_000 + 2_000
