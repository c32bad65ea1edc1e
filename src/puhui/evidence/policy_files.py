"""Evidence kinds and cohorts, read from the policies folder once and found by day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from puhui.evidence.domain import (
    Cohort,
    EvidenceKinds,
    Papers,
    parse_cohort,
    parse_evidence_kinds,
    parse_papers,
)
from puhui.protection.policy_files import PolicyFiles

COHORT = "evidence/cohort-"
PAPERS = "evidence/papers-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Everything parsed of policies/evidence, by first day."""

    kinds: tuple[EvidenceKinds, ...]  # by first day
    cohorts: tuple[Cohort, ...]  # by first day
    papers: tuple[Papers, ...]  # by first day


def _load(texts: Mapping[str, str]) -> Loaded:
    kinds = sorted(
        (
            parse_evidence_kinds(text, file=name)
            for name, text in texts.items()
            if not name.startswith((COHORT, PAPERS))
        ),
        key=lambda one: one.valid_from,
    )
    cohorts = sorted(
        (
            parse_cohort(text, file=name, kinds=kinds[-1].kinds)
            for name, text in texts.items()
            if name.startswith(COHORT)
        ),
        key=lambda one: one.valid_from,
    )
    papers = sorted(
        (
            parse_papers(text, file=name, kinds=kinds[-1].kinds)
            for name, text in texts.items()
            if name.startswith(PAPERS)
        ),
        key=lambda one: one.valid_from,
    )
    return Loaded(kinds=tuple(kinds), cohorts=tuple(cohorts), papers=tuple(papers))


_files: PolicyFiles[Loaded] = PolicyFiles("evidence", load=_load)


def load() -> Loaded:
    """This function will return everything parsed. Raises: PolicyInvalid."""
    return _files.get()
