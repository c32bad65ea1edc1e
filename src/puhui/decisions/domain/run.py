"""One decision while it is being made: what it may see, what is known so far, and the trace of how it came about."""

from __future__ import annotations

from dataclasses import dataclass, field

from puhui.core.trace import Outcome, TraceStep
from puhui.decisions.domain.affordability import Affordability
from puhui.decisions.domain.application import ApplicationInput
from puhui.decisions.domain.asking import Finding
from puhui.decisions.domain.capacity import Capacity, Terms
from puhui.decisions.domain.prices import Price
from puhui.decisions.domain.proof_points import ProofSum
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.scorecard import Score
from puhui.decisions.domain.tables import Value
from puhui.decisions.domain.values import DecisionInput, SeenFact


@dataclass(slots=True, kw_only=True)
class Run:
    """One decision while it is being made; private to the evaluator and its verdict."""

    input: DecisionInput  # what it may see
    rules: Rules  # what decides
    seen: dict[str, SeenFact]  # facts by name
    values: dict[str, Value]  # variables known so far
    trace: list[TraceStep] = field(default_factory=list)  # steps so far
    findings: list[Finding] = field(default_factory=list)  # stops and referrals so far
    score: Score | None = None  # after step score, proofs included
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
        self.trace.append(
            TraceStep(
                step=name,
                value=str(value),
                because=because,
                version=version or self.version,
                outcome=outcome,
                children=children,
            )
        )
