"""Quotes and signatures in Django's admin, read-only."""

from django.contrib import admin

from puhui.offers.models import CommitmentRow, QuoteRow, SignatureRow
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(QuoteRow)
class QuoteAdmin(ReadOnlyAdmin):
    list_display = ("number", "customer_id", "amount_minor", "currency", "issued_at", "valid_until", "sha256")


@admin.register(SignatureRow)
class SignatureAdmin(ReadOnlyAdmin):
    list_display = ("quote_id", "signer_customer_id", "language", "signed_at", "contract_sha256")


@admin.register(CommitmentRow)
class CommitmentAdmin(ReadOnlyAdmin):
    list_display = ("id", "customer_id", "kind", "fact", "at_least", "base_rate_ppm", "made_at", "until")
