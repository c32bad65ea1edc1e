"""The one table of the ledger. Rows are never changed or removed: a trigger refuses it on both databases."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from puhui.ledger.domain import Entry as EntryValue
from puhui.ledger.domain import Posting


class Entry(models.Model):
    """One debit, one credit, one amount."""

    source = models.CharField(max_length=80)
    seq = models.IntegerField()
    debit = models.CharField(max_length=4)
    credit = models.CharField(max_length=4)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    business_date = models.DateField()
    loan_id = models.CharField(max_length=26, null=True)
    memo = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_entry"
        constraints = [
            models.UniqueConstraint(name="ledger_entry_once", fields=["source", "seq"]),
            models.CheckConstraint(name="ledger_entry_amount", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(name="ledger_entry_sides", condition=~Q(debit=F("credit"))),
            models.CheckConstraint(name="ledger_entry_seq", condition=Q(seq__gte=1)),
        ]
        indexes = [
            models.Index(name="ledger_entry_debit", fields=["debit", "currency", "business_date"]),
            models.Index(name="ledger_entry_credit", fields=["credit", "currency", "business_date"]),
            models.Index(name="ledger_entry_loan", fields=["loan_id", "id"]),
        ]

    def to_domain(self) -> EntryValue:
        """This function will return the row as a value."""
        posting = Posting(
            debit=self.debit, credit=self.credit, amount_minor=self.amount_minor, currency=self.currency
        )
        return EntryValue(
            source=self.source,
            seq=self.seq,
            posting=posting,
            business_date=self.business_date,
            loan_id=self.loan_id,
            memo=self.memo,
            recorded_at=self.recorded_at,
        )
