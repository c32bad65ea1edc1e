"""Everything that a decision may see is put together from the stages that know it, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from puhui.decisions.domain.gather import house_limits, make_input, product_terms
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.stored import Application
from puhui.decisions.domain.values import DecisionInput
from puhui.facts.domain import Fact
from puhui.journeys import house
from puhui.products.domain import Product
from puhui.protection.domain import HousePolicy


def gather(
    *,
    application: Application,
    facts: Mapping[str, Fact],
    region_code: str,
    policy: HousePolicy,
    product: Product,
    rules: Rules,
    now: datetime,
    asks_person: bool = False,
) -> DecisionInput:
    """This function will make the input of a decision: figures, facts the policy reads, limits, product, hashes, and
    whether she wants a person to decide.
    """
    assert application.submitted is not None, "a draft is not decided"
    return make_input(
        application_id=application.id,
        application=application.submitted,
        facts=tuple(facts.values()),
        house=house_limits(policy, region_code=region_code),
        product=product_terms(product),
        rules=rules,
        decided_at=now,
        on_date=house.today(now),
        asks_person=asks_person,
    )
