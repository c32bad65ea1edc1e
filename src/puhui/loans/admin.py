"""Contracts, loans, events and snapshots in Django's admin, read-only."""

from django.contrib import admin

from puhui.loans.models import (
    ChangeRow,
    ChangeSignatureRow,
    ContractRow,
    LoanEventRow,
    LoanRow,
    LoanSnapshotRow,
)
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(ContractRow)
class ContractAdmin(ReadOnlyAdmin):
    list_display = ("number", "customer_id", "quote_id", "language", "signed_at", "text_sha256")


@admin.register(LoanRow)
class LoanAdmin(ReadOnlyAdmin):
    list_display = ("number", "customer_id", "state", "principal_minor", "currency", "opened_at")


@admin.register(LoanEventRow)
class LoanEventAdmin(ReadOnlyAdmin):
    list_display = ("loan_id", "seq", "kind", "value_date", "booking_date", "booked_at", "amount_minor")


@admin.register(LoanSnapshotRow)
class LoanSnapshotAdmin(ReadOnlyAdmin):
    list_display = (
        "loan_id",
        "as_of",
        "state",
        "principal_outstanding_minor",
        "due_minor",
        "dpd_days",
        "bucket",
        "next_due_date",
    )


@admin.register(ChangeRow)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ("number", "loan_id", "customer_id", "issued_at", "valid_until", "sha256")


@admin.register(ChangeSignatureRow)
class ChangeSignatureAdmin(ReadOnlyAdmin):
    list_display = ("change_id", "language", "signed_at", "text_sha256")
