"""A quote as a value: what it promises, until when, and what makes it another quote."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from puhui.offers.domain import cost_lines, for_value_date, quote_sha256
from puhui.offers.domain.affordable import DrawNotAffordable, check_affordable
from puhui.products.domain import AmountNotOffered, Method
from tests.golden import loan_values as values


def test_the_last_day_counts() -> None:
    """Issued late in the evening in Shanghai: seven days from the local date, to the end of the last one."""
    quote = values.quote(issued_at=datetime(2026, 11, 20, 15, 59, tzinfo=UTC))
    assert quote.value_date == date(2026, 11, 20)
    assert quote.valid_until == datetime(2026, 11, 27, 15, 59, 59, 999999, tzinfo=UTC)
    after_midnight = values.quote(issued_at=datetime(2026, 11, 20, 16, 0, tzinfo=UTC))
    assert after_midnight.value_date == date(2026, 11, 21)
    assert after_midnight.valid_until == datetime(2026, 11, 28, 15, 59, 59, 999999, tzinfo=UTC)


def test_the_same_inputs_make_the_same_quote() -> None:
    assert values.quote() == values.quote()
    assert quote_sha256(values.quote()) == quote_sha256(values.quote())
    plain = values.quote()
    for change in ({"amount_minor": 20_100_00}, {"annual_rate_ppm": 144_100}, {"due_day": 5}, {"months": 9}):
        other = values.quote(**change)
        assert other.input_hash != plain.input_hash and quote_sha256(other) != quote_sha256(plain), change


def test_what_it_costs_in_yuan() -> None:
    lines = {line.code: line for line in cost_lines(values.quote())}
    assert lines["interest"].amount_minor == 1_594_12
    guarantee = lines["guarantee"]
    assert (guarantee.amount_minor, guarantee.each_minor, guarantee.count) == (96_00, 8_00, 12)
    assert guarantee.third_party and guarantee.party_en == "Jinxin Guarantee Co."
    assert {lines[code].amount_minor for code in ("opening", "service", "early_payoff")} == {0}


def test_two_fees_share_what_a_late_payout_charges() -> None:
    other = replace(values.GUARANTEE, code="insurance", per_instalment_minor=3_33)
    product = replace(values.guaranteed(), fees=(values.GUARANTEE, other, *values.haoqidai().fees))
    moved = for_value_date(quote=values.quote(product), value_date=date(2026, 11, 27))
    assert moved.all_in.fee_minor < 12 * 11_33
    assert sum(line.amount_minor for line in cost_lines(moved)) == moved.all_in.total_cost_minor


def test_a_quote_above_the_cap_comes_out_lower() -> None:
    quote = values.quote(annual_rate_ppm=239_000)
    assert quote.annual_rate_ppm < 239_000 and quote.all_in.apr_effective_ppm <= 240_000


def test_what_the_product_does_not_offer() -> None:
    with pytest.raises(AmountNotOffered):
        values.quote(amount_minor=20_050_00)


def test_interest_first() -> None:
    quote = values.quote(values.haoqidai(), method=Method.INTEREST_FIRST)
    assert [row.principal_minor for row in quote.rows] == [0] * 11 + [20_000_00]
    assert quote.all_in.total_cost_minor == 12 * 240_00


def test_the_last_test_of_affordability() -> None:
    quote = values.quote()
    check_affordable(quote=quote, affordable_minor=2_807_51, committed_minor=1_000_00)
    for affordable, committed in ((2_807_50, 1_000_00), (0, 0), (1_000_00, 5_000_00)):
        with pytest.raises(DrawNotAffordable) as caught:
            check_affordable(quote=quote, affordable_minor=affordable, committed_minor=committed)
        assert caught.value.facts["payment_minor"] == 1_807_51
        assert caught.value.facts["left_minor"] == max(0, affordable - committed)
