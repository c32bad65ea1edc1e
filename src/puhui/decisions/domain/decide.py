"""The evaluator: one input, bound rules, one decision with its trace. No clock, no database, no chance, no floats.

The flow is the policy's own list of steps. Tables run as the Python generated from them; the steps written in `flow`
are the arithmetic that tables cannot say; `verdict` says what follows and what would help.
"""

from __future__ import annotations

from puhui.decisions.domain.flow import run_flow
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.values import SEMANTICS_VERSION, Decision, DecisionInput
from puhui.decisions.domain.verdict import conclude_by_person, reach_verdict


def decide(input: DecisionInput, *, rules: Rules) -> Decision:
    """This function will decide a request. The same input under the same rules gives the same decision, byte for byte.

    A person's conclusion is one more input; it counts only where the policy itself refers. Raises: AssertionError when
    the input names other rules than those given, or a person who was not asked (a bug of the caller).
    """
    assert input.semantics_version == SEMANTICS_VERSION, "an older input needs the evaluator of its version"
    assert input.policy_sha256 == rules.policy.sha256
    assert input.model_sha256 == rules.model.sha256 and input.prices_sha256 == rules.prices.sha256
    run = run_flow(input, rules=rules)
    verdict = reach_verdict(run)
    if input.person is not None:
        verdict = conclude_by_person(run, verdict, act=input.person)
    assert run.points is not None and run.price and run.affordability
    return Decision(
        verdict=verdict,
        points=run.points,
        pd_ppm=run.pd_ppm,
        grade=str(run.values["grade.grade"]),
        price=run.price,
        affordability=run.affordability,
        instalment_minor=int(run.values["capacity.instalment_minor"] or 0),
        limit_minor=run.limit_minor,
        trace=tuple(run.trace),
    )
