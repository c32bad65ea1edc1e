"""A worker reads a paper: it counts, does not count, or is handed to a person, and her price is worked out again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from puhui.core.canonical import plain
from puhui.customers.queries import get_identity
from puhui.evidence import operations as evidence
from puhui.evidence.domain import (
    EvidenceRecord,
    PaperContent,
    PaperReaderMissing,
    PaperReading,
    PaperRefused,
    PaperVerdict,
    Person,
    Proof,
    ProofState,
    facts_of_proofs,
    judge_paper,
    read_paper,
)
from puhui.evidence.domain.judging import fingerprints
from puhui.evidence.queries import (
    find_paper,
    find_proof,
    get_evidence_kind,
    get_evidence_kinds,
    get_papers,
    list_known_prints,
    list_proofs,
)
from puhui.journeys import house, parties
from puhui.journeys.prove import audit
from puhui.journeys.reprice import reprice
from puhui.runtime.domain import Effect, WorkItem, no_effect


def read(item: WorkItem) -> Effect:
    """This function will read a paper, with no transaction open; one that was taken back meanwhile is left alone."""
    proof = find_proof(item.payload["proof_id"])
    paper = find_paper(item.payload["proof_id"])
    if proof is None or paper is None or proof.state is not ProofState.ASKED:
        return no_effect
    try:
        content = parties.papers().content(paper.content, at=item.now)
    except PaperRefused as refused:
        return partial(_conclude, proof, None, refused.reason)
    except PaperReaderMissing:
        return partial(_conclude, proof, None, "")
    return partial(_conclude, proof, content, "")


def _conclude(proof: Proof, content: PaperContent | None, reason: str, now: datetime) -> None:
    """Judge, then keep, refuse or hand to a person, and price again: one commit."""
    standing = find_proof(proof.id)
    if standing is None or standing.state is not ProofState.ASKED:
        return
    if content is None:
        if reason:
            evidence.refuse_proof(id=proof.id, reason=reason, now=now)
        else:
            evidence.refer_proof(id=proof.id, reason="NO_READER", reading={}, view=b"", now=now)
        audit(proof, "refused" if reason else "referred", reason or "NO_READER", now)
        return
    papers = get_papers(on_date=house.today(now))
    reading = read_paper(content, papers=papers, kind=proof.kind)
    prints = fingerprints(content, reading)
    verdict = _judge(proof, content, reading, list_known_prints(prints, customer_id=proof.customer_id), now)
    if verdict.person:
        shown = {"figures": plain(reading.figures), "rows": list(reading.rows), "prints": list(prints)}
        evidence.refer_proof(id=proof.id, reason=verdict.reason, reading=shown, view=content.view, now=now)
        audit(proof, "referred", verdict.reason, now)
    elif verdict.reason:
        evidence.refuse_proof(id=proof.id, reason=verdict.reason, now=now)
        audit(proof, "refused", verdict.reason, now)
    else:
        assert verdict.record is not None
        count(proof, verdict.record, prints, "house", now)


def _judge(
    proof: Proof, content: PaperContent, reading: PaperReading, known: frozenset[str], now: datetime
) -> PaperVerdict:
    today = house.today(now)
    kinds = get_evidence_kinds(on_date=today).kinds
    name, number = get_identity(proof.customer_id)
    proven = facts_of_proofs(list_proofs(proof.customer_id), kinds=kinds, on_date=today)
    return judge_paper(
        content,
        reading,
        kind=kinds[proof.kind],
        form=get_papers(on_date=today).forms[proof.kind],
        person=Person(name=name, number=number, used_elsewhere=known),
        proven={one.name: one.value for one in proven if isinstance(one.value, int)},
        on_date=today,
    )


def count(proof: Proof, record: EvidenceRecord, prints: Iterable[str], by: str, now: datetime) -> None:
    """This function will let a paper count: what was read is kept, its marks remembered, her price worked out again."""
    today = house.today(now)
    kind = get_evidence_kind(proof.kind, on_date=today)
    evidence.accept_proof(id=proof.id, record=record, kind=kind, on_date=today, now=now)
    evidence.keep_fingerprints(proof=proof, prints=prints)
    audit(proof, "accepted", "", now, by=by)
    reprice(customer_id=proof.customer_id, cause=f"proof:{proof.id}:given", now=now)
