"""Tables of the staff's desk: approvals and their answers append-only, claims with their history."""

from __future__ import annotations

import json

from django.db import models
from django.db.models import F, Q

from puhui.access.staff.domain import Approval, ApprovalKind, ApprovalState, Claim, ClaimAct, StaffNote


class ApprovalRow(models.Model):
    """One act that somebody asked for. Append-only; its end is a row of `AnswerRow`."""

    id = models.CharField(max_length=26, primary_key=True)
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=120)
    body = models.TextField()  # canonical JSON
    why_sealed = models.TextField()
    asked_by = models.CharField(max_length=64)
    asked_at = models.DateTimeField()

    class Meta:
        app_label = "access"
        db_table = "access_approval"
        constraints = [
            models.CheckConstraint(
                name="access_approval_kind", condition=Q(kind__in=[kind.value for kind in ApprovalKind])
            ),
            models.CheckConstraint(name="access_approval_asked_by", condition=~Q(asked_by="")),
        ]
        indexes = [models.Index(name="access_approval_about", fields=["subject", "asked_at"])]

    def to_domain(self, *, answer: AnswerRow | None, why: str, note: str) -> Approval:
        """This function will return the row, and how it ended, as a value; the texts come unsealed."""
        state = ApprovalState.OPEN
        if answer is not None:
            state = ApprovalState.AGREED if answer.agreed else ApprovalState.REFUSED
        return Approval(
            id=self.id,
            kind=ApprovalKind(self.kind),
            subject=self.subject,
            body=json.loads(self.body),
            why=why,
            asked_by=self.asked_by,
            asked_at=self.asked_at,
            state=state,
            answered_by=answer.answered_by if answer else "",
            answered_at=answer.answered_at if answer else None,
            note=note,
        )


class AnswerRow(models.Model):
    """What the second person said: the primary key is the approval, so there is never a second answer. Append-only."""

    approval = models.OneToOneField(
        ApprovalRow, primary_key=True, on_delete=models.PROTECT, related_name="answer"
    )
    asked_by = models.CharField(max_length=64)  # copied, so that the database itself keeps the two apart
    answered_by = models.CharField(max_length=64)
    agreed = models.BooleanField()
    note_sealed = models.TextField(default="")
    answered_at = models.DateTimeField()

    class Meta:
        app_label = "access"
        db_table = "access_approval_answer"
        constraints = [
            models.CheckConstraint(
                name="access_approval_four_eyes", condition=~Q(answered_by=F("asked_by")) & ~Q(answered_by="")
            )
        ]


class ClaimRow(models.Model):
    """Who has an item in hand now."""

    subject = models.CharField(max_length=200, primary_key=True)
    holder = models.CharField(max_length=64, default="")
    version = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        app_label = "access"
        db_table = "access_claim"
        constraints = [models.CheckConstraint(name="access_claim_version", condition=Q(version__gte=1))]

    def to_domain(self) -> Claim:
        """This function will return the row as a value."""
        return Claim(subject=self.subject, holder=self.holder, version=self.version, at=self.at)


class ClaimEventRow(models.Model):
    """One change of ownership. Append-only."""

    subject = models.CharField(max_length=200)
    seq = models.IntegerField()
    act = models.CharField(max_length=8)
    by = models.CharField(max_length=64)
    holder = models.CharField(max_length=64, default="")
    at = models.DateTimeField()

    class Meta:
        app_label = "access"
        db_table = "access_claim_event"
        constraints = [
            models.UniqueConstraint(name="access_claim_event_once", fields=["subject", "seq"]),
            models.CheckConstraint(
                name="access_claim_event_act", condition=Q(act__in=[act.value for act in ClaimAct])
            ),
        ]


class NoteRow(models.Model):
    """What a member of staff wrote, for colleagues. Append-only."""

    id = models.CharField(max_length=26, primary_key=True)
    subject = models.CharField(max_length=120)
    by = models.CharField(max_length=64)
    text_sealed = models.TextField()
    at = models.DateTimeField()

    class Meta:
        app_label = "access"
        db_table = "access_note"
        indexes = [models.Index(name="access_note_about", fields=["subject", "at"])]

    def to_domain(self, *, text: str) -> StaffNote:
        """This function will return the row as a value; `text` is its text, unsealed."""
        return StaffNote(id=self.id, subject=self.subject, by=self.by, text=text, at=self.at)
