"""Applications and decisions, to look at."""

from django.contrib import admin

from puhui.decisions.models import (
    ApplicationEventRow,
    ApplicationRow,
    DecisionRow,
    ScanAnswerRow,
    SecondScanRow,
)
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(ApplicationRow)
class ApplicationAdmin(ReadOnlyAdmin):
    """Applications, newest first."""

    list_display = ("number", "customer_id", "state", "opened_at", "submitted_at", "decided_at")
    list_filter = ("state",)
    search_fields = ("number", "customer_id")
    ordering = ("-opened_at",)


@admin.register(ApplicationEventRow)
class ApplicationEventAdmin(ReadOnlyAdmin):
    """What happened to applications."""

    list_display = ("application_id", "seq", "act", "state", "at")
    search_fields = ("application_id",)
    ordering = ("-id",)


@admin.register(DecisionRow)
class DecisionAdmin(ReadOnlyAdmin):
    """Decisions, newest first."""

    list_display = (
        "number",
        "customer_id",
        "verdict",
        "grade",
        "points",
        "limit_minor",
        "annual_rate_ppm",
        "decided_at",
    )
    list_filter = ("verdict", "grade")
    search_fields = ("number", "customer_id", "application_id")
    ordering = ("-decided_at",)


@admin.register(SecondScanRow)
class SecondScanAdmin(ReadOnlyAdmin):
    """Second scans of payouts, newest first."""

    list_display = ("order_id", "customer_id", "verdict", "reason", "rule", "policy_version", "at")
    list_filter = ("verdict", "reason")
    search_fields = ("order_id", "customer_id")
    ordering = ("-at",)


@admin.register(ScanAnswerRow)
class ScanAnswerAdmin(ReadOnlyAdmin):
    """What two people concluded about held payouts."""

    list_display = ("scan_id", "verdict", "asked_by", "agreed_by", "at")
    ordering = ("-at",)


from puhui.decisions.exploring import admin as exploring  # noqa: E402, F401
from puhui.decisions.registry import admin as registry  # noqa: E402, F401
