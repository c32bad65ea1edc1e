"""Tables of payments. Histories and lists of what went wrong are append-only; account numbers are sealed."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import F, Q

from puhui.payments.domain import (
    OPEN_STATES,
    BankAccount,
    Direction,
    Discrepancy,
    DiscrepancyKind,
    Flow,
    Mandate,
    MandateAct,
    MandateState,
    OrderChange,
    OrderNews,
    OrderState,
    PaymentOrder,
    RecordedStatement,
    SuspenseItem,
    SuspenseReason,
)

OPENED = "opened"  # the first entry of an order's history
AGREED = "agreed"  # the first entry of a mandate's history


def _one_of(kind: type[StrEnum], *more: str) -> list[str]:
    return [*more, *(one.value for one in kind)]


class AccountRow(models.Model):
    """A bank account that a customer has bound."""

    id = models.CharField(max_length=26, primary_key=True)
    customer_id = models.CharField(max_length=26)
    number_sealed = models.CharField(max_length=200)
    number_index = models.CharField(max_length=64)  # blind index, to find the same number again
    tail = models.CharField(max_length=4)
    bank_name = models.CharField(max_length=60)
    verified_at = models.DateTimeField(null=True)
    bound_at = models.DateTimeField()
    merchant_id = models.CharField(
        max_length=40, default="", db_default=""
    )  # of an account that a loan of hers pays, "" = her own

    class Meta:
        db_table = "payments_account"
        verbose_name = "account"
        constraints = [
            models.UniqueConstraint(
                name="payments_account_once", fields=["customer_id", "number_index", "merchant_id"]
            ),
        ]

    def to_domain(self) -> BankAccount:
        """This function will return the row as a value, without the number."""
        return BankAccount(
            id=self.id,
            customer_id=self.customer_id,
            tail=self.tail,
            bank_name=self.bank_name,
            verified_at=self.verified_at,
            bound_at=self.bound_at,
            merchant_id=self.merchant_id,
        )


class MandateRow(models.Model):
    """A customer's permission to debit an account; where it stands."""

    id = models.CharField(max_length=26, primary_key=True)
    account = models.ForeignKey(AccountRow, on_delete=models.PROTECT, related_name="+")
    customer_id = models.CharField(max_length=26)
    consent_id = models.CharField(max_length=26)
    state = models.CharField(max_length=9)
    agreed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "payments_mandate"
        verbose_name = "mandate"
        constraints = [
            models.CheckConstraint(
                name="payments_mandate_state",
                condition=Q(state=MandateState.ACTIVE.value, withdrawn_at__isnull=True)
                | Q(state=MandateState.WITHDRAWN.value, withdrawn_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="payments_mandate_one_active",
                fields=["account"],
                condition=Q(state=MandateState.ACTIVE.value),
            ),
        ]
        indexes = [models.Index(name="payments_mandate_customer", fields=["customer_id", "agreed_at"])]

    def to_domain(self) -> Mandate:
        """This function will return the row as a value."""
        return Mandate(
            id=self.id,
            account_id=self.account_id,
            customer_id=self.customer_id,
            consent_id=self.consent_id,
            state=MandateState(self.state),
            agreed_at=self.agreed_at,
            withdrawn_at=self.withdrawn_at,
        )


class MandateEvent(models.Model):
    """One change of a mandate. Append-only."""

    mandate = models.ForeignKey(MandateRow, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=9)
    at = models.DateTimeField()

    class Meta:
        db_table = "payments_mandate_event"
        constraints = [
            models.CheckConstraint(
                name="payments_mandate_event_act", condition=Q(act__in=_one_of(MandateAct, AGREED))
            ),
            models.UniqueConstraint(name="payments_mandate_event_once", fields=["mandate", "act"]),
        ]


class OrderRow(models.Model):
    """A payment order; where it stands."""

    id = models.CharField(max_length=26, primary_key=True)
    direction = models.CharField(max_length=7)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    account = models.ForeignKey(AccountRow, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer_id = models.CharField(max_length=26)
    loan_id = models.CharField(max_length=26, null=True)  # a later stage's id: no reference from here
    purpose = models.CharField(max_length=24)
    mandate = models.ForeignKey(
        MandateRow, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    first_id = models.CharField(max_length=26)
    attempt = models.SmallIntegerField()
    state = models.CharField(max_length=8)
    changes = models.SmallIntegerField()  # entries of its history, the seq of the last one
    reason = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    settled_date = models.DateField(null=True)
    returned_date = models.DateField(null=True)

    class Meta:
        db_table = "payments_order"
        verbose_name = "order"
        constraints = [
            models.CheckConstraint(name="payments_order_amount", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="payments_order_direction", condition=Q(direction__in=_one_of(Direction))
            ),
            models.CheckConstraint(name="payments_order_state", condition=Q(state__in=_one_of(OrderState))),
            models.CheckConstraint(
                name="payments_order_dates",
                condition=(
                    Q(state="done", settled_date__isnull=False, returned_date__isnull=True)
                    | Q(state="returned", settled_date__isnull=False, returned_date__isnull=False)
                    | (
                        ~Q(state__in=["done", "returned"])
                        & Q(settled_date__isnull=True, returned_date__isnull=True)
                    )
                ),
            ),
            models.CheckConstraint(
                name="payments_order_attempt",
                condition=Q(attempt=1, first_id=F("id")) | (Q(attempt__gt=1) & ~Q(first_id=F("id"))),
            ),
            models.CheckConstraint(
                name="payments_order_mandate", condition=Q(mandate__isnull=True) | Q(direction="collect")
            ),
            models.UniqueConstraint(name="payments_order_attempt_once", fields=["first_id", "attempt"]),
        ]
        indexes = [
            models.Index(
                name="payments_order_open",
                fields=["changed_at"],
                condition=Q(state__in=[state.value for state in OPEN_STATES]),
            ),
            models.Index(name="payments_order_loan", fields=["loan_id"], condition=Q(loan_id__isnull=False)),
            models.Index(name="payments_order_customer", fields=["customer_id", "created_at"]),
            models.Index(
                name="payments_order_settled",
                fields=["settled_date"],
                condition=Q(settled_date__isnull=False),
            ),
            models.Index(
                name="payments_order_returned",
                fields=["returned_date"],
                condition=Q(returned_date__isnull=False),
            ),
        ]

    def to_domain(self) -> PaymentOrder:
        """This function will return the row as a value."""
        return PaymentOrder(
            id=self.id,
            direction=Direction(self.direction),
            amount_minor=self.amount_minor,
            currency=self.currency,
            account_id=self.account_id,
            customer_id=self.customer_id,
            loan_id=self.loan_id,
            purpose=self.purpose,
            mandate_id=self.mandate_id,
            first_id=self.first_id,
            attempt=self.attempt,
            state=OrderState(self.state),
            reason=self.reason,
            created_at=self.created_at,
            changed_at=self.changed_at,
            settled_date=self.settled_date,
            returned_date=self.returned_date,
        )


class OrderEvent(models.Model):
    """One change of an order, written with it. Append-only."""

    order = models.ForeignKey(OrderRow, on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.SmallIntegerField()
    news = models.CharField(max_length=8)
    before = models.CharField(max_length=8)
    after = models.CharField(max_length=8)
    reason = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "payments_order_event"
        constraints = [
            models.UniqueConstraint(name="payments_order_event_seq", fields=["order", "seq"]),
            models.CheckConstraint(
                name="payments_order_event_news", condition=Q(news__in=_one_of(OrderNews, OPENED))
            ),
        ]

    def to_domain(self) -> OrderChange:
        """This function will return the row as a value."""
        return OrderChange(
            order_id=self.order_id,
            seq=self.seq,
            news=self.news,
            before=self.before,
            after=OrderState(self.after),
            reason=self.reason,
            at=self.at,
        )


class StatementDay(models.Model):
    """A day whose statement was held against our orders. Append-only."""

    day = models.DateField(primary_key=True)
    lines = models.IntegerField()
    matched = models.IntegerField()
    in_minor = models.BigIntegerField()
    out_minor = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "payments_statement"
        constraints = [
            models.CheckConstraint(
                name="payments_statement_sums",
                condition=Q(in_minor__gte=0, out_minor__gte=0, matched__gte=0, matched__lte=F("lines")),
            ),
        ]

    def to_domain(self) -> RecordedStatement:
        """This function will return the row as a value."""
        return RecordedStatement(
            day=self.day,
            lines=self.lines,
            matched=self.matched,
            in_minor=self.in_minor,
            out_minor=self.out_minor,
            sha256=self.sha256,
            recorded_at=self.recorded_at,
        )


class SuspenseRow(models.Model):
    """Cash of a statement that no order explains. Append-only; its end is a row of `Closing`."""

    id = models.CharField(max_length=26, primary_key=True)
    statement = models.ForeignKey(StatementDay, on_delete=models.PROTECT, related_name="+")
    line_id = models.CharField(max_length=64)
    flow = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=11)
    order = models.ForeignKey(OrderRow, on_delete=models.PROTECT, related_name="+", null=True)
    account_tail = models.CharField(max_length=4)
    memo_sealed = models.TextField()  # the payer's words, sealed: they may name a person
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "payments_suspense"
        verbose_name = "suspense item"
        constraints = [
            models.CheckConstraint(name="payments_suspense_amount", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(name="payments_suspense_flow", condition=Q(flow__in=_one_of(Flow))),
            models.CheckConstraint(
                name="payments_suspense_reason", condition=Q(reason__in=_one_of(SuspenseReason))
            ),
            models.UniqueConstraint(name="payments_suspense_line", fields=["statement", "line_id"]),
        ]

    def to_domain(self, closing: Closing | None) -> SuspenseItem:
        """This function will return the row, and how it ended, as a value."""
        return SuspenseItem(
            id=self.id,
            day=self.statement_id,
            line_id=self.line_id,
            flow=Flow(self.flow),
            amount_minor=self.amount_minor,
            currency=self.currency,
            reason=SuspenseReason(self.reason),
            order_id=self.order_id,
            account_tail=self.account_tail,
            recorded_at=self.recorded_at,
            closed_at=closing.closed_at if closing else None,
            closed_how=closing.how if closing else "",
        )


class DiscrepancyRow(models.Model):
    """An order on which the rail and we do not agree. Append-only; its end is a row of `Closing`."""

    id = models.CharField(max_length=26, primary_key=True)
    kind = models.CharField(max_length=14)
    order = models.ForeignKey(OrderRow, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8)
    heard = models.CharField(max_length=8)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    day = models.DateField(null=True)
    reason = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "payments_discrepancy"
        verbose_name = "discrepancy"
        verbose_name_plural = "discrepancies"
        constraints = [
            models.CheckConstraint(
                name="payments_discrepancy_kind", condition=Q(kind__in=_one_of(DiscrepancyKind))
            ),
            models.CheckConstraint(name="payments_discrepancy_amount", condition=Q(amount_minor__gt=0)),
        ]

    def to_domain(self, closing: Closing | None) -> Discrepancy:
        """This function will return the row, and how it ended, as a value."""
        return Discrepancy(
            id=self.id,
            kind=DiscrepancyKind(self.kind),
            order_id=self.order_id,
            state=OrderState(self.state),
            heard=OrderNews(self.heard),
            amount_minor=self.amount_minor,
            currency=self.currency,
            day=self.day,
            reason=self.reason,
            recorded_at=self.recorded_at,
            closed_at=closing.closed_at if closing else None,
            closed_how=closing.how if closing else "",
        )


class Closing(models.Model):
    """How a suspense item or a discrepancy was settled by a person. Append-only; one for each item."""

    item_id = models.CharField(max_length=26, primary_key=True)
    how = models.CharField(max_length=80)
    closed_at = models.DateTimeField()

    class Meta:
        db_table = "payments_closing"
        constraints = [models.CheckConstraint(name="payments_closing_how", condition=~Q(how=""))]
