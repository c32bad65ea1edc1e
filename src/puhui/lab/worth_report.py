"""The evidence page on the worth of a proof, written from what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from puhui.lab.worth_measured import SEED, WorthMeasured, WorthRates, measure, read_spain, read_taiwan

TOLERANCE = 2.0  # percentage points between what is said and what is seen

HEAD = f"""\
# What a proof is worth: said before, seen after

Written by `puhui lab worth`. Every person of one half of real rows is told what a proof is worth to her before her own
figures are looked at; then her own proof is priced by the shipped pricer. The cohort's figures come from the other half,
grade by grade. Seed {SEED}; figures are percent of people.

- **No change**: how many were said to see no change of price, and how many saw none.
- **Typical**: of those whose price falls, how many were said to see at most the typical fall, and how many did.
- **At most**: how many saw no larger fall than the largest one said. It is exact over all that a proof may show: 100 is promised.

The rows are Taiwan's card customers (UCI 350, CC BY 4.0) and 4,454 Spanish applicants for instalment credit (`credit_data`).
They are not our customers: the proofs' points are the shipped ones and say nothing of risk there. What is tested is whether
the statement about the price comes true. The other mix is a part of the measured half that the cohort was not fitted to;
nothing is promised of it, and how far a statement is off then is shown.

| rows | people | no change: said | seen | typical: said | seen | at most | within {TOLERANCE:g} points |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def holds(rates: WorthRates) -> bool:
    """This function will tell whether what was said came true within the tolerance, and "at most" without exception."""
    return (
        abs(rates.said_no_change - rates.seen_no_change) <= TOLERANCE
        and abs(rates.said_typical - rates.seen_typical) <= TOLERANCE
        and rates.seen_at_most == 100
    )


def measure_all(*, taiwan: Path, spain: Path) -> list[WorthMeasured]:
    """This function will measure every source of rows."""
    return [measure(one) for one in (read_taiwan(taiwan), *read_spain(spain))]


def page(found: Sequence[WorthMeasured]) -> str:
    """This function will write the page."""
    lines = []
    for one in found:
        lines.append(_line(one.source.name, one.same, "yes" if holds(one.same) else "NO"))
        lines.append(_line(f"– other mix: {one.source.mix}", one.shifted, "reported"))
    return HEAD + "\n".join(lines) + "\n"


def _line(name: str, rates: WorthRates, verdict: str) -> str:
    figures = (rates.said_no_change, rates.seen_no_change, rates.said_typical, rates.seen_typical)
    said = " | ".join(f"{one:.1f}" for one in figures)
    return f"| {name} | {rates.count:,} | {said} | {rates.seen_at_most:.1f} | {verdict} |"
