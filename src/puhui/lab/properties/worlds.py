"""Random rules and random people: the shipped texts, and variants of them with other figures, compiled as strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import puhui
from puhui.decisions.domain.application import ApplicationInput
from puhui.decisions.domain.gather import make_input, product_terms
from puhui.decisions.domain.policy import CreditPolicy, compile_policy
from puhui.decisions.domain.prices import PriceTable, parse_prices
from puhui.decisions.domain.proof_points import ProofPoints
from puhui.decisions.domain.reason_texts import parse_reason_texts
from puhui.decisions.domain.rules import Rules, bind_rules
from puhui.decisions.domain.scorecard import parse_scorecard
from puhui.decisions.domain.values import DecisionInput, HouseLimits
from puhui.evidence.domain import (
    EvidenceKind,
    Proof,
    ProofState,
    Trust,
    parse_evidence_kinds,
)
from puhui.facts.domain import Fact
from puhui.offers.domain.concessions import Concession, Concessions, parse_concessions
from puhui.products.domain import FeeItem, Product, parse_product

POLICIES = Path(puhui.__file__).resolve().parents[2] / "policies"
START = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
VARIANTS = 16  # rules to choose from in one run
BUREAU = {
    "delinq_2yrs": 8, "inq_last_6mths": 6, "inq_last_12m": 18, "inq_fi": 8, "open_il_12m": 4, "open_il_24m": 7,
    "revol_util_permille": 1500, "all_util_percent": 200, "total_bal_il_minor": 40_000_000,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One set of rules that fit each other."""

    rules: Rules  # with proofs
    without: Rules  # the same, as if proofs had never been thought of
    kinds: Mapping[str, EvidenceKind]  # what may be shown
    product: Product  # what can be lent
    concessions: Concessions  # what a choice takes off


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One random person under one set of rules."""

    number: int  # of the case
    random: Random  # everything else that chance decides
    variant: Variant  # rules
    input: DecisionInput  # before any proof
    proofs: tuple[Proof, ...]  # what she will give, in the order of giving


def _read(name: str) -> str:
    return (POLICIES / name).read_text(encoding="utf-8")


def make_variants(seed: int, *, count: int = VARIANTS) -> list[Variant]:
    """This function will make `count` sets of rules: the shipped one first, the others with random figures."""
    random = Random(seed)
    reasons = parse_reason_texts(_read("credit/reasons-2026-11-01.toml"), file="reasons-2026-11-01.toml")
    policy = compile_policy(
        _read("credit/2026-11-01.toml"), file="credit/2026-11-01.toml", reason_codes=frozenset(reasons.texts)
    )
    prices = parse_prices(_read("prices/2026-07-01.toml"), file="prices/2026-07-01.toml")
    kinds = parse_evidence_kinds(_read("evidence/2026-11-01.toml"), file="evidence/2026-11-01.toml").kinds
    product = parse_product(text=_read("products/haoqidai-2025-01-01.toml"), file="haoqidai-2025-01-01.toml")
    concessions = parse_concessions(_read("offers/2026-11-22.toml"), file="offers/2026-11-22.toml")
    found = [_variant(policy, prices, kinds, product, concessions)]
    for _ in range(count - 1):
        found.append(
            _variant(
                replace(
                    policy,
                    proofs=tuple(_points(random, one) for one in policy.proofs),
                    proof_points_most=random.choice([20, 60, 80, 150, 400]),
                ),
                _prices(random, prices),
                kinds,
                _product(random, product),
                _concessions(random, concessions),
            )
        )
    return found


def _variant(
    policy: CreditPolicy,
    prices: PriceTable,
    kinds: Mapping[str, EvidenceKind],
    product: Product,
    concessions: Concessions,
) -> Variant:
    model = parse_scorecard(_read(f"models/{policy.model}.json"), name=policy.model)
    rules = bind_rules(policy, model=model, prices=prices, evaluator_sha256="0" * 64)
    return Variant(
        rules=rules,
        without=replace(rules, policy=replace(policy, proofs=())),
        kinds=kinds,
        product=product,
        concessions=concessions,
    )


def _points(random: Random, one: ProofPoints) -> ProofPoints:
    count = len(one.cuts) + 1
    points = sorted(random.choice([0, 0, random.randrange(60)]) for _ in range(count))
    budget = sorted(random.choice([0, 0, 100_000 * random.randrange(12)]) for _ in range(count))
    return replace(one, points=tuple(points), budget_minor=tuple(budget))


def _prices(random: Random, prices: PriceTable) -> PriceTable:
    """Other expected losses, rising from grade to grade, some of them equal; all below the cap."""
    losses = sorted(random.randrange(5_000, 120_000) for _ in prices.grades)
    grades = []
    for grade, loss in zip(prices.grades, losses, strict=True):
        parts = tuple(
            replace(part, annual_rate_ppm=loss if part.name == "expected_loss" else 18_000)
            for part in grade.parts
        )
        total = sum(part.annual_rate_ppm for part in parts)
        grades.append(replace(grade, parts=parts, annual_rate_ppm=total))
    return replace(prices, grades=tuple(grades))


def _product(random: Random, product: Product) -> Product:
    terms = tuple(sorted(random.sample(product.terms, k=random.randint(2, 4))))
    fee = FeeItem(
        code="guarantee", name_en="Guarantee fee", name_zh="担保费", party_en="a guarantor", party_zh="担保公司",
        third_party=True, per_instalment_minor=random.choice([0, 0, 100, 800]),
    )  # fmt: skip
    method = replace(random.choice(product.methods), max_months=terms[-1])
    return replace(product, terms=terms, methods=(method,), fees=(*product.fees, fee))


def _concessions(random: Random, concessions: Concessions) -> Concessions:
    off = sorted((random.randrange(1, 15_000) for _ in concessions.terms), reverse=True)
    terms = tuple(
        Concession(at_most=one.at_most, annual_rate_ppm=ppm)
        for one, ppm in zip(concessions.terms, off, strict=True)
    )
    return replace(concessions, terms=terms)


def make_case(seed: int, number: int, variants: list[Variant]) -> Case:
    """This function will make one case; the same seed and number give the same case."""
    random = Random(seed * 1_000_003 + number)
    variant = variants[random.randrange(len(variants))]
    application = ApplicationInput(
        amount_minor=random.randrange(20, 150) * variant.product.amount_step_minor,
        currency="CNY",
        purpose="daily",
        months=random.choice(variant.product.terms),
        income_minor=random.randrange(400_000, 4_000_000),
        rent_minor=random.randrange(0, 300_000),
        living_minor=random.randrange(0, 300_000),
        other_instalments_minor=random.choice([0, random.randrange(0, 200_000)]),
        other_lenders=2,
    )
    house = HouseLimits(
        jurisdiction="CN",
        version="2026-11-01",
        sha256="0" * 64,
        cap_ppm=240_000,
        cap_basis="effective",
        line_max_minor=20_000_000,
        essential_floor_minor=random.choice([100_000, 165_000]),
        reserve_ppm=random.choice([0, 150_000, 300_000]),
    )
    input = make_input(
        application_id="a1",
        application=application,
        facts=_bureau(random),
        house=house,
        product=product_terms(variant.product),
        rules=variant.rules,
        decided_at=START,
        on_date=TODAY,
    )
    codes = random.sample(sorted(variant.kinds), k=random.randint(1, 4))
    proofs = tuple(_proof(random, variant.kinds[code], place) for place, code in enumerate(codes))
    return Case(number=number, random=random, variant=variant, input=input, proofs=proofs)


def _bureau(random: Random) -> list[Fact]:
    risk = random.random() ** 2  # most people are no great risk
    values: dict[str, int | str] = {"hit": random.choices(["hit", "thin", "none"], [8, 1, 1])[0]}
    for name, most in BUREAU.items():
        if random.random() < 0.9:
            values[name] = int(random.random() * risk * (most + 1))
    if random.random() < 0.03:
        values["acc_now_delinq"] = 1
    return [make_fact(f"bureau.{name}", value, source="bureau") for name, value in values.items()]


def make_fact(name: str, value: int | str, *, source: str) -> Fact:
    """This function will make a fact of the case's person, known from the start."""
    return Fact(
        customer_id="c1", name=name, value=value, event_at=START, known_at=START, source=source,
        purpose="credit_report", consent_id="k1",
    )  # fmt: skip


def _proof(random: Random, kind: EvidenceKind, place: int) -> Proof:
    """What she shows: often a round figure at an edge, sometimes the least or the most that the kind can show."""
    fields = {}
    for one in kind.fields:
        most = min(one.most, 60_000_000) if one.name.endswith("_minor") else min(one.most, 100)
        fields[one.name] = random.choice(
            [
                one.least,
                most,
                random.randint(one.least, most),
                min(most, max(one.least, random.choice([6, 12, 24]))),
            ]
        )
    return Proof(
        id=f"p{place}", customer_id="c1", kind=kind.code, kinds_version="2026-11-01", state=ProofState.ACCEPTED,
        trust=random.choice(list(kind.trusts or (Trust.SIGNED,))), fields=fields, issued_on=TODAY,
        valid_until=TODAY + timedelta(days=kind.valid_days), delete_on=TODAY + timedelta(days=kind.retention_days),
        reason="", given_at=START, read_at=START, withdrawn_at=None,
    )  # fmt: skip
