"""What the tests of decisions share: the shipped rules, and inputs with one thing changed."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from puhui.decisions.domain import (
    ApplicationInput,
    Benefit,
    Decision,
    DecisionInput,
    HouseLimits,
    ProductTerms,
    Rules,
    decide,
    make_input,
    product_terms,
)
from puhui.decisions.domain.policy import CreditPolicy, compile_policy
from puhui.decisions.domain.prices import PriceTable, parse_prices
from puhui.decisions.domain.reason_texts import ReasonTexts, parse_reason_texts
from puhui.decisions.domain.rules import bind_rules
from puhui.decisions.domain.scorecard import Scorecard, parse_scorecard
from puhui.facts.domain import Fact
from puhui.facts.sandbox_files import fields_of_row
from puhui.products.domain import parse_product

REPO = Path(__file__).resolve().parents[1]
POLICIES = REPO / "policies"
NOW = datetime(2026, 11, 20, 12, 9, tzinfo=UTC)
TODAY = date(2026, 11, 20)
PRODUCT_FILE = "haoqidai-2025-01-01.toml"
POLICY_TEXT = (POLICIES / "credit/2025-01-01.toml").read_text(encoding="utf-8")
PRICES_TEXT = (POLICIES / "prices/2026-07-01.toml").read_text(encoding="utf-8")
REASONS_TEXT = (POLICIES / "credit/reasons-2026-11-01.toml").read_text(encoding="utf-8")
MODEL_TEXT = (POLICIES / "models/scorecard-2026-11-01.json").read_text(encoding="utf-8")
# A file without a stain: every feature in its best bin.
CLEAN = {
    "hit": "hit", "delinq_2yrs": 0, "inq_last_6mths": 0, "inq_last_12m": 0, "inq_fi": 0, "acc_now_delinq": 0,
    "open_il_6m": 1, "open_il_12m": 0, "open_il_24m": 0, "revol_util_permille": 100, "all_util_percent": 20,
    "total_bal_il_minor": 500_000, "delinq_amnt_minor": 0, "num_il_tl": 3, "total_il_high_credit_limit_minor": 900_000,
}  # fmt: skip


@cache
def reasons() -> ReasonTexts:
    return parse_reason_texts(REASONS_TEXT, file="reasons-2026-11-01.toml")


def compiled(text: str = POLICY_TEXT, file: str = "credit/2025-01-01.toml") -> CreditPolicy:
    return compile_policy(text, file=file, reason_codes=frozenset(reasons().texts))


@cache
def scorecard() -> Scorecard:
    return parse_scorecard(MODEL_TEXT, name="scorecard-2026-11-01.json")


@cache
def prices() -> PriceTable:
    return parse_prices(PRICES_TEXT, file="prices/2026-07-01.toml")


@cache
def rules() -> Rules:
    return bind_rules(compiled(), model=scorecard(), prices=prices(), evaluator_sha256="e" * 64)


@cache
def product() -> ProductTerms:
    text = (POLICIES / "products" / PRODUCT_FILE).read_text(encoding="utf-8")
    return product_terms(parse_product(text=text, file=PRODUCT_FILE))


HOUSE = HouseLimits(
    jurisdiction="CN",
    version="2026-11-01",
    sha256="a" * 64,
    cap_ppm=240_000,
    cap_basis="effective",
    line_max_minor=20_000_000,
    essential_floor_minor=165_000,
    reserve_ppm=150_000,
)
# Mock-ups 02 and 13: income 8,600, rent 2,200, living 2,400, other instalments 680 at two lenders, 20,000 over 12 months.
ASKED = ApplicationInput(
    amount_minor=20_000_00,
    currency="CNY",
    purpose="appliances",
    months=12,
    income_minor=8_600_00,
    rent_minor=2_200_00,
    living_minor=2_400_00,
    other_instalments_minor=680_00,
    other_lenders=2,
)


def facts(**changed: Any) -> list[Fact]:
    """The clean file with some columns changed; a column of None is absent."""
    return [
        Fact(
            customer_id="c1",
            name=f"bureau.{name}",
            value=value,
            event_at=NOW,
            known_at=NOW,
            source="sandbox-bureau",
            purpose="credit_report",
            consent_id="k1",
        )
        for name, value in {**CLEAN, **changed}.items()
        if value is not None
    ]


def no_file() -> list[Fact]:
    return [one for one in facts(hit="none") if one.name == "bureau.hit"]


def build_input(
    *,
    asked: ApplicationInput = ASKED,
    seen: list[Fact] | None = None,
    house: HouseLimits = HOUSE,
    benefits: tuple[Benefit, ...] = (),
    by: Rules | None = None,
    **changed: Any,
) -> DecisionInput:
    return make_input(
        application_id="a1",
        application=replace(asked, **changed),
        facts=facts() if seen is None else seen,
        house=house,
        product=product(),
        rules=by or rules(),
        decided_at=NOW,
        on_date=TODAY,
        benefits=benefits,
    )


def decided(**given: Any) -> Decision:
    return decide(build_input(**given), rules=given.get("by") or rules())


@cache
def applicants() -> list[dict[str, str]]:
    with (REPO / "data/lending_club_applicants.csv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def facts_of(row: dict[str, str]) -> list[Fact]:
    return facts(**fields_of_row(row))
