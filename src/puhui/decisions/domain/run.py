"""One decision while it is being made: what it may see, what is known so far, and the trace of how it came about."""

from __future__ import annotations

from dataclasses import dataclass, field

from puhui.core.trace import Outcome, StepDraft, TraceStep
from puhui.decisions.domain.affordability import Affordability
from puhui.decisions.domain.application import ApplicationInput
from puhui.decisions.domain.asking import Finding
from puhui.decisions.domain.capacity import Capacity, Terms
from puhui.decisions.domain.prices import Price
from puhui.decisions.domain.proof_points import ProofSum
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.scorecard import Contribution
from puhui.decisions.domain.tables import Value
from puhui.decisions.domain.values import DecisionInput


@dataclass(slots=True, kw_only=True)
class Run:
    """One decision while it is being made; private to the evaluator and its verdict."""

    input: DecisionInput  # what it may see
    rules: Rules  # what decides
    values: dict[str, Value]  # variables known so far
    trace: list[TraceStep] = field(default_factory=list)  # steps so far
    findings: list[Finding] = field(default_factory=list)  # stops and referrals so far
    points: int | None = None  # after step score, proofs included
    pd_ppm: int = 0  # after step score
    proofs: ProofSum | None = None  # after step score
    price: Price | None = None  # after step price
    counted: ApplicationInput | None = (
        None  # after step affordability: what she says, corrected by what is proven
    )
    affordability: Affordability | None = None  # after step affordability
    terms: Terms | None = None  # after step capacity
    capacities: tuple[Capacity, ...] = ()  # after step capacity, by term
    limit_minor: int = 0  # after step limit

    @property
    def version(self) -> str:
        """How a trace names the policy."""
        return self.rules.policy.label

    def contributions(self) -> tuple[Contribution, ...]:
        """Work out again, where a decline explains it, what each feature of the scorecard added."""
        values = {one.name: self.values[one.fact] for one in self.rules.policy.features}
        return self.rules.model.evaluate(values).contributions

    def step(
        self,
        name: str,
        value: object,
        because: dict[str, str | int | bool | None],
        *,
        version: str = "",
        outcome: Outcome = Outcome.PASSED,
        children: tuple[TraceStep, ...] = (),
    ) -> None:
        """Add a line to the trace."""
        step = StepDraft()  # as `make_step` does, in place
        step.step = name
        step.value = str(value)
        step.because = because
        step.version = version or self.rules.policy.label
        step.outcome = outcome
        step.children = children
        step.__class__ = TraceStep
        self.trace.append(step)
