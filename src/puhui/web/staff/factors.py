"""Second factors of staff: authenticator code, passkey, recovery codes, kept by django-allauth, asked on our own pages.

The library's forms do the checking (rate limits, codes that work once, challenge and origin of a passkey); this module
is the only one that speaks to them.
"""

from __future__ import annotations

import json
from typing import Any

from allauth.core.context import request_context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP, clear_totp_secret, get_totp_secret
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.auth import WebAuthn, begin_authentication, begin_registration
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest

from puhui.core.refusals import Refusal
from puhui.journeys import staff_view
from puhui.web import clock

CODES, TIMED, PASSKEY = "recovery_codes", "totp", "webauthn"


class SecondFactorWrong(Refusal):
    """The code or passkey is not right, or it was used before, or there were too many tries."""

    field = "code"


class SecondFactorLast(Refusal):
    """The last second factor of somebody who needs one cannot be removed."""

    field = "code"
    status = 409


def find_user(pk: int) -> Any | None:
    """This function will return an active login, or None."""
    return get_user_model()._default_manager.filter(pk=pk, is_active=True).first()


def has_factor(user: Any) -> bool:
    """This function will tell whether a login has a second factor (recovery codes alone are none)."""
    return bool(get_adapter().is_mfa_enabled(user, types=[TIMED, PASSKEY]))


def has_code(user: Any) -> bool:
    """This function will tell whether a login can type a code."""
    return bool(get_adapter().is_mfa_enabled(user, types=[TIMED, CODES]))


def list_factors(user: Any) -> list[dict[str, Any]]:
    """This function will list the second factors of a login for its own page, without any secret."""
    found = []
    for one in Authenticator.objects.filter(user=user).order_by("created_at"):
        left = len(one.wrap().get_unused_codes()) if one.type == CODES else 0
        name = one.wrap().name if one.type == PASSKEY else ""
        found.append(
            {
                "id": one.pk,
                "type": one.type,
                "name": name,
                "left": left,
                "created_at": one.created_at,
                "last_used_at": one.last_used_at,
            }
        )
    return found


def prove(request: HttpRequest, user: Any) -> None:
    """This function will check the posted code or passkey. Raises: SecondFactorWrong."""
    with request_context(request):
        if request.POST.get("credential"):
            form = AuthenticateWebAuthnForm({"credential": request.POST["credential"]}, user=user)
        else:
            form = AuthenticateForm({"code": request.POST.get("code", "").replace(" ", "")}, user=user)
        if not form.is_valid():
            raise SecondFactorWrong()
        authenticator = form.cleaned_data["credential"] if "credential" in form.fields else form.authenticator
        authenticator.record_usage()


def passkey_request(request: HttpRequest, user: Any) -> str:
    """This function will return the challenge for the login's passkeys as JSON, empty when it has none."""
    if not get_adapter().is_mfa_enabled(user, types=[PASSKEY]):
        return ""
    with request_context(request):
        return _text(begin_authentication(user))


def passkey_offer(request: HttpRequest, user: Any) -> str:
    """This function will return what a browser needs to make a passkey, as JSON."""
    with request_context(request):
        return _text(begin_registration(user, False))


def _text(options: Any) -> str:
    return json.dumps(options, default=dict)


def code_offer(request: HttpRequest, user: Any) -> dict[str, str]:
    """This function will return the secret of a new authenticator, as text and as a square to scan (SVG)."""
    with request_context(request):
        secret = (
            get_totp_secret()
        )  # the same until it is added: else a mistyped code would void what was scanned
    adapter = get_adapter()
    url = adapter.build_totp_url(user, secret)
    return {"secret": secret, "url": url, "square": adapter.build_totp_svg(url)}


def add_code(request: HttpRequest, user: Any) -> list[str]:
    """This function will add an authenticator whose first code is right. Returns new recovery codes, shown once.

    Raises: SecondFactorWrong.
    """
    with request_context(request):
        form = ActivateTOTPForm({"code": request.POST.get("code", "").replace(" ", "")}, user=user)
        if not form.is_valid() or Authenticator.objects.filter(user=user, type=TIMED).exists():
            raise SecondFactorWrong()
        TOTP.activate(user, form.secret)
        clear_totp_secret(request)
    record(request, user, "added")
    return first_codes(user)


def add_passkey(request: HttpRequest, user: Any) -> list[str]:
    """This function will add a passkey. Returns new recovery codes if there were none. Raises: SecondFactorWrong."""
    with request_context(request):
        posted = {"name": request.POST.get("name", "")[:60], "credential": request.POST.get("credential", "")}
        form = AddWebAuthnForm(posted, user=user)
        if not form.is_valid():
            raise SecondFactorWrong()
        WebAuthn.add(user, form.cleaned_data["name"], form.cleaned_data["credential"])
    record(request, user, "added")
    return first_codes(user)


def first_codes(user: Any) -> list[str]:
    """This function will make recovery codes unless there are some already, and return the new ones."""
    if Authenticator.objects.filter(user=user, type=CODES).exists():
        return []
    return list(RecoveryCodes.activate(user).generate_codes())


def new_codes(request: HttpRequest, user: Any) -> list[str]:
    """This function will make all earlier recovery codes void and return new ones."""
    Authenticator.objects.filter(user=user, type=CODES).delete()
    record(request, user, "codes")
    return first_codes(user)


def remove(request: HttpRequest, user: Any, factor_id: str) -> None:
    """This function will remove one of the login's own second factors. Raises: SecondFactorLast."""
    mine = Authenticator.objects.filter(user=user)
    wanted = mine.filter(pk=int(factor_id)).first() if factor_id.isdigit() else None
    if wanted is None:
        return
    others = mine.exclude(pk=wanted.pk).filter(type__in=[TIMED, PASSKEY])
    if wanted.type != CODES and settings.SECOND_FACTOR_NEEDED and not others.exists():
        raise SecondFactorLast()
    wanted.delete()
    if not others.exists():
        mine.delete()  # recovery codes without a factor open nothing
    record(request, user, "removed")


def record(request: HttpRequest, user: Any, what: str) -> None:
    """This function will write to the audit chain what a member of staff did with a second factor."""
    staff_view.second_factor(login=user.login, what=what, now=clock.now(request))
