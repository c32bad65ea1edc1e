"""The texts that decide, bound together: a policy, the scorecard that it names, and prices for its grades.

Each was proved alone; here it is proved that they fit: the policy names this very scorecard, every feature has its
fact at the right scale, every grade has a price, risk never lowers a price, and a riskier grade never gets a larger
budget.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product

from puhui.decisions.domain.conditions import cells_of
from puhui.decisions.domain.policy import CreditPolicy
from puhui.decisions.domain.prices import PriceTable
from puhui.decisions.domain.score_step import ScoreStep, compile_score_step
from puhui.decisions.domain.scorecard import Scorecard
from puhui.decisions.domain.tables import Row, Table, Values
from puhui.decisions.domain.values import SEMANTICS_VERSION
from puhui.protection.domain.strict import PolicyInvalid

GRADE = "grade"
BUDGET = "budget"
SHORT = 8  # characters of a hash that a trace shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that decides beside the input."""

    policy: CreditPolicy  # tables and flow
    model: Scorecard  # points
    prices: PriceTable  # rates
    evaluator_sha256: str  # hash of the evaluator's own source
    score: ScoreStep  # how a decision asks the scorecard
    model_label: str  # how a trace names the scorecard


def bind_rules(policy: CreditPolicy, *, model: Scorecard, prices: PriceTable, evaluator_sha256: str) -> Rules:
    """This function will bind texts that fit each other. Raises: PolicyInvalid naming what does not."""
    if policy.semantics_version != SEMANTICS_VERSION:
        raise _unfit(policy, f"semantics_version {policy.semantics_version} is not run by this release")
    if (model.name, model.sha256) != (policy.model, policy.model_sha256):
        raise _unfit(policy, f"model {policy.model} with that hash is not the scorecard {model.name} given")
    if policy.jurisdiction != prices.jurisdiction:
        raise _unfit(policy, f"prices are of {prices.jurisdiction}")
    declared = {one.name: one for one in policy.features}
    for feature in model.features:
        if feature.name not in declared:
            raise _unfit(policy, f"the scorecard reads {feature.name!r}, which is no [[feature]]")
        if declared[feature.name].decimals != feature.decimals:
            raise _unfit(policy, f"feature {feature.name!r} has {feature.decimals} decimals in the scorecard")
    _check_grades(policy, prices)
    _check_budget(policy, prices)
    label = f"{model.name} {model.sha256[:SHORT]}"
    return Rules(
        policy=policy,
        model=model,
        prices=prices,
        evaluator_sha256=evaluator_sha256,
        score=compile_score_step(model, facts={one.name: one.fact for one in policy.features}, version=label),
        model_label=label,
    )


def _unfit(policy: CreditPolicy, problem: str) -> PolicyInvalid:
    return PolicyInvalid(problem, file=f"{policy.id} {policy.version}", row="[policy]")


def _cases(table: Table) -> Iterator[tuple[Values, Row]]:
    """Every region of a table's inputs with the row that answers it."""
    axes = [
        cells_of(type, [row.conditions[name] for row in table.rows]) for name, type in table.inputs.items()
    ]
    for case in product(*axes):
        values = dict(zip(table.inputs, case, strict=True))
        yield (
            values,
            next(row for row in table.rows if all(row.conditions[n].holds(v) for n, v in values.items())),
        )


def _check_grades(policy: CreditPolicy, prices: PriceTable) -> None:
    """The price rises along the whole range of risk, cell by cell."""
    table = policy.tables[GRADE]
    if list(table.inputs) != ["score.pd_ppm"]:
        raise _unfit(policy, "table grade must read score.pd_ppm and nothing else")
    order = [one.grade for one in prices.grades]
    found = sorted(
        (int(values["score.pd_ppm"] or 0), str(row.outputs["grade"])) for values, row in _cases(table)
    )
    for _, grade in found:
        if grade not in order:
            raise _unfit(policy, f"grade {grade!r} has no price")
    for (_, before), (risk, after) in pairwise(found):
        if order.index(after) < order.index(before):
            raise _unfit(policy, f"table grade: from {risk} ppm on, risk rises and the price falls")


def _check_budget(policy: CreditPolicy, prices: PriceTable) -> None:
    """Beside equal other facts, a riskier grade never gets more."""
    order = [one.grade for one in prices.grades]
    found: dict[tuple[tuple[str, object], ...], list[tuple[int, int]]] = {}
    for values, row in _cases(policy.tables[BUDGET]):
        rest = tuple((name, value) for name, value in values.items() if name != "grade.grade")
        place = order.index(str(values["grade.grade"])) if "grade.grade" in values else 0
        found.setdefault(rest, []).append((place, int(row.outputs["limit_minor"])))
    for rows in found.values():
        for (_, before), (place, after) in pairwise(sorted(rows)):
            if after > before:
                raise _unfit(policy, f"table budget: grade {order[place]} gets more than a safer grade")
