"""The features that a decision was served, in words, for staff and for the person herself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from puhui.decisions.domain.stored import StoredDecision
from puhui.facts.domain import Fact
from puhui.facts.feature_sets import FeatureVector
from puhui.facts.queries import find_feature_set_by_hash
from puhui.protection.queries import get_consent_texts


def feature_rows(
    served: FeatureVector, again: FeatureVector | None = None, *, language: str
) -> list[dict[str, Any]]:
    """This function will return one row a feature: its title, value, missing consent, and the value computed again.

    A text that is gone leaves the machine names. `differs` is always False where nothing was computed `again`.
    """
    chosen = find_feature_set_by_hash(served.set_sha256)
    titles = {one.spec.name: one.title.say(language) for one in chosen.features} if chosen else {}
    consents = get_consent_texts(on_date=served.as_of.date()).texts
    now = {one.name: one for one in again.features} if again else {}
    return [
        {
            "name": one.name,
            "title": titles.get(one.name, one.name),
            "value": one.value,
            "refused": consents[one.refused].title.say(language) if one.refused else "",
            "again": now.get(one.name),
            "differs": again is not None and now.get(one.name) != one,
        }
        for one in served.features
    ]


def uses_of(facts: Sequence[Fact], decisions: Sequence[StoredDecision]) -> list[tuple[Fact, list[str]]]:
    """This function will return each fact with the numbers of the decisions that saw this very version of it."""
    seen: dict[tuple[str, object], list[str]] = {}
    for decided in decisions:
        for one in decided.input.facts:
            seen.setdefault((one.name, one.known_at), []).append(decided.number)
    return [(fact, seen.get((fact.name, fact.known_at), [])) for fact in facts]
