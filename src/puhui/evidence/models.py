"""Tables of evidence: what was given and how it stands, and the append-only history behind it. Figures are sealed."""

from __future__ import annotations

import base64
import json

from django.db import models
from django.db.models import Q

from puhui.evidence.domain import STANDING, Paper, Proof, ProofState, Trust
from puhui.runtime.sealing import seal, unseal


def seal_fields(fields: dict[str, int]) -> str:
    """This function will seal what was read of a record."""
    return seal(json.dumps(fields, sort_keys=True))


def seal_file(content: bytes) -> str:
    """This function will seal the bytes of a paper as text, so that a new key reseals it like every sealed column."""
    return seal(base64.b85encode(content).decode("ascii")) if content else ""


def unseal_file(token: str) -> bytes:
    """This function will return what `seal_file` was given."""
    return base64.b85decode(unseal(token)) if token else b""


class ProofRow(models.Model):
    """One proof as it stands. `fields_sealed` is empty before reading, after a withdrawal and after deletion."""

    id = models.CharField(max_length=26, primary_key=True)
    customer_id = models.CharField(max_length=26)
    kind = models.CharField(max_length=24)
    kinds_version = models.CharField(max_length=10)
    state = models.CharField(max_length=9)
    trust = models.CharField(max_length=8, null=True)
    fields_sealed = models.TextField(default="")
    sha256 = models.CharField(max_length=64, default="")
    issued_on = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    delete_on = models.DateField(null=True)
    reason = models.CharField(max_length=24, default="")
    given_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "evidence_proof"
        verbose_name = "proof"
        constraints = [
            models.CheckConstraint(
                name="evidence_proof_state", condition=Q(state__in=[one.value for one in ProofState])
            ),
            models.UniqueConstraint(
                name="evidence_proof_one_standing",
                fields=["customer_id", "kind"],
                condition=Q(state__in=[one.value for one in STANDING]),
            ),
        ]
        indexes = [
            models.Index(name="evidence_proof_whose", fields=["customer_id", "given_at"]),
            models.Index(name="evidence_proof_same", fields=["sha256"]),
            models.Index(name="evidence_proof_delete", fields=["delete_on"]),
        ]

    def to_domain(self) -> Proof:
        """This function will return the row as a value, with what was read."""
        return Proof(
            id=self.id,
            customer_id=self.customer_id,
            kind=self.kind,
            kinds_version=self.kinds_version,
            state=ProofState(self.state),
            trust=Trust(self.trust) if self.trust else None,
            fields=json.loads(unseal(self.fields_sealed)) if self.fields_sealed else {},
            issued_on=self.issued_on,
            valid_until=self.valid_until,
            delete_on=self.delete_on,
            reason=self.reason,
            given_at=self.given_at,
            read_at=self.read_at,
            withdrawn_at=self.withdrawn_at,
        )


class ProofEventRow(models.Model):
    """One transition of a proof; append-only."""

    proof = models.ForeignKey(ProofRow, on_delete=models.PROTECT, related_name="+")
    seq = models.IntegerField()
    act = models.CharField(max_length=8)
    state = models.CharField(max_length=9)
    at = models.DateTimeField()

    class Meta:
        db_table = "evidence_event"
        verbose_name = "proof event"
        constraints = [models.UniqueConstraint(name="evidence_event_once", fields=["proof", "seq"])]


class PaperRow(models.Model):
    """The file of a proof, sealed, until it was read; what was read of it, until a person looked. Both end empty."""

    proof = models.OneToOneField(ProofRow, primary_key=True, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    size_bytes = models.IntegerField()
    content_sealed = models.TextField(default="")
    view_sealed = models.TextField(default="")
    reading_sealed = models.TextField(default="")
    received_at = models.DateTimeField()
    emptied_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "evidence_paper"
        verbose_name = "paper"

    def to_domain(self) -> Paper:
        """This function will return the row as a value, its file and what was read unsealed."""
        return Paper(
            proof_id=self.proof_id,
            sha256=self.sha256,
            content=unseal_file(self.content_sealed),
            view=unseal_file(self.view_sealed),
            reading=json.loads(unseal(self.reading_sealed)) if self.reading_sealed else {},
            received_at=self.received_at,
        )


class FingerprintRow(models.Model):
    """A keyed hash of what the same paper shows again, whoever gives it."""

    proof = models.ForeignKey(ProofRow, on_delete=models.PROTECT, related_name="+")
    customer_id = models.CharField(max_length=26)
    fingerprint = models.CharField(max_length=64)

    class Meta:
        db_table = "evidence_fingerprint"
        verbose_name = "fingerprint of a paper"
        constraints = [
            models.UniqueConstraint(name="evidence_fingerprint_once", fields=["proof", "fingerprint"])
        ]
        indexes = [models.Index(name="evidence_fingerprint_same", fields=["fingerprint"])]
