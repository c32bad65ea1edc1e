"""Exploration below the cut-off: capped, sticky, logged, off as shipped, and enough to see whether inference was right."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from puhui.decisions.domain.exploration import (
    Exploration,
    ExplorationAnswer,
    ExplorationBudget,
    ExplorationChance,
    ExplorationSpend,
    bucket_of,
    explore,
    parse_exploration,
    weigh_outcomes,
)
from puhui.protection.domain import PolicyInvalid
from tests.decisions_kit import POLICIES

FILE = "exploration/2026-11-23.toml"
SEED = 20261122
NOTHING = ExplorationSpend(count=0, money_minor=0)


def text(*changes: tuple[str, str]) -> str:
    found = (POLICIES / FILE).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in found
        found = found.replace(old, new)
    return found


def on(share: int = 100_000) -> ExplorationBudget:
    changes = (
        ('applies_to = "nobody"', 'applies_to = "challenger"'),
        ("share_ppm = 0", f"share_ppm = {share}"),
    )
    return parse_exploration(text(*changes), file=FILE)


def answered(
    who: str,
    budget: ExplorationBudget,
    *,
    challenged: bool = True,
    reasons: Sequence[str] = ("RISK_ABOVE_CAP",),
    pd_ppm: int = 150_000,
    fits_minor: int = 250_000,
    spent: ExplorationSpend = NOTHING,
    most_minor: int | None = None,
) -> Exploration:
    chance = ExplorationChance(
        budget=budget,
        bucket_ppm=bucket_of(who, budget_id=budget.id),
        challenged=challenged,
        spent=spent,
        most_minor=budget.amount_most_minor if most_minor is None else most_minor,
    )
    return explore(chance, reasons=reasons, pd_ppm=pd_ppm, fits_minor=fits_minor, step_minor=1, least_minor=1)


def ask(who: str, budget: ExplorationBudget, **changed: Any) -> ExplorationAnswer:
    return answered(who, budget, **changed).answer


def test_as_shipped_nobody_is_chosen() -> None:
    budget = parse_exploration(text(), file=FILE)
    assert {ask(f"c{one}", budget) for one in range(2000)} == {ExplorationAnswer.OFF}


def test_no_month_exceeds_its_caps_whoever_comes() -> None:
    rng = random.Random(SEED)
    for turn in range(30):
        most = rng.randrange(1, 30)
        amount = rng.randrange(50_000, 400_000)
        money = rng.randrange(amount, 3_000_000)
        budget = replace(
            on(200_000), month_count_most=most, amount_most_minor=amount, month_money_most_minor=money
        )
        spent, seen = NOTHING, set[ExplorationAnswer]()
        for one in range(600):
            answer = answered(
                f"{turn}-{one}",
                budget,
                pd_ppm=rng.randrange(120_000, 240_000),
                fits_minor=rng.randrange(0, 600_000),
                spent=spent,
            )
            assert (answer.limit_minor > 0) == (answer.answer is ExplorationAnswer.CHOSEN), (SEED, turn)
            if answer.answer is ExplorationAnswer.CHOSEN:
                assert budget.amount_least_minor <= answer.limit_minor <= amount, (SEED, turn)
                spent = ExplorationSpend(
                    count=spent.count + 1, money_minor=spent.money_minor + answer.limit_minor
                )
            assert spent.count <= most and spent.money_minor <= money, (SEED, turn)
            assert answer.propensity_ppm in {0, budget.share_ppm}
            seen.add(answer.answer)
        assert {ExplorationAnswer.NOT_DRAWN, ExplorationAnswer.TOO_RISKY} <= seen, (SEED, turn)


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        ({"challenged": False}, ExplorationAnswer.OFF),
        ({"reasons": ["RISK_ABOVE_CAP", "LATE_ELSEWHERE"]}, ExplorationAnswer.OTHER_REASON),
        ({"reasons": ["AFFORD_NOTHING_LEFT"]}, ExplorationAnswer.OTHER_REASON),
        ({"reasons": []}, ExplorationAnswer.OTHER_REASON),
        ({"pd_ppm": 200_001}, ExplorationAnswer.TOO_RISKY),
        ({"fits_minor": 49_999}, ExplorationAnswer.NOTHING_FITS),
        ({"spent": ExplorationSpend(count=40, money_minor=0)}, ExplorationAnswer.COUNT_SPENT),
        ({"spent": ExplorationSpend(count=0, money_minor=5_700_001)}, ExplorationAnswer.MONEY_SPENT),
        ({"spent": ExplorationSpend(count=39, money_minor=5_700_000)}, ExplorationAnswer.CHOSEN),
        ({"pd_ppm": 200_000, "fits_minor": 50_000}, ExplorationAnswer.CHOSEN),
    ],
)
def test_who_cannot_be_chosen_and_why(changed: dict[str, Any], answer: ExplorationAnswer) -> None:
    budget = on()
    who = next(
        f"c{one}" for one in range(1000) if bucket_of(f"c{one}", budget_id=budget.id) < budget.share_ppm
    )
    assert ask(who, budget, **changed) is answer


def test_a_place_is_for_ever_and_a_larger_share_keeps_it() -> None:
    small, large = on(50_000), on(200_000)
    people = [f"person-{one}" for one in range(20_000)]
    few = {one for one in people if ask(one, small) is ExplorationAnswer.CHOSEN}
    many = {one for one in people if ask(one, large) is ExplorationAnswer.CHOSEN}
    assert few < many
    for chosen, share in ((few, 0.05), (many, 0.2)):
        sigma = (share * (1 - share) / len(people)) ** 0.5
        assert abs(len(chosen) / len(people) - share) < 4 * sigma, len(chosen)
    later = replace(small, version="2027-01-01", sha256="another")
    assert {one for one in people if ask(one, later) is ExplorationAnswer.CHOSEN} == few


def test_outcomes_weighed_by_propensity_find_the_truth() -> None:
    """Half of the refused are reachable with 5 %, half with 20 %, and the riskier half with the larger share."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    budgets = (on(50_000), replace(on(200_000), id="exploration-b"))
    size, risks = 40_000, (0.10, 0.30)
    outcomes, weights = [], []
    for one in range(size):
        half = one % 2
        answer = answered(f"r{one}", budgets[half], fits_minor=300_000)
        if answer.answer is ExplorationAnswer.CHOSEN:
            outcomes.append(float(rng.random() < risks[half]))
            weights.append(1_000_000 / answer.propensity_ppm)
    weighed, naive = np.average(outcomes, weights=weights), np.mean(outcomes)
    whole = weigh_outcomes((round(1_000_000 / w), bool(o)) for w, o in zip(weights, outcomes, strict=True))
    assert whole == pytest.approx(weighed * 1_000_000, abs=1)
    assert weigh_outcomes([]) is None
    assert abs(weighed - 0.20) < 0.025 < abs(naive - 0.20), (SEED, weighed, naive)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("share_ppm = 0", "share_ppm = 10", "when and only when"),
        ('applies_to = "nobody"', 'applies_to = "challenger"', "when and only when"),
        ('applies_to = "nobody"', 'applies_to = "all"', "not one of"),
        ('reason = "RISK_ABOVE_CAP"', 'reason = "LATE_ELSEWHERE"', "not one of"),
        ("share_ppm = 0", "share_ppm = 300_000", "between 0 and"),
        ("month_count_most = 40", "month_count_most = 0", "at least 1"),
        ("month_money_most_minor = 6_000_000", "month_money_most_minor = 200_000", "must rise"),
        ("pd_most_ppm = 200_000", "pd_most_ppm = 0.2", "not an integer"),
        ("pd_most_ppm = 200_000", "pd_most_ppm = 2_000_000", "pd_most_ppm"),
        ('valid_to = "open"', "valid_to = 2026-11-23", "valid_to is not after"),
        ('version = "2026-11-23"', 'version = "2026-11-24"', "one day"),
        ("reason =", "raison =", "reason is missing"),
    ],
)
def test_a_text_that_cannot_be_meant_is_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(PolicyInvalid, match=says):
        parse_exploration(text((old, new)), file=FILE)
