"""Tables of exploration: what was answered, with its propensity, and what each month has used."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from puhui.decisions.domain.exploration import ExplorationAnswer, ExplorationSpend

ANSWERS = [one.value for one in ExplorationAnswer]


class ExplorationRow(models.Model):
    """One answer about somebody who would be refused for risk; append-only."""

    decision_id = models.CharField(max_length=26, primary_key=True)
    customer_id = models.CharField(max_length=26)
    budget_id = models.CharField(max_length=40)
    budget_sha256 = models.CharField(max_length=64)
    month = models.DateField()  # first day of the calendar month that pays
    answer = models.CharField(max_length=16)
    bucket_ppm = models.IntegerField()
    propensity_ppm = models.IntegerField()
    limit_minor = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "decisions_exploration"
        constraints = [
            models.CheckConstraint(name="decisions_exploration_answer", condition=Q(answer__in=ANSWERS)),
            models.CheckConstraint(
                name="decisions_exploration_limit",
                condition=Q(answer="chosen", limit_minor__gt=0, propensity_ppm__gt=0)
                | (~Q(answer="chosen") & Q(limit_minor=0)),
            ),
        ]
        indexes = [models.Index(name="decisions_exploration_month_of", fields=["budget_id", "month"])]


class ExplorationMonthRow(models.Model):
    """What one calendar month of a budget has used. Whoever spends locks it first."""

    id = models.CharField(max_length=60, primary_key=True)  # budget and month
    budget_id = models.CharField(max_length=40)
    month = models.DateField()
    count = models.IntegerField()
    money_minor = models.BigIntegerField()

    class Meta:
        db_table = "decisions_exploration_month"
        constraints = [
            models.CheckConstraint(
                name="decisions_exploration_month_used", condition=Q(count__gte=0, money_minor__gte=0)
            ),
        ]

    def to_domain(self) -> ExplorationSpend:
        """This function will return the row as a value."""
        return ExplorationSpend(count=self.count, money_minor=self.money_minor)
