"""Staff sign in with name, password and a second factor; tries are limited, and no answer says what was wrong."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from puhui.core.refusals import Refusal
from puhui.journeys import staff_sign_in
from puhui.journeys.staff_sign_in import FACTOR, PASSWORD
from puhui.web import clock
from puhui.web.borrower.sign_in import safe_next
from puhui.web.shared import inputs
from puhui.web.staff import factors
from puhui.web.staff.guard import PROVED, allowed
from puhui.web.who import place_of

PENDING = "staff_pending"  # session: who has shown the password and not yet the second factor


class PasswordWrong(Refusal):
    """User name and password do not belong together, or the login is closed."""

    field = "login"


@require_http_methods(["GET", "POST"])
def login_page(request: HttpRequest) -> HttpResponseBase:
    """This function will take a member of staff's name and password."""
    if request.method == "POST":
        return _sign_in(request)
    target = request.GET.get("next") or request.POST.get("next", "")
    return render(request, "staff/login.html", {"next": target})


def _sign_in(request: HttpRequest) -> HttpResponseBase:
    login, password = inputs.text(request, "login", limit=64), request.POST.get("password", "")
    staff_sign_in.take_try(what=PASSWORD, login=login, place=place_of(request), now=clock.now(request))
    user: Any = auth.authenticate(request, username=login, password=password)
    if user is None or not user.is_staff:
        raise PasswordWrong()
    staff_sign_in.forget_tries(what=PASSWORD, login=login, place=place_of(request))
    target = request.POST.get("next", "")
    if factors.has_factor(user):
        request.session.cycle_key()
        request.session[PENDING] = {"user": user.pk, "next": target}
        return redirect("staff_second_factor")
    auth.login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return _onward(request, target)


def _onward(request: HttpRequest, target: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(safe_next(request, target) if target else reverse("staff"))


@require_http_methods(["GET", "POST"])
def second_factor_page(request: HttpRequest) -> HttpResponseBase:
    """This function will take the second factor of somebody whose password was right: a code, a recovery code or a passkey."""
    pending = request.session.get(PENDING)
    user = factors.find_user(pending["user"]) if pending else None
    if pending is None or user is None:
        return redirect("staff_login")
    if request.method == "POST":
        staff_sign_in.take_try(what=FACTOR, login=user.login, place=place_of(request), now=clock.now(request))
        factors.prove(request, user)
        staff_sign_in.forget_tries(what=FACTOR, login=user.login, place=place_of(request))
        del request.session[PENDING]
        auth.login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
        request.session[PROVED] = True
        factors.record(request, user, "used")
        return _onward(request, pending["next"])
    context = {"passkey": factors.passkey_request(request, user), "has_code": factors.has_code(user)}
    return render(request, "staff/second_factor.html", context)


@require_POST
@allowed()
def logout(request: HttpRequest) -> HttpResponseBase:
    """This function will end the session."""
    auth.logout(request)
    return redirect("staff_login")
