"""A policy's value read off a randomised log is what running the policy gives, by both estimators."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from puhui.lab.observed import EventLog
from puhui.lab.policies.randomised import LEAST, Randomised
from puhui.lab.simulate.offpolicy import TREATMENTS, LoggedRun, estimate, gather, render_estimates, targets
from puhui.lab.simulate.pool import make_policy
from puhui.lab.worlds.engine import simulate_cohort
from puhui.lab.worlds.households import make_cohort, make_steps
from tests.worlds_kit import SEED, tables, world


@lru_cache
def logged() -> LoggedRun:
    """A log of 4,000 households, with what running each treatment on all of them gives."""
    return gather(world("towns", size=2_000), tables(), outcome="redefault", cohorts_count=2, seed=SEED)


def test_ips_and_dr_agree_with_the_truth() -> None:
    log = logged()
    assert (log.propensity >= LEAST - 1e-9).all()
    assert set(np.unique(log.treatment)) == set(range(len(TREATMENTS)))
    found = [estimate(log, target=name, choice=choice) for name, choice in targets(log)]
    print(f"seed {SEED}\n{render_estimates(found, scale=100, digits=2)}")
    for one in found:
        half = (one.dr.high - one.dr.low) / 2
        assert abs(one.dr.mean - one.truth) < 1.6 * half, (SEED, one)  # about 3 standard errors
        assert abs(one.ips.mean - one.truth) < 1.6 * (one.ips.high - one.ips.low) / 2, (SEED, one)
        assert one.dr.high - one.dr.low < one.ips.high - one.ips.low, "the model narrows the interval"
        assert half < 0.08
    best, worst = found[3].truth, found[0].truth
    assert best < worst, "the treatments differ, so the estimates had something to find"


def test_a_wrong_propensity_is_found_out() -> None:
    log = logged()
    name, choice = targets(log)[1]
    wrong = replace(log, propensity=np.full_like(log.propensity, log.propensity.mean() * 2))
    one = estimate(wrong, target=name, choice=choice)
    assert abs(one.ips.mean - one.truth) > 1.6 * (one.ips.high - one.ips.low) / 2, SEED


def test_the_stored_propensity_is_the_share_that_was_treated_and_stands_in_the_log() -> None:
    small = world("towns", size=2_000)
    table = tables().of(small)
    steps = make_steps(table.book.longest)
    homes = make_cohort(small, table.book, steps, seed=SEED, cohort=0)
    drawn = Randomised([make_policy(name, table) for name in TREATMENTS], table.book, seed=SEED, cohort=0)
    log = EventLog()
    simulate_cohort(small, table.book, steps, homes, drawn, log)
    assert np.allclose(drawn.shares.sum(axis=1), 1)
    for place in range(len(TREATMENTS)):
        treated, expected = (drawn.treatment == place).mean(), drawn.shares[:, place].mean()
        assert abs(treated - expected) < 0.04, (SEED, place)
    rows = log.rows(0, propensity=drawn.propensity)
    assert rows and all(row[6] == drawn.propensity[row[1]] for row in rows[::50])
    untreated = {row[1] for row in rows if row[3] in ("reminded", "asked", "signed")}
    assert not untreated & set(np.flatnonzero(drawn.treatment == 0).tolist()), "no action is left alone"
