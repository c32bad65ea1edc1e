"""A member of staff's own page: who she is here, what her role may, and her second factors."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods

from puhui.web.staff import factors
from puhui.web.staff.guard import PROVED, allowed, desk


@require_http_methods(["GET", "POST"])
@allowed()
def me_page(request: HttpRequest) -> HttpResponseBase:
    """This function will show and change the second factors of who is signed in."""
    if request.method == "POST":
        return _act(request)
    return _page(request, codes=[])


def _act(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    act = request.POST.get("act", "")
    if factors.has_factor(user) and not request.session.get(PROVED):
        return redirect("staff_me")  # a session from before the first factor: prove it first
    codes: list[str] = []
    match act:
        case "add_code":
            codes = factors.add_code(request, user)
        case "add_passkey":
            codes = factors.add_passkey(request, user)
        case "new_codes":
            codes = factors.new_codes(request, user)
        case "remove":
            factors.remove(request, user, request.POST.get("factor", ""))
            return redirect("staff_me")
    if act in {"add_code", "add_passkey"}:
        request.session[PROVED] = True
    return _page(request, codes=codes)


def _page(request: HttpRequest, *, codes: list[str]) -> HttpResponseBase:
    user: Any = request.user
    found = factors.list_factors(user)
    offer = None if any(one["type"] == factors.TIMED for one in found) else factors.code_offer(request, user)
    return desk(
        request,
        "me",
        here="me",
        factors=found,
        codes=codes,
        offer=offer,
        square=mark_safe(offer["square"]) if offer else "",
        passkey=factors.passkey_offer(request, user),
        needed=settings.SECOND_FACTOR_NEEDED,
        missing=settings.SECOND_FACTOR_NEEDED and not factors.has_factor(user),
    )
