"""Tables of contact: messages with their history, and holds. Texts and phones are sealed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from puhui.contact.domain import (
    COUNTED,
    ContactChannel,
    ContactPurpose,
    Hold,
    Message,
    MessageAct,
    MessageState,
)


class MessageRow(models.Model):
    """One message as it stands."""

    id = models.CharField(max_length=26, primary_key=True)
    customer_id = models.CharField(max_length=26, null=True)
    channel = models.CharField(max_length=8)
    purpose = models.CharField(max_length=12)
    template = models.CharField(max_length=40)
    script_version = models.CharField(max_length=20)
    language = models.CharField(max_length=8)
    agent = models.CharField(max_length=40)
    zone = models.CharField(max_length=40)
    phone_sealed = models.TextField(default="")
    phone_index = models.CharField(max_length=64, default="")
    text_sealed = models.TextField()
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=80, default="")
    requested_at = models.DateTimeField()
    planned_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    last_seq = models.IntegerField()

    class Meta:
        db_table = "contact_message"
        constraints = [
            models.CheckConstraint(
                name="contact_message_channel", condition=Q(channel__in=[c.value for c in ContactChannel])
            ),
            models.CheckConstraint(
                name="contact_message_purpose", condition=Q(purpose__in=[p.value for p in ContactPurpose])
            ),
            models.CheckConstraint(
                name="contact_message_state", condition=Q(state__in=[s.value for s in MessageState])
            ),
            models.CheckConstraint(
                name="contact_message_sent",
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
            ),
        ]
        indexes = [
            models.Index(name="contact_message_whose", fields=["customer_id", "requested_at"]),
            models.Index(
                name="contact_message_counted",
                fields=["customer_id", "planned_at"],
                condition=Q(purpose__in=COUNTED, state__in=["queued", "deferred", "sent"]),
            ),
            models.Index(name="contact_message_inbox", fields=["sent_at"], condition=Q(state="sent")),
            models.Index(name="contact_message_phone", fields=["phone_index", "sent_at"]),
        ]

    def to_domain(self, *, text: str) -> Message:
        """This function will return the row as a value; `text` is its text, unsealed."""
        return Message(
            id=self.id,
            customer_id=self.customer_id,
            channel=ContactChannel(self.channel),
            purpose=ContactPurpose(self.purpose),
            template=self.template,
            language=self.language,
            agent=self.agent,
            text=text,
            state=MessageState(self.state),
            reason=self.reason,
            requested_at=self.requested_at,
            planned_at=self.planned_at,
            sent_at=self.sent_at,
        )


class MessageEventRow(models.Model):
    """One thing that happened to a message. Append-only; never its text."""

    message = models.ForeignKey(MessageRow, on_delete=models.PROTECT, related_name="events")
    seq = models.IntegerField()
    act = models.CharField(max_length=10)
    reason = models.CharField(max_length=80, default="")
    until = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "contact_message_event"
        constraints = [
            models.CheckConstraint(
                name="contact_message_event_act", condition=Q(act__in=[a.value for a in MessageAct])
            ),
            models.UniqueConstraint(name="contact_message_event_order", fields=["message", "seq"]),
        ]


class HoldRow(models.Model):
    """One hold; its only change is that it is lifted early."""

    id = models.CharField(max_length=26, primary_key=True)
    customer_id = models.CharField(max_length=26)
    reason = models.CharField(max_length=40)
    from_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "contact_hold"
        constraints = [
            models.CheckConstraint(
                name="contact_hold_span", condition=Q(until=None) | Q(until__gt=F("from_at"))
            ),
        ]
        indexes = [models.Index(name="contact_hold_whose", fields=["customer_id", "from_at"])]

    def to_domain(self) -> Hold:
        """This function will return the row as a value."""
        return Hold(
            id=self.id,
            customer_id=self.customer_id,
            reason=self.reason,
            from_at=self.from_at,
            until=self.until,
            lifted_at=self.lifted_at,
        )


class HoldEventRow(models.Model):
    """Placed or lifted. Append-only."""

    hold = models.ForeignKey(HoldRow, on_delete=models.PROTECT, related_name="events")
    act = models.CharField(max_length=8)
    at = models.DateTimeField()

    class Meta:
        db_table = "contact_hold_event"
        constraints = [
            models.CheckConstraint(name="contact_hold_event_act", condition=Q(act__in=["placed", "lifted"])),
            models.UniqueConstraint(name="contact_hold_event_once", fields=["hold", "act"]),
        ]
