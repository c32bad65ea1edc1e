"""Who gets the challenger: always the same answer, no one lost when the share grows, shares and propensities that add up."""

from __future__ import annotations

import random
from math import sqrt

from hypothesis import given
from hypothesis import strategies as st

from puhui.decisions.registry.domain import PPM, SHARE_MAX_PPM, Assignment, assign, bucket_of

CUSTOMERS = st.integers(0, 2**128 - 1).map(lambda number: f"{number:026x}")
SHARES = st.integers(1, SHARE_MAX_PPM)
MANY = 20_000


def given_to(customer_id: str, share_ppm: int, model_id: str = "m") -> Assignment:
    return assign(
        customer_id, model_id=model_id, challenger_sha256="new", champion_sha256="old", share_ppm=share_ppm
    )


@given(CUSTOMERS, CUSTOMERS, SHARES, SHARES)
def test_an_assignment_is_sticky_grows_with_the_share_and_states_its_chance(
    customer_id: str, model_id: str, one: int, other: int
) -> None:
    low, high = sorted((one, other))
    small, large = given_to(customer_id, low, model_id), given_to(customer_id, high, model_id)
    assert small == given_to(customer_id, low, model_id)
    assert 0 <= small.bucket_ppm == large.bucket_ppm < PPM
    assert large.challenged or not small.challenged, "a larger share keeps those who had it"
    for found in (small, large):
        assert found.sha256 == ("new" if found.challenged else "old")
        assert found.challenged is (found.bucket_ppm < found.share_ppm)
        assert found.propensity_ppm == (found.share_ppm if found.challenged else PPM - found.share_ppm)


def test_shares_are_met_weights_add_up_and_challengers_are_independent() -> None:
    seed = 20261122
    print(f"seed {seed}")
    chance = random.Random(seed)
    people = [f"{chance.getrandbits(128):026x}" for _ in range(MANY)]
    for share_ppm in (10_000, 200_000, SHARE_MAX_PPM):
        found = [given_to(one, share_ppm) for one in people]
        share = share_ppm / PPM
        error = 5 * sqrt(share * (1 - share) / MANY)
        challenged = sum(one.challenged for one in found)
        assert abs(challenged / MANY - share) < error
        # Weighted by the inverse of its propensity, each side stands for everybody.
        for side in (True, False):
            weight = sum(PPM / one.propensity_ppm for one in found if one.challenged is side)
            assert abs(weight / MANY - 1) < error / min(share, 1 - share)
    both = sum(bucket_of(one, model_id="m") < 200_000 > bucket_of(one, model_id="n") for one in people)
    assert abs(both / MANY - 0.04) < 5 * sqrt(0.04 * 0.96 / MANY)
