"""`puhui staff`: the first logins of a house, and the way back in; each act in the audit chain."""

from __future__ import annotations

import re
import time
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.management import CommandError, call_command
from django.test import Client

from puhui.access.models import User
from puhui.runtime.models import Audit

pytestmark = pytest.mark.django_db


def staff(*words: str) -> str:
    """Run the command and return what it printed."""
    out = StringIO()
    call_command("staff", *words, stdout=out)
    return out.getvalue()


def password_in(printed: str) -> str:
    """Return the password that was printed."""
    found = re.search(r"^password  (\S+)$", printed, re.M)
    assert found, printed
    return found[1]


def sign_in(password: str) -> Client:
    """Return a browser after a try to sign in."""
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.post("/staff/login", {"login": "bo", "password": password})
    return client


def test_a_login_opens_gets_another_password_and_closes() -> None:
    first = password_in(staff("open", "bo", "--role", "operations"))
    client = sign_in(first)
    assert client.get("/staff/queue").status_code == 200
    assert re.search(r"^bo +operations +open$", staff("list"), re.M)

    second = password_in(staff("password", "bo"))
    assert second != first and client.get("/staff/queue").status_code == 302, "the old session ends"
    assert sign_in(first).get("/staff/queue").status_code == 302
    client = sign_in(second)
    assert client.get("/staff/queue").status_code == 200

    staff("close", "bo")
    assert client.get("/staff/queue").status_code == 302
    assert sign_in(second).get("/staff/queue").status_code == 302
    done = list(Audit.objects.filter(subject="staff:bo").order_by("seq").values_list("action", flat=True))
    assert done == ["staff.login_created", "staff.password_changed", "staff.login_closed"]


def test_a_lost_device_is_forgotten() -> None:
    staff("open", "bo", "--role", "auditor")
    user = User.objects.get(login="bo")
    for kind in ("totp", "recovery_codes"):
        Authenticator.objects.create(user=user, type=kind, data={})
    assert "2 second factors" in staff("factors", "bo")
    assert not Authenticator.objects.filter(user=user).exists()


def test_a_mistyped_code_leaves_the_key_that_was_scanned() -> None:
    client = sign_in(password_in(staff("open", "bo", "--role", "admin")))
    key = client.get("/staff/me").context["offer"]["secret"]
    assert client.post("/staff/me", {"act": "add_code", "code": "12345"}).status_code == 422
    assert client.get("/staff/me").context["offer"]["secret"] == key
    right = format_hotp_value(hotp_value(key, int(time.time()) // 30))
    client.post("/staff/me", {"act": "add_code", "code": right})
    assert Authenticator.objects.filter(user__login="bo", type="totp").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("open", "Bo!", "--role", "admin"), "small letters"),
        (("open", "bo", "--role", "chief"), "invalid choice: 'chief'"),
        (("open", "taken", "--role", "admin"), "This login already exists"),
        (("password", "nobody"), "There is no active colleague"),
        (("factors", "nobody"), "There is no active colleague"),
        (("close", "nobody"), "There is no active colleague"),
    ],
)
def test_what_is_wrong_is_said(words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    staff("open", "taken", "--role", "admin")
    User.objects.create_user("borrower", kind="borrower")
    with pytest.raises(CommandError, match=said):
        staff(*words)
    with pytest.raises(CommandError, match="no active colleague"):
        staff("password", "borrower")
