"""The books, to look at."""

from django.contrib import admin

from puhui.ledger import models
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(models.Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Entries, newest first."""

    list_display = (
        "business_date",
        "debit",
        "credit",
        "amount_minor",
        "currency",
        "source",
        "seq",
        "loan_id",
    )
    list_filter = ("currency", "debit", "credit")
    search_fields = ("source", "loan_id")
    date_hierarchy = "business_date"
    ordering = ("-id",)
