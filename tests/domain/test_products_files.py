"""Product files are read strictly: every way to write one wrongly names the file and the field."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from puhui.core.rounding import Rounding
from puhui.products.domain import (
    AmountNotOffered,
    DueDayNotOffered,
    Method,
    MethodNotOffered,
    ProductInvalid,
    TermNotOffered,
    check_draw,
    largest_draw,
    parse_product,
)
from tests.golden import loan_values as values

FILE = "haoqidai-2025-01-01.toml"
TEXT = (values.POLICIES / "products" / FILE).read_text(encoding="utf-8")


def test_the_shipped_product() -> None:
    product = values.haoqidai()
    assert (product.id, product.version, product.name_zh, product.currency) == (
        "haoqidai",
        "2025-01-01",
        "好期贷",
        "CNY",
    )
    assert (product.amount_min_minor, product.amount_max_minor, product.amount_step_minor) == (
        500_00,
        200_000_00,
        100_00,
    )
    assert product.terms == (3, 6, 9, 12, 18, 24)
    assert {one.method: one.max_months for one in product.methods} == {
        Method.EQUAL_INSTALMENT: 24,
        Method.EQUAL_PRINCIPAL: 24,
        Method.INTEREST_FIRST: 12,
    }
    assert product.fee_per_instalment_minor == 0 and {fee.code for fee in product.fees} == {
        "opening",
        "service",
        "early_payoff",
    }
    assert product.instalment_rounding is Rounding.HALF_EVEN and product.restores
    assert product.valid_from == date(2025, 1, 1) and len(product.hash) == 64


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("restores = true", "restores = true\ncolour = 1", "unknown field.*colour"),
        ("restores = true", "", "restores"),
        ("restores = true", "restores = 1", "restores"),
        ("step_minor = 100_00", "step_minor = 100.5", "step_minor"),
        ("step_minor = 100_00", "step_minor = 300_00", "multiples"),
        ("min_minor = 500_00", "min_minor = 300_000_00", "min_minor above"),
        ("terms_months = [3, 6", "terms_months = [6, 3", "terms_months"),
        ("terms_months = [3, 6", "terms_months = [true, 6", "terms_months"),
        ('instalment_rounding = "half_even"', 'instalment_rounding = "nearest"', "instalment_rounding"),
        ('method = "interest_first"', 'method = "balloon"', "methods.*balloon"),
        ('method = "interest_first"', 'method = "equal_principal"', "methods"),
        ('code = "service"', 'code = "opening"', "fees"),
        ("third_party = false", 'third_party = "no"', "third_party"),
        ("per_instalment_minor = 0", "per_instalment_minor = -1", "per_instalment_minor"),
        ('version = "2025-01-01"', 'version = "2025-01-02"', "version"),
        ("valid_from = 2025-01-01", 'valid_from = "2025-01-01"', "valid_from"),
        ("valid_from = 2025-01-01", "valid_from = 2025-01-01\nvalid_to = 2024-01-01", "valid_to"),
        ('id = "haoqidai"', 'id = "other"', "file name"),
        ('id = "haoqidai"', 'id = "haoqidai', "not TOML"),
    ],
)
def test_a_wrong_file_is_named(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(ProductInvalid, match=said) as caught:
        parse_product(text=TEXT.replace(old, new, 1), file=FILE)
    assert str(caught.value).startswith(FILE)


def test_what_is_not_offered() -> None:
    product = values.haoqidai()

    def ask(
        amount: int = 1_000_00,
        months: int = 12,
        method: Method = Method.EQUAL_INSTALMENT,
        day: int | None = None,
    ) -> None:
        check_draw(product=product, amount_minor=amount, months=months, method=method, due_day=day)

    ask()
    ask(amount=500_00, months=3)
    ask(amount=200_000_00, months=24, day=28)
    for amount in (0, 400_00, 550_00, 200_100_00, -1_000_00):
        with pytest.raises(AmountNotOffered):
            ask(amount=amount, months=7)  # the amount is refused first
    with pytest.raises(TermNotOffered):
        ask(months=7)
    with pytest.raises(MethodNotOffered):
        ask(months=18, method=Method.INTEREST_FIRST)
    for day in (0, 29, 31):
        with pytest.raises(DueDayNotOffered):
            ask(day=day)


def test_versions_by_date(tmp_path: Path, settings: object) -> None:
    """The newest version that has begun is offered; a broken neighbour serves nobody."""
    from puhui.products.queries import ProductNotOffered, get_product, list_products

    folder = tmp_path / "products"
    folder.mkdir()
    settings.POLICIES_DIR = tmp_path  # type: ignore[attr-defined]
    (folder / FILE).write_text(TEXT, encoding="utf-8")
    newer = TEXT.replace("2025-01-01", "2026-07-01").replace(
        "max_minor = 200_000_00", "max_minor = 100_000_00"
    )
    (folder / "haoqidai-2026-07-01.toml").write_text(newer, encoding="utf-8")
    assert get_product(id="haoqidai", on_date=date(2026, 6, 30)).amount_max_minor == 200_000_00
    assert get_product(id="haoqidai", on_date=date(2026, 7, 1)).amount_max_minor == 100_000_00
    for id, day in (("haoqidai", date(2024, 12, 31)), ("other", date(2026, 7, 1))):
        with pytest.raises(ProductNotOffered):
            get_product(id=id, on_date=day)
    (folder / "haoqidai-2026-08-01.toml").write_text(newer, encoding="utf-8")
    with pytest.raises(ProductInvalid):
        list_products(on_date=date(2026, 6, 30))


def test_largest_draw() -> None:
    product = values.haoqidai()
    asked = {
        0: 0,
        499_99: 0,
        500_00: 500_00,
        1_099_99: 1_000_00,
        200_000_00: 200_000_00,
        10**12: 200_000_00,
        -5: 0,
    }
    assert {at_most: largest_draw(product=product, at_most_minor=at_most) for at_most in asked} == asked
