"""Run the guarantees over many cases, print them, and write build/properties.json."""

from __future__ import annotations

import argparse
import gc
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from puhui.lab.properties.checks import CHECKS
from puhui.lab.properties.parts import Parts
from puhui.lab.properties.relief import RELIEF_CHECKS, ReliefParts, check_household
from puhui.lab.properties.story import live
from puhui.lab.properties.worlds import make_case, make_variants

RELEASE_CASES = 200_000
KEPT = 5  # violations kept word for word, of each guarantee
CHUNK = 2_000  # cases that one process takes at once
ALL, OPEN_HAND, RELIEF = "all", "open-hand", "relief"  # which guarantees a run is about


@dataclass(slots=True, kw_only=True)
class Found:
    """What the cases of one guarantee showed."""

    name: str  # "G1"
    cases: int = 0  # how many ran
    violations: int = 0  # how many of them broke it
    examples: list[str] = field(default_factory=list)  # the first few, with the number of their case


def check_cases(*, seed: int, first: int, count: int, parts: Parts | None = None) -> dict[str, Found]:
    """This function will run cases `first` to `first + count - 1` and return what was found, by guarantee."""
    tested = parts or Parts()
    variants = make_variants(seed)
    found = {name: Found(name=name) for name in CHECKS}
    for number in range(first, first + count):
        story = live(make_case(seed, number, variants), tested)
        for name, check in CHECKS.items():
            broken = list(check(story, tested))
            one = found[name]
            one.cases += 1
            one.violations += bool(broken)
            if broken and len(one.examples) < KEPT:
                one.examples.append(f"seed {seed}, case {number}: {broken[0]}")
    return found


def check_households(
    *, seed: int, first: int, count: int, parts: ReliefParts | None = None
) -> dict[str, Found]:
    """This function will run the guarantees of relief over households `first` to `first + count - 1`, by guarantee."""
    found = {name: Found(name=name) for name in RELIEF_CHECKS}
    for number in range(first, first + count):
        for name, broken in check_household(seed, number, parts or ReliefParts()):
            one = found[name]
            one.cases += 1
            one.violations += bool(broken)
            if broken and len(one.examples) < KEPT:
                one.examples.append(f"seed {seed}, household {number}: {broken[0]}")
    return found


def add_up(found: Sequence[dict[str, Found]]) -> list[Found]:
    """This function will add up what several runs found."""
    total = {name: Found(name=name) for name in (*CHECKS, *RELIEF_CHECKS)}
    for one in found:
        for name, part in one.items():
            total[name].cases += part.cases
            total[name].violations += part.violations
            total[name].examples = (total[name].examples + part.examples)[:KEPT]
    return [one for one in total.values() if one.cases]


def _chunk(given: tuple[int, int, int, str]) -> dict[str, Found]:
    gc.freeze()  # a case leaves no cycles behind: a collector that looks for them costs a seventh of the time
    gc.disable()
    return _of(*given)


def _of(seed: int, first: int, count: int, of: str) -> dict[str, Found]:
    """Half as many households as cases: a household is a loan with all its plans."""
    found: dict[str, Found] = {}
    if of in (ALL, OPEN_HAND):
        found |= check_cases(seed=seed, first=first, count=count)
    if of in (ALL, RELIEF):
        found |= check_households(seed=seed, first=first // 2, count=(count + 1) // 2)
    return found


def _cpu_seconds() -> float:
    """What this process and its ended children spent."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def main(argv: Sequence[str] | None = None) -> int:
    """This function will run the command; 0 where nothing was violated, else 1."""
    parser = argparse.ArgumentParser(prog="puhui.lab.properties", description="G1 to G10 over random cases")
    parser.add_argument(
        "--cases", type=int, default=RELEASE_CASES, help="how many cases (release size by default)"
    )
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1), help="processes")
    parser.add_argument("--out", type=Path, default=Path("build/properties.json"))
    parser.add_argument(
        "--of", choices=(ALL, OPEN_HAND, RELIEF), default=ALL, help="G1 to G6 and G10, G7 to G9, or all"
    )
    options = parser.parse_args(argv)
    begun, end = time.monotonic(), options.first + options.cases
    chunks = [
        (options.seed, first, min(CHUNK, end - first), options.of)
        for first in range(options.first, end, CHUNK)
    ]
    if options.jobs > 1 and len(chunks) > 1:
        with ProcessPoolExecutor(max_workers=options.jobs) as pool:
            found = add_up(list(pool.map(_chunk, chunks)))
    else:
        found = add_up([_of(*chunk) for chunk in chunks])
    seconds, spent = time.monotonic() - begun, _cpu_seconds()
    for one in found:
        print(f"{one.name:<4} {one.cases:>8} cases  {one.violations} violations")
        for text in one.examples:
            print(f"     {text}")
    print(f"seed {options.seed}, {seconds:.0f} s, {spent:.0f} s of CPU in {options.jobs} processes")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(
        json.dumps(
            [
                {
                    "name": one.name,
                    "cases": one.cases,
                    "violations": one.violations,
                    "seed": options.seed,
                    "examples": one.examples,
                }
                for one in found
            ],
            ensure_ascii=False,
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )
    return 1 if any(one.violations for one in found) else 0
