"""The two ways to the API's door, the WSGI handler's and the middleware's, give one answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.urls import set_script_prefix

from puhui.journeys.partners import ensure_demo_client
from puhui.runtime.clock import utc_now
from puhui.runtime.databases.direct import DirectWrapper
from puhui.runtime.rows import direct
from puhui.runtime.transactions import transaction
from puhui.web.middleware import CONTENT_POLICY
from puhui.web.partner_api.straight import Handler
from tests.operations.partner_kit import give_token

pytestmark = pytest.mark.django_db(transaction=True)
CHANGES = {"X-Request-Id"}  # from one request to the next
LIST, ABSENT = "/api/v1/products", "/api/v1/nothing/here"
Said = tuple[int, dict[str, str], Any]


def straight(method: str, path: str, body: bytes, environ: dict[str, str]) -> Said:
    """Ask as a WSGI server does."""
    asked = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "testserver",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body), "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
        "wsgi.errors": BytesIO(), "wsgi.multithread": True,
    }  # fmt: skip
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    parts = Handler()(asked | environ, lambda status, headers: begun.append((status, headers)))
    text = b"".join(parts)
    ((status, headers),) = begun
    assert len({name.lower() for name, _ in headers}) == len(headers)
    return int(status.split()[0]), dict(headers), _body(text)


def through_middlewares(method: str, path: str, body: bytes, environ: dict[str, str]) -> Said:
    """Ask as the tests of the API do."""
    response = Client().generic(method, path, body, "application/json", **environ)  # type: ignore[arg-type]
    return response.status_code, dict(response.items()), _body(response.content)


def _body(text: bytes) -> Any:
    if not text.startswith(b"{"):
        return text
    said = json.loads(text)
    said.pop("request_id", None)
    return said


def _lasting(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in CHANGES}


@pytest.mark.parametrize(
    ("method", "path", "body", "environ", "status"),
    [
        ("GET", LIST, b"", {"TOKEN": "quotes:read"}, 200),
        ("GET", LIST, b"", {"TOKEN": "quotes:read", "HTTP_ACCEPT_LANGUAGE": "en"}, 200),
        ("GET", LIST, b"", {"HTTP_COOKIE": "lang=en"}, 401),
        ("GET", LIST, b"", {"TOKEN": "applications:read"}, 403),
        ("GET", ABSENT, b"", {}, 404),
        ("POST", LIST, b"{}", {"TOKEN": "quotes:read"}, 405),
        ("GET", LIST, b"", {"HTTP_HOST": "elsewhere.example"}, 400),
        ("POST", "/api/v1/customers", b"{", {"TOKEN": "customers:write"}, 400),
        ("POST", "/api/v1/customers", b"{}", {"CONTENT_LENGTH": "20000000"}, 413),
        ("GET", LIST, b"", {"HTTP_X_FORWARDED_PROTO": "https"}, 401),
    ],
)
def test_both_ways_give_one_answer(
    method: str, path: str, body: bytes, environ: dict[str, str], status: int
) -> None:
    client = ensure_demo_client(now=utc_now()).client
    asked = dict(environ)
    if scope := asked.pop("TOKEN", ""):
        asked["HTTP_AUTHORIZATION"] = f"Bearer {give_token(client.id, [scope])}"
    one, other = straight(method, path, body, asked), through_middlewares(method, path, body, asked)
    assert one[0] == other[0] == status, one
    assert _lasting(one[1]) == _lasting(other[1])
    assert one[2] == other[2]
    headers = one[1]
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"] == CONTENT_POLICY and headers["X-Request-Id"]
    english = asked.get("HTTP_ACCEPT_LANGUAGE") == "en" or "HTTP_COOKIE" in asked
    assert headers["Content-Language"] == ("en" if english else "zh-Hans")


def test_a_request_in_the_clear_is_sent_to_tls(settings: LazySettings) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for ask in (straight, through_middlewares):
        status, headers, _ = ask("GET", LIST, b"", {})
        assert (status, headers["Location"]) == (301, f"https://testserver{LIST}")
        assert "Strict-Transport-Security" not in headers  # in the clear it would mean nothing
        status, headers, _ = ask("GET", LIST, b"", {"HTTP_X_FORWARDED_PROTO": "https"})
        assert (status, headers["Strict-Transport-Security"]) == (401, "max-age=31536000")


@pytest.fixture
def prefix() -> Iterator[str]:
    yield "/credit"
    set_script_prefix("/")  # Django keeps that of a thread's last request


def test_pages_and_a_prefix_take_djangos_own_way(prefix: str) -> None:
    status, headers, text = straight("GET", "/api/v1/docs", b"", {})
    assert status == 200 and headers["Content-Type"].startswith("text/html") and b"<html" in text
    status, headers, said = straight("GET", LIST, b"", {"SCRIPT_NAME": prefix})
    assert status == 401 and said["status"] == 401


def test_a_connection_that_is_too_old_is_not_used_again() -> None:
    connection.ensure_connection()
    old, connection.close_at = connection.connection, 0.0
    assert straight("GET", ABSENT, b"", {})[0] == 404
    assert connection.connection is not old


def test_an_act_holds_the_connection_of_its_thread() -> None:
    held: list[DirectWrapper] = []
    with transaction():
        held += [direct(), direct()]
    assert held[0] is held[1] is direct()
