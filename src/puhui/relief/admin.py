"""Relief, to look at; budgets and answers stay sealed."""

from django.contrib import admin

from puhui.relief.models import AgreementRow, PoolRow, RequestRow
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(RequestRow)
class RequestAdmin(ReadOnlyAdmin):
    """Requests, newest first."""

    list_display = ("opened_at", "customer_id", "loan_id", "cause", "state")
    list_filter = ("cause", "state")
    search_fields = ("customer_id",)
    ordering = ("-opened_at", "id")


@admin.register(AgreementRow)
class AgreementAdmin(ReadOnlyAdmin):
    """Agreements, newest first."""

    list_display = ("signed_at", "number", "customer_id", "loan_id", "total_minor", "draw_minor", "state")
    list_filter = ("state",)
    search_fields = ("customer_id",)
    ordering = ("-signed_at", "id")


@admin.register(PoolRow)
class PoolAdmin(ReadOnlyAdmin):
    """Waiver pools with what is left."""

    list_display = ("name", "total_minor", "left_minor")
