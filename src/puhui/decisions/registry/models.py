"""Tables of the registry: models with their texts and history, who was given which model, what shadows said."""

from __future__ import annotations

import json

from django.db import models
from django.db.models import Q

from puhui.decisions.registry.domain import (
    SHARE_MAX_PPM,
    Assignment,
    ModelAct,
    ModelEvent,
    ModelFigures,
    ModelKind,
    ModelState,
    RegisteredModel,
    ShadowScore,
)

STATES = [one.value for one in ModelState]


class ModelRow(models.Model):
    """A registered model. Only its state and share ever change."""

    id = models.CharField(max_length=26, primary_key=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10)
    owner = models.CharField(max_length=64)
    state = models.CharField(max_length=10)
    share_ppm = models.IntegerField(default=0)
    sha256 = models.CharField(max_length=64, unique=True)
    document = models.TextField()  # the model's JSON
    trees = models.TextField(default="")  # LightGBM text, empty for a scorecard
    manifest = models.TextField()
    manifest_sha256 = models.CharField(max_length=64)
    signed = models.CharField(max_length=20)
    key_id = models.CharField(max_length=16)
    figures_json = models.TextField(default="")
    reasons_json = models.TextField()
    admitted_at = models.DateTimeField()

    class Meta:
        app_label = "decisions"
        db_table = "decisions_model"
        constraints = [
            models.CheckConstraint(name="decisions_model_state", condition=Q(state__in=STATES)),
            models.CheckConstraint(
                name="decisions_model_share",
                condition=Q(state="challenger", share_ppm__gte=1, share_ppm__lte=SHARE_MAX_PPM)
                | (~Q(state="challenger") & Q(share_ppm=0)),
            ),
            models.CheckConstraint(
                name="decisions_model_trees_beside",
                condition=Q(kind="scorecard") | ~Q(state__in=["challenger", "champion"]),
            ),
            models.UniqueConstraint(
                name="decisions_model_one_deciding",
                fields=["state"],
                condition=Q(state__in=["challenger", "champion"]),
            ),
        ]

    def to_domain(self) -> RegisteredModel:
        """This function will return the row as a value, its texts aside."""
        figures = json.loads(self.figures_json) if self.figures_json else None
        return RegisteredModel(
            id=self.id,
            name=self.name,
            kind=ModelKind(self.kind),
            owner=self.owner,
            state=ModelState(self.state),
            share_ppm=self.share_ppm,
            sha256=self.sha256,
            manifest_sha256=self.manifest_sha256,
            signed=self.signed,
            key_id=self.key_id,
            figures=ModelFigures(**figures) if figures else None,
            reasons=tuple(json.loads(self.reasons_json)),
            files=json.loads(self.manifest)["files"],
            admitted_at=self.admitted_at,
        )


class ModelEventRow(models.Model):
    """One move of a registered model; append-only."""

    model_id = models.CharField(max_length=26)
    seq = models.IntegerField()
    act = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    share_ppm = models.IntegerField(default=0)
    asked_by = models.CharField(max_length=64)
    agreed_by = models.CharField(max_length=64, default="")
    at = models.DateTimeField()

    class Meta:
        app_label = "decisions"
        db_table = "decisions_model_event"
        constraints = [
            models.UniqueConstraint(name="decisions_model_event_once", fields=["model_id", "seq"]),
            models.CheckConstraint(name="decisions_model_event_state", condition=Q(state__in=STATES)),
            models.CheckConstraint(
                name="decisions_model_event_two_people",
                condition=Q(act="propose", agreed_by="")
                | (~Q(act="propose") & ~Q(agreed_by="") & ~Q(agreed_by=models.F("asked_by"))),
            ),
        ]

    def to_domain(self) -> ModelEvent:
        """This function will return the row as a value."""
        return ModelEvent(
            seq=self.seq,
            act=ModelAct(self.act),
            state=ModelState(self.state),
            share_ppm=self.share_ppm,
            asked_by=self.asked_by,
            agreed_by=self.agreed_by,
            at=self.at,
        )


class AssignmentRow(models.Model):
    """Champion or challenger for one decision, with the propensity; append-only, absent when nothing is tried."""

    decision_id = models.CharField(max_length=26, primary_key=True)
    model_id = models.CharField(max_length=26)
    sha256 = models.CharField(max_length=64)
    challenged = models.BooleanField()
    bucket_ppm = models.IntegerField()
    share_ppm = models.IntegerField()
    propensity_ppm = models.IntegerField()

    class Meta:
        app_label = "decisions"
        db_table = "decisions_assignment"
        constraints = [
            models.CheckConstraint(
                name="decisions_assignment_propensity",
                condition=Q(challenged=True, propensity_ppm=models.F("share_ppm"))
                | Q(challenged=False, propensity_ppm=1_000_000 - models.F("share_ppm")),
            )
        ]

    def to_domain(self) -> Assignment:
        """This function will return the row as a value."""
        return Assignment(
            model_id=self.model_id,
            sha256=self.sha256,
            challenged=self.challenged,
            bucket_ppm=self.bucket_ppm,
            share_ppm=self.share_ppm,
            propensity_ppm=self.propensity_ppm,
        )


class ShadowScoreRow(models.Model):
    """What a shadow said about one decision; append-only, read by no policy."""

    decision_id = models.CharField(max_length=26)
    model_id = models.CharField(max_length=26)
    pd_ppm = models.IntegerField()
    reasons_json = models.TextField()

    class Meta:
        app_label = "decisions"
        db_table = "decisions_shadow_score"
        constraints = [
            models.UniqueConstraint(name="decisions_shadow_score_once", fields=["decision_id", "model_id"]),
            models.CheckConstraint(
                name="decisions_shadow_score_pd", condition=Q(pd_ppm__gte=0, pd_ppm__lte=1_000_000)
            ),
        ]

    def to_domain(self) -> ShadowScore:
        """This function will return the row as a value."""
        return ShadowScore(
            model_id=self.model_id, pd_ppm=self.pd_ppm, reasons=tuple(json.loads(self.reasons_json))
        )
