"""Write verbs of evidence. Each locks the proof, refuses by the one table of transitions, then writes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from puhui.core.refusals import Refusal
from puhui.evidence.domain import (
    STANDING,
    EvidenceKind,
    EvidenceRecord,
    Proof,
    ProofState,
    last_day,
    next_state,
)
from puhui.evidence.models import FingerprintRow, PaperRow, ProofEventRow, ProofRow, seal_fields, seal_file
from puhui.evidence.queries import FINGERPRINT, ProofNotFound
from puhui.runtime.rows import find_row, insert_row, update_row
from puhui.runtime.sealing import blind_index, seal
from puhui.runtime.transactions import require_transaction


class ProofAlreadyGiven(Refusal):
    """A proof of this kind stands already; it can be taken back and given anew."""

    field = "kind"
    status = 409


def open_proof(*, id: str, customer_id: str, kind: EvidenceKind, kinds_version: str, now: datetime) -> Proof:
    """This function will note that she gives a proof; its source is asked next. Raises: ProofAlreadyGiven."""
    require_transaction()
    states = [one.value for one in STANDING]
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
    _append(row, "give", now)
    return row.to_domain()


def accept_proof(
    *, id: str, record: EvidenceRecord, kind: EvidenceKind, on_date: date, now: datetime
) -> Proof:
    """This function will keep what was read of a record that was checked. Name and number are not kept.

    Raises: ProofNotFound, ProofActNotAllowed.
    """
    row = _lock(id)
    row.state = next_state(ProofState(row.state), "accept").value
    row.trust, row.reason = record.trust.value, ""
    row.fields_sealed = seal_fields(dict(record.fields))
    row.sha256, row.issued_on = record.sha256, record.issued_on
    row.valid_until = last_day(record, kind=kind)
    row.delete_on = on_date + timedelta(days=kind.retention_days)
    row.read_at = now
    names = [
        "state",
        "trust",
        "reason",
        "fields_sealed",
        "sha256",
        "issued_on",
        "valid_until",
        "delete_on",
        "read_at",
    ]
    update_row(row, names)
    _empty_paper(id, now)
    _append(row, "accept", now)
    return row.to_domain()


def keep_paper(*, proof_id: str, content: bytes, now: datetime) -> None:
    """This function will keep the file of a proof, sealed, until it was read."""
    require_transaction()
    insert_row(
        PaperRow(
            proof_id=proof_id,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            content_sealed=seal_file(content),
            received_at=now,
        )
    )


def refer_proof(*, id: str, reason: str, reading: Mapping[str, Any], view: bytes, now: datetime) -> Proof:
    """This function will hand a paper to a person, with what was read and a picture of it; the file itself goes unless
    it could not be read at all. Raises: ProofNotFound, ProofActNotAllowed.
    """
    row = _lock(id)
    row.state = next_state(ProofState(row.state), "refer").value
    row.reason, row.read_at = reason, now
    update_row(row, ["state", "reason", "read_at"])
    paper = find_row(PaperRow, lock=True, proof_id=id)
    assert paper is not None, "only a paper is handed to a person"
    paper.reading_sealed = seal(json.dumps(reading, sort_keys=True, ensure_ascii=False))
    paper.view_sealed = seal_file(view)
    paper.content_sealed = "" if view else paper.content_sealed
    update_row(paper, ["reading_sealed", "view_sealed", "content_sealed"])
    _append(row, "refer", now)
    return row.to_domain()


def keep_fingerprints(*, proof: Proof, prints: Iterable[str]) -> None:
    """This function will remember by keyed hashes what the same paper would show again."""
    require_transaction()
    for one in sorted(set(prints)):
        insert_row(
            FingerprintRow(
                proof_id=proof.id,
                customer_id=proof.customer_id,
                fingerprint=blind_index(one, purpose=FINGERPRINT),
            )
        )


def refuse_proof(*, id: str, reason: str, now: datetime) -> Proof:
    """This function will note that a record does not count, and why; nothing of it is kept.

    Raises: ProofNotFound, ProofActNotAllowed.
    """
    row = _lock(id)
    row.state = next_state(ProofState(row.state), "refuse").value
    row.reason, row.read_at = reason, now
    update_row(row, ["state", "reason", "read_at"])
    _empty_paper(id, now)
    _append(row, "refuse", now)
    return row.to_domain()


def withdraw_proof(*, id: str, now: datetime) -> Proof:
    """This function will take a proof back: what was read is deleted at once. Raises: ProofNotFound, ProofActNotAllowed."""
    row = _lock(id)
    row.state = next_state(ProofState(row.state), "withdraw").value
    row.fields_sealed, row.withdrawn_at = "", now
    update_row(row, ["state", "fields_sealed", "withdrawn_at"])
    _empty_paper(id, now)
    _append(row, "withdraw", now)
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


def _empty_paper(proof_id: str, now: datetime) -> None:
    """What was read stands in the proof; the file and its picture are nobody's business any more."""
    row = find_row(PaperRow, lock=True, proof_id=proof_id)
    if row is not None:
        row.content_sealed, row.view_sealed, row.reading_sealed, row.emptied_at = "", "", "", now
        update_row(row, ["content_sealed", "view_sealed", "reading_sealed", "emptied_at"])


def _append(row: ProofRow, act: str, now: datetime) -> None:
    seq = ProofEventRow.objects.filter(proof_id=row.id).count() + 1
    insert_row(ProofEventRow(proof_id=row.id, seq=seq, act=act, state=row.state, at=now))
