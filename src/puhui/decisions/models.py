"""Tables of decisions: applications with their history, and decisions, which are never changed."""

from __future__ import annotations

import json

from django.db import models
from django.db.models import F, Q

from puhui.decisions.domain import ApplicationState
from puhui.decisions.domain.codec import read_application
from puhui.decisions.domain.stored import Application, ApplicationEvent, DecisionSummary

STATES = [state.value for state in ApplicationState]
VERDICTS = ["approved", "declined", "referred"]


class ApplicationRow(models.Model):
    """A request as it stands. Typed fields are amounts and choices, nothing that names a person."""

    id = models.CharField(max_length=26, primary_key=True)
    number = models.CharField(max_length=24)
    customer_id = models.CharField(max_length=26)
    state = models.CharField(max_length=12)
    typed_json = models.TextField()
    submitted_json = models.TextField(default="")
    opened_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "decisions_application"
        constraints = [
            models.CheckConstraint(name="decisions_application_state", condition=Q(state__in=STATES)),
            models.CheckConstraint(
                name="decisions_application_submitted",
                condition=Q(state="draft", submitted_at=None)
                | (~Q(state="draft") & Q(submitted_at__isnull=False)),
            ),
            models.UniqueConstraint(
                name="decisions_application_one_open",
                fields=["customer_id"],
                condition=Q(state__in=["draft", "submitted"]),
            ),
        ]
        indexes = [models.Index(name="decisions_application_whose", fields=["customer_id", "opened_at"])]

    def to_domain(self) -> Application:
        """This function will return the row as a value."""
        return Application(
            id=self.id,
            number=self.number,
            customer_id=self.customer_id,
            state=ApplicationState(self.state),
            fields=json.loads(self.typed_json),
            submitted=read_application(json.loads(self.submitted_json)) if self.submitted_json else None,
            opened_at=self.opened_at,
            saved_at=self.saved_at,
            submitted_at=self.submitted_at,
            decided_at=self.decided_at,
        )


class ApplicationEventRow(models.Model):
    """One transition of a request; append-only."""

    application_id = models.CharField(max_length=26)
    seq = models.IntegerField()
    act = models.CharField(max_length=12)
    state = models.CharField(max_length=12)
    at = models.DateTimeField()

    class Meta:
        db_table = "decisions_application_event"
        constraints = [
            models.UniqueConstraint(
                name="decisions_application_event_once", fields=["application_id", "seq"]
            ),
            models.CheckConstraint(name="decisions_application_event_state", condition=Q(state__in=STATES)),
        ]

    def to_domain(self) -> ApplicationEvent:
        """This function will return the row as a value."""
        return ApplicationEvent(
            application_id=self.application_id,
            seq=self.seq,
            act=self.act,
            state=ApplicationState(self.state),
            at=self.at,
        )


class DecisionRow(models.Model):
    """One decision: what it saw and what came out, as canonical text, append-only."""

    id = models.CharField(max_length=26, primary_key=True)
    number = models.CharField(max_length=24)
    application_id = models.CharField(max_length=26)
    customer_id = models.CharField(max_length=26)
    verdict = models.CharField(max_length=10)
    grade = models.CharField(max_length=8)
    points = models.IntegerField()
    limit_minor = models.BigIntegerField()
    annual_rate_ppm = models.IntegerField()
    input_json = models.TextField()
    output_json = models.TextField()
    input_hash = models.CharField(max_length=64)
    output_hash = models.CharField(max_length=64)
    policy_sha256 = models.CharField(max_length=64)
    model_sha256 = models.CharField(max_length=64)
    prices_sha256 = models.CharField(max_length=64)
    evaluator_sha256 = models.CharField(max_length=64)
    decided_at = models.DateTimeField()
    proofs = models.CharField(max_length=64, null=True)  # hash of the proofs that it rests on, NULL for none

    class Meta:
        db_table = "decisions_decision"
        constraints = [
            models.CheckConstraint(name="decisions_decision_verdict", condition=Q(verdict__in=VERDICTS)),
            models.CheckConstraint(
                name="decisions_decision_amounts", condition=Q(limit_minor__gte=0, annual_rate_ppm__gte=0)
            ),
            # One answer, and before it at most one referral to a person; answers that rest on proofs stand beside it.
            models.UniqueConstraint(
                name="decisions_decision_one_referral",
                fields=["application_id"],
                condition=Q(verdict="referred"),
            ),
            models.UniqueConstraint(
                name="decisions_decision_one_answer",
                fields=["application_id"],
                condition=Q(verdict__in=["approved", "declined"], proofs=None),
            ),
        ]
        indexes = [
            models.Index(name="decisions_decision_whose", fields=["customer_id", "decided_at"]),
            models.Index(name="decisions_decision_about", fields=["application_id", "decided_at"]),
            models.Index(
                name="decisions_decision_referral", fields=["decided_at"], condition=Q(verdict="referred")
            ),
        ]

    def to_summary(self) -> DecisionSummary:
        """This function will return what a list shows of the row."""
        return DecisionSummary(
            id=self.id,
            number=self.number,
            application_id=self.application_id,
            customer_id=self.customer_id,
            verdict=self.verdict,
            grade=self.grade,
            points=self.points,
            limit_minor=self.limit_minor,
            annual_rate_ppm=self.annual_rate_ppm,
            decided_at=self.decided_at,
        )


class SecondScanRow(models.Model):
    """One second scan of a payout; append-only."""

    id = models.CharField(max_length=26, primary_key=True)
    order_id = models.CharField(max_length=26)
    customer_id = models.CharField(max_length=26)
    verdict = models.CharField(max_length=4)
    reason = models.CharField(max_length=32)
    rule = models.CharField(max_length=40)
    values_json = models.TextField()
    policy_version = models.CharField(max_length=10)
    policy_sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "decisions_second_scan"
        constraints = [
            models.CheckConstraint(
                name="decisions_second_scan_reason",
                condition=Q(verdict="pass", reason="") | (Q(verdict__in=["hold", "stop"]) & ~Q(reason="")),
            ),
        ]
        indexes = [
            models.Index(name="decisions_scan_of_order", fields=["order_id", "at"]),
            models.Index(name="decisions_scan_held", fields=["at"], condition=Q(verdict="hold")),
        ]


class ScanAnswerRow(models.Model):
    """What two people concluded about a hold; once, append-only."""

    scan_id = models.CharField(max_length=26, primary_key=True)
    verdict = models.CharField(max_length=4)
    asked_by = models.CharField(max_length=64)
    agreed_by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "decisions_scan_answer"
        constraints = [
            models.CheckConstraint(
                name="decisions_scan_answer_two_people",
                condition=~Q(asked_by=F("agreed_by")) & ~Q(asked_by="") & ~Q(agreed_by=""),
            ),
            models.CheckConstraint(
                name="decisions_scan_answer_verdict", condition=Q(verdict__in=["pass", "stop"])
            ),
        ]
