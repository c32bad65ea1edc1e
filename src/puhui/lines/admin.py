"""Lines in Django's admin, read-only."""

from django.contrib import admin

from puhui.lines.models import LineEventRow, LineRow
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(LineRow)
class LineAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "customer_id",
        "state",
        "limit_minor",
        "used_minor",
        "currency",
        "grade",
        "expires_on",
    )


@admin.register(LineEventRow)
class LineEventAdmin(ReadOnlyAdmin):
    list_display = ("line_id", "act", "amount_minor", "used_after_minor", "source", "at")
