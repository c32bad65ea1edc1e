"""What is asked of evidence: kinds and cohort of a day, and a customer's proofs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from puhui.core.refusals import Refusal
from puhui.evidence.domain import (
    Cohort,
    EvidenceKind,
    EvidenceKinds,
    EvidenceKindUnknown,
    Paper,
    Papers,
    Proof,
    ProofState,
)
from puhui.evidence.models import FingerprintRow, PaperRow, ProofRow
from puhui.evidence.policy_files import load
from puhui.runtime.rows import find_row, list_rows
from puhui.runtime.sealing import blind_index

FINGERPRINT = "evidence.fingerprint"  # purpose of the keyed hashes


class ProofNotFound(Refusal):
    """There is no such proof of this customer."""

    field = "proof"
    status = 404


def get_evidence_kinds(*, on_date: date) -> EvidenceKinds:
    """This function will return what may be shown on a day; before the first file the first one's kinds."""
    found = load().kinds
    valid = [one for one in found if one.holds_on(on_date)]
    return valid[-1] if valid else found[0]


def get_evidence_kind(code: str, *, on_date: date) -> EvidenceKind:
    """This function will return one kind. Raises: EvidenceKindUnknown."""
    found = get_evidence_kinds(on_date=on_date).kinds.get(code)
    if found is None:
        raise EvidenceKindUnknown(kind=code[:24])
    return found


def get_cohort(*, on_date: date) -> Cohort:
    """This function will return what people's proofs showed, as known on a day."""
    found = load().cohorts
    valid = [one for one in found if one.valid_from <= on_date]
    return valid[-1] if valid else found[0]


def get_papers(*, on_date: date) -> Papers:
    """This function will return how papers are worded on a day; before the first file the first one's forms."""
    found = load().papers
    valid = [one for one in found if one.valid_from <= on_date]
    return valid[-1] if valid else found[0]


def list_proofs(customer_id: str) -> list[Proof]:
    """This function will return every proof of a customer, oldest first."""
    rows = list_rows(ProofRow, order=("given_at", "id"), customer_id=customer_id)
    return [row.to_domain() for row in rows]


def find_proof(id: str) -> Proof | None:
    """This function will return one proof, None when there is none."""
    row = find_row(ProofRow, id=id)
    return row.to_domain() if row else None


def get_proof(id: str, *, customer_id: str) -> Proof:
    """This function will return a proof of this customer. Raises: ProofNotFound, alike for absent and foreign."""
    found = find_proof(id)
    if found is None or found.customer_id != customer_id:
        raise ProofNotFound()
    return found


def is_used_elsewhere(sha256: str, *, customer_id: str) -> bool:
    """This function will tell whether another customer gave a record with these very bytes."""
    return ProofRow.objects.filter(sha256=sha256).exclude(customer_id=customer_id).exists()


def find_paper(proof_id: str) -> Paper | None:
    """This function will return the file of a proof while it is kept, None where the proof never had one."""
    row = find_row(PaperRow, proof_id=proof_id)
    return row.to_domain() if row else None


def list_known_prints(prints: Iterable[str], *, customer_id: str) -> frozenset[str]:
    """This function will return which of these fingerprints another customer's accepted paper left."""
    keyed = {blind_index(one, purpose=FINGERPRINT): one for one in prints}
    found = (
        FingerprintRow.objects.filter(fingerprint__in=list(keyed))
        .exclude(customer_id=customer_id)
        .values_list("fingerprint", flat=True)
    )
    return frozenset(keyed[one] for one in found)


def list_checking(*, limit: int) -> list[Proof]:
    """This function will return the papers that wait for a person, oldest first."""
    rows = ProofRow.objects.filter(state=ProofState.CHECKING.value).order_by("read_at", "id")[:limit]
    return [row.to_domain() for row in rows]
