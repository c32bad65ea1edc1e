"""The steps of a decision that are arithmetic, and the walk through the policy's flow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from puhui.core.canonical import plain
from puhui.core.rounding import Rounding
from puhui.core.trace import Outcome
from puhui.decisions.domain.affordability import assess_affordability
from puhui.decisions.domain.asking import Finding, FindingRule
from puhui.decisions.domain.capacity import Terms, find_capacity, find_payments
from puhui.decisions.domain.prices import highest_rate, make_price
from puhui.decisions.domain.proof_points import INCOME, SETTLED, add_proofs
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.run import Run
from puhui.decisions.domain.values import DecisionInput

DATA_UNCLEAR = "DATA_UNCLEAR"
ROUNDINGS = {one.value: one for one in Rounding}  # by the name in a product


def run_flow(input: DecisionInput, *, rules: Rules) -> Run:
    """This function will walk through the policy's flow up to, and without, the verdict."""
    asked = input.application
    run = Run(
        input=input,
        rules=rules,
        values={
            "application.amount_minor": asked.amount_minor,
            "application.months": asked.months,
            "application.income_minor": asked.income_minor,
            "application.rent_minor": asked.rent_minor,
            "application.living_minor": asked.living_minor,
            "application.other_instalments_minor": asked.other_instalments_minor,
            "application.other_lenders": asked.other_lenders,
        },
    )
    for name in rules.policy.flow[:-1]:
        step = STEPS.get(name)
        if step is not None:
            step(run)
        else:
            rules.policy.asks[name](run.values, run.trace, run.findings)
    return run


def _facts(run: Run) -> None:
    """Takes the declared facts; a value outside its declared type is set aside and sent to a person, never guessed."""
    unclear: list[str] = []
    values, facts, used = run.values, run.input.facts, 0
    declared = run.rules.policy.facts
    values.update(dict.fromkeys(declared))
    for one in facts:
        name, value = one.name, one.value
        if value is None or name not in declared:
            continue
        if declared[name].accepts(value):
            values[name] = value
            used += 1
        else:
            unclear.append(name)
    if unclear:
        unclear.sort(key=list(declared).index)
    for name in unclear:
        run.findings.append(Finding(FindingRule.referral("facts", DATA_UNCLEAR), {"fact": name}))
    run.step(
        "facts_seen",
        len(facts),
        {
            "latest_known_at": plain(max([one.known_at for one in facts])) if facts else None,
            "used": used,
            "unclear": ", ".join(unclear) or None,
        },
        outcome=Outcome.REFUSED if unclear else Outcome.PASSED,
    )


def _score(run: Run) -> None:
    policy, model, version = run.rules.policy, run.rules.model, run.rules.model_label
    points, steps, absent, reasons = run.rules.score(run.values)
    run.proofs = proven = add_proofs(
        policy.proofs, run.values, most_points=policy.proof_points_most, version=run.version
    )
    points += proven.points
    run.points, run.pd_ppm = points, model.pd_of(points)
    run.values["score.points"], run.values["score.pd_ppm"] = points, run.pd_ppm
    because: dict[str, str | int | bool | None] = {
        "base_points": model.base_points,
        "absent": absent,
        "reasons": ", ".join(reasons),
    }
    if proven.steps:
        because["proof_points"] = proven.points
    run.step("score", points, because, version=version, children=steps + proven.steps)
    run.step("probability_of_default", run.pd_ppm, {"points": points}, version=version)


def _price(run: Run) -> None:
    house, prices = run.input.house, run.rules.prices
    highest = highest_rate(cap_ppm=house.cap_ppm, basis=house.cap_basis)
    grade = str(run.values["grade.grade"])
    run.price = price = make_price(prices.row(grade), benefits=run.input.benefits, highest_ppm=highest)
    run.values["price.annual_rate_ppm"] = price.annual_rate_ppm
    because: dict[str, str | int | bool | None] = {one.name: one.annual_rate_ppm for one in price.parts}
    run.step(
        "price",
        price.annual_rate_ppm,
        because | {"grade": grade, "cap_ppm": house.cap_ppm, "cap_basis": house.cap_basis},
        version=f"{prices.id} {prices.version}",
    )


