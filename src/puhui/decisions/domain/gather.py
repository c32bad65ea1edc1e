"""From the values of earlier stages to the input of a decision: only what a decision needs, by name and hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from puhui.decisions.domain.application import ApplicationInput, ApplicationLimits
from puhui.decisions.domain.prices import Benefit
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.values import (
    SEMANTICS_VERSION,
    DecisionInput,
    HouseLimits,
    ProductTerms,
    SeenFact,
)
from puhui.facts.domain import Fact
from puhui.products.domain import Product
from puhui.protection.domain.house import HousePolicy


def application_limits(product: Product) -> ApplicationLimits:
    """This function will return what an application must keep to, from the product that it is for."""
    return ApplicationLimits(
        currency=product.currency,
        amount_min_minor=product.amount_min_minor,
        amount_max_minor=product.amount_max_minor,
        amount_step_minor=product.amount_step_minor,
        terms=product.terms,
    )


def house_limits(house: HousePolicy, *, region_code: str) -> HouseLimits:
    """This function will return what the house policy says of a person in a region."""
    return HouseLimits(
        jurisdiction=house.jurisdiction,
        version=house.version,
        sha256=house.hash,
        cap_ppm=house.apr_cap_ppm,
        cap_basis=house.apr_cap_basis,
        line_max_minor=house.line_max_minor,
        essential_floor_minor=house.essential_floor_minor(region_code),
        reserve_ppm=house.affordability_reserve_ppm,
    )


def product_terms(product: Product) -> ProductTerms:
    """This function will return what the product says that a decision needs."""
    return ProductTerms(
        id=product.id,
        version=product.version,
        sha256=product.hash,
        currency=product.currency,
        amount_min_minor=product.amount_min_minor,
        amount_max_minor=product.amount_max_minor,
        amount_step_minor=product.amount_step_minor,
        terms=product.terms,
        fee_minor=product.fee_per_instalment_minor,
        rounding=product.instalment_rounding.value,
    )


def make_input(
    *,
    application_id: str,
    application: ApplicationInput,
    facts: Sequence[Fact],
    house: HouseLimits,
    product: ProductTerms,
    rules: Rules,
    decided_at: datetime,
    on_date: date,
    benefits: Sequence[Benefit] = (),
    asks_person: bool = False,
) -> DecisionInput:
    """This function will gather the input of a decision: of the facts, those that the policy reads and no others.

    Raises: AssertionError for a fact known after `decided_at`, or another currency than the product's (a bug).
    """
    assert all(one.known_at <= decided_at for one in facts), "a decision cannot see the future"
    assert application.currency == product.currency, "a product lends its own currency"
    seen = tuple(
        SeenFact(
            name=one.name, value=one.value, event_at=one.event_at, known_at=one.known_at, source=one.source
        )
        for one in sorted(facts, key=lambda fact: fact.name)
        if one.name in rules.policy.facts
    )
    assert len({one.name for one in seen}) == len(seen), "one value of each fact"
    return DecisionInput(
        semantics_version=SEMANTICS_VERSION,
        application_id=application_id,
        decided_at=decided_at,
        on_date=on_date,
        application=application,
        facts=seen,
        house=house,
        product=product,
        benefits=tuple(benefits),
        policy_sha256=rules.policy.sha256,
        model_sha256=rules.model.sha256,
        prices_sha256=rules.prices.sha256,
        evaluator_sha256=rules.evaluator_sha256,
        asks_person=asks_person,
    )
