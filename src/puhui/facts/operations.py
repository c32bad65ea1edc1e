"""Write verb of facts: they are recorded, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from puhui.core.canonical import canonical_bytes, plain
from puhui.core.ids import derive_id
from puhui.facts.domain import Fact, FactConsentMissing
from puhui.facts.models import FactRow
from puhui.protection.queries import list_purposes_in_force
from puhui.runtime.rows import insert_all_if_absent
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


def _row(fact: Fact, now: datetime) -> FactRow:
    assert fact.event_at <= fact.known_at <= now, "a fact is not known before it is true, nor from the future"
    return FactRow(
        id=derive_id(
            "fact", fact.customer_id, fact.name, fact.source, plain(fact.event_at), plain(fact.known_at)
        ),
        customer_id=fact.customer_id,
        name=fact.name,
        value_json=canonical_bytes(fact.value).decode(),
        event_at=fact.event_at,
        known_at=fact.known_at,
        source=fact.source,
        purpose=fact.purpose,
        consent_id=fact.consent_id,
    )