def _affordability(run: Run) -> None:
    house, asked = run.input.house, run.input.application
    income, settled = run.values.get(INCOME), run.values.get(SETTLED)
    because: dict[str, str | int | bool | None] = {}
    if isinstance(income, int):  # what is proven counts, whether more or less than what was stated
        because["stated_income_minor"] = asked.income_minor
        asked = replace(asked, income_minor=income)
    if isinstance(settled, int) and settled:
        because["settled_minor"] = gone = min(settled, asked.other_instalments_minor)
        asked = replace(asked, other_instalments_minor=asked.other_instalments_minor - gone)
    run.counted = asked
    run.affordability = found = assess_affordability(
        asked,
        essential_floor_minor=house.essential_floor_minor,
        reserve_ppm=house.reserve_ppm,
    )
    run.values["affordability.surplus_minor"] = found.surplus_minor
    run.values["affordability.affordable_minor"] = found.affordable_minor
    run.step(
        "affordable_payment",
        found.affordable_minor,
        because
        | {
            "income_minor": found.income_minor,
            "rent_minor": found.rent_minor,
            "living_minor": found.living_minor,
            "essential_floor_minor": found.essential_floor_minor,
            "counted_living_minor": found.counted_living_minor,
            "other_instalments_minor": found.other_instalments_minor,
            "surplus_minor": found.surplus_minor,
            "reserve_ppm": found.reserve_ppm,
        },
        version=f"house {house.jurisdiction} {house.version}",
        outcome=Outcome.PASSED if found.affordable_minor else Outcome.REFUSED,
    )


def _capacity(run: Run) -> None:
    product, asked = run.input.product, run.input.application
    assert run.price and run.affordability
    run.terms = terms = Terms(
        annual_rate_ppm=run.price.annual_rate_ppm,
        step_minor=product.amount_step_minor,
        max_minor=product.amount_max_minor,
        fee_minor=product.fee_minor,
        rounding=ROUNDINGS[product.rounding],
    )
    payment = run.affordability.affordable_minor
    run.capacities = tuple([find_capacity(payment, months=months, terms=terms) for months in product.terms])
    longest = run.capacities[-1]
    run.values["capacity.longest_minor"] = longest.amount_minor
    asked_for = find_payments(asked.amount_minor, months=asked.months, terms=terms)
    run.values["capacity.instalment_minor"] = asked_for.highest_minor
    run.step(
        "capacity",
        longest.amount_minor,
        {f"months_{one.months}": one.amount_minor for one in run.capacities},
        version=f"{product.id} {product.version}",
        outcome=Outcome.PASSED if longest.amount_minor else Outcome.REFUSED,
    )


def _limit(run: Run) -> None:
    product, house = run.input.product, run.input.house
    plus = run.proofs.budget_minor if run.proofs else 0
    run.values["budget.limit_minor"] = int(run.values["budget.limit_minor"] or 0) + plus
    parts = {
        "capacity_minor": int(run.values["capacity.longest_minor"] or 0),
        "budget_minor": int(run.values["budget.limit_minor"] or 0),
        "house_minor": house.line_max_minor,
        "product_minor": product.amount_max_minor,
    }
    smallest = min(parts.values())
    limit = smallest // product.amount_step_minor * product.amount_step_minor
    run.limit_minor = limit if limit >= product.amount_min_minor else 0
    run.values["limit.limit_minor"] = run.limit_minor
    binding = next(name for name, amount in parts.items() if amount == smallest)
    because: dict[str, str | int | bool | None] = dict(parts)
    if plus:
        because["proofs_minor"] = plus
    run.step(
        "limit",
        run.limit_minor,
        because | {"step_minor": product.amount_step_minor, "binding": binding.removesuffix("_minor")},
        outcome=Outcome.PASSED if run.limit_minor else Outcome.REFUSED,
    )


STEPS: dict[str, Callable[[Run], None]] = {
    "facts": _facts,
    "score": _score,
    "price": _price,
    "affordability": _affordability,
    "capacity": _capacity,
    "limit": _limit,
}
