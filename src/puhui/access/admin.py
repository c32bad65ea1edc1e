"""Logins and codes, to look at. Password hashes and code hashes are not shown."""

from django.contrib import admin

from puhui.access import models
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(models.User)
class UserAdmin(ReadOnlyAdmin):
    """Logins of staff and borrowers."""

    list_display = ("login", "kind", "role", "is_active", "created_at", "last_login")
    list_filter = ("kind", "role", "is_active")
    search_fields = ("login",)
    exclude = ("password",)
    ordering = ("-id",)


@admin.register(models.Code)
class CodeAdmin(ReadOnlyAdmin):
    """One-time codes that were issued."""

    list_display = ("id", "purpose", "issued_at", "expires_at", "used_at")
    list_filter = ("purpose",)
    exclude = ("code_hmac", "subject")
    ordering = ("-issued_at",)


# The pages of the staff's desk stand in a package of their own; Django finds an app's pages through this module.
from puhui.access.staff import admin as staff  # noqa: E402, F401
