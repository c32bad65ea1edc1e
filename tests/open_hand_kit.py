"""What the tests of the open hand share: the shipped rules with proofs, and a person to talk with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from puhui.decisions.domain import DecisionInput, Rules, decide
from puhui.decisions.domain.rules import bind_rules
from puhui.evidence.domain import (
    Cohort,
    EvidenceKind,
    Proof,
    ProofState,
    Trust,
    parse_cohort,
    parse_evidence_kinds,
)
from puhui.offers.domain.concessions import Concessions, parse_concessions
from puhui.offers.domain.negotiate import Choice, Standing, price_choice
from puhui.products.domain import CapBasis, CapRule, Method, Product, parse_product
from tests.decisions_kit import (
    NOW,
    POLICIES,
    PRODUCT_FILE,
    TODAY,
    build_input,
    compiled,
    facts,
    prices,
    scorecard,
)

# Grade D: one request, a fairly full card. Mock-up 04's kind of person, with room to talk.
MIDDLING = {
    "inq_last_6mths": 2,
    "inq_fi": 1,
    "revol_util_permille": 600,
    "open_il_24m": 3,
    "all_util_percent": 70,
}
NOW_CHOICE = Choice(amount_minor=10_000_00, months=12, method=Method.EQUAL_INSTALMENT, due_day=None)


def read(name: str) -> str:
    return (POLICIES / name).read_text(encoding="utf-8")


@cache
def rules() -> Rules:
    policy = compiled(read("credit/2026-11-01.toml"), "credit/2026-11-01.toml")
    return bind_rules(policy, model=scorecard(), prices=prices(), evaluator_sha256="e" * 64)


@cache
def kinds() -> dict[str, EvidenceKind]:
    return parse_evidence_kinds(read("evidence/2026-11-01.toml"), file="evidence/2026-11-01.toml").kinds


@cache
def cohort() -> Cohort:
    file = "evidence/cohort-2026-11-01.toml"
    return parse_cohort(read(file), file=file, kinds=kinds())


@cache
def concessions() -> Concessions:
    return parse_concessions(read("offers/2026-11-22.toml"), file="offers/2026-11-22.toml")


@cache
def product() -> Product:
    return parse_product(text=read(f"products/{PRODUCT_FILE}"), file=PRODUCT_FILE)


def person(**changed: Any) -> DecisionInput:
    return build_input(by=rules(), seen=facts(**{**MIDDLING, **changed}), amount_minor=10_000_00)


def standing_of(input: DecisionInput, **changed: Any) -> Standing:
    decision = decide(input, rules=rules())
    found = Standing(
        product=product(),
        concessions=concessions(),
        base_rate_ppm=decision.price.annual_rate_ppm,
        limit_minor=decision.limit_minor,
        payment_minor=decision.affordability.affordable_minor,
        cap=CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE),
        value_date=TODAY,
    )
    return replace(found, **changed)


def all_in_of(standing: Standing, rate_ppm: int) -> int:
    return price_choice(NOW_CHOICE, standing=replace(standing, base_rate_ppm=rate_ppm)).all_in.apr_nominal_ppm


def make_proof(kind: str, *, id: str = "p1", state: ProofState = ProofState.ACCEPTED, **fields: int) -> Proof:
    return Proof(
        id=id, customer_id="c1", kind=kind, kinds_version="2026-11-01", state=state, trust=Trust.SIGNED,
        fields=fields, issued_on=TODAY, valid_until=TODAY + timedelta(days=90), delete_on=TODAY + timedelta(days=90),
        reason="", given_at=NOW, read_at=NOW, withdrawn_at=None,
    )  # fmt: skip
