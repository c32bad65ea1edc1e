"""The shipped products: what each of them makes of a draw, and errors that name file, field and remedy."""

from __future__ import annotations

from datetime import date

import pytest

from puhui.products.domain import CapBasis, CapRule, Method, ProductInvalid, fit_under_cap, parse_product
from puhui.products.domain.by_options import ScheduleNeverEnds, build_schedule
from puhui.products.domain.options import LoanOptions
from tests.golden.loan_values import POLICIES

CAP = CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE)
FILES = {path.name: path.read_text(encoding="utf-8") for path in (POLICIES / "products").glob("*.toml")}


@pytest.mark.parametrize("name", FILES)
def test_every_product_makes_tables_below_the_cap(name: str) -> None:
    product = parse_product(text=FILES[name], file=name)
    for one in product.methods:
        for months in product.terms:
            if months > one.max_months:
                continue
            rate = product.options.fixed_rate_ppm if product.options else None
            fitted = fit_under_cap(
                principal_minor=product.amount_min_minor, annual_rate_ppm=180_000 if rate is None else rate, months=months,
                method=one.method, value_date=date(2026, 11, 30), cap=CAP, options=product.options,
            )  # fmt: skip
            assert sum(row.principal_minor for row in fitted.rows) == product.amount_min_minor
            assert fitted.rows[-1].balance_minor == 0


def test_what_sets_them_apart() -> None:
    found = {
        name.rsplit("-", 3)[0]: parse_product(text=text, file=name)
        for name, text in FILES.items()
        if "2026-11-01" in name
    }
    assert set(found) == {"haoqidai", "xinyongfu", "bailingdai", "daqidai", "zhuangxiu"}
    assert not found["daqidai"].restores and found["bailingdai"].restores
    options = {name: one.options for name, one in found.items()}
    assert options["xinyongfu"].refunds_interest and options["xinyongfu"].fixed_rate_ppm == 0  # type: ignore[union-attr]
    rows = build_schedule(
        principal_minor=1_000_000, annual_rate_ppm=120_000, months=12, method=Method.EQUAL_INSTALMENT,
        value_date=date(2026, 11, 30), options=options["zhuangxiu"],
    )  # fmt: skip
    assert [row.principal_minor for row in rows[:3]] == [0, 0, 0] and rows[3].principal_minor > 0
    level = build_schedule(
        principal_minor=5_000_000, annual_rate_ppm=120_000, months=24, method=Method.EQUAL_INSTALMENT,
        value_date=date(2026, 11, 30), options=options["daqidai"],
    )  # fmt: skip
    assert {row.payment_minor % 100 for row in level[:-1]} == {0}


BAD = [
    ("fixed_rate_ppm = 0", "fixed_rate_ppm = 0.1", "fixed_rate_ppm: expected a whole number from 0"),
    ("fixed_rate_ppm = 0", "fixed_rat_ppm = 0", "fixed_rat_ppm: unknown field; known are"),
    ("fixed_rate_ppm = 0", 'unit = "moon"', "unit: 'moon' is none of month, fortnight, week"),
    ("fixed_rate_ppm = 0", 'allocation = ["due.fee"]', "allocation: names each of the twelve"),
    ("fixed_rate_ppm = 0", "interest_only = 3", "interest_only leaves no instalment"),
    ("fixed_rate_ppm = 0", "weights = [1, 2, 3]", "weights: as many as instalments"),
    ("fixed_rate_ppm = 0", 'purpose = "war"', "purpose: 'war' is none of"),
    ("semantics_version = 2", "semantics_version = 1", "semantics_version: 2 needs a table"),
    ("semantics_version = 2", "semantics_version = 3", "semantics_version: 3 is not between"),
]


@pytest.mark.parametrize(("old", "new", "said"), BAD)
def test_a_wrong_file_says_where_and_what_to_do(old: str, new: str, said: str) -> None:
    name = "xinyongfu-2026-11-01.toml"
    assert old in FILES[name]
    with pytest.raises(ProductInvalid) as caught:
        parse_product(text=FILES[name].replace(old, new, 1), file=name)
    assert str(caught.value).startswith(name) and said in str(caught.value)


def test_a_table_that_would_never_end_is_refused() -> None:
    with pytest.raises(ScheduleNeverEnds):
        build_schedule(
            principal_minor=500_00, annual_rate_ppm=120_000, months=24, method=Method.EQUAL_INSTALMENT,
            value_date=date(2026, 11, 30), options=LoanOptions(multiple_minor=100_00),
        )  # fmt: skip
