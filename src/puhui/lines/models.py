"""Tables of lines: the state row, and the append-only history behind it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from puhui.lines.domain import Line, LineAct, LineEvent, LineState


class LineRow(models.Model):
    """A line as it stands."""

    id = models.CharField(max_length=26, primary_key=True)
    customer_id = models.CharField(max_length=26)
    product_id = models.CharField(max_length=40)
    decision_id = models.CharField(max_length=26, unique=True)
    currency = models.CharField(max_length=3)
    limit_minor = models.BigIntegerField()
    used_minor = models.BigIntegerField(default=0)
    annual_rate_ppm = models.IntegerField()
    grade = models.CharField(max_length=8)
    granted_at = models.DateTimeField()
    expires_on = models.DateField()
    state = models.CharField(max_length=6)

    class Meta:
        db_table = "lines_line"
        verbose_name = "line"
        constraints = [
            models.CheckConstraint(
                name="lines_line_amounts", condition=Q(limit_minor__gte=0, used_minor__gte=0)
            ),
            models.CheckConstraint(name="lines_line_rate", condition=Q(annual_rate_ppm__gte=0)),
            models.CheckConstraint(
                name="lines_line_state", condition=Q(state__in=[s.value for s in LineState])
            ),
        ]
        indexes = [models.Index(name="lines_line_customer", fields=["customer_id", "granted_at"])]

    def to_domain(self) -> Line:
        """This function will return the row as a value."""
        return Line(
            id=self.id,
            customer_id=self.customer_id,
            product_id=self.product_id,
            decision_id=self.decision_id,
            currency=self.currency,
            limit_minor=self.limit_minor,
            used_minor=self.used_minor,
            annual_rate_ppm=self.annual_rate_ppm,
            grade=self.grade,
            granted_at=self.granted_at,
            expires_on=self.expires_on,
            state=LineState(self.state),
        )


class LineEventRow(models.Model):
    """One entry of a line's history; append-only by trigger."""

    line = models.ForeignKey(LineRow, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=8)
    amount_minor = models.BigIntegerField()
    used_after_minor = models.BigIntegerField()
    source = models.CharField(max_length=80)
    reason = models.CharField(max_length=40, default="")
    at = models.DateTimeField()

    class Meta:
        db_table = "lines_event"
        verbose_name = "line event"
        constraints = [
            models.CheckConstraint(
                name="lines_event_amounts", condition=Q(amount_minor__gte=0, used_after_minor__gte=0)
            ),
            models.CheckConstraint(name="lines_event_act", condition=Q(act__in=[a.value for a in LineAct])),
            models.UniqueConstraint(name="lines_event_once", fields=["line", "act", "source"]),
        ]

    def to_domain(self) -> LineEvent:
        """This function will return the row as a value."""
        return LineEvent(
            line_id=self.line_id,
            act=LineAct(self.act),
            amount_minor=self.amount_minor,
            used_after_minor=self.used_after_minor,
            source=self.source,
            reason=self.reason,
            at=self.at,
        )
