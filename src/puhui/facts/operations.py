"""Write verbs of facts: they are recorded, never changed; and of the intakes that they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from puhui.core.canonical import canonical_bytes, plain
from puhui.core.ids import derive_id
from puhui.facts.domain import Fact, FactConsentMissing
from puhui.facts.feature_sets import FeatureVector
from puhui.facts.intake import AsideRow, FactSource, Intake, IntakeState
from puhui.facts.models import FactOriginRow, FactRow, FeatureVectorRow, IntakeAsideRow, IntakeRow
from puhui.protection.queries import list_purposes_in_force
from puhui.runtime.rows import insert_all_if_absent, insert_if_absent
from puhui.runtime.transactions import require_transaction


def record_facts(*, facts: Sequence[Fact], now: datetime) -> int:
    """This function will keep facts and return how many were new; the same fact again changes nothing.

    Raises: FactConsentMissing when a customer has no consent in force for a fact's purpose; AssertionError for a fact
    from the future, or for the same fact with another value (a bug of the caller).
    """
    require_transaction()
    for customer_id in {one.customer_id for one in facts}:
        allowed = list_purposes_in_force(customer_id, now)
        for one in facts:
            if one.customer_id == customer_id and (one.purpose not in allowed or not one.consent_id):
                raise FactConsentMissing(purpose=one.purpose)
    rows = {row.id: row for row in (_row(one, now) for one in facts)}
    new = insert_all_if_absent(list(rows.values()))
    if new < len(rows):
        known = {row.id: row.value_json for row in FactRow.objects.filter(id__in=list(rows))}
        for id, value_json in known.items():
            assert rows[id].value_json == value_json, f"fact {rows[id].name} was recorded with another value"
    return new


def _id(fact: Fact) -> str:
    return derive_id(
        "fact", fact.customer_id, fact.name, fact.source, plain(fact.event_at), plain(fact.known_at)
    )


def _row(fact: Fact, now: datetime) -> FactRow:
    assert fact.event_at <= fact.known_at <= now, "a fact is not known before it is true, nor from the future"
    return FactRow(
        id=_id(fact),
        customer_id=fact.customer_id,
        name=fact.name,
        value_json=canonical_bytes(fact.value).decode(),
        event_at=fact.event_at,
        known_at=fact.known_at,
        source=fact.source,
        purpose=fact.purpose,
        consent_id=fact.consent_id,
    )


def open_intake(*, source: FactSource, place: str, content_sha256: str, rows: int, now: datetime) -> Intake:
    """This function will return the intake of this content under this text: the one begun before, or a new one."""
    require_transaction()
    id = derive_id("intake", source.name, source.sha256, content_sha256)
    row = IntakeRow(
        id=id,
        source=source.name,
        version=source.version,
        place=place[:200],
        content_sha256=content_sha256,
        state=IntakeState.STARTED.value,
        started_at=now,
        ended_at=None,
        rows=rows,
        report_json="{}",
    )
    insert_all_if_absent([row])
    return IntakeRow.objects.get(id=id).to_domain()


def end_intake(*, id: str, state: IntakeState, report: Mapping[str, Any], now: datetime) -> Intake:
    """This function will end an intake that is under way with what was counted; one that ended stays as it is."""
    require_transaction()
    IntakeRow.objects.filter(id=id, state=IntakeState.STARTED.value).update(
        state=state.value, ended_at=now, report_json=json.dumps(report, sort_keys=True)
    )
    return IntakeRow.objects.get(id=id).to_domain()


def record_taken(
    *, intake_id: str, facts: Sequence[tuple[Fact, int]], aside: Sequence[AsideRow], now: datetime
) -> int:
    """This function will keep facts with the row that each came from, and rows set aside; the same again changes nothing.

    Returns how many facts were new. Raises: FactConsentMissing as `record_facts`.
    """
    new = record_facts(facts=[one for one, _ in facts], now=now)
    insert_all_if_absent(
        [FactOriginRow(fact_id=_id(one), intake_id=intake_id, line=line) for one, line in facts]
    )
    insert_all_if_absent(
        [
            IntakeAsideRow(
                id=derive_id("aside", intake_id, str(one.line), one.column, one.code.value),
                intake_id=intake_id,
                line=one.line,
                column_name=one.column,
                code=one.code.value,
            )
            for one in aside
        ]
    )
    return new


def record_vector(*, decision_id: str, customer_id: str, vector: FeatureVector) -> None:
    """This function will keep what a decision was served, in the decision's own commit; the same again changes nothing.

    Raises: AssertionError for another vector of the same decision (a bug of the caller).
    """
    require_transaction()
    row = FeatureVectorRow(
        decision_id=decision_id,
        customer_id=customer_id,
        set_sha256=vector.set_sha256,
        as_of=vector.as_of,
        vector_json=canonical_bytes(vector).decode(),
        sha256=vector.sha256,
    )
    if not insert_if_absent(row):
        kept = FeatureVectorRow.objects.get(decision_id=decision_id)
        assert kept.sha256 == row.sha256, "a decision is served once"
