"""Facts, to look at."""

from django.contrib import admin

from puhui.facts.models import FactRow
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(FactRow)
class FactAdmin(ReadOnlyAdmin):
    """Facts, newest first."""

    list_display = ("known_at", "customer_id", "name", "value_json", "event_at", "source", "purpose")
    list_filter = ("source", "purpose")
    search_fields = ("customer_id", "name")
    ordering = ("-known_at", "name")
