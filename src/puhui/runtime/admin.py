"""Raw tables of the runtime, to look at."""

from django.contrib import admin

from puhui.runtime import models
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(models.Work)
class WorkAdmin(ReadOnlyAdmin):
    """Background work, newest first."""

    list_display = ("key", "kind", "state", "run_at", "attempts", "deferrals", "error")
    list_filter = ("state", "kind")
    search_fields = ("key",)
    ordering = ("-id",)


@admin.register(models.Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Worker processes and their last sign of life."""

    list_display = ("name", "started_at", "heartbeat_at", "done")


@admin.register(models.ScheduleCursor)
class ScheduleCursorAdmin(ReadOnlyAdmin):
    """Up to when each schedule has been put as work."""

    list_display = ("name", "last_at")


@admin.register(models.Audit)
class AuditAdmin(ReadOnlyAdmin):
    """The audit chain, newest first."""

    list_display = ("seq", "at", "actor", "action", "subject")
    list_filter = ("action",)
    search_fields = ("subject", "actor")
    ordering = ("-seq",)


@admin.register(models.Inbox)
class InboxAdmin(ReadOnlyAdmin):
    """Callbacks received."""

    list_display = ("party", "callback_id", "received_at")
    list_filter = ("party",)
    ordering = ("-id",)


@admin.register(models.IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Keys of acts; the answers are not shown."""

    list_display = ("scope", "key", "remembered_at", "answered_at")
    list_filter = ("scope",)
    exclude = ("answer",)
    ordering = ("-id",)


@admin.register(models.Blob)
class BlobAdmin(ReadOnlyAdmin):
    """Stored documents by content hash."""

    list_display = ("sha256", "content_type", "size_bytes", "stored_at")
    ordering = ("-stored_at",)
