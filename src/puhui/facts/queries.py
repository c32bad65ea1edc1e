"""What is asked of facts. A fact is seen only if it was known by then and its purpose was consented to by then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from puhui.facts.domain import Fact, latest_known
from puhui.facts.feature_sets import FeatureSet, FeatureVector, parse_feature_set
from puhui.facts.intake import (
    AsideCode,
    AsideRow,
    FactSource,
    Intake,
    IntakeState,
    SourceUnknown,
    parse_source,
)
from puhui.facts.models import FactOriginRow, FactRow, FeatureVectorRow, IntakeAsideRow, IntakeRow
from puhui.protection.policy_files import PolicyFiles
from puhui.protection.queries import list_purposes_in_force
from puhui.runtime.rows import find_row, list_rows


def _load_sets(texts: Mapping[str, str]) -> tuple[FeatureSet, ...]:
    return tuple(parse_feature_set(text, file=name) for name, text in texts.items())


_sets: PolicyFiles[tuple[FeatureSet, ...]] = PolicyFiles("features", load=_load_sets)


def get_facts(customer_id: str, *, known_at: datetime) -> dict[str, Fact]:
    """This function will return, by name, the latest fact known at `known_at` whose purpose was consented to then."""
    allowed = list_purposes_in_force(customer_id, known_at)
    rows = [row for row in list_rows(FactRow, customer_id=customer_id) if row.purpose in allowed]
    return latest_known([row.to_domain() for row in rows], known_at=known_at)


def list_facts(customer_id: str, *, known_at: datetime | None = None) -> list[Fact]:
    """This function will return every fact kept about a customer, oldest first: her portrait, whatever its use."""
    rows = FactRow.objects.filter(customer_id=customer_id).order_by("known_at", "name", "id")
    return [row.to_domain() for row in (rows if known_at is None else rows.filter(known_at__lte=known_at))]


def _load(texts: Mapping[str, str]) -> tuple[FactSource, ...]:
    return tuple(
        sorted(
            (parse_source(text, file=name) for name, text in texts.items()), key=lambda one: one.valid_from
        )
    )


_sources: PolicyFiles[tuple[FactSource, ...]] = PolicyFiles("sources", load=_load)


def list_sources(*, on_date: date) -> tuple[FactSource, ...]:
    """This function will return the sources that are described on a day, the newest text of each, by name."""
    valid = {one.name: one for one in _sources.get() if one.holds_on(on_date)}
    return tuple(valid[name] for name in sorted(valid))


def get_source(name: str, *, on_date: date) -> FactSource:
    """This function will return the description of a source on a day. Raises: SourceUnknown."""
    known = {one.name: one for one in list_sources(on_date=on_date)}
    if name not in known:
        raise SourceUnknown(name=name[:40], known=", ".join(known) or "–")
    return known[name]


def list_intakes(*, limit: int = 50) -> list[Intake]:
    """This function will return the newest intakes, newest first."""
    return [row.to_domain() for row in IntakeRow.objects.order_by("-started_at", "id")[:limit]]


def find_intake(id: str) -> Intake | None:
    """This function will return one intake, None when there is none."""
    row = IntakeRow.objects.filter(id=id).first()
    return row.to_domain() if row else None


def find_last_intake(source: str) -> Intake | None:
    """This function will return the newest intake of a source that was kept, None when there is none."""
    done = IntakeRow.objects.filter(source=source, state=IntakeState.DONE.value)
    row = done.order_by("-started_at", "id").first()
    return row.to_domain() if row else None


def list_aside(intake_id: str, *, limit: int = 200) -> list[AsideRow]:
    """This function will return the first rows that an intake set aside, by their number."""
    rows = IntakeAsideRow.objects.filter(intake_id=intake_id).order_by("line", "column_name")[:limit]
    return [AsideRow(line=row.line, column=row.column_name, code=AsideCode(row.code)) for row in rows]


def list_origins(customer_id: str) -> dict[tuple[str, datetime], tuple[str, int]]:
    """This function will return where a customer's facts were taken from: (name, known at) → (intake, row)."""
    facts = {row.id: (row.name, row.known_at) for row in FactRow.objects.filter(customer_id=customer_id)}
    origins = FactOriginRow.objects.filter(fact_id__in=list(facts)).order_by("line")
    return {facts[row.fact_id]: (row.intake_id, row.line) for row in origins}


def find_feature_set(*, jurisdiction: str, on_date: date) -> FeatureSet | None:
    """This function will return the features served on a day, None before the first. Raises: PolicyInvalid."""
    held = [one for one in _sets.get() if one.jurisdiction == jurisdiction and one.valid_from <= on_date]
    newest = max(held, key=lambda one: one.valid_from, default=None)
    return None if newest is None or (newest.valid_to and newest.valid_to <= on_date) else newest


def find_feature_set_by_hash(sha256: str) -> FeatureSet | None:
    """This function will return the features of a text by its content hash, None when the text is gone."""
    return next((one for one in _sets.get() if one.sha256 == sha256), None)


def find_vector(decision_id: str) -> FeatureVector | None:
    """This function will return the features that a decision was served, None for one that had none."""
    row = find_row(FeatureVectorRow, decision_id=decision_id)
    return row.to_domain() if row else None


def list_vectors(customer_id: str) -> dict[str, FeatureVector]:
    """This function will return every vector of a customer's decisions, by decision, oldest first. One query."""
    rows = list_rows(FeatureVectorRow, order=("as_of", "decision_id"), customer_id=customer_id)
    return {row.decision_id: row.to_domain() for row in rows}
