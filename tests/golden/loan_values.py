"""The values that golden files and spec tables start from: the product of the mock-ups, a quote, its terms."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from puhui.loans.domain import ContractTerms, from_quote
from puhui.offers.domain import Quote, build_quote
from puhui.products.domain import CapBasis, CapRule, FeeItem, Method, Product, parse_product

POLICIES = Path(__file__).resolve().parents[2] / "policies"
CAP = CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE)
GUARANTEE = FeeItem(
    code="guarantee",
    name_en="Guarantee fee",
    name_zh="担保费",
    party_en="Jinxin Guarantee Co.",
    party_zh="锦信担保",
    third_party=True,
    per_instalment_minor=8_00,
)


@cache
def haoqidai() -> Product:
    """This function will return the shipped product."""
    path = POLICIES / "products" / "haoqidai-2025-01-01.toml"
    return parse_product(text=path.read_text(encoding="utf-8"), file=path.name)


@cache
def general() -> Product:
    """This function will return the shipped product of loan semantics version 2."""
    path = POLICIES / "products" / "haoqidai-2026-11-01.toml"
    return parse_product(text=path.read_text(encoding="utf-8"), file=path.name)


def guaranteed() -> Product:
    """This function will return the product of mock-up 05: the shipped one with a third party's guarantee fee."""
    product = haoqidai()
    return replace(product, fees=(GUARANTEE, *product.fees))


def quote(product: Product | None = None, **changes: Any) -> Quote:
    """This function will build the quote of mock-up 05, or a variation of it."""
    asked: dict[str, Any] = {
        "id": "7f3a" + "q" * 22,
        "customer_id": "c" * 26,
        "line_id": "l" * 26,
        "decision_id": "d" * 26,
        "product": product or guaranteed(),
        "amount_minor": 20_000_00,
        "months": 12,
        "method": Method.EQUAL_INSTALMENT,
        "annual_rate_ppm": 144_000,
        "penalty_daily_rate_ppm": 500,
        "cap": CAP,
        "withdrawal_days": 14,
        "valid_days": 7,
        "issued_at": datetime(2026, 11, 20, 2, 30, tzinfo=UTC),
        "zone": "Asia/Shanghai",
    }
    return build_quote(**{**asked, **changes})


def terms(product: Product | None = None, **changes: Any) -> ContractTerms:
    """This function will return the terms of that quote."""
    return from_quote(quote=quote(product, **changes))


DAY = date(2026, 11, 20)
