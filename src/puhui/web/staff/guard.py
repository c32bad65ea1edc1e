"""The door of every staff page: signed in, second factor where it is needed, and a role that holds the permission."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import quote as percent

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from puhui.access.domain import UserKind
from puhui.access.staff.domain import PERMISSIONS, Permission, may
from puhui.access.staff.queries import RoleMayNot
from puhui.web.errors import NotFoundHere

P = ParamSpec("P")
StaffPage = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
PROVED = "second_factor"  # session: the second factor was shown
ANYBODY = "any"  # permission name of pages that every member of staff may open


def login_of(request: HttpRequest) -> str:
    """This function will return the login of the member of staff behind a guarded page."""
    user: Any = request.user
    return str(user.login)


def holds(request: HttpRequest, permission: Permission) -> bool:
    """This function will tell whether the signed-in role holds a permission."""
    return may(getattr(request.user, "role", ""), permission)


def is_staff(request: HttpRequest) -> bool:
    """This function will tell whether an active member of staff is signed in."""
    user: Any = request.user
    return bool(user.is_authenticated and user.is_active and user.kind == UserKind.STAFF.value)


def allowed(*needs: Permission) -> Callable[[StaffPage[P]], StaffPage[P]]:
    """This function will let a page be seen by staff whose role holds one of `needs` (none: any staff).

    A borrower learns nothing of the page; others sign in first; staff without the permission are told so.
    """

    def guard(view: StaffPage[P]) -> StaffPage[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            away = elsewhere(request, enrolling=not needs)
            if away is not None:
                return away
            if needs and not any(holds(request, one) for one in needs):
                raise RoleMayNot()
            return view(request, *args, **kwargs)

        guarded.needs = tuple(one.value for one in needs) or (ANYBODY,)  # type: ignore[attr-defined]
        return guarded

    return guard


def elsewhere(
    request: HttpRequest, *, enrolling: bool = False, back: str | None = None
) -> HttpResponseBase | None:
    """This function will return where a request goes first: to the sign-in, to add a second factor, or nowhere (None).

    `enrolling` is a page on which a second factor is added, `back` where the sign-in leads. Raises: NotFoundHere for a borrower.
    """
    if not is_staff(request):
        if request.user.is_authenticated:
            raise NotFoundHere()
        if back is None:
            back = request.get_full_path() if request.method == "GET" else reverse("staff")
        return HttpResponseRedirect(f"{reverse('staff_login')}?next={percent(back)}")
    if settings.SECOND_FACTOR_NEEDED and not request.session.get(PROVED) and not enrolling:
        return HttpResponseRedirect(reverse("staff_me"))
    return None


def desk(request: HttpRequest, template: str, *, status: int = 200, **context: object) -> HttpResponse:
    """This function will render a staff page; the template learns what the role may, as `may.portfolio` and so on."""
    role: Any = getattr(request.user, "role", "")
    held = next((found for one, found in PERMISSIONS.items() if one.value == role), frozenset[Permission]())
    context["may"] = {one.value: True for one in held}
    return render(request, f"staff/{template}.html", context, status=status)
