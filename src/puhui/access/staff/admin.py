"""Approvals and claims, to look at. Reasons are sealed and not shown."""

from django.contrib import admin

from puhui.access.staff import models
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(models.ApprovalRow)
class ApprovalAdmin(ReadOnlyAdmin):
    """Acts that needed a second person."""

    list_display = ("id", "kind", "subject", "asked_by", "asked_at")
    list_filter = ("kind",)
    exclude = ("why_sealed",)
    ordering = ("-asked_at",)


@admin.register(models.AnswerRow)
class AnswerAdmin(ReadOnlyAdmin):
    """What the second person said."""

    list_display = ("approval_id", "asked_by", "answered_by", "agreed", "answered_at")
    exclude = ("note_sealed",)
    ordering = ("-answered_at",)


@admin.register(models.ClaimEventRow)
class ClaimEventAdmin(ReadOnlyAdmin):
    """Who had which item in hand, and when."""

    list_display = ("subject", "seq", "act", "by", "holder", "at")
    list_filter = ("act",)
    ordering = ("-at",)
