"""Exploration, to look at."""

from django.contrib import admin

from puhui.decisions.exploring import models
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(models.ExplorationRow)
class ExplorationAdmin(ReadOnlyAdmin):
    """Who was answered, and how likely that was."""

    list_display = ("decision_id", "budget_id", "month", "answer", "propensity_ppm", "limit_minor")
    list_filter = ("answer",)
    ordering = ("-decision_id",)


@admin.register(models.ExplorationMonthRow)
class ExplorationMonthAdmin(ReadOnlyAdmin):
    """What each month has used."""

    list_display = ("budget_id", "month", "count", "money_minor")
    ordering = ("-month",)
