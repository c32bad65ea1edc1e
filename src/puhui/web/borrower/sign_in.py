"""She signs in or registers, which is the same way: a phone number, then a one-time code."""

from __future__ import annotations

from datetime import datetime

from django.contrib import auth
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from puhui.access.domain import RESEND_SECONDS
from puhui.customers.domain import mask_phone, parse_phone
from puhui.journeys import language as language_journey
from puhui.journeys import register
from puhui.runtime.sealing import seal, unseal
from puhui.web import clock
from puhui.web.borrower.session import go, show, up
from puhui.web.middleware import LANGUAGE_COOKIE
from puhui.web.shared import inputs

PHONE, NEXT, SENT_AT = "sign_in_phone", "sign_in_next", "sign_in_sent_at"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def safe_next(request: HttpRequest, target: str) -> str:
    """This function will return `target` when it is a path of ours, else the home page."""
    ours = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return target if ours and target.startswith("/") else reverse("home")


def seconds_left(sent_at: str | None, now: datetime) -> int:
    """This function will return how long until a code may be sent again, 0 when it may."""
    if not sent_at:
        return 0
    gone = int((now - datetime.fromisoformat(sent_at)).total_seconds())
    return max(0, RESEND_SECONDS - gone) if gone >= 0 else 0


@require_http_methods(["GET", "POST"])
def phone_page(request: HttpRequest) -> HttpResponseBase:
    """This function will ask for the phone number and send a code to it."""
    if request.method == "POST":
        typed = inputs.text(request, "phone", limit=20)
        _send(request, parse_phone(typed))
        request.session[NEXT] = safe_next(request, request.POST.get("next", ""))
        return go("sign_in_code")
    target = request.GET.get("next") or request.POST.get("next", "")
    return show(request, "sign_in", next=target, up=up("home", _("Home")))


def _send(request: HttpRequest, phone: str) -> None:
    now = clock.now(request)
    register.request_code(
        phone=phone,
        language=get_language() or "zh-hans",
        code=inputs.new_code(),
        key=inputs.form_key(request),
        now=now,
    )
    request.session[PHONE] = seal(phone)
    request.session[SENT_AT] = now.isoformat()


@require_http_methods(["GET", "POST"])
def code_page(request: HttpRequest) -> HttpResponseBase:
    """This function will take the code, and sign her in with a new session; or send another code."""
    if PHONE not in request.session:
        return go("sign_in")
    phone = unseal(request.session[PHONE])
    now = clock.now(request)
    if request.method == "POST" and request.POST.get("again"):
        _send(request, phone)
        return go("sign_in_code")
    if request.method == "POST":
        return _confirm(request, phone, now)
    wait = seconds_left(request.session.get(SENT_AT), now)
    return show(
        request, "sign_in_code", phone=mask_phone(phone), wait=wait, up=up("sign_in", _("Phone number"))
    )


def _confirm(request: HttpRequest, phone: str, now: datetime) -> HttpResponseBase:
    customer = register.confirm_code(
        phone=phone,
        code=inputs.text(request, "code", limit=12),
        language=get_language() or "zh-hans",
        key=inputs.form_key(request),
        now=now,
    )
    target = request.session.get(NEXT) or reverse("home")
    user = get_user_model().objects.get(pk=customer.user_id)
    auth.login(request, user, backend=BACKEND)  # rotates the session's key
    for name in (PHONE, NEXT, SENT_AT):
        request.session.pop(name, None)
    response = HttpResponseRedirect(safe_next(request, target))
    if LANGUAGE_COOKIE not in request.COOKIES:
        set_language(response, customer.language)
    elif customer.language != get_language():
        language_journey.choose(customer_id=customer.id, language=get_language() or "zh-hans", now=now)
    return response


def set_language(response: HttpResponseBase, language: str) -> None:
    """This function will keep the chosen language with the browser for a year."""
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=31_536_000, samesite="Lax", httponly=True)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """This function will end the session."""
    auth.logout(request)
    return go("home")
