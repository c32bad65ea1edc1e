"""What the guarantees G1 and G2 cost the lender, by who gives proofs: a visible line of the budget, not hidden in the margin.

A proof's points are right about risk relative to the average of all who could give it: that is the one assumption. True
risk is therefore the score's, plus what her proof shows, less that average. What is charged is the shipped price: points
of a proof only ever lower it (G1), and silence leaves it where it was (G2). The cost of a person is her true expected loss
less the expected loss in the price she pays, both from the price table. G1 is the cost of those who give, G2 of those
who stay silent, forgery of those who show what is not theirs and are not caught.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from puhui.core.rounding import Rounding, divide
from puhui.decisions.domain.rules import GRADE, Rules
from puhui.evidence.domain import Cohort, EvidenceKind, values_of

PPM = 1_000_000
GUARANTEES = "guarantees"  # part of the price that carries the cost
EXPECTED_LOSS = "expected_loss"
RANDOM_PPM = 500_000  # share who give where giving is a coin's choice
TRUSTING_PPM = 200_000  # share of those who would gain who give where people distrust the house
FORGED_PPM = (10_000, 30_000, 50_000)  # shares of those who would not gain who forge the best proof


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureRegime:
    """Who gives the proofs that they have."""

    code: str  # stable name: "all", "random", "strategic", "distrustful", "forgers_1"
    gains_ppm: int  # share giving among those whose price it lowers
    others_ppm: int  # share giving among those whose price it leaves
    forged_ppm: int  # share of those whose price it leaves who forge instead


REGIMES = (
    DisclosureRegime(code="all", gains_ppm=PPM, others_ppm=PPM, forged_ppm=0),
    DisclosureRegime(code="random", gains_ppm=RANDOM_PPM, others_ppm=RANDOM_PPM, forged_ppm=0),
    DisclosureRegime(code="strategic", gains_ppm=PPM, others_ppm=0, forged_ppm=0),
    DisclosureRegime(code="distrustful", gains_ppm=TRUSTING_PPM, others_ppm=0, forged_ppm=0),
    *(
        DisclosureRegime(code=f"forgers_{share // 10_000}", gains_ppm=PPM, others_ppm=0, forged_ppm=share)
        for share in FORGED_PPM
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeCost:
    """What a regime costs on one cohort, in parts per million of principal a year."""

    regime: str  # code of the regime
    grade: str  # grade without proofs, "" for all
    people: int  # in the cohort
    gives_ppm: int  # share of people who give
    g1_ppm: int  # cost of those who give
    g2_ppm: int  # cost of those who stay silent
    forgery_ppm: int  # cost of forgers
    add_on_ppm: int  # sum: the break-even add-on to every rate
    carried_ppm: int  # the price part that carries it


def spread_points(*, rules: Rules, kinds: Mapping[str, EvidenceKind], cohort: Cohort) -> dict[int, int]:
    """This function will return how common each sum of proof points is, in parts per million that add up to the whole,
    where everybody shows everything and what one kind shows says nothing of another.
    """
    points_of = {one.fact: one for one in rules.policy.proofs}
    found: dict[int, int] = {0: 1}
    for code, kind in kinds.items():
        single: dict[int, int] = {}
        for atom in cohort.atoms[code]:
            shown = values_of(kind, atom.fields)
            points = sum(
                points_of[fact].points[points_of[fact].bin_of(value)]
                for fact, value in shown.items()
                if fact in points_of
            )
            single[points] = single.get(points, 0) + atom.share_ppm
        joined: dict[int, int] = {}
        for before, weight in found.items():
            for points, share in single.items():
                total = min(before + points, rules.policy.proof_points_most)
                joined[total] = joined.get(total, 0) + weight * share
        found = joined
    whole, given, before_ppm, spread = sum(found.values()), 0, 0, {}
    for points in sorted(found):  # cumulative, so that the rounded shares add up
        given += found[points]
        upto = given * PPM // whole
        if upto > before_ppm:
            spread[points] = upto - before_ppm
        before_ppm = upto
    return spread


def cost_of_guarantees(
    points: Iterable[int], *, rules: Rules, spread: Mapping[int, int]
) -> tuple[GuaranteeCost, ...]:
    """This function will work out every regime on people with these points of the score, first all, then by grade.

    Exact expectations, no chance in them. Everybody is lent the same.
    """
    table, evaluate = rules.policy.tables[GRADE], rules.policy.evaluators[GRADE]
    assert set(table.inputs) <= {"score.points", "score.pd_ppm"}, "a grade is made of points alone"

    @cache
    def grade_at(at: int) -> str:
        values: dict[str, int | str | None] = {"score.points": at, "score.pd_ppm": rules.model.pd_of(at)}
        return str(table.rows[evaluate(values)].given["grade.grade"])

    def loss_at(at: int) -> int:
        return _part(rules, grade_at(at), EXPECTED_LOSS)

    def rate_at(at: int) -> int:
        return rules.prices.row(grade_at(at)).annual_rate_ppm

    people: dict[int, int] = {}
    for one in points:
        people[one] = people.get(one, 0) + 1
    mean = divide(sum(at * share for at, share in spread.items()), PPM, Rounding.HALF_EVEN)
    best = max(spread)
    found: list[GuaranteeCost] = []
    for regime in REGIMES:
        sums: dict[str, list[int]] = {}  # by grade: people, given, G1, G2, forged; all but people × PPM × PPM
        for base, count in people.items():
            cell = sums.setdefault(grade_at(base), [0, 0, 0, 0, 0])
            cell[0] += count
            for shown, share in spread.items():
                gains = rate_at(base + shown) < rate_at(base)
                gives = regime.gains_ppm if gains else regime.others_ppm
                forges = 0 if gains else regime.forged_ppm
                true = loss_at(base + shown - mean)
                weight = count * share
                cell[1] += weight * gives
                cell[2] += weight * gives * (true - loss_at(base + shown))
                cell[3] += weight * (PPM - gives - forges) * (true - loss_at(base))
                cell[4] += weight * forges * (true - loss_at(base + best))
        whole = [sum(column) for column in zip(*sums.values(), strict=True)]
        carried = {grade: _part(rules, grade, GUARANTEES) for grade in sums}
        all_carried = sum(carried[grade] * cell[0] for grade, cell in sums.items()) // max(
            1, sum(people.values())
        )
        found += [_cost(regime.code, "", whole, all_carried)] if whole else []
        found += [_cost(regime.code, grade, sums[grade], carried[grade]) for grade in sorted(sums)]
    return tuple(found)


def _cost(regime: str, grade: str, cell: list[int], carried_ppm: int) -> GuaranteeCost:
    people = cell[0]
    g1, g2, forged = (divide(one, people * PPM * PPM, Rounding.HALF_EVEN) for one in cell[2:])
    return GuaranteeCost(
        regime=regime,
        grade=grade,
        people=people,
        gives_ppm=divide(cell[1], people * PPM, Rounding.HALF_EVEN),
        g1_ppm=g1,
        g2_ppm=g2,
        forgery_ppm=forged,
        add_on_ppm=g1 + g2 + forged,
        carried_ppm=carried_ppm,
    )


def _part(rules: Rules, grade: str, name: str) -> int:
    return next(one.annual_rate_ppm for one in rules.prices.row(grade).parts if one.name == name)
