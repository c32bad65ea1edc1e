"""What a score does once it decides: is the population still the same, do outcomes keep to the probabilities, who gets in.

Everything is computed from counts by bin, and counts of two periods or two shards add up to those of both: no figure
needs the single decisions again. Shares are parts per million; logarithms are the only place where a fraction is not
a whole number, and what leaves is rounded once.

Sources: population and characteristic stability index, Siddiqi (2006), chapter 10; Kolmogorov–Smirnov on counts by score;
the four-fifths rule, 29 CFR 1607.4(D), with the house's own target of nine tenths.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from puhui.core.rounding import Rounding, divide

PPM = 1_000_000
STABLE_PPM, SHIFTED_PPM = (
    100_000,
    250_000,
)  # PSI below 0.10 is calm, from 0.25 on the population is another one
FLAG_PPM, TARGET_PPM = 800_000, 900_000  # least approval rate against the best group: flagged below, aimed at
LEAST_GROUP = 30  # decisions of a group before its rate says anything
LEAST_BAD = 5  # bad outcomes of a vintage before its KS says anything

Histogram = Mapping[int, int]  # bin → count


def merge(*parts: Histogram) -> dict[int, int]:
    """This function will add histograms: of two periods, or of two shards."""
    found: Counter[int] = Counter()
    for one in parts:
        found.update(one)
    return dict(sorted(found.items()))


def stability_ppm(base: Histogram, now: Histogram) -> int | None:
    """This function will return the population stability index of two histograms in ppm (250,000 is 0.25).

    Half a case is added to every bin, so that an empty one is no infinity. None when one of them is empty.
    """
    bins = base.keys() | now.keys()
    before, after = sum(base.values()), sum(now.values())
    if not before or not after:
        return None
    total = 0.0
    for one in bins:
        expected = (base.get(one, 0) + 0.5) / (before + len(bins) / 2)
        actual = (now.get(one, 0) + 0.5) / (after + len(bins) / 2)
        total += (actual - expected) * math.log(actual / expected)
    return math.floor(total * PPM + 0.5)


def separation_ppm(good: Histogram, bad: Histogram) -> int | None:
    """This function will return the Kolmogorov–Smirnov distance of two histograms by score, in ppm; None without both."""
    goods, bads = sum(good.values()), sum(bad.values())
    if not goods or not bads:
        return None
    most, seen_good, seen_bad = 0, 0, 0
    for one in sorted(good.keys() | bad.keys()):
        seen_good += good.get(one, 0)
        seen_bad += bad.get(one, 0)
        most = max(most, abs(seen_bad * goods - seen_good * bads))
    return divide(most * PPM, goods * bads, Rounding.HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBand:
    """Loans of one band of probability: what was said, and what came."""

    from_ppm: int  # probability of default, from
    loans: int  # whose outcome is known
    expected_ppm: int  # mean of what was said
    observed_ppm: int  # share that went bad
    low_ppm: int  # Wilson's 95 % interval of that share
    high_ppm: int  # its upper end

    @property
    def holds(self) -> bool:
        """Tell whether what was said lies within what chance allows."""
        return self.low_ppm <= self.expected_ppm <= self.high_ppm


def calibrate(outcomes: Iterable[tuple[int, bool]], *, bands: int = 5) -> tuple[CalibrationBand, ...]:
    """This function will compare probabilities (ppm) with outcomes (True = bad), in bands of equally many loans."""
    ranked = sorted(outcomes)
    size = max(-(-len(ranked) // bands), 1)
    found = []
    for start in range(0, len(ranked), size):
        part = ranked[start : start + size]
        bad = sum(one for _, one in part)
        low, high = _wilson(bad, len(part))
        found.append(
            CalibrationBand(
                from_ppm=part[0][0],
                loans=len(part),
                expected_ppm=divide(sum(pd for pd, _ in part), len(part), Rounding.HALF_UP),
                observed_ppm=divide(bad * PPM, len(part), Rounding.HALF_UP),
                low_ppm=low,
                high_ppm=high,
            )
        )
    return tuple(found)


def _wilson(part: int, whole: int) -> tuple[int, int]:
    """Wilson's 95 % interval of a share, in ppm (Wilson 1927)."""
    z, share = 1.959964, part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return max(math.floor((middle - half) * PPM), 0), min(math.ceil((middle + half) * PPM), PPM)


@dataclass(frozen=True, slots=True, kw_only=True)
class VintageSeparation:
    """How well the score told good from bad among the loans of one quarter."""

    year: int  # of the payouts
    quarter: int  # 1 to 4
    loans: int  # with a known outcome
    bad: int  # of them
    ks_ppm: int | None  # None while too few went bad


def vintage_separations(
    outcomes: Iterable[tuple[tuple[int, int], int, bool]],
) -> tuple[VintageSeparation, ...]:
    """This function will sort ((year, quarter), points, bad) by quarter and return the KS of each, oldest first."""
    good: dict[tuple[int, int], Counter[int]] = {}
    bad: dict[tuple[int, int], Counter[int]] = {}
    for quarter, points, went_bad in outcomes:
        for place in (good, bad):
            place.setdefault(quarter, Counter())
        (bad if went_bad else good)[quarter][points] += 1
    return tuple(
        VintageSeparation(
            year=quarter[0],
            quarter=quarter[1],
            loans=good[quarter].total() + bad[quarter].total(),
            bad=bad[quarter].total(),
            ks_ppm=separation_ppm(good[quarter], bad[quarter]) if bad[quarter].total() >= LEAST_BAD else None,
        )
        for quarter in sorted(good)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOutcome:
    """What one group of applicants got."""

    group: str  # name of the group
    decisions: int  # about its members
    approved: int  # of them
    approved_ppm: int  # their share
    rate_ppm: int  # mean contract rate of the approved, 0 without any
    ratio_ppm: int | None  # approval rate against the best group's; None for too few decisions

    @property
    def is_flagged(self) -> bool:
        """Tell whether the four-fifths rule asks for a look."""
        return self.ratio_ppm is not None and self.ratio_ppm < FLAG_PPM

    @property
    def meets_target(self) -> bool:
        """Tell whether the house's own target is met."""
        return self.ratio_ppm is not None and self.ratio_ppm >= TARGET_PPM


def group_outcomes(decisions: Iterable[tuple[str, bool, int]]) -> tuple[GroupOutcome, ...]:
    """This function will count (group, approved, contract rate) by group and compare each with the best large group."""
    counts: dict[str, list[int]] = {}
    for group, approved, rate in decisions:
        one = counts.setdefault(group, [0, 0, 0])
        one[0] += 1
        if approved:
            one[1] += 1
            one[2] += rate
    shares = {name: divide(one[1] * PPM, one[0], Rounding.HALF_UP) for name, one in counts.items()}
    best = max((shares[name] for name, one in counts.items() if one[0] >= LEAST_GROUP), default=0)
    return tuple(
        GroupOutcome(
            group=name,
            decisions=all,
            approved=approved,
            approved_ppm=shares[name],
            rate_ppm=divide(rates, approved, Rounding.HALF_UP) if approved else 0,
            ratio_ppm=divide(shares[name] * PPM, best, Rounding.HALF_UP)
            if best and all >= LEAST_GROUP
            else None,
        )
        for name, (all, approved, rates) in sorted(counts.items())
    )
