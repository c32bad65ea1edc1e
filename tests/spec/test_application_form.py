"""What may be typed into an application, field by field, and what is said when it cannot be meant."""

from __future__ import annotations

import pytest

from puhui.core.refusals import InputRefused
from puhui.decisions.domain import ApplicationLimits, check_typed, parse_application

LIMITS = ApplicationLimits(
    currency="CNY",
    amount_min_minor=500_00,
    amount_max_minor=200_000_00,
    amount_step_minor=100_00,
    terms=(3, 6, 9, 12, 18, 24),
)
GOOD = {
    "amount": "20,000",
    "purpose": "appliances",
    "months": "12",
    "income": "8,600",
    "rent": "2,200",
    "living": "2,400",
    "other_instalments": "680",
    "other_lenders": "2",
}

# field | typed | refusal and field that it names, or the figure
FORM = """
amount            | 20,000       | 2000000
amount            | ￥20000.00   | 2000000
amount            |              | AnswerMissing amount
amount            | much         | AmountInvalid amount
amount            | 499          | AmountOutOfRange amount
amount            | 500          | 50000
amount            | 550          | AmountOutOfRange amount
amount            | 200000       | 20000000
amount            | 200100       | AmountOutOfRange amount
amount            | -500         | AmountOutOfRange amount
purpose           | stocks       | PurposeUnknown purpose
purpose           |              | AnswerMissing purpose
months            | 12           | 12
months            | 13           | TermOutOfRange months
months            | twelve       | TermOutOfRange months
months            | １２         | 12
income            | 8600         | 860000
income            | 0            | IncomeImplausible income
income            | -1           | IncomeImplausible income
income            | 0.99         | IncomeImplausible income
income            | 1            | 100
income            | 10,000,000   | 1000000000
income            | 10,000,000.01| IncomeImplausible income
income            | 1e9          | AmountInvalid income
income            | NaN          | AmountInvalid income
income            |              | AnswerMissing income
rent              |              | 0
rent              | -5           | SpendingImplausible rent
rent              | 99,999,999   | SpendingImplausible rent
living            | 12.345       | AmountInvalid living
other_instalments | -680         | SpendingImplausible other_instalments
other_lenders     | 0            | LendersImplausible other_lenders
other_lenders     | 100          | LendersImplausible other_lenders
other_lenders     | some         | LendersImplausible other_lenders
other_lenders     | 3            | 3
"""
CASES = [tuple(cell.strip() for cell in line.split("|")) for line in FORM.strip().splitlines()]


@pytest.mark.parametrize(("field", "typed", "expected"), CASES)
def test_a_typed_field(field: str, typed: str, expected: str) -> None:
    form = {**GOOD, field: typed}
    if not expected.isdigit():
        with pytest.raises(InputRefused) as caught:
            parse_application(form, limits=LIMITS)
        assert f"{caught.value.code} {caught.value.at}" == expected
        return
    found = parse_application(form, limits=LIMITS)
    figure = found.other_lenders if field == "other_lenders" else found.months
    money = {
        "amount": found.amount_minor,
        "income": found.income_minor,
        "rent": found.rent_minor,
    }
    assert money.get(field, figure) == int(expected)


def test_no_lenders_and_no_instalments_is_fine() -> None:
    found = parse_application({**GOOD, "other_instalments": "", "other_lenders": ""}, limits=LIMITS)
    assert (found.other_instalments_minor, found.other_lenders) == (0, 0)


def test_only_known_short_fields_are_kept() -> None:
    assert check_typed({"amount": "20,0"}) == {"amount": "20,0"}
    with pytest.raises(InputRefused) as stranger:
        check_typed({"age": "33"})
    assert (stranger.value.code, stranger.value.at) == ("ApplicationFieldUnknown", "age")
    with pytest.raises(InputRefused) as long:
        check_typed({"living": "9" * 61})
    assert (long.value.code, long.value.at) == ("TypedTooLong", "living")
