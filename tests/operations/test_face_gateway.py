"""A provider of face checks over HTTP: what is sent is signed, what is answered is read strictly, and errors say what to do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from puhui.customers.domain import FaceAnswer, FaceRequestRefused, FaceUnavailable
from puhui.customers.gateways.face import FaceSettingsInvalid, HttpFace

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECRET = "a secret of the provider and of us"
PORTRAIT, TAKEN = b"portrait bytes", b"taken bytes"


class Provider(HTTPServer):
    """A provider on this machine: it checks the signature, keeps what came, and answers what it is told to."""

    answer: tuple[int, bytes] = (200, b'{"same": true, "live": true}')
    wait_seconds = 0.0

    def __init__(self) -> None:
        self.came: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}/v1/faces"


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = f"{self.headers['X-Timestamp']}.".encode() + body
        genuine = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        self.server.came.append({"path": self.path, "key": self.headers["X-Key-Id"], **json.loads(body)})
        time.sleep(self.server.wait_seconds)
        is_ours = hmac.compare_digest(genuine, self.headers["X-Signature"])
        status, content = self.server.answer if is_ours else (401, b"{}")
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Say nothing: a picture must not reach a log."""


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    made = Provider()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.DEMO, settings.FACE_URL = True, made.url
    settings.FACE_KEY_ID, settings.FACE_SECRET, settings.FACE_TIMEOUT_SECONDS = "k1", SECRET, 60
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def compare() -> FaceAnswer:
    """Ask the provider of the settings."""
    return HttpFace().compare(portrait=PORTRAIT, taken=TAKEN, now=NOW)


def test_what_is_sent_is_signed_and_names_its_pictures(provider: Provider) -> None:
    assert compare() is FaceAnswer.SAME
    assert compare() is FaceAnswer.SAME
    first, second = provider.came
    assert first == second, "the same pictures have the same request id"
    assert (first["path"], first["key"], first["liveness"]) == ("/v1/faces", "k1", True)
    assert base64.b64decode(first["portrait"]) == PORTRAIT and base64.b64decode(first["taken"]) == TAKEN


@pytest.mark.parametrize(("same", "live"), [(False, True), (True, False), (False, False)])
def test_another_face_or_a_picture_of_one_is_not_the_same(provider: Provider, same: bool, live: bool) -> None:
    provider.answer = (200, json.dumps({"same": same, "live": live}).encode())
    assert compare() is FaceAnswer.OTHER


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_a_provider_that_is_busy_is_asked_later(provider: Provider, status: int) -> None:
    provider.answer = (status, b"")
    with pytest.raises(FaceUnavailable, match=str(status)):
        compare()


@pytest.mark.parametrize(
    "answer",
    [
        (400, b"{}"), (302, b""), (200, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"same": true}'),
        (200, b'{"same": "yes", "live": true}'), (200, b'{"same": 1, "live": 1}'),
    ],
)  # fmt: skip
def test_an_answer_that_says_nothing_is_never_taken_for_one(
    provider: Provider, answer: tuple[int, bytes]
) -> None:
    provider.answer = answer
    with pytest.raises(FaceRequestRefused):
        compare()


def test_another_secret_is_refused_there(provider: Provider, settings: Any) -> None:
    settings.FACE_SECRET = "another"
    with pytest.raises(FaceRequestRefused, match="401"):
        compare()


def test_who_does_not_answer_in_time_or_at_all_is_asked_later(provider: Provider, settings: Any) -> None:
    settings.FACE_TIMEOUT_SECONDS = 0.2
    provider.wait_seconds = 0.6
    with pytest.raises(FaceUnavailable, match="in time"):
        compare()
    settings.FACE_URL = "http://127.0.0.1:9/"
    with pytest.raises(FaceUnavailable, match="no connection"):
        compare()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACE_URL", ""), ("FACE_URL", "http://faces.example/v1"), ("FACE_URL", "ftp://127.0.0.1/"),
        ("FACE_KEY_ID", ""), ("FACE_SECRET", ""),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_name_the_variable(
    provider: Provider, settings: Any, name: str, value: str
) -> None:
    setattr(settings, name, value)
    with pytest.raises(FaceSettingsInvalid, match=f"PUHUI_{name}"):
        HttpFace()


def test_outside_the_demo_faces_travel_encrypted_only(provider: Provider, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(FaceSettingsInvalid, match="https"):
        HttpFace()
