"""The site of the raw tables (`/admin/`): behind the door of the staff's pages, second factor included, and no door of its own."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from puhui.access.staff.queries import RoleMayNot
from puhui.runtime.read_only_admin import may_read
from puhui.web.staff.guard import elsewhere


class RawTables(AdminSite):
    """Read-only tables. Whoever is not let in is sent to the staff's own sign-in, which counts tries."""

    def has_permission(self, request: HttpRequest) -> bool:
        """This function will tell whether the tables open: a role that reads them, and a second factor where one is needed."""
        return may_read(request) and elsewhere(request) is None

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """This function will send to the staff's sign-in. Raises: RoleMayNot; NotFoundHere for a borrower."""
        target = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
        away = elsewhere(request, back=target)
        if away is None and not may_read(request):
            raise RoleMayNot()
        return away or HttpResponseRedirect(reverse("admin:index"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """This function will send to the own page of who is signed in: no page of the raw tables writes."""
        return HttpResponseRedirect(reverse("staff_me"))

    password_change_done = password_change
