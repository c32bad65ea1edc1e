"""What a proof is worth, before it is given: the real pricer over what people's proofs showed.

"At most" is exact over every value that the proof may show: points never fall as a proof shows more, so the highest
value of every fact gives the lowest price. "Typically" and "no change" are shares of the cohort, person by person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from puhui.decisions.domain.flow import run_flow
from puhui.decisions.domain.prices import highest_rate, make_price
from puhui.decisions.domain.proof_points import INCOME
from puhui.decisions.domain.rules import GRADE, Rules
from puhui.decisions.domain.run import Run
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
    typical_share_ppm: int  # of those for whom it falls: with at most the middle fall, half or more
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
    typical = _median([one for one in falls if one[0] > 0])
    falling = sum(share for fall, share in falls if fall > 0)
    within = sum(share for fall, share in falls if 0 < fall <= typical)
    return Worth(
        kind=kind.code,
        at_most_ppm=max(0, now - all_in(min(held_ppm, rate_best))),
        typical_ppm=typical,
        typical_share_ppm=within * PPM // falling if falling else 0,
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
    found = find_thresholds(input, rules=rules, kinds=[kind], below_ppm=below_ppm).get(kind.code)
    if found is None:
        return None
    fact, cut, rate = found
    whole, _ = price_with(input, rules=rules, shown={fact: cut})  # what binds comes from the whole decision
    assert whole == rate, "the price of points is the price of the decision"
    return found


def find_thresholds(
    input: DecisionInput, *, rules: Rules, kinds: Iterable[EvidenceKind], below_ppm: int
) -> dict[str, tuple[str, int, int]]:
    """This function will return for each kind of proof that could do it what `find_threshold` says of that kind.

    One walk through the policy, then the price of points alone: proofs add points, points make the grade, the grade has
    a price. Points never fall as a proof shows more, so the first bin that suffices is the easiest.
    """
    run = run_flow(input, rules=rules)
    price_of = _price_of_points(run)
    assert run.points is not None and run.proofs is not None
    proven = {
        one.fact: one.points[one.bin_of(value)]
        for one in rules.policy.proofs
        if isinstance(value := run.values.get(one.fact), int)
    }
    card, most = run.points - run.proofs.points, rules.policy.proof_points_most
    added, found = sum(proven.values()), dict[str, tuple[str, int, int]]()
    for kind in kinds:
        shown = {one.fact for one in kind.facts if one.fact.startswith(PREFIX)}
        for one in rules.policy.proofs:
            if one.fact not in shown or kind.code in found:
                continue
            had = proven.get(one.fact, 0)
            rates = (
                (cut, price_of(card + min(most, added - had + max(points, had))))
                for cut, points in zip(one.cuts, one.points[1:], strict=True)
            )
            cheaper = next(((one.fact, cut, rate) for cut, rate in rates if rate < below_ppm), None)
            if cheaper is not None:
                found[kind.code] = cheaper
    return found


def _price_of_points(run: Run) -> Callable[[int], int]:
    """The contract rate at any points, all else as in this run."""
    rules, house, values = run.rules, run.input.house, dict(run.values)
    table, evaluate = rules.policy.tables[GRADE], rules.policy.evaluators[GRADE]
    highest = highest_rate(cap_ppm=house.cap_ppm, basis=house.cap_basis)

    @cache
    def price_of(points: int) -> int:
        values["score.points"], values["score.pd_ppm"] = points, rules.model.pd_of(points)
        grade = str(table.rows[evaluate(values)].given["grade.grade"])
        price = make_price(rules.prices.row(grade), benefits=run.input.benefits, highest_ppm=highest)
        return price.annual_rate_ppm

    return price_of
