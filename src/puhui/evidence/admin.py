"""Proofs, to look at; what was read stays sealed."""

from django.contrib import admin

from puhui.evidence.models import ProofRow
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(ProofRow)
class ProofAdmin(ReadOnlyAdmin):
    """Proofs, newest first."""

    list_display = ("given_at", "customer_id", "kind", "state", "trust", "valid_until", "delete_on", "reason")
    list_filter = ("kind", "state")
    search_fields = ("customer_id",)
    exclude = ("fields_sealed",)
    ordering = ("-given_at", "id")
