"""She gives a proof: its source is asked, the record is checked, and her price is worked out again. Or she takes it back."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from puhui.core.ids import derive_id
from puhui.customers.queries import get_identity
from puhui.evidence import operations as evidence
from puhui.evidence.domain import EvidenceRecord, EvidenceUnavailable, Person, Proof, ProofState, check_record
from puhui.evidence.queries import (
    find_proof,
    get_cohort,
    get_evidence_kind,
    get_evidence_kinds,
    get_proof,
    is_used_elsewhere,
)
from puhui.journeys import house, parties
from puhui.journeys.once import keep, recall
from puhui.journeys.reprice import reprice
from puhui.runtime.domain import Effect, Transient, WorkItem, no_effect
from puhui.runtime.operations import put_work, record_audit
from puhui.runtime.transactions import transaction

READ = "prove.read"  # kind of the work that fetches and reads a record
AGAIN_SECONDS = 20  # first wait after a source that did not answer


def give(*, customer_id: str, kind: str, key: str, now: datetime) -> Proof:
    """This function will note that she gives a proof and put the work that reads it.

    Raises: EvidenceKindUnknown, ProofAlreadyGiven, KeyReusedWithOtherBody.
    """
    body = {"customer_id": customer_id, "kind": kind}
    today = house.today(now)
    id = derive_id("proof", customer_id, kind, key)
    with transaction():
        if recall(scope="prove.give", key=key, body=body, now=now) is not None:
            return get_proof(id, customer_id=customer_id)
        made = evidence.open_proof(
            id=id,
            customer_id=customer_id,
            kind=get_evidence_kind(kind, on_date=today),
            kinds_version=get_evidence_kinds(on_date=today).version,
            now=now,
        )
        put_work(key=f"proof:{id}", kind=READ, payload={"proof_id": id}, now=now)
        audit(made, "given", "", now)
        keep(scope="prove.give", key=key, body=body, answer={}, now=now)
    return made


def read(item: WorkItem) -> Effect:
    """This function will fetch the record of a proof; one that was taken back meanwhile is not asked for."""
    proof = find_proof(item.payload["proof_id"])
    if proof is None or proof.state is not ProofState.ASKED:
        return no_effect
    today = house.today(item.now)
    name, number = get_identity(proof.customer_id)
    try:
        record = parties.evidence().record(
            kind=get_evidence_kind(proof.kind, on_date=today),
            cohort=get_cohort(on_date=today),
            name=name,
            number=number,
            on_date=today,
            now=item.now,
        )
    except EvidenceUnavailable as error:
        raise Transient(AGAIN_SECONDS, "the source does not answer") from error
    return partial(_conclude, proof, record, Person(name=name, number=number, used_elsewhere=frozenset()))


def _conclude(proof: Proof, record: EvidenceRecord, person: Person, now: datetime) -> None:
    """Check, keep or refuse, and price again: one commit."""
    standing = find_proof(proof.id)
    if standing is None or standing.state is not ProofState.ASKED:
        return
    today = house.today(now)
    kind = get_evidence_kind(proof.kind, on_date=today)
    reason = check_record(record, kind=kind, person=person, on_date=today)
    if not reason and is_used_elsewhere(record.sha256, customer_id=proof.customer_id):
        reason = "USED_ELSEWHERE"
    if reason:
        evidence.refuse_proof(id=proof.id, reason=reason, now=now)
        audit(proof, "refused", reason, now)
        return
    evidence.accept_proof(id=proof.id, record=record, kind=kind, on_date=today, now=now)
    audit(proof, "accepted", "", now)
    reprice(customer_id=proof.customer_id, cause=f"proof:{proof.id}:given", now=now)


def withdraw(*, customer_id: str, proof_id: str, key: str, now: datetime) -> Proof:
    """This function will take a proof back: what was read is deleted, the terms are those of before.

    Raises: ProofNotFound, ProofActNotAllowed, KeyReusedWithOtherBody.
    """
    body = {"customer_id": customer_id, "proof_id": proof_id}
    with transaction():
        proof = get_proof(proof_id, customer_id=customer_id)
        if recall(scope="prove.withdraw", key=key, body=body, now=now) is not None:
            return proof
        gone = evidence.withdraw_proof(id=proof_id, now=now)
        audit(gone, "withdrawn", "", now)
        if proof.state is ProofState.ACCEPTED:
            reprice(customer_id=customer_id, cause=f"proof:{proof_id}:taken", now=now)
        keep(scope="prove.withdraw", key=key, body=body, answer={}, now=now)
    return gone


def audit(proof: Proof, what: str, reason: str, now: datetime, *, by: str = "house") -> None:
    """This function will write what happened to a proof into the audit chain; `by` is a colleague where one did it."""
    record_audit(
        actor=f"customer:{proof.customer_id}" if what in ("given", "withdrawn") else by,
        action=f"proof.{what}",
        subject=f"customer:{proof.customer_id}",
        detail={"proof": proof.id, "kind": proof.kind, **({"reason": reason} if reason else {})},
        now=now,
    )
