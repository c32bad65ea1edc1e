"""The crowd at one difficulty after another, each customer scanned as before a payout, and the curves of what came out.

The same customers, with the same luck, stand at every difficulty: what changes along a curve is the difficulty alone.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from puhui.decisions.domain.second_scan import ScanPolicy, ScanVerdict, burden_permille, run_scan
from puhui.decisions.domain.tables import Value
from puhui.lab.multilender.world import LenderHabits, LenderWorld, PlantedCustomers

OWN_SHARE = 0.08  # our own instalment as a share of income
Z95 = 1.959964  # of the normal distribution, for a two-sided interval of 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtShare:
    """How many of some customers a scan kept from the money."""

    group: str  # name of the planted kind, or "honest"
    customers: int  # of this group
    held: int  # sent to two people
    stopped: int  # stopped at once

    @property
    def share(self) -> float:
        """Return the share held or stopped."""
        return (self.held + self.stopped) / self.customers if self.customers else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return Wilson's 95 % interval of the share (Wilson 1927)."""
        n, p = self.customers, self.share
        if not n:
            return 0.0, 1.0
        middle = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
        half = Z95 / (1 + Z95**2 / n) * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
        return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """What came out at one difficulty."""

    difficulty: float  # 0 to 1
    groups: tuple[CaughtShare, ...]  # planted kinds, then "honest": its share is the false alarms
    reasons: dict[str, int]  # holds and stops by reason code


def run_curve(
    world: LenderWorld, policy: ScanPolicy, *, seed: int, say: Callable[[str], None] = lambda line: None
) -> tuple[CurvePoint, ...]:
    """This function will scan the whole world at every difficulty. The same world, policy and seed give the same curve."""
    points = []
    for step in range(world.steps):
        difficulty = step / (world.steps - 1)
        say(f"difficulty {difficulty:.2f}: {world.size:,} customers")
        points.append(_point(world, policy, difficulty, seed))
    return tuple(points)


def _point(world: LenderWorld, policy: ScanPolicy, difficulty: float, seed: int) -> CurvePoint:
    counts = {one.name: [0, 0, 0] for one in world.planted} | {"honest": [0, 0, 0]}
    reasons: dict[str, int] = {}
    for number in range(world.size):
        luck = random.Random(f"{seed}:{world.name}:{number}")
        kind = _kind(world, luck.random())
        facts = observe(world, kind, difficulty, luck)
        found = run_scan(policy, facts)
        count = counts[kind.name if kind else "honest"]
        count[0] += 1
        count[1] += found.verdict is ScanVerdict.HOLD
        count[2] += found.verdict is ScanVerdict.STOP
        if found.reason:
            reasons[found.reason] = reasons.get(found.reason, 0) + 1
    return CurvePoint(
        difficulty=difficulty,
        groups=tuple(
            CaughtShare(group=name, customers=all, held=held, stopped=stopped)
            for name, (all, held, stopped) in counts.items()
        ),
        reasons=dict(sorted(reasons.items())),
    )


def _kind(world: LenderWorld, place: float) -> PlantedCustomers | None:
    for one in world.planted:
        if place < one.share:
            return one
        place -= one.share
    return None


def observe(
    world: LenderWorld, kind: PlantedCustomers | None, difficulty: float, luck: random.Random
) -> dict[str, Value]:
    """This function will draw one customer and return what the sources say of her: the facts of a scan, by name."""
    habits = _habits(world, kind, difficulty)
    coverage = world.coverage_easy + (world.coverage_hard - world.coverage_easy) * difficulty
    income_minor = int(world.income_yuan * 100 * math.exp(luck.gauss(0, world.income_spread)))
    burden = max(luck.gauss(habits.burden, world.burden_spread), 0.0)
    new = _poisson(habits.new_lenders_30d, luck)
    older = _poisson(max(habits.open_lenders - habits.new_lenders_30d, 0.0), luck)
    asked = _poisson(habits.requests_7d, luck)
    silent, watched, other = luck.random(), luck.random(), luck.random()
    if silent < world.silent:
        return {}
    honest = kind is None
    seen_new = _seen(new, coverage, luck)
    instalments = int(burden * income_minor * coverage)
    return {
        "scan.identity": "mismatch" if honest and other < world.identity_false else "match",
        "scan.watch": "listed" if honest and watched < world.watch_false else "clear",
        "scan.new_lenders_30d": seen_new,
        "scan.open_lenders": seen_new + _seen(older, coverage, luck),
        "scan.requests_7d": _seen(asked, coverage, luck),
        "scan.instalments_minor": instalments,
        "scan.burden_permille": burden_permille(
            instalments_minor=instalments, own_minor=int(income_minor * OWN_SHARE), income_minor=income_minor
        ),
    }


def _habits(world: LenderWorld, kind: PlantedCustomers | None, difficulty: float) -> LenderHabits:
    """The planted come nearer to the others as it gets harder."""
    if kind is None:
        return world.honest
    near = difficulty * kind.like_others

    def between(planted: float, honest: float) -> float:
        return planted + (honest - planted) * near

    return LenderHabits(
        open_lenders=between(kind.habits.open_lenders, world.honest.open_lenders),
        new_lenders_30d=between(kind.habits.new_lenders_30d, world.honest.new_lenders_30d),
        requests_7d=between(kind.habits.requests_7d, world.honest.requests_7d),
        burden=between(kind.habits.burden, world.honest.burden),
    )


def _poisson(mean: float, luck: random.Random) -> int:
    """A count of a mean below a hundred, by the multiplication of uniforms (Knuth 1969)."""
    least, product, count = math.exp(-mean), luck.random(), 0
    while product > least:
        product *= luck.random()
        count += 1
    return count


def _seen(count: int, coverage: float, luck: random.Random) -> int:
    return sum(luck.random() < coverage for _ in range(count))
