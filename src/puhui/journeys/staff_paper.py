"""A person looks at a paper that was read unsurely: what it says, field by field, and whether it counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from puhui.access.staff import operations as desk
from puhui.access.staff.domain import Permission
from puhui.access.staff.queries import refuse_role
from puhui.core.money import parse_minor
from puhui.core.refusals import InputRefused, Refusal
from puhui.customers.queries import get_identity
from puhui.evidence import operations as evidence
from puhui.evidence.domain import EvidenceRecord, Paper, Person, Proof, ProofState, Trust, check_record
from puhui.evidence.queries import (
    ProofNotFound,
    find_paper,
    find_proof,
    get_evidence_kind,
    list_known_prints,
)
from puhui.journeys import house
from puhui.journeys.prove import audit
from puhui.journeys.read_paper import count
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction

# What a colleague may say of a paper that does not count; she reads it in words.
REASONS = ("TAMPERED", "NOT_UNDERSTOOD", "OTHER_PERSON", "WRONG_KIND", "TOO_OLD", "CONTRADICTS")
WHERE = {
    "OTHER_PERSON": "name",
    "FROM_FUTURE": "issued",
    "TOO_OLD": "issued",
}  # field that a reason speaks of
FIXED = ("name", "number", "issued", "period")  # typed beside the kind's own figures


class PaperFieldWrong(InputRefused):
    """A typed figure is none, or the paper with these figures would not count."""


class PaperReasonMissing(InputRefused):
    """A refusal has one of the listed reasons."""

    field = "reason"


class PaperNotWaiting(Refusal):
    """The paper does not wait for a person any more."""

    field = "proof"
    status = 409


def get_waiting(proof_id: str) -> tuple[Proof, Paper]:
    """This function will return a paper that waits for a person. Raises: ProofNotFound."""
    proof, paper = find_proof(proof_id), find_paper(proof_id)
    if proof is None or paper is None or proof.state is not ProofState.CHECKING:
        raise ProofNotFound()
    return proof, paper


def open_view(*, proof_id: str, by: str, now: datetime) -> bytes:
    """This function will return the picture of a paper, and write who looked to her log. Raises: ProofNotFound."""
    with transaction():
        proof, paper = get_waiting(proof_id)
        record_audit(
            actor=f"staff:{by}",
            action="staff.paper_opened",
            subject=f"customer:{proof.customer_id}",
            detail={"proof": proof.id},
            now=now,
        )
    return paper.view


def accept(*, proof_id: str, typed: Mapping[str, str], by: str, now: datetime) -> None:
    """This function will let a paper count with the figures that a colleague read.

    Raises: RoleMayNot, HeldByAnother, PaperNotWaiting, PaperFieldWrong and AmountInvalid naming the field.
    """
    refuse_role(login=by, permission=Permission.DECIDE)
    with transaction():
        proof, paper = _lock(proof_id, by)
        today = house.today(now)
        kind = get_evidence_kind(proof.kind, on_date=today)
        fields = {one.name: _whole(one.name, typed) for one in kind.fields}
        rows = tuple(paper.reading.get("rows", ())) if kind.rows_sum else ()
        record = EvidenceRecord(
            kind=proof.kind,
            issuer="paper",
            trust=Trust.OCR,
            genuine=True,
            name=typed["name"].strip(),
            number=typed["number"].strip().upper(),
            issued_on=_day("issued", typed),
            period_end=_day("period", typed),
            fields=fields,
            rows=rows,
            sha256=paper.sha256,
        )
        prints = [paper.sha256, *paper.reading.get("prints", ())]
        name, number = get_identity(proof.customer_id)
        used = list_known_prints(prints, customer_id=proof.customer_id)
        person = Person(name=name, number=number, used_elsewhere=used)
        reason = "USED_ELSEWHERE" if used else check_record(record, kind=kind, person=person, on_date=today)
        if reason:
            raise PaperFieldWrong(WHERE.get(reason, kind.fields[0].name))
        count(proof, record, prints, f"staff:{by}", now)


def refuse(*, proof_id: str, reason: str, by: str, now: datetime) -> None:
    """This function will say that a paper does not count, and why; nothing of it is kept.

    Raises: RoleMayNot, HeldByAnother, PaperNotWaiting, PaperReasonMissing.
    """
    refuse_role(login=by, permission=Permission.DECIDE)
    if reason not in REASONS:
        raise PaperReasonMissing()
    with transaction():
        proof, _ = _lock(proof_id, by)
        evidence.refuse_proof(id=proof_id, reason=reason, now=now)
        audit(proof, "refused", reason, now, by=f"staff:{by}")


def _lock(proof_id: str, by: str) -> tuple[Proof, Paper]:
    desk.refuse_held(subject=f"paper:{proof_id}", by=by)
    try:
        return get_waiting(proof_id)
    except ProofNotFound:
        raise PaperNotWaiting() from None


def _whole(name: str, typed: Mapping[str, str]) -> int:
    text = typed.get(name, "").strip()
    if name.endswith("_minor"):
        return parse_minor(text, house.lender().currency, field=name)
    if not text.isdigit():
        raise PaperFieldWrong(name)
    return int(text)


def _day(name: str, typed: Mapping[str, str]) -> date:
    try:
        return date.fromisoformat(typed.get(name, "").strip())
    except ValueError:
        raise PaperFieldWrong(name) from None
