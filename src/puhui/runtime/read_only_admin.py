"""The base of every admin page of ours: staff may look, nobody may write past the operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = admin.ModelAdmin  # generic for the type checker only

READER_ROLES = frozenset({"admin", "auditor"})


def may_read(request: HttpRequest) -> bool:
    """This function will tell whether the signed-in person may read raw tables (staff with role admin or auditor)."""
    user = request.user
    return bool(
        user.is_active and getattr(user, "kind", "") == "staff" and getattr(user, "role", "") in READER_ROLES
    )


class ReadOnlyAdmin(_Base):
    """List and detail pages without a way to add, change or delete."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_read(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_read(request)
