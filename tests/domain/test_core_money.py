"""Amounts: typed, written, added; never mixed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from puhui.core.money import (
    EXPONENTS,
    MAX_MINOR,
    AmountInvalid,
    CurrencyMismatch,
    CurrencyUnknown,
    Money,
    exponent,
    format_minor,
    parse_minor,
)


@pytest.mark.parametrize(
    ("text", "currency", "amount_minor"),
    [
        ("1,807.51", "CNY", 180751),
        ("￥20000", "CNY", 2000000),
        ("¥ 20,000.10", "CNY", 2000010),
        ("１２．５", "CNY", 1250),
        ("5.", "CNY", 500),
        ("5.500", "CNY", 550),
        ("0", "CNY", 0),
        ("−640.00", "CNY", -64000),
        ("1200", "JPY", 1200),
        ("1.234", "KWD", 1234),
        ("100,000,000,000", "CNY", MAX_MINOR),
    ],
)
def test_typed(text: str, currency: str, amount_minor: int) -> None:
    assert parse_minor(text, currency) == amount_minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1e3",
        "1_000",
        "1807,51",
        "1,80",
        "12,34,567",
        "1.234",
        ".5",
        "1 000",
        "٣",
        "NaN",
        "9" * 5000,
        "100,000,000,000.01",
    ],
)
def test_no_amount(text: str) -> None:
    with pytest.raises(AmountInvalid) as refused:
        parse_minor(text, "CNY", field="income")
    assert (refused.value.at, refused.value.facts) == ("income", {"currency": "CNY", "decimals": 2})


@settings(print_blob=True)
@given(amount_minor=st.integers(-MAX_MINOR, MAX_MINOR), currency=st.sampled_from(sorted(EXPONENTS)))
def test_what_is_written_reads_back(amount_minor: int, currency: str) -> None:
    assert parse_minor(format_minor(amount_minor, currency), currency) == amount_minor


def test_currencies_never_mix() -> None:
    yuan, euro = Money(100, "CNY"), Money(100, "EUR")
    assert (yuan + yuan, yuan - yuan, -yuan) == (Money(200, "CNY"), Money(0, "CNY"), Money(-100, "CNY"))
    assert Money(99, "CNY") < yuan <= yuan
    for mix in (yuan.__add__, yuan.__sub__, yuan.__lt__, yuan.__le__):
        with pytest.raises(CurrencyMismatch):
            mix(euro)


def test_an_unknown_currency() -> None:
    for act in (lambda: exponent("XXX"), lambda: Money(1, "XXX"), lambda: parse_minor("1", "XXX")):
        with pytest.raises(CurrencyUnknown):
            act()
