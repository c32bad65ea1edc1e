"""Tables of partners. The client's own secret and its tokens lie, hashed, in the tables of django-oauth-toolkit."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from puhui.access.partners.domain import (
    Attempt,
    Bucket,
    Client,
    ClientState,
    Delegation,
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointState,
    PartnerEvent,
)


class BucketRow(models.Model):
    """What is left of somebody's rate. Tokens only: it may be lost, and nobody is harmed."""

    name = models.CharField(max_length=80, primary_key=True)  # a client, or the blind index of an address
    tokens_micro = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "access_bucket"
        indexes = [models.Index(name="access_bucket_old", fields=["at"])]

    def to_domain(self) -> Bucket:
        """This function will return the row as a value."""
        return Bucket(tokens_micro=self.tokens_micro, at=self.at)


class ClientRow(models.Model):
    """One program that may call us; its OAuth application has the same id."""

    id = models.CharField(max_length=26, primary_key=True)
    name = models.CharField(max_length=120)
    scopes = models.TextField()  # separated by blanks, sorted
    state = models.CharField(max_length=6)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_client"
        constraints = [
            models.CheckConstraint(
                name="access_client_state",
                condition=Q(state=ClientState.OPEN.value, closed_at=None)
                | Q(state=ClientState.CLOSED.value, closed_at__isnull=False),
            ),
        ]

    def to_domain(self) -> Client:
        """This function will return the row as a value."""
        return Client(
            id=self.id,
            name=self.name,
            scopes=frozenset(self.scopes.split()),
            state=ClientState(self.state),
            opened_at=self.opened_at,
            closed_at=self.closed_at,
        )


class DelegationRow(models.Model):
    """For which login a client may act; one client in force for each login."""

    id = models.CharField(max_length=26, primary_key=True)
    client = models.ForeignKey(ClientRow, on_delete=models.PROTECT, related_name="delegations")
    user = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="delegations")
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_delegation"
        constraints = [
            models.UniqueConstraint(
                name="access_delegation_once", fields=["user"], condition=Q(withdrawn_at=None)
            ),
        ]
        indexes = [models.Index(name="access_delegation_page", fields=["client", "given_at", "id"])]

    def to_domain(self) -> Delegation:
        """This function will return the row as a value."""
        return Delegation(id=self.id, client_id=self.client_id, user_id=self.user_id, given_at=self.given_at)


class EndpointRow(models.Model):
    """An address that wants to hear of events, with its sealed secrets."""

    id = models.CharField(max_length=26, primary_key=True)
    client = models.ForeignKey(ClientRow, on_delete=models.PROTECT, related_name="endpoints")
    url = models.CharField(max_length=500)
    events = models.TextField()  # separated by blanks, sorted
    description = models.CharField(max_length=200)
    state = models.CharField(max_length=6)
    secret_sealed = models.TextField()
    old_secret_sealed = models.TextField(default="")
    old_secret_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    rotated_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_endpoint"
        constraints = [
            models.CheckConstraint(
                name="access_endpoint_state",
                condition=Q(state=EndpointState.OPEN.value, closed_at=None)
                | Q(state=EndpointState.CLOSED.value, closed_at__isnull=False),
            ),
        ]

    def to_domain(self) -> Endpoint:
        """This function will return the row as a value, without its secrets."""
        return Endpoint(
            id=self.id,
            client_id=self.client_id,
            url=self.url,
            events=tuple(self.events.split()),
            description=self.description,
            state=EndpointState(self.state),
            opened_at=self.opened_at,
            rotated_at=self.rotated_at,
            closed_at=self.closed_at,
        )


class PartnerEventRow(models.Model):
    """Something that a partner is told. Append-only."""

    id = models.CharField(max_length=26, primary_key=True)
    client = models.ForeignKey(ClientRow, on_delete=models.PROTECT, related_name="events")
    type = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    body = models.TextField()  # canonical JSON, no personal data

    class Meta:
        db_table = "access_partner_event"

    def to_domain(self) -> PartnerEvent:
        """This function will return the row as a value."""
        return PartnerEvent(
            id=self.id,
            client_id=self.client_id,
            type=self.type,
            occurred_at=self.occurred_at,
            body=self.body,
        )


class DeliveryRow(models.Model):
    """One event on its way to one endpoint."""

    id = models.CharField(max_length=26, primary_key=True)
    event = models.ForeignKey(PartnerEventRow, on_delete=models.PROTECT, related_name="deliveries")
    endpoint = models.ForeignKey(EndpointRow, on_delete=models.PROTECT, related_name="deliveries")
    state = models.CharField(max_length=10)
    attempts = models.IntegerField(default=0)
    replay = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_delivery"
        constraints = [
            models.CheckConstraint(
                name="access_delivery_state",
                condition=Q(state=DeliveryState.WAITING.value, next_at__isnull=False, settled_at=None)
                | Q(
                    state__in=[DeliveryState.DELIVERED.value, DeliveryState.FAILED.value],
                    next_at=None,
                    settled_at__isnull=False,
                ),
            ),
            models.CheckConstraint(name="access_delivery_attempts", condition=Q(attempts__gte=0)),
        ]
        indexes = [models.Index(name="access_delivery_page", fields=["endpoint", "opened_at", "id"])]

    def to_domain(self) -> Delivery:
        """This function will return the row as a value."""
        return Delivery(
            id=self.id,
            event=self.event.to_domain(),
            endpoint_id=self.endpoint_id,
            state=DeliveryState(self.state),
            attempts=self.attempts,
            replay=self.replay,
            opened_at=self.opened_at,
            next_at=self.next_at,
            settled_at=self.settled_at,
        )


class AttemptRow(models.Model):
    """One call of one delivery. Append-only."""

    delivery = models.ForeignKey(DeliveryRow, on_delete=models.PROTECT, related_name="calls")
    seq = models.IntegerField()
    at = models.DateTimeField()
    status = models.IntegerField(null=True)
    error = models.CharField(max_length=200)

    class Meta:
        db_table = "access_attempt"
        constraints = [
            models.UniqueConstraint(name="access_attempt_once", fields=["delivery", "seq"]),
        ]

    def to_domain(self) -> Attempt:
        """This function will return the row as a value."""
        return Attempt(seq=self.seq, at=self.at, status=self.status, error=self.error)
