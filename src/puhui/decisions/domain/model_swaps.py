"""Two models at the same approval rate: past applicants ranked by each, who goes in, who goes out, and what became of them.

A model that approves more is not better for it, so both approve the same number: the safest by the one and by the
other. Outcomes are known only where a loan was paid out; the others are counted as unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from puhui.core.rounding import Rounding, divide

PPM = 1_000_000
RATES_PPM = tuple(rate * 100_000 for rate in range(1, 10))  # approval rates of the curve
MOST_SHOWN = 20  # ids that are shown on each side


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapCase:
    """A past applicant as both models see her."""

    id: str  # of the decision; breaks ties, so that a ranking is one
    approved: bool  # whether the decision that was made approved
    champion_pd_ppm: int  # probability of default by the champion
    other_pd_ppm: int  # by the other model


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCount:
    """How many of some applicants went bad, where that is known."""

    applicants: int  # all of them
    known: int  # with an outcome
    bad: int  # of those, gone bad

    @property
    def bad_ppm(self) -> int | None:
        """Return the share gone bad of those with an outcome, None when there are none."""
        return divide(self.bad * PPM, self.known, Rounding.HALF_EVEN) if self.known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSwap:
    """Both models at one approval rate."""

    rate_ppm: int  # share approved
    swapped: int  # approved by one and not by the other: as many in as out
    champion: OutcomeCount  # whom the champion approves
    other: OutcomeCount  # whom the other approves


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSwapSet:
    """A model beside the champion on past applicants."""

    applicants: int  # ranked by both
    approved: int  # by each: as many as the decisions that were made approved
    kept: OutcomeCount  # approved by both
    swapped_in: OutcomeCount  # only by the other
    swapped_out: OutcomeCount  # only by the champion
    ids_in: tuple[str, ...]  # the first decisions swapped in, the safest by the other model first
    ids_out: tuple[str, ...]  # the first decisions swapped out, the riskiest by it first
    curve: tuple[RateSwap, ...]  # by rising approval rate


def swap_models(past: Sequence[SwapCase], outcomes: Mapping[str, bool]) -> ModelSwapSet:
    """This function will rank past applicants by both models and swap at the rate at which they were approved.

    `outcomes` says by decision whether its loan went bad; a decision that is not in it has no outcome.
    """
    by_champion = [one.id for one in sorted(past, key=lambda one: (one.champion_pd_ppm, one.id))]
    by_other = [one.id for one in sorted(past, key=lambda one: (one.other_pd_ppm, one.id))]
    approved = sum(one.approved for one in past)
    then, now = set(by_champion[:approved]), set(by_other[:approved])
    return ModelSwapSet(
        applicants=len(past),
        approved=approved,
        kept=_count(then & now, outcomes),
        swapped_in=_count(now - then, outcomes),
        swapped_out=_count(then - now, outcomes),
        ids_in=tuple([id for id in by_other if id in now - then][:MOST_SHOWN]),
        ids_out=tuple([id for id in reversed(by_other) if id in then - now][:MOST_SHOWN]),
        curve=tuple(_at(rate, by_champion, by_other, outcomes) for rate in RATES_PPM) if past else (),
    )


def _at(
    rate_ppm: int, by_champion: Sequence[str], by_other: Sequence[str], outcomes: Mapping[str, bool]
) -> RateSwap:
    count = divide(len(by_champion) * rate_ppm, PPM, Rounding.HALF_EVEN)
    then, now = set(by_champion[:count]), set(by_other[:count])
    return RateSwap(
        rate_ppm=rate_ppm,
        swapped=len(now - then),
        champion=_count(then, outcomes),
        other=_count(now, outcomes),
    )


def _count(ids: Collection[str], outcomes: Mapping[str, bool]) -> OutcomeCount:
    known = [outcomes[id] for id in ids if id in outcomes]
    return OutcomeCount(applicants=len(ids), known=len(known), bad=sum(known))
