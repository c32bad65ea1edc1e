"""What browsers report of the content policy: noted without a person, however it is sent, and never more than is read."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from puhui.runtime.logs import JsonFormatter
from puhui.web.middleware import CONTENT_POLICY, REPORTS_TO
from puhui.web.policy_reports import LARGEST, RATE, allowance

ID = "mfrggzdfmztwq2lknnwg23tpob"
PHONE = "13812345678"
OLD = {
    "csp-report": {
        "document-uri": f"https://lender.example/loans/{ID}?phone={PHONE}",
        "referrer": f"https://lender.example/me?{PHONE}",
        "effective-directive": "script-src-elem",
        "violated-directive": "script-src-elem",
        "original-policy": CONTENT_POLICY,
        "blocked-uri": f"https://evil.example:8443/steal/{PHONE}.js?who={ID}",
        "script-sample": f"send({PHONE})",
    }
}
NEW = {
    "type": "csp-violation",
    "url": f"https://lender.example/loans/{ID}",
    "user_agent": f"Mozilla {PHONE}",
    "body": {
        "documentURL": f"https://lender.example/loans/{ID}",
        "effectiveDirective": "style-src-attr",
        "blockedURL": "inline",
        "sample": f"color: {PHONE}",
    },
}


@pytest.fixture(autouse=True)
def _full() -> Iterator[None]:
    allowance.forget()
    yield
    allowance.forget()


def _send(body: Any, kind: str = "application/csp-report") -> Any:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client(enforce_csrf_checks=True).generic("POST", "/policy-reports", text, content_type=kind)


def _lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [JsonFormatter().format(one) for one in caplog.records if one.name == "puhui.web.policy"]


def test_both_forms_are_noted_without_a_person(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert _send(OLD).status_code == 204
        assert _send([NEW, NEW], "application/reports+json").status_code == 204
    lines = _lines(caplog)
    assert len(lines) == 3
    first, second = json.loads(lines[0]), json.loads(lines[1])
    assert (first["kind"], first["route"]) == ("script-src-elem", "/loans/<id:loan_id>")
    assert "https://evil.example:8443" in first["message"]
    assert second["kind"] == "style-src-attr" and "of inline" in second["message"]
    for line in lines:
        assert PHONE not in line and ID not in line and "steal" not in line and "Mozilla" not in line


@pytest.mark.parametrize(
    ("told", "asked", "page"),
    [
        ({"blocked-uri": f"chrome-extension://abc{PHONE}/x.js"}, "chrome-extension", "-"),
        ({"blocked-uri": f"https://{PHONE}:secret@cdn.example/x"}, "https://cdn.example", "-"),
        ({"blocked-uri": "data"}, "data", "-"),
        ({"blocked-uri": "https://[bad"}, "-", "-"),
        ({"document-uri": "http://lender.example/no/such/page"}, "-", "-"),
        ({"document-uri": "http://[bad"}, "-", "-"),
        ({"document-uri": "http://lender.example/me"}, "-", "/me"),
        ({"blocked-uri": 7, "document-uri": {"a": 1}}, "-", "-"),
        ({"blocked-uri": "a\nfalse line"}, "-", "-"),
    ],
)
def test_only_origin_and_pattern_are_kept(
    told: dict[str, Any], asked: str, page: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert _send({"csp-report": {"violated-directive": "img-src 'self'", **told}}).status_code == 204
    (line,) = (json.loads(one) for one in _lines(caplog))
    assert line["kind"] == "img-src" and line["route"] == page
    assert line["message"] == f"the content policy refused {page} what it wanted of {asked}"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/csp-report", 400),
        (b"{", "application/csp-report", 400),
        (b"[" * 9000, "application/csp-report", 400),
        (b"\xff\xfe", "application/csp-report", 400),
        ({}, "application/csp-report", 400),
        (["x"], "application/reports+json", 400),
        (
            {"csp-report": {"effective-directive": "Script Src\nroot: logged in"}},
            "application/csp-report",
            400,
        ),
        ({"csp-report": {"effective-directive": 5}}, "application/csp-report", 400),
        (OLD, "text/plain", 400),
        (b" " * (LARGEST + 1), "application/csp-report", 413),
    ],
)
def test_what_is_no_report_is_refused_and_not_logged(
    body: Any, kind: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = _send(body, kind)
    assert answer.status_code == status and answer["Content-Type"] == "application/problem+json"
    assert not _lines(caplog)


def test_a_flood_is_cut_off(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it in one instant: a slow machine would be given new tokens meanwhile."""
    take, at = allowance.take, datetime.now(UTC)
    monkeypatch.setattr(allowance, "take", lambda now: take(at))
    with caplog.at_level(logging.WARNING):
        answers = [_send(OLD).status_code for _ in range(RATE.at_once + 20)]
    assert answers == [204] * RATE.at_once + [429] * 20
    assert len(_lines(caplog)) == RATE.at_once


def test_only_a_post_is_served_and_every_page_names_the_address() -> None:
    answer = Client().get("/policy-reports")
    assert answer.status_code == 405
    assert "report-uri /policy-reports" in CONTENT_POLICY and "report-to policy" in CONTENT_POLICY
    assert answer.headers["Reporting-Endpoints"] == REPORTS_TO == 'policy="/policy-reports"'
