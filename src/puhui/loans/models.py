"""Tables of loans: contracts and events append-only, the loan as the row that is locked, snapshots for lists."""

from __future__ import annotations

import json
from functools import lru_cache

from django.db import models
from django.db.models import F, Q

from puhui.loans.domain import (
    ChangeQuote,
    Contract,
    ContractTerms,
    EventKind,
    Loan,
    LoanEvent,
    LoanSnapshot,
    LoanState,
    SignedChange,
    change_from_plain,
    change_sha256,
    change_signed_text,
    terms_from_plain,
    upcast,
)
from puhui.runtime.signing import is_signed

STATES = [state.value for state in LoanState]


@lru_cache(maxsize=4096)
def _terms(text: str) -> ContractTerms:
    """The terms that a stored text says. A signed text never changes, so each is read once."""
    return terms_from_plain(json.loads(text))


class ContractRow(models.Model):
    """A signed contract; append-only by trigger."""

    id = models.CharField(max_length=26, primary_key=True)
    number = models.CharField(max_length=20)
    quote_id = models.CharField(max_length=26, unique=True)
    customer_id = models.CharField(max_length=26)
    line_id = models.CharField(max_length=26)
    semantics_version = models.IntegerField()
    terms_json = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=10)
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "loans_contract"
        verbose_name = "contract"
        constraints = [
            models.CheckConstraint(name="loans_contract_semantics", condition=Q(semantics_version__gte=1)),
        ]
        indexes = [models.Index(name="loans_contract_customer", fields=["customer_id", "signed_at"])]

    def to_terms(self) -> ContractTerms:
        """This function will return the terms alone, which is all that a position needs."""
        return _terms(self.terms_json)

    def to_domain(self) -> Contract:
        """This function will return the row as a value."""
        return Contract(
            id=self.id,
            number=self.number,
            quote_id=self.quote_id,
            customer_id=self.customer_id,
            line_id=self.line_id,
            terms=self.to_terms(),
            text_sha256=self.text_sha256,
            language=self.language,
            signed_at=self.signed_at,
        )


class LoanRow(models.Model):
    """A loan: the row that every act on it locks. Its state follows from its events and is kept for lists."""

    id = models.CharField(max_length=26, primary_key=True)
    number = models.CharField(max_length=20)
    contract = models.OneToOneField(ContractRow, on_delete=models.PROTECT, related_name="+")
    customer_id = models.CharField(max_length=26)
    line_id = models.CharField(max_length=26)
    currency = models.CharField(max_length=3)
    principal_minor = models.BigIntegerField()
    state = models.CharField(max_length=12)
    opened_at = models.DateTimeField()

    class Meta:
        db_table = "loans_loan"
        verbose_name = "loan"
        constraints = [
            models.CheckConstraint(name="loans_loan_principal", condition=Q(principal_minor__gt=0)),
            models.CheckConstraint(name="loans_loan_state", condition=Q(state__in=STATES)),
        ]
        indexes = [models.Index(name="loans_loan_customer", fields=["customer_id", "opened_at"])]

    def to_domain(self) -> Loan:
        """This function will return the row as a value."""
        return Loan(
            id=self.id,
            number=self.number,
            contract_id=self.contract_id,
            customer_id=self.customer_id,
            line_id=self.line_id,
            currency=self.currency,
            principal_minor=self.principal_minor,
            state=LoanState(self.state),
            opened_at=self.opened_at,
        )


