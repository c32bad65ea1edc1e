"""What a proof adds to a score and to a budget: reviewed text inside the credit policy, never below nothing.

Points of a proof stand beside the scorecard's, not in it: the card speaks of every applicant, a proof only of those who
gave it. Compiled so that a proof cannot hurt (G1): no bin takes points or money away, and more of what was proven never
gives less. A proof that was not given adds nothing and is named nowhere (G2).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from puhui.core.trace import TraceStep, make_step
from puhui.decisions.domain.conditions import InputType
from puhui.decisions.domain.tables import Value
from puhui.evidence.domain import PREFIX
from puhui.protection.domain.strict import StrictTable

INCOME = "proof.income_monthly_minor"  # counts in place of the stated income
SETTLED = "proof.settled_monthly_minor"  # instalments elsewhere that have ended
BASES = frozenset({"measured", "assumed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPoints:
    """How one proven fact becomes points and money."""

    name: str  # stable name, in traces
    fact: str  # name of the fact, "proof.…"
    basis: str  # "measured" on outcomes, or "assumed" by the house
    cuts: tuple[int, ...]  # ascending; bin i holds cuts[i-1] <= value < cuts[i]
    points: tuple[int, ...]  # added to the score, one more than cuts, never negative, never falling
    budget_minor: tuple[int, ...]  # added to the budget, likewise

    def bin_of(self, value: int) -> int:
        """Return the bin of a value."""
        return bisect_right(self.cuts, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofSum:
    """What all proofs together add."""

    points: int  # to the score, at most the policy's most
    budget_minor: int  # to the budget
    steps: tuple[TraceStep, ...]  # one for each proof that was seen


NO_PROOFS = ProofSum(points=0, budget_minor=0, steps=())


def read_proof_points(row: StrictTable, facts: Mapping[str, InputType]) -> ProofPoints:
    """This function will read one `[[proof]]` of a policy. Raises: PolicyInvalid naming the row."""
    cuts = row.integers("cuts")
    count = len(cuts) + 1
    found = ProofPoints(
        name=row.text("name"),
        fact=row.text("fact"),
        basis=row.choice("basis", BASES),
        cuts=cuts,
        points=row.integers("points") if row.has("points") else (0,) * count,
        budget_minor=row.integers("budget_minor") if row.has("budget_minor") else (0,) * count,
    )
    row.done()
    if not found.fact.startswith(PREFIX) or found.fact not in facts:
        raise row.invalid(f"the fact {found.fact!r} is not declared in [facts] or is no proof's")
    if facts[found.fact].kind != "integer":
        raise row.invalid(f"the fact {found.fact!r} is no integer")
    if not cuts or any(after <= before for before, after in pairwise(cuts)):
        raise row.invalid("cuts are missing or do not ascend")
    for name, values in (("points", found.points), ("budget_minor", found.budget_minor)):
        if len(values) != count:
            raise row.invalid(f"{name} has {len(values)} entries for {count} bins")
        if min(values) < 0:
            raise row.invalid(f"{name} takes away: a proof never hurts (G1)")
        if any(after < before for before, after in pairwise(values)):
            raise row.invalid(f"{name} falls as the proof shows more: one more proof would hurt (G1)")
    if not any(found.points) and not any(found.budget_minor):
        raise row.invalid("it adds nothing in any bin")
    return found


def add_proofs(
    proofs: Sequence[ProofPoints], values: Mapping[str, Value], *, most_points: int, version: str
) -> ProofSum:
    """This function will add up what the proven facts among `values` give."""
    points = budget = 0
    steps: list[TraceStep] = []
    for one in proofs:
        value = values.get(one.fact)
        if not isinstance(value, int):
            continue
        place = one.bin_of(value)
        points += one.points[place]
        budget += one.budget_minor[place]
        because: dict[str, str | int | bool | None] = {
            "value": value,
            "budget_minor": one.budget_minor[place],
            "basis": one.basis,
        }
        steps.append(make_step(one.name, f"{one.points[place]:+d}", because, version))
    if not steps:
        return NO_PROOFS
    return ProofSum(points=min(points, most_points), budget_minor=budget, steps=tuple(steps))
