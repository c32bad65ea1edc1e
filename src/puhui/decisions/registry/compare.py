"""A registered model beside the champion on what past decisions saw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from puhui.decisions.domain.challenger import Challenger
from puhui.decisions.domain.model_swaps import SwapCase
from puhui.decisions.domain.scorecard import FeatureValue, Scorecard
from puhui.decisions.models import DecisionRow
from puhui.decisions.policy_files import load


@dataclass(frozen=True, slots=True, kw_only=True)
class PastApplicant:
    """A decision that the program made alone, with whom it was about."""

    decision_id: str  # text(26)
    customer_id: str  # text(26)
    decided_at: datetime  # UTC
    approved: bool  # its verdict
    values: Mapping[str, FeatureValue]  # of the features, as the decision saw them; what is absent has no key


def list_applicants(*, until: datetime, limit: int) -> list[PastApplicant]:
    """This function will return the newest decisions without proofs and without a person's act, newest first.

    A decision under a policy whose text is gone is left out. One query.
    """
    rows = DecisionRow.objects.filter(decided_at__lte=until, proofs=None).order_by("-decided_at", "-id")
    policies = {one.sha256: one for one in load().policies}
    found = []
    for id, customer_id, at, verdict, sha256, text in rows.values_list(
        "id", "customer_id", "decided_at", "verdict", "policy_sha256", "input_json"
    )[:limit].iterator(chunk_size=500):
        policy, seen = policies.get(sha256), json.loads(text)
        if policy is None or seen.get("person"):
            continue
        facts = {one["name"]: one["value"] for one in seen["facts"]}
        values = {
            one.name: facts[one.fact]
            for one in policy.features
            if one.fact in facts and policy.facts[one.fact].accepts(facts[one.fact])
        }
        found.append(
            PastApplicant(
                decision_id=id,
                customer_id=customer_id,
                decided_at=at,
                approved=verdict == "approved",
                values=values,
            )
        )
    return found


def rank_applicants(
    past: list[PastApplicant], *, champion: Scorecard, other: Scorecard | Challenger
) -> list[SwapCase]:
    """This function will score past applicants with both models, on the same values."""
    return [
        SwapCase(
            id=one.decision_id,
            approved=one.approved,
            champion_pd_ppm=champion.evaluate(one.values).pd_ppm,
            other_pd_ppm=other.evaluate(one.values).pd_ppm,
        )
        for one in past
    ]
