"""Tables of protection: consents and cases, each a state row with an append-only history beside it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from puhui.protection.domain import (
    Case,
    CaseAct,
    CaseEvent,
    CaseKind,
    CaseOutcome,
    CaseParty,
    CaseState,
    Consent,
    ConsentPurpose,
)


class ConsentRow(models.Model):
    """One consent; its only change is its end."""

    id = models.CharField(max_length=26, primary_key=True)
    customer_id = models.CharField(max_length=26)
    purpose = models.CharField(max_length=32)
    text_version = models.CharField(max_length=20)
    subject = models.CharField(max_length=80, default="")
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "protection_consent"
        constraints = [
            models.CheckConstraint(
                name="protection_consent_purpose", condition=Q(purpose__in=[p.value for p in ConsentPurpose])
            ),
            models.CheckConstraint(
                name="protection_consent_order",
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("given_at")),
            ),
            models.UniqueConstraint(
                name="protection_consent_one_in_force",
                fields=["customer_id", "purpose", "subject"],
                condition=Q(withdrawn_at=None),
            ),
        ]
        indexes = [models.Index(name="protection_consent_whose", fields=["customer_id", "given_at"])]

    def to_domain(self) -> Consent:
        """This function will return the row as a value."""
        return Consent(
            id=self.id,
            customer_id=self.customer_id,
            purpose=ConsentPurpose(self.purpose),
            text_version=self.text_version,
            subject=self.subject,
            given_at=self.given_at,
            withdrawn_at=self.withdrawn_at,
        )


class ConsentEventRow(models.Model):
    """Given, withdrawn, or replaced by a newer text. Append-only."""

    consent = models.ForeignKey(ConsentRow, on_delete=models.PROTECT, related_name="events")
    act = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        db_table = "protection_consent_event"
        constraints = [
            models.CheckConstraint(
                name="protection_consent_event_act", condition=Q(act__in=["given", "withdrawn", "replaced"])
            ),
            models.UniqueConstraint(name="protection_consent_event_once", fields=["consent", "act"]),
        ]


class CaseMonthRow(models.Model):
    """How many cases a month has; its row lock makes the numbers run without a gap."""

    month = models.CharField(max_length=4, primary_key=True)  # MMYY
    last = models.IntegerField()

    class Meta:
        db_table = "protection_case_month"


class CaseRow(models.Model):
    """One complaint, question or request for help as it stands."""

    id = models.CharField(max_length=26, primary_key=True)
    number = models.CharField(max_length=16, unique=True)
    customer_id = models.CharField(max_length=26)
    kind = models.CharField(max_length=12)
    about = models.CharField(max_length=80, default="")
    text_sealed = models.TextField()
    state = models.CharField(max_length=12)
    hold = models.BooleanField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    handler = models.CharField(max_length=80, default="")
    outcome = models.CharField(max_length=16, default="")
    closed_at = models.DateTimeField(null=True)
    last_seq = models.IntegerField()

    class Meta:
        db_table = "protection_case"
        constraints = [
            models.CheckConstraint(
                name="protection_case_kind", condition=Q(kind__in=[k.value for k in CaseKind])
            ),
            models.CheckConstraint(
                name="protection_case_state", condition=Q(state__in=[s.value for s in CaseState])
            ),
            models.CheckConstraint(
                name="protection_case_outcome",
                condition=Q(outcome__in=["", *(o.value for o in CaseOutcome)]),
            ),
            models.CheckConstraint(
                name="protection_case_end",
                condition=Q(state__in=["closed", "withdrawn"], closed_at__isnull=False)
                | Q(state__in=["open", "in_work"], closed_at=None, outcome=""),
            ),
            models.CheckConstraint(
                name="protection_case_clock", condition=Q(due_at__gte=F("opened_at"), last_seq__gte=1)
            ),
        ]
        indexes = [
            models.Index(name="protection_case_whose", fields=["customer_id", "opened_at"]),
            models.Index(
                name="protection_case_queue", fields=["due_at"], condition=Q(state__in=["open", "in_work"])
            ),
        ]

    def to_domain(self, *, text: str) -> Case:
        """This function will return the row as a value; `text` is its text, unsealed."""
        return Case(
            id=self.id,
            number=self.number,
            customer_id=self.customer_id,
            kind=CaseKind(self.kind),
            about=self.about,
            text=text,
            state=CaseState(self.state),
            hold=self.hold,
            opened_at=self.opened_at,
            due_at=self.due_at,
            handler=self.handler,
            outcome=CaseOutcome(self.outcome) if self.outcome else None,
            closed_at=self.closed_at,
        )


class CaseEventRow(models.Model):
    """One thing that happened to a case. Append-only."""

    id = models.CharField(max_length=26, primary_key=True)
    case = models.ForeignKey(CaseRow, on_delete=models.PROTECT, related_name="events")
    seq = models.IntegerField()
    act = models.CharField(max_length=10)
    by = models.CharField(max_length=10)
    author = models.CharField(max_length=80, default="")
    text_sealed = models.TextField(default="")
    at = models.DateTimeField()

    class Meta:
        db_table = "protection_case_event"
        constraints = [
            models.CheckConstraint(
                name="protection_case_event_act", condition=Q(act__in=[a.value for a in CaseAct])
            ),
            models.CheckConstraint(
                name="protection_case_event_by", condition=Q(by__in=[p.value for p in CaseParty])
            ),
            models.UniqueConstraint(name="protection_case_event_order", fields=["case", "seq"]),
        ]

    def to_domain(self, *, text: str) -> CaseEvent:
        """This function will return the row as a value; `text` is its text, unsealed."""
        return CaseEvent(
            id=self.id,
            case_id=self.case_id,
            seq=self.seq,
            act=CaseAct(self.act),
            by=CaseParty(self.by),
            author=self.author,
            text=text,
            at=self.at,
        )
