"""What would help: found by asking the same evaluator "and if …?", never promised without having been computed."""

from __future__ import annotations

from dataclasses import replace

from puhui.decisions.domain.affordability import assess_affordability, surplus_for_payment
from puhui.decisions.domain.asking import Finding
from puhui.decisions.domain.capacity import find_capacity, find_payments
from puhui.decisions.domain.flow import run_flow
from puhui.decisions.domain.run import Run
from puhui.decisions.domain.scorecard import Contribution, Feature
from puhui.decisions.domain.tables import NONE
from puhui.decisions.domain.values import Approved, Figures, Help, SeenFact

MOST_FEATURES = 2  # features tried by "and if it were better?"
MOST_HELPS = 4


def find_helps(run: Run, stops: list[Finding], *, smaller: Approved | None) -> tuple[Help, ...]:
    """This function will return at most four helps: what can be had at once first, then by the amount that it opens."""
    found: list[Help] = []
    if smaller is not None:
        found += _longer_term(run, smaller)
        found += _smaller_amount(run, smaller)
    if not stops:
        found += _settle_other(run)
    found += [_plain(one.help) for one in stops if one.help != NONE]
    if not stops or all(one.by_score for one in stops):
        found += _better_features(run)
    best: dict[str, Help] = {}
    for one in found:
        best.setdefault(one.code, one)
    ranked = sorted(best.values(), key=lambda one: (not one.now, -one.amount_minor))
    return tuple(ranked[:MOST_HELPS])


def _plain(code: str) -> Help:
    return Help(code=code, amount_minor=0, months=0, instalment_minor=0, total_minor=0, now=False, figures={})


def _offer(
    run: Run, code: str, amount_minor: int, months: int, *, now: bool, figures: Figures, rate_ppm: int
) -> Help:
    assert run.terms
    payments = find_payments(amount_minor, months=months, terms=replace(run.terms, annual_rate_ppm=rate_ppm))
    return Help(
        code=code,
        amount_minor=amount_minor,
        months=months,
        instalment_minor=payments.level_minor,
        total_minor=payments.total_minor,
        now=now,
        figures={**figures, "currency": run.input.product.currency, "annual_rate_ppm": rate_ppm},
    )


def _rate(run: Run) -> int:
    assert run.price
    return run.price.annual_rate_ppm


def _smaller_amount(run: Run, smaller: Approved) -> list[Help]:
    """The most of the asked term, else of the shortest longer term that has any; never more than was asked."""
    asked = run.input.application
    terms = [one for one in smaller.capacities if one.months >= asked.months and one.amount_minor > 0]
    if not terms:
        return []
    amount = min(terms[0].amount_minor, asked.amount_minor)
    return [
        _offer(run, "HELP_SMALLER_AMOUNT", amount, terms[0].months, now=True, figures={}, rate_ppm=_rate(run))
    ]


def _longer_term(run: Run, smaller: Approved) -> list[Help]:
    """The shortest longer term over which the whole amount fits."""
    asked = run.input.application
    for one in smaller.capacities:
        if one.months > asked.months and one.amount_minor >= asked.amount_minor:
            return [
                _offer(
                    run,
                    "HELP_LONGER_TERM",
                    asked.amount_minor,
                    one.months,
                    now=True,
                    figures={},
                    rate_ppm=_rate(run),
                )
            ]
    return []


def _settle_other(run: Run) -> list[Help]:
    """How much of the other instalments would have to end, and what would then be lent over the asked term."""
    assert run.affordability and run.terms and run.counted
    asked, house, month = run.counted, run.input.house, run.affordability
    if (
        not asked.other_instalments_minor
        or int(run.values["capacity.instalment_minor"] or 0) <= month.affordable_minor
    ):
        return []
    others = min(
        int(run.values["budget.limit_minor"] or 0), house.line_max_minor, run.input.product.amount_max_minor
    )
    needed = surplus_for_payment(
        int(run.values["capacity.instalment_minor"] or 0), reserve_ppm=house.reserve_ppm
    )
    less = min(needed - month.surplus_minor, asked.other_instalments_minor)
    then = assess_affordability(
        asked,
        essential_floor_minor=house.essential_floor_minor,
        reserve_ppm=house.reserve_ppm,
        less_other_minor=less,
    )
    capacity = find_capacity(then.affordable_minor, months=asked.months, terms=run.terms).amount_minor
    amount = min(capacity, others, asked.amount_minor) // run.terms.step_minor * run.terms.step_minor
    today = next((one.amount_minor for one in run.capacities if one.months == asked.months), 0)
    if amount < run.input.product.amount_min_minor or amount <= min(today, others):
        return []
    figures: Figures = {"less_minor": less, "other_instalments_minor": asked.other_instalments_minor}
    return [
        _offer(
            run, "HELP_SETTLE_OTHER", amount, asked.months, now=False, figures=figures, rate_ppm=_rate(run)
        )
    ]


def _better_features(run: Run) -> list[Help]:
    """What one better habit alone would open, for the features that a person can change and that cost most."""
    policy = run.rules.policy
    features = {one.name: one for one in run.rules.model.features}
    costly = sorted(
        (one for one in run.contributions() if one.points < 0 and one.name in policy.improvable),
        key=lambda one: -one.lost_points,
    )
    found: list[Help] = []
    for one in costly[:MOST_FEATURES]:
        target = best_value(features[one.name])
        if target is not None:
            found += _if_better(run, one, target)
    return found


def best_value(feature: Feature) -> int | None:
    """This function will return the value nearest to the others that scores best: an edge of the first or last bin."""
    if not feature.cuts:
        return None
    if feature.points[0] == feature.best_points:
        return feature.cuts[0] - 1
    return feature.cuts[-1] if feature.points[-1] == feature.best_points else None


def _if_better(run: Run, one: Contribution, target: int) -> list[Help]:
    spec = next(feature for feature in run.rules.policy.features if feature.name == one.name)
    changed = tuple(_with_value(fact, target) if fact.name == spec.fact else fact for fact in run.input.facts)
    then = run_flow(replace(run.input, facts=changed), rules=run.rules)
    asked = run.input.application
    over = next((c.amount_minor for c in then.capacities if c.months == asked.months), 0)
    amount = min(over, then.limit_minor, asked.amount_minor)
    today = (
        0
        if run.findings
        else min(
            run.limit_minor, next((c.amount_minor for c in run.capacities if c.months == asked.months), 0)
        )
    )
    if then.findings or amount <= today or amount < run.input.product.amount_min_minor:
        return []
    figures = value_figure("current", int(one.value or 0), unit=spec.unit, decimals=spec.decimals)
    figures |= value_figure("target", target, unit=spec.unit, decimals=spec.decimals)
    return [
        _offer(
            run,
            f"HELP_{one.name.upper()}",
            amount,
            asked.months,
            now=False,
            figures=figures,
            rate_ppm=_rate(then),
        )
    ]


def _with_value(fact: SeenFact, value: int) -> SeenFact:
    return replace(fact, value=value)


def value_figure(name: str, value: int, *, unit: str, decimals: int) -> Figures:
    """This function will name a feature's value so that a page can write it: a count as `name`, a share as `name_ppm`."""
    return {name: value} if unit == "count" else {f"{name}_ppm": value * 10_000 // 10**decimals}
