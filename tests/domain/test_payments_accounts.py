"""Account numbers by length and check digit; mandates; notice before a debit."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.payments.domain import (
    AccountNumberInvalid,
    DebitWithoutNotice,
    MandateAct,
    MandateDebit,
    MandateNotActive,
    MandateState,
    check_notice,
    next_mandate_state,
    parse_account_number,
)

WELL_FORMED = [
    # typed                      | bare digits
    ("4111111111111111", "4111111111111111"),
    ("6222 0200 0000 0000 001", None),  # 19 digits, wrong check digit
    ("4111-1111 1111-1111", "4111111111111111"),
    (" ４１１１１１１１１１１１１１１１ ", "4111111111111111"),
    ("4222222222222", "4222222222222"),  # 13 digits, the shortest
    ("411111111111", None),  # 12 digits
    ("41111111111111111111", None),  # 20 digits
    ("4111111111111112", None),  # wrong check digit
    ("411111111111111x", None),
    ("0000000000000000", None),
    ("٤١١١١١١١١١١١١١١١", None),  # digits, but not ours
    ("", None),
]


@pytest.mark.parametrize(("typed", "digits"), WELL_FORMED)
def test_account_numbers(typed: str, digits: str | None) -> None:
    if digits is not None:
        assert parse_account_number(typed) == digits
        return
    with pytest.raises(AccountNumberInvalid) as refused:
        parse_account_number(typed)
    assert refused.value.at == "account_number"
    assert not any(len(str(fact)) > 4 for fact in refused.value.facts.values()), "no number in a refusal"


def complete(digits: str) -> str:
    """`digits` with the one check digit that fits."""
    for last in "0123456789":
        try:
            return parse_account_number(digits + last)
        except AccountNumberInvalid:
            continue
    raise AssertionError(digits)


@given(st.from_regex(r"[1-9][0-9]{11,17}", fullmatch=True), st.data())
def test_any_one_digit_wrong_is_noticed(digits: str, data: st.DataObject) -> None:
    number = complete(digits)
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    with pytest.raises(AccountNumberInvalid):
        parse_account_number(number[:place] + other + number[place + 1 :])


NOTICES = [
    # told on            | debit on           | days | passes
    (date(2026, 12, 19), date(2026, 12, 20), 1, True),
    (date(2026, 12, 18), date(2026, 12, 20), 1, True),
    (date(2026, 12, 20), date(2026, 12, 20), 1, False),
    (date(2026, 12, 20), date(2026, 12, 20), 0, True),
    (date(2026, 12, 21), date(2026, 12, 20), 0, False),
    (date(2026, 12, 17), date(2026, 12, 20), 3, True),
    (date(2026, 12, 18), date(2026, 12, 20), 3, False),
    (None, date(2026, 12, 20), 0, False),
]


@pytest.mark.parametrize(("told", "on", "days", "passes"), NOTICES)
def test_notice_before_a_debit(told: date | None, on: date, days: int, passes: bool) -> None:
    debit = MandateDebit(mandate_id="m", notice_date=told, debit_date=on, notice_days=days)
    if passes:
        check_notice(debit)
        return
    with pytest.raises(DebitWithoutNotice) as refused:
        check_notice(debit)
    assert refused.value.facts["days"] == days


def test_a_mandate_is_withdrawn_once() -> None:
    assert next_mandate_state(MandateState.ACTIVE, MandateAct.WITHDRAW) is MandateState.WITHDRAWN
    with pytest.raises(MandateNotActive):
        next_mandate_state(MandateState.WITHDRAWN, MandateAct.WITHDRAW)
