"""Policy texts of the house, to look at."""

from django.contrib import admin

from puhui.protection.texts import models
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(models.PolicyTextRow)
class PolicyTextAdmin(ReadOnlyAdmin):
    """Drafts and what was published."""

    list_display = ("folder", "name", "state", "valid_from", "drafted_by", "agreed_by", "sha256")
    list_filter = ("folder", "state")
    ordering = ("-drafted_at",)
