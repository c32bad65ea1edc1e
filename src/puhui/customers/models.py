"""Tables of customers. What names a person is sealed; it is found again by blind index."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q

from puhui.customers.domain import (
    LANGUAGES,
    Customer,
    CustomerAct,
    CustomerState,
    IdentityCard,
    IdentityCardState,
)


class CustomerRow(models.Model):
    """One customer as she stands."""

    id = models.CharField(max_length=26, primary_key=True)
    user_id = models.BigIntegerField(unique=True)
    phone_sealed = models.TextField()
    phone_index = models.CharField(max_length=64, unique=True)
    phone_tail = models.CharField(max_length=4)
    name_sealed = models.TextField(default="")
    number_sealed = models.TextField(default="")
    number_index = models.CharField(max_length=64, unique=True, null=True)
    name_index = models.CharField(max_length=64, null=True)
    language = models.CharField(max_length=8)
    registered_at = models.DateTimeField()
    identified_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12)
    last_seq = models.IntegerField()

    class Meta:
        db_table = "customers_customer"
        constraints = [
            models.CheckConstraint(
                name="customers_customer_state", condition=Q(state__in=[s.value for s in CustomerState])
            ),
            models.CheckConstraint(
                name="customers_customer_language", condition=Q(language__in=sorted(LANGUAGES))
            ),
            models.CheckConstraint(
                name="customers_customer_identity",
                condition=Q(identified_at=None, number_index=None, name_sealed="", number_sealed="")
                | (
                    Q(identified_at__isnull=False, number_index__isnull=False)
                    & ~Q(name_sealed="")
                    & ~Q(number_sealed="")
                ),
            ),
        ]
        indexes = [
            models.Index(name="customers_customer_newest", fields=["registered_at", "id"]),
            models.Index(name="customers_customer_name", fields=["name_index"]),
        ]

    def to_domain(self, *, name: str, number: str) -> Customer:
        """This function will return the row as a value; `name` and `number` are its own, unsealed (or empty)."""
        return Customer(
            id=self.id,
            user_id=self.user_id,
            phone_tail=self.phone_tail,
            name=name,
            language=self.language,
            region_code=number[:6],
            birth_date=date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
            if number
            else None,
            registered_at=self.registered_at,
            identified_at=self.identified_at,
            state=CustomerState(self.state),
        )


class CustomerEventRow(models.Model):
    """One thing that happened to a customer's file. Append-only; no personal data."""

    customer = models.ForeignKey(CustomerRow, on_delete=models.PROTECT, related_name="events")
    seq = models.IntegerField()
    act = models.CharField(max_length=12)
    detail = models.CharField(max_length=40, default="")
    at = models.DateTimeField()

    class Meta:
        db_table = "customers_customer_event"
        constraints = [
            models.CheckConstraint(
                name="customers_customer_event_act", condition=Q(act__in=[a.value for a in CustomerAct])
            ),
            models.UniqueConstraint(name="customers_customer_event_order", fields=["customer", "seq"]),
        ]


class IdentityCardRow(models.Model):
    """One capture of an identity card; the picture is there only until it was read."""

    id = models.CharField(max_length=26, primary_key=True)
    customer = models.ForeignKey(CustomerRow, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12)
    reason = models.CharField(max_length=24, default="")
    content_sealed = models.TextField(default="")
    given_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "customers_identity_card"
        constraints = [
            models.CheckConstraint(
                name="customers_identity_card_state",
                condition=Q(state__in=[s.value for s in IdentityCardState]),
            ),
            models.CheckConstraint(
                name="customers_identity_card_emptied",
                condition=Q(state=IdentityCardState.ASKED.value, checked_at=None)
                | Q(checked_at__isnull=False, content_sealed=""),
            ),
            models.UniqueConstraint(
                name="customers_identity_card_one_at_a_time",
                fields=["customer"],
                condition=Q(state=IdentityCardState.ASKED.value),
            ),
        ]
        indexes = [models.Index(name="customers_identity_card_newest", fields=["customer", "given_at"])]

    def to_domain(self) -> IdentityCard:
        """This function will return the row as a value, without the picture."""
        return IdentityCard(
            id=self.id,
            customer_id=self.customer_id,
            state=IdentityCardState(self.state),
            reason=self.reason,
            given_at=self.given_at,
            checked_at=self.checked_at,
        )
