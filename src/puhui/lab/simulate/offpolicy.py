"""What a policy would bring, estimated from the log of a randomised one, and checked against running it (its truth).

Estimators: inverse propensity weighting (Horvitz and Thompson 1952) and doubly robust (Robins, Rotnitzky and Zhao 1994)
with a linear outcome model for each treatment, fitted on the other half of the accounts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from puhui.lab.observed import Seen
from puhui.lab.planbook import PlanBook
from puhui.lab.policies.randomised import Randomised
from puhui.lab.simulate.pool import make_policy
from puhui.lab.simulate.run import Tables, cohorts
from puhui.lab.simulate.statistics import Z95, Difference
from puhui.lab.worlds.engine import simulate_cohort
from puhui.lab.worlds.values import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TREATMENTS = ("no_action", "reminders", "extend_everyone", "relief")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The value of one policy of the log's treatments, three ways. Units of the outcome."""

    target: str  # which policy
    ips: Difference  # by inverse propensities
    dr: Difference  # doubly robust
    truth: float  # mean when it is run on the same households


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRun:
    """What the randomised policy left: one element an account, cohorts in order."""

    features: Floats  # account, feature: what was seen on day 1
    treatment: Ints  # index into TREATMENTS
    propensity: Floats  # of that treatment, as stored
    outcome: Floats  # what came of it
    truths: Floats  # treatment, account: what came of each treatment when it was run on all


class Watched(Randomised):
    """Keeps what was seen on the first day, as the log of a lender would."""

    features: Floats

    def assign(self, seen: Seen) -> None:
        """Draw, and note what was seen."""
        super().assign(seen)
        self.features = features_of(seen, self.book)


def features_of(seen: Seen, book: PlanBook) -> Floats:
    """This function will return what is seen of each account on day 1, with a constant first."""
    left = book.until[seen.plan, -1] / book.instalment[seen.loan]
    kinds = [(seen.loan == one).astype(np.float64) for one in range(1, len(book.shapes))]
    return np.column_stack([np.ones(len(left)), left / 10, *kinds])


def gather(world: World, tables: Tables, *, outcome: str, cohorts_count: int, seed: int) -> LoggedRun:
    """This function will run the randomised policy, and each treatment on everybody for the truth."""
    table = tables.of(world)
    kept: list[tuple[Floats, Ints, Floats, Floats, Floats]] = []
    for cohort, steps, homes in cohorts(world, table, seed=seed, count=cohorts_count):
        parts = [make_policy(name, table) for name in TREATMENTS]
        drawn = Watched(parts, table.book, seed=seed, cohort=cohort)
        found = getattr(simulate_cohort(world, table.book, steps, homes, drawn), outcome)
        truths = [
            np.asarray(getattr(simulate_cohort(world, table.book, steps, homes, one), outcome), np.float64)
            for one in parts
        ]
        kept.append(
            (
                drawn.features,
                drawn.treatment,
                drawn.propensity,
                np.asarray(found, np.float64),
                np.stack(truths),
            )
        )
    features, treatment, propensity, found, truths_all = (list(column) for column in zip(*kept, strict=True))
    return LoggedRun(
        features=np.concatenate(features), treatment=np.concatenate(treatment), propensity=np.concatenate(propensity),
        outcome=np.concatenate(found), truths=np.concatenate(truths_all, axis=1),
    )  # fmt: skip


def estimate(log: LoggedRun, *, target: str, choice: Ints) -> Estimate:
    """This function will estimate the mean outcome of a policy that gives each account the treatment `choice`.

    Only features, treatment, propensity and outcome of the log are used; the truth is beside them for comparison.
    """
    mine = log.treatment == choice
    weight = mine / log.propensity
    ips = weight * log.outcome
    model = _model(log, choice)
    dr = model + weight * (log.outcome - model)
    truth = float(log.truths[choice, np.arange(len(choice))].mean())
    return Estimate(target=target, ips=_mean(ips), dr=_mean(dr), truth=truth)


def targets(log: LoggedRun) -> Sequence[tuple[str, Ints]]:
    """This function will name the policies that are estimated: each treatment for all, and one that looks at the loan."""
    count = len(log.outcome)
    alone = [(name, np.full(count, place, np.int64)) for place, name in enumerate(TREATMENTS)]
    long = log.features[:, 1] > log.features[:, 1].mean()
    return [
        *alone,
        ("relief for long loans, reminders for short ones", np.where(long, 3, 1).astype(np.int64)),
    ]


def _model(log: LoggedRun, choice: Ints) -> Floats:
    """Expected outcome under `choice`, from a linear model of each treatment fitted on the accounts of the other half."""
    half = np.arange(len(choice)) % 2
    found = np.zeros(len(choice))
    for fold in (0, 1):
        for place in range(len(TREATMENTS)):
            fit = (half != fold) & (log.treatment == place)
            use = (half == fold) & (choice == place)
            if use.any():
                weights, *_ = np.linalg.lstsq(log.features[fit], log.outcome[fit], rcond=None)
                found[use] = log.features[use] @ weights
    return found


def _mean(values: Floats) -> Difference:
    mean, half = float(values.mean()), Z95 * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Difference(mean=mean, low=mean - half, high=mean + half)


def render_estimates(found: Sequence[Estimate], *, scale: float, digits: int) -> str:
    """This function will write the estimates as a Markdown table."""
    rows = ["| policy | IPS (95 %) | DR (95 %) | truth |", "| --- | --- | --- | --- |"]
    for one in found:
        cells = [
            f"{e.mean * scale:.{digits}f} ({e.low * scale:.{digits}f} to {e.high * scale:.{digits}f})"
            for e in (one.ips, one.dr)
        ]
        rows.append(f"| {one.target} | {cells[0]} | {cells[1]} | {one.truth * scale:.{digits}f} |")
    return "\n".join(rows) + "\n"
