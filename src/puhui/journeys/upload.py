"""She shows a paper: it is kept, sealed, and a worker reads it."""

from __future__ import annotations

from datetime import datetime

from puhui.core.ids import derive_id
from puhui.evidence import operations as evidence
from puhui.evidence.domain import Proof
from puhui.evidence.domain.files import check_file
from puhui.evidence.queries import get_evidence_kind, get_evidence_kinds, get_proof
from puhui.journeys import house
from puhui.journeys.once import keep, recall
from puhui.journeys.prove import audit
from puhui.runtime.operations import put_work
from puhui.runtime.transactions import transaction

READ = "upload.read"  # kind of the work that reads a paper


def give(*, customer_id: str, kind: str, content: bytes, key: str, now: datetime) -> Proof:
    """This function will keep a paper of hers and put the work that reads it.

    Raises: PaperTooLarge, PaperEmpty, PaperTypeUnknown, EvidenceKindUnknown, ProofAlreadyGiven,
    KeyReusedWithOtherBody.
    """
    check_file(content)
    today = house.today(now)
    found = get_evidence_kind(kind, on_date=today)
    body = {"customer_id": customer_id, "kind": kind, "size": len(content)}
    id = derive_id("proof", customer_id, kind, key)
    with transaction():
        if recall(scope="prove.upload", key=key, body=body, now=now) is not None:
            return get_proof(id, customer_id=customer_id)
        version = get_evidence_kinds(on_date=today).version
        made = evidence.open_proof(id=id, customer_id=customer_id, kind=found, kinds_version=version, now=now)
        evidence.keep_paper(proof_id=id, content=content, now=now)
        put_work(key=f"paper:{id}", kind=READ, payload={"proof_id": id}, now=now)
        audit(made, "given", "", now)
        keep(scope="prove.upload", key=key, body=body, answer={}, now=now)
    return made