class LoanEventRow(models.Model):
    """An event of a loan; append-only by trigger."""

    id = models.CharField(max_length=26, primary_key=True)
    loan = models.ForeignKey(LoanRow, on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.IntegerField()
    kind = models.CharField(max_length=20)
    value_date = models.DateField()
    booking_date = models.DateField()
    booked_at = models.DateTimeField()
    amount_minor = models.BigIntegerField()
    payload = models.TextField(default="{}")
    schema_version = models.IntegerField()

    class Meta:
        db_table = "loans_event"
        verbose_name = "loan event"
        constraints = [
            models.UniqueConstraint(name="loans_event_seq", fields=["loan", "seq"]),
            models.CheckConstraint(
                name="loans_event_kind", condition=Q(kind__in=[kind.value for kind in EventKind])
            ),
            models.CheckConstraint(
                name="loans_event_figures",
                condition=Q(amount_minor__gte=0, seq__gte=1, schema_version__gte=1),
            ),
        ]

    def to_domain(self) -> LoanEvent:
        """This function will return the row as a value, its payload lifted to the present shape."""
        kind = EventKind(self.kind)
        payload = {} if self.payload == "{}" else json.loads(self.payload)
        return LoanEvent(
            id=self.id,
            loan_id=self.loan_id,
            seq=self.seq,
            kind=kind,
            value_date=self.value_date,
            booking_date=self.booking_date,
            booked_at=self.booked_at,
            amount_minor=self.amount_minor,
            payload=upcast(kind=kind, schema_version=self.schema_version, payload=payload),
        )


class LoanSnapshotRow(models.Model):
    """What lists show of a loan. Rewritten at any time from the events; never read for money."""

    loan = models.OneToOneField(LoanRow, primary_key=True, on_delete=models.PROTECT, related_name="snapshot")
    customer_id = models.CharField(max_length=26)
    as_of = models.DateField()
    semantics_version = models.IntegerField()
    state = models.CharField(max_length=12)
    currency = models.CharField(max_length=3)
    principal_outstanding_minor = models.BigIntegerField()
    due_minor = models.BigIntegerField()
    late_minor = models.BigIntegerField()
    dpd_days = models.IntegerField()
    bucket = models.CharField(max_length=4)
    payoff_minor = models.BigIntegerField()
    credit_minor = models.BigIntegerField()
    next_due_date = models.DateField(null=True)
    next_due_minor = models.BigIntegerField()

    class Meta:
        db_table = "loans_snapshot"
        verbose_name = "loan snapshot"
        constraints = [models.CheckConstraint(name="loans_snapshot_state", condition=Q(state__in=STATES))]
        indexes = [
            models.Index(name="loans_snapshot_due", fields=["state", "next_due_date"]),
            models.Index(name="loans_snapshot_bucket", fields=["bucket", "loan"]),
        ]

    def to_domain(self) -> LoanSnapshot:
        """This function will return the row as a value."""
        return LoanSnapshot(
            loan_id=self.loan_id,
            customer_id=self.customer_id,
            as_of=self.as_of,
            semantics_version=self.semantics_version,
            state=LoanState(self.state),
            currency=self.currency,
            principal_outstanding_minor=self.principal_outstanding_minor,
            due_minor=self.due_minor,
            late_minor=self.late_minor,
            dpd_days=self.dpd_days,
            bucket=self.bucket,
            payoff_minor=self.payoff_minor,
            credit_minor=self.credit_minor,
            next_due_date=self.next_due_date,
            next_due_minor=self.next_due_minor,
        )


class ChangeRow(models.Model):
    """A change as it was quoted, append-only. The columns beside the body are for look-up; the body is what binds."""

    id = models.CharField(max_length=26, primary_key=True)
    number = models.CharField(max_length=20)
    loan = models.ForeignKey(LoanRow, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer_id = models.CharField(max_length=26)
    issued_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    sha256 = models.CharField(max_length=64)
    body = models.TextField()
    house_signature = models.CharField(max_length=160)

    class Meta:
        db_table = "loans_change"
        verbose_name = "change"
        constraints = [
            models.CheckConstraint(name="loans_change_validity", condition=Q(valid_until__gt=F("issued_at"))),
        ]
        indexes = [models.Index(name="loans_change_loan", fields=["loan", "issued_at"])]

    def to_domain(self) -> ChangeQuote:
        """This function will return the row as a value."""
        return change_from_plain(json.loads(self.body))

    @property
    def is_genuine(self) -> bool:
        """Whether the body is what the house signed, and every column beside it says the same."""
        try:
            quote = self.to_domain()
        except (ValueError, KeyError, TypeError, AssertionError):  # edited beyond reading
            return False
        columns = ("id", "number", "loan_id", "customer_id", "issued_at", "valid_until")
        same = all(getattr(self, name) == getattr(quote, name) for name in columns)
        content = change_signed_text(json.loads(self.body))
        return same and self.sha256 == change_sha256(quote) and is_signed(content, self.house_signature)


class ChangeSignatureRow(models.Model):
    """The one signature of a change: the primary key is the change, so there is never a second."""

    change = models.OneToOneField(
        ChangeRow, primary_key=True, on_delete=models.PROTECT, related_name="signature"
    )
    language = models.CharField(max_length=10)
    text_sha256 = models.CharField(max_length=64)
    change_sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "loans_change_signature"
        verbose_name = "signature of a change"

    def to_domain(self) -> SignedChange:
        """This function will return the row as a value, with its change."""
        return SignedChange(
            quote=self.change.to_domain(),
            quote_sha256=self.change_sha256,
            text_sha256=self.text_sha256,
            language=self.language,
            signed_at=self.signed_at,
        )
