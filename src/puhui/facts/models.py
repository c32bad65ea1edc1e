"""The one table of facts, append-only: what we learnt is never changed, a better fact is learnt later."""

from __future__ import annotations

import json

from django.db import models
from django.db.models import F, Q

from puhui.facts.domain import Fact


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
