"""The registry, to look at."""

from django.contrib import admin

from puhui.decisions.registry import models
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(models.ModelRow)
class ModelAdmin(ReadOnlyAdmin):
    """Registered models."""

    list_display = ("name", "kind", "owner", "state", "share_ppm", "sha256", "admitted_at")
    list_filter = ("state", "kind")
    exclude = ("document", "trees")
    ordering = ("-admitted_at",)


@admin.register(models.ModelEventRow)
class ModelEventAdmin(ReadOnlyAdmin):
    """Their moves."""

    list_display = ("model_id", "seq", "act", "state", "share_ppm", "asked_by", "agreed_by", "at")
    search_fields = ("model_id",)
    ordering = ("-id",)


@admin.register(models.AssignmentRow)
class AssignmentAdmin(ReadOnlyAdmin):
    """Who was given which model."""

    list_display = ("decision_id", "model_id", "challenged", "share_ppm", "propensity_ppm")
    ordering = ("-decision_id",)


@admin.register(models.ShadowScoreRow)
class ShadowScoreAdmin(ReadOnlyAdmin):
    """What shadows said."""

    list_display = ("decision_id", "model_id", "pd_ppm", "reasons_json")
    ordering = ("-id",)
