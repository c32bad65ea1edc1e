"""What a proof is worth, before it is given: the real pricer over what people's proofs showed.

"At most" is exact over every value that the proof may show: points never fall as a proof shows more, so the highest
value of every fact gives the lowest price. "Typically" and "no change" are shares of the cohort, person by person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from puhui.decisions.domain.flow import run_flow
from puhui.decisions.domain.proof_points import INCOME
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.values import DecisionInput, SeenFact
from puhui.evidence.domain import PREFIX, CohortAtom, EvidenceKind, values_of

PPM = 1_000_000
WOULD_BE = "proof:?"  # source of a fact that is only imagined


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What giving one more proof could change."""

    kind: str  # evidence kind
    at_most_ppm: int  # largest fall of the all-in cost, ppm a year
    typical_ppm: int  # middle fall among those for whom it falls, 0 where it never does
    no_change_ppm: int  # share of people who see no change of price, parts per million
    rate_at_best_ppm: int  # contract rate where it shows the most
    limit_at_most_minor: int  # largest rise of the limit, 0 for none
    limit_may_fall: bool  # whether some value would lower the limit to what the month bears
    basis: str  # "measured" or "assumed", of the cohort's figures


def price_with(input: DecisionInput, *, rules: Rules, shown: Mapping[str, int]) -> tuple[int, int]:
    """This function will return the contract rate (ppm) and limit (minor units) where `shown` facts are proven, too.

    Beside a fact already proven the higher value counts, as it does for actual proofs.
    """
    seen = {one.name: one for one in input.facts}
    for name, value in shown.items():
        old = seen.get(name)
        if old is None or not isinstance(old.value, int) or value > old.value:
            seen[name] = SeenFact(
                name=name, value=value, event_at=input.decided_at, known_at=input.decided_at, source=WOULD_BE
            )
    run = run_flow(replace(input, facts=tuple(seen[name] for name in sorted(seen))), rules=rules)
    assert run.price is not None
    return run.price.annual_rate_ppm, run.limit_minor


def best_values(kind: EvidenceKind, *, rules: Rules) -> dict[str, int]:
    """This function will return, for every fact of a kind, the smallest value in its best bin that the kind can show."""
    fields = {one.name: one for one in kind.fields}
    found: dict[str, int] = {}
    for one in kind.facts:
        most = fields[one.field].most // (fields[one.per].least if one.per else 1)
        cuts = [cut for points in rules.policy.proofs if points.fact == one.fact for cut in points.cuts]
        reached = [cut for cut in cuts if cut <= most]
        found[one.fact] = max(reached) if reached else most
    return found


def find_worth(
    input: DecisionInput,
    *,
    rules: Rules,
    kind: EvidenceKind,
    atoms: Sequence[CohortAtom],
    basis: str,
    held_ppm: int,
    all_in: Callable[[int], int],
) -> Worth:
    """This function will compute the worth of one more proof for the person of `input`.

    `held_ppm` is the base rate that binds us today, `all_in` turns a base rate into the all-in cost (ppm a year) of her
    own choice. A rate above what is held changes nothing for her.
    """
    rate_now, limit_now = price_with(input, rules=rules, shown={})
    now = all_in(min(held_ppm, rate_now))
    best = best_values(kind, rules=rules)
    income = best.get(INCOME)
    if income is not None:  # the most that can be shown, for the limit; the price's best bin begins lower
        fields = {one.name: one for one in kind.fields}
        source = next(one for one in kind.facts if one.fact == INCOME)
        best[INCOME] = fields[source.field].most // (fields[source.per].most if source.per else 1)
    rate_best, limit_best = price_with(input, rules=rules, shown=best)
    memo: dict[tuple[tuple[str, int], ...], int] = {}
    falls: list[tuple[int, int]] = []
    for atom in atoms:
        shown = values_of(kind, atom.fields)
        bins = tuple(
            [(one.name, one.bin_of(shown[one.fact])) for one in rules.policy.proofs if one.fact in shown]
        )
        if bins not in memo:  # all values of one bin have one price
            memo[bins] = price_with(input, rules=rules, shown=shown)[0]
        falls.append((max(0, now - all_in(min(held_ppm, memo[bins]))), atom.share_ppm))
    return Worth(
        kind=kind.code,
        at_most_ppm=max(0, now - all_in(min(held_ppm, rate_best))),
        typical_ppm=_median([one for one in falls if one[0] > 0]),
        no_change_ppm=sum(share for fall, share in falls if fall == 0),
        rate_at_best_ppm=min(held_ppm, rate_best),
        limit_at_most_minor=max(0, limit_best - limit_now),
        limit_may_fall=INCOME in best and not _income_proven(input),
        basis=basis,
    )


def _income_proven(input: DecisionInput) -> bool:
    return any(one.name == INCOME for one in input.facts)


def _median(weighted: Sequence[tuple[int, int]]) -> int:
    """The value at or below which half of the weight lies; 0 for nothing."""
    total, before = sum(weight for _, weight in weighted), 0
    for value, weight in sorted(weighted):
        before += weight
        if before * 2 >= total:
            return value
    return 0


def find_threshold(
    input: DecisionInput, *, rules: Rules, kind: EvidenceKind, below_ppm: int
) -> tuple[str, int, int] | None:
    """This function will return (fact, value that suffices, base rate) of the easiest single value that a proof of this
    kind could show to bring the base rate below `below_ppm`, or None. "Easiest" is the first bin that suffices; the
    kind's other facts are taken to show nothing, so the rate holds whatever they show.
    """
    shown = {one.fact for one in kind.facts}
    for points in rules.policy.proofs:
        if points.fact not in shown or not points.fact.startswith(PREFIX):
            continue
        for cut in points.cuts:
            rate, _ = price_with(input, rules=rules, shown={points.fact: cut})
            if rate < below_ppm:
                return points.fact, cut, rate
    return None
