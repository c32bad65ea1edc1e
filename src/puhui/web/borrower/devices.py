"""Her devices: a passkey binds one, and brings her back without a code. The kept library checks challenge and origin."""

from __future__ import annotations

import json
from typing import Any

from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.internal.auth import WebAuthn, begin_authentication, begin_registration
from django.contrib import auth
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from puhui.core.refusals import Refusal
from puhui.customers.domain import Customer
from puhui.journeys import devices
from puhui.web import clock
from puhui.web.borrower.session import go, show, signed_in, up
from puhui.web.borrower.sign_in import BACKEND, safe_next
from puhui.web.shared import inputs
from puhui.web.who import customer_of

PASSKEY = "webauthn"
MOST_DEVICES = 10


class PasskeyWrong(Refusal):
    """The device did not show a key that belongs here; a code to the phone still signs in."""

    field = "credential"


class DevicesTooMany(Refusal):
    """So many devices are bound already; one has to go first."""

    field = "name"
    status = 409


def passkey_request(request: HttpRequest) -> str:
    """This function will return the challenge for whatever passkey a device has for us, as JSON."""
    with request_context(request):
        return json.dumps(begin_authentication(None), default=dict)


@require_http_methods(["GET", "POST"])
def passkey_page(request: HttpRequest) -> HttpResponseBase:
    """This function will sign a borrower in by a device that she bound before."""
    if request.method == "POST":
        return _enter(request)
    target = request.GET.get("next") or ""
    return show(
        request,
        "sign_in_passkey",
        passkey=passkey_request(request),
        next=target,
        up=up("sign_in", _("Phone number")),
    )


def _enter(request: HttpRequest) -> HttpResponseBase:
    with request_context(request):
        form = LoginWebAuthnForm({"credential": inputs.text(request, "credential", limit=8_000)})
        if not form.is_valid():
            raise PasskeyWrong()
        authenticator = form.cleaned_data["credential"]
    user = authenticator.user
    if not user.is_active or user.is_staff:  # staff come in by their own door, with a password first
        raise PasskeyWrong()
    authenticator.record_usage()
    auth.login(request, user, backend=BACKEND)  # rotates the session's key
    customer = customer_of(request)
    if customer is None:
        auth.logout(request)
        raise PasskeyWrong()
    devices.record(customer_id=customer.id, what="used", now=clock.now(request))
    return HttpResponseRedirect(safe_next(request, request.POST.get("next", "")))


@require_http_methods(["GET", "POST"])
@signed_in
def devices_page(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will list her devices, bind one by a passkey and unbind one."""
    user: Any = request.user
    if request.method == "POST":
        return _act(request, user, customer)
    mine = Authenticator.objects.filter(user=user, type=PASSKEY).order_by("created_at")
    found = [
        {
            "id": one.pk,
            "name": one.wrap().name,
            "created_at": one.created_at,
            "last_used_at": one.last_used_at,
        }
        for one in mine
    ]
    with request_context(request):
        offer = json.dumps(begin_registration(user, True), default=dict)
    return show(request, "devices", devices=found, passkey=offer, up=up("me", _("Me")))


def _act(request: HttpRequest, user: Any, customer: Customer) -> HttpResponseBase:
    mine = Authenticator.objects.filter(user=user, type=PASSKEY)
    if request.POST.get("act") == "remove":
        wanted = request.POST.get("device", "")
        gone, _each = mine.filter(pk=int(wanted) if wanted.isdecimal() and len(wanted) < 18 else 0).delete()
        if gone:
            devices.record(customer_id=customer.id, what="unbound", now=clock.now(request))
        return go("devices")
    if mine.count() >= MOST_DEVICES:
        raise DevicesTooMany(most=MOST_DEVICES)
    with request_context(request):
        posted = {
            "name": inputs.text(request, "name", limit=60),
            "credential": inputs.text(request, "credential", limit=8_000),
        }
        form = AddWebAuthnForm(posted, user=user)
        if not form.is_valid():
            raise PasskeyWrong()
        WebAuthn.add(user, form.cleaned_data["name"], form.cleaned_data["credential"])
    devices.record(customer_id=customer.id, what="bound", now=clock.now(request))
    return go("devices")
