"""Tables of evidence: what was given and how it stands, and the append-only history behind it. Figures are sealed."""

from __future__ import annotations

import json

from django.db import models
from django.db.models import Q

from puhui.evidence.domain import Proof, ProofState, Trust
from puhui.runtime.sealing import seal, unseal


def seal_fields(fields: dict[str, int]) -> str:
    """This function will seal what was read of a record."""
    return seal(json.dumps(fields, sort_keys=True))


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
                condition=Q(state__in=[ProofState.ASKED.value, ProofState.ACCEPTED.value]),
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
