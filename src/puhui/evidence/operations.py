"""Write verbs of evidence. Each locks the proof, refuses by the one table of transitions, then writes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from puhui.core.refusals import Refusal
from puhui.evidence.domain import (
    EvidenceKind,
    EvidenceRecord,
    Proof,
    ProofState,
    last_day,
    next_state,
)
from puhui.evidence.models import ProofEventRow, ProofRow, seal_fields
from puhui.evidence.queries import ProofNotFound
from puhui.runtime.rows import find_row, insert_row, update_row
from puhui.runtime.transactions import require_transaction


class ProofAlreadyGiven(Refusal):
    """A proof of this kind stands already; it can be taken back and given anew."""

    field = "kind"
    status = 409


def open_proof(*, id: str, customer_id: str, kind: EvidenceKind, kinds_version: str, now: datetime) -> Proof:
    """This function will note that she gives a proof; its source is asked next. Raises: ProofAlreadyGiven."""
    require_transaction()
    states = [ProofState.ASKED.value, ProofState.ACCEPTED.value]
    if ProofRow.objects.filter(customer_id=customer_id, kind=kind.code, state__in=states).exists():
        raise ProofAlreadyGiven()
    row = ProofRow(
        id=id,
        customer_id=customer_id,
        kind=kind.code,
        kinds_version=kinds_version,
        state=next_state(None, "give").value,
        given_at=now,
    )
    insert_row(row)
    _append(row, 1, "give", now)
    return row.to_domain()


def accept_proof(
    *, id: str, record: EvidenceRecord, kind: EvidenceKind, on_date: date, now: datetime
) -> Proof:
    """This function will keep what was read of a record that was checked. Name and number are not kept.

    Raises: ProofNotFound, ProofActNotAllowed.
    """
    row = _lock(id)
    row.state = next_state(ProofState(row.state), "accept").value
    row.trust = record.trust.value
    row.fields_sealed = seal_fields(dict(record.fields))
    row.sha256, row.issued_on = record.sha256, record.issued_on
    row.valid_until = last_day(record, kind=kind)
    row.delete_on = on_date + timedelta(days=kind.retention_days)
    row.read_at = now
    names = ["state", "trust", "fields_sealed", "sha256", "issued_on", "valid_until", "delete_on", "read_at"]
    update_row(row, names)
    _append(row, 2, "accept", now)
    return row.to_domain()


def refuse_proof(*, id: str, reason: str, now: datetime) -> Proof:
    """This function will note that a record does not count, and why; nothing of it is kept.

    Raises: ProofNotFound, ProofActNotAllowed.
    """
    row = _lock(id)
    row.state = next_state(ProofState(row.state), "refuse").value
    row.reason, row.read_at = reason, now
    update_row(row, ["state", "reason", "read_at"])
    _append(row, 2, "refuse", now)
    return row.to_domain()


def withdraw_proof(*, id: str, now: datetime) -> Proof:
    """This function will take a proof back: what was read is deleted at once. Raises: ProofNotFound, ProofActNotAllowed."""
    row = _lock(id)
    row.state = next_state(ProofState(row.state), "withdraw").value
    row.fields_sealed, row.withdrawn_at = "", now
    update_row(row, ["state", "fields_sealed", "withdrawn_at"])
    _append(row, 3, "withdraw", now)
    return row.to_domain()


def delete_due_fields(*, on_date: date) -> int:
    """This function will delete what was read of proofs whose day of deletion has come; it returns how many."""
    require_transaction()
    due = ProofRow.objects.filter(delete_on__lte=on_date).exclude(fields_sealed="")
    return due.update(fields_sealed="")


def _lock(id: str) -> ProofRow:
    require_transaction()
    row = find_row(ProofRow, lock=True, id=id)
    if row is None:
        raise ProofNotFound()
    return row


def _append(row: ProofRow, seq: int, act: str, now: datetime) -> None:
    insert_row(ProofEventRow(proof_id=row.id, seq=seq, act=act, state=row.state, at=now))
