"""Read-only tables of protection; sealed texts are not shown."""

from __future__ import annotations

from django.contrib import admin

from puhui.protection.models import CaseEventRow, CaseRow, ConsentEventRow, ConsentRow
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(ConsentRow)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ["id", "customer_id", "purpose", "text_version", "given_at", "withdrawn_at"]
    list_filter = ["purpose"]


@admin.register(ConsentEventRow)
class ConsentEventAdmin(ReadOnlyAdmin):
    list_display = ["consent_id", "act", "at"]


@admin.register(CaseRow)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ["number", "kind", "state", "customer_id", "opened_at", "due_at", "handler"]
    list_filter = ["kind", "state"]
    exclude = ["text_sealed"]


@admin.register(CaseEventRow)
class CaseEventAdmin(ReadOnlyAdmin):
    list_display = ["case_id", "seq", "act", "by", "author", "at"]
    exclude = ["text_sealed"]


from puhui.protection.texts import admin as texts  # noqa: E402, F401
