"""Payments in the admin: to look, never to change. Sealed columns are not shown."""

from django.contrib import admin

from puhui.payments.models import (
    AccountRow,
    Closing,
    DiscrepancyRow,
    MandateRow,
    OrderEvent,
    OrderRow,
    StatementDay,
    SuspenseRow,
)
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(AccountRow)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("id", "customer_id", "bank_name", "tail", "verified_at", "bound_at")
    exclude = ("number_sealed", "number_index")
    search_fields = ("=id", "=customer_id")


@admin.register(MandateRow)
class MandateAdmin(ReadOnlyAdmin):
    list_display = ("id", "customer_id", "account_id", "state", "agreed_at", "withdrawn_at")
    list_filter = ("state",)
    search_fields = ("=id", "=customer_id")


@admin.register(OrderRow)
class OrderAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "direction",
        "amount_minor",
        "currency",
        "purpose",
        "state",
        "attempt",
        "changed_at",
    )
    list_filter = ("state", "direction")
    search_fields = ("=id", "=customer_id", "=loan_id", "=first_id")


@admin.register(OrderEvent)
class OrderEventAdmin(ReadOnlyAdmin):
    list_display = ("order_id", "seq", "news", "before", "after", "reason", "at")
    search_fields = ("=order__id",)


@admin.register(StatementDay)
class StatementDayAdmin(ReadOnlyAdmin):
    list_display = ("day", "lines", "matched", "in_minor", "out_minor", "recorded_at")


@admin.register(SuspenseRow)
class SuspenseAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "statement_id",
        "line_id",
        "flow",
        "amount_minor",
        "currency",
        "reason",
        "recorded_at",
    )
    exclude = ("memo_sealed",)
    list_filter = ("reason",)


@admin.register(DiscrepancyRow)
class DiscrepancyAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "kind",
        "order_id",
        "state",
        "heard",
        "amount_minor",
        "currency",
        "day",
        "recorded_at",
    )
    list_filter = ("kind",)


@admin.register(Closing)
class ClosingAdmin(ReadOnlyAdmin):
    list_display = ("item_id", "how", "closed_at")
