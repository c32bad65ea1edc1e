"""Facts, append-only: what we learnt is never changed, a better fact is learnt later. And where they were taken from."""

from __future__ import annotations

import json
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from puhui.facts.domain import Fact
from puhui.facts.feature_sets import FeatureVector, ServedFeature
from puhui.facts.intake import Intake, IntakeState


class FactRow(models.Model):
    """One fact."""

    id = models.CharField(max_length=26, primary_key=True)
    customer_id = models.CharField(max_length=26)
    name = models.CharField(max_length=60)
    value_json = models.CharField(max_length=200)
    event_at = models.DateTimeField()
    known_at = models.DateTimeField()
    source = models.CharField(max_length=40)
    purpose = models.CharField(max_length=32)
    consent_id = models.CharField(max_length=26)

    class Meta:
        db_table = "facts_fact"
        constraints = [
            models.CheckConstraint(name="facts_fact_order", condition=Q(event_at__lte=F("known_at"))),
        ]
        indexes = [models.Index(name="facts_fact_whose", fields=["customer_id", "known_at"])]

    def to_domain(self) -> Fact:
        """This function will return the row as a value."""
        return Fact(
            customer_id=self.customer_id,
            name=self.name,
            value=json.loads(self.value_json),
            event_at=self.event_at,
            known_at=self.known_at,
            source=self.source,
            purpose=self.purpose,
            consent_id=self.consent_id,
        )


class IntakeRow(models.Model):
    """One intake of a source."""

    id = models.CharField(max_length=26, primary_key=True)
    source = models.CharField(max_length=40)
    version = models.CharField(max_length=10)
    place = models.CharField(max_length=200)
    content_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=8)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    rows = models.BigIntegerField()
    report_json = models.TextField()

    class Meta:
        db_table = "facts_intake"
        indexes = [models.Index(name="facts_intake_when", fields=["started_at"])]

    def to_domain(self) -> Intake:
        """This function will return the row as a value."""
        return Intake(
            id=self.id,
            source=self.source,
            version=self.version,
            place=self.place,
            content_sha256=self.content_sha256,
            state=IntakeState(self.state),
            started_at=self.started_at,
            ended_at=self.ended_at,
            rows=self.rows,
            report=json.loads(self.report_json),
        )


class IntakeAsideRow(models.Model):
    """One row of a source that was set aside: its number and why, never what it said."""

    id = models.CharField(max_length=26, primary_key=True)
    intake_id = models.CharField(max_length=26)
    line = models.BigIntegerField()
    column_name = models.CharField(max_length=60)
    code = models.CharField(max_length=16)

    class Meta:
        db_table = "facts_aside"
        indexes = [models.Index(name="facts_aside_whose", fields=["intake_id", "line"])]


class FactOriginRow(models.Model):
    """From which row of which intake a fact came."""

    fact_id = models.CharField(max_length=26, primary_key=True)
    intake_id = models.CharField(max_length=26)
    line = models.BigIntegerField()

    class Meta:
        db_table = "facts_origin"


class FeatureVectorRow(models.Model):
    """The features that a decision was served, as canonical text; append-only. Old decisions have none."""

    decision_id = models.CharField(max_length=26, primary_key=True)
    customer_id = models.CharField(max_length=26)
    set_sha256 = models.CharField(max_length=64)
    as_of = models.DateTimeField()
    vector_json = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "facts_feature_vector"
        indexes = [models.Index(name="facts_feature_vector_whose", fields=["customer_id", "as_of"])]

    def to_domain(self) -> FeatureVector:
        """This function will return the row as a value."""
        document = json.loads(self.vector_json)
        return FeatureVector(
            **{
                **document,
                "as_of": datetime.fromisoformat(document["as_of"]),
                "features": tuple(ServedFeature(**one) for one in document["features"]),
            }
        )
