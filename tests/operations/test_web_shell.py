"""The shell around every page: ids, languages, headers, errors, health, callbacks."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import get_resolver

from puhui.web import errors
from puhui.web.middleware import CONTENT_POLICY

from .web_kit import borrower, text_of

pytestmark = pytest.mark.django_db(transaction=True)
STATIC = Path(settings.BASE_DIR) / "src/puhui/web/static/puhui"


def test_every_answer_carries_its_id_and_safe_headers() -> None:
    answer = Client().get("/", headers={"X-Request-Id": "from-the-proxy-1"})
    assert answer.headers["X-Request-Id"] == "from-the-proxy-1"
    assert answer.headers["Content-Security-Policy"] == CONTENT_POLICY
    assert "unsafe" not in CONTENT_POLICY
    assert answer.headers["Cache-Control"] == "no-store"
    made = Client().get("/", headers={"X-Request-Id": "bad id\r\n"})
    assert len(made.headers["X-Request-Id"]) == 24


@pytest.mark.parametrize(
    ("asked", "lang", "word"),
    [
        ("", "zh-Hans", "我要帮助"),
        ("en-GB,en", "en", "Get help"),
        ("fr", "zh-Hans", "我要帮助"),
        ("zh-TW", "zh-Hans", "我要帮助"),
    ],
)
def test_language_follows_the_browser_and_chinese_is_the_default(asked: str, lang: str, word: str) -> None:
    answer = Client().get("/", headers={"Accept-Language": asked} if asked else {})
    html = answer.content.decode()
    assert f'<html lang="{lang}"' in html and word in html
    assert answer.headers["Content-Language"] == lang


def test_the_language_switch_is_kept_and_leads_back() -> None:
    client, customer = borrower()
    answer = client.post("/language", {"to": "en", "next": "/me"})
    assert answer.headers["Location"] == "/me"
    assert "What you allowed" in client.get("/me").content.decode()
    from puhui.customers.queries import get_customer

    assert get_customer(customer.id).language == "en"
    assert client.post("/language", {"to": "en", "next": "https://evil.example/"}).headers["Location"] == "/"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/quote/aaaa", 404), ("/sign-out", 405)])
def test_error_pages_say_what_to_do_in_both_languages(path: str, status: int, language: str) -> None:
    answer = Client(HTTP_ACCEPT_LANGUAGE=language).get(path)
    assert answer.status_code == status
    words = text_of(answer.content)
    assert ("To my home page" if language == "en" else "回到首页") in words
    assert "Traceback" not in words and "django" not in words.lower()


def test_a_broken_page_tells_nothing_of_the_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False, HTTP_ACCEPT_LANGUAGE="en")
    from puhui.web.borrower import public

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret 15400000001 of somebody")

    monkeypatch.setattr(public, "guarantees", broken)
    answer = client.get("/how-it-works")
    assert answer.status_code == 500
    assert "Something broke on our side" in text_of(answer.content)
    assert "secret" not in answer.content.decode() and "15400000001" not in answer.content.decode()


def test_a_form_without_its_token_is_not_taken() -> None:
    client = Client(enforce_csrf_checks=True, HTTP_ACCEPT_LANGUAGE="en")
    answer = client.post("/sign-in", {"phone": "15400000001", "key": "x" * 24})
    assert answer.status_code == 403
    assert "Nothing was sent" in text_of(answer.content)


def test_400_and_403_pages_render_without_a_database() -> None:
    request = RequestFactory().get("/")
    request.COOKIES = {}
    for view, status in ((errors.bad_request, 400), (errors.forbidden, 403), (errors.server_error, 500)):
        assert view(request).status_code == status


def test_health_tells_demo_database_worker_and_version() -> None:
    answer = Client().get("/healthz")
    body = json.loads(answer.content)
    assert answer.status_code == 200
    assert {"demo", "loans", "database", "worker", "version"} <= set(body)
    assert body["database"] == "ok" and body["demo"] in ("loading", "ready") and body["loans"] == 0


def test_metrics_count_routes_and_never_paths() -> None:
    client, customer = borrower()
    client.get(f"/loans/{customer.id}")
    text = client.get("/metrics").content.decode()
    assert 'route="loans/<id:loan_id>"' in text
    assert customer.id not in text
    assert "puhui_work" in text and "puhui_loans 0" in text


def test_a_callback_must_be_signed_small_and_posted() -> None:
    client = Client()
    assert client.get("/callbacks/rail").status_code == 405
    forged = client.post("/callbacks/rail", b"{}", content_type="application/json")
    assert forged.status_code in (400, 401, 403, 422)
    assert forged.headers["Content-Type"] == "application/problem+json"
    body = json.loads(forged.content)
    assert body["title"].startswith("Callback") and body["request_id"]
    large = client.post("/callbacks/rail", b"x" * 1_048_577, content_type="application/json")
    assert large.status_code == 413


def test_style_and_script_keep_their_budgets() -> None:
    assert (STATIC / "puhui.css").stat().st_size <= 25_600
    assert (STATIC / "puhui.js").stat().st_size <= 8_000
    for template in (Path(settings.BASE_DIR) / "src/puhui/web/templates").rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert "style=" not in text and "onclick" not in text and "https://" not in text, template.name


def test_pages_that_need_her_ask_to_sign_in_first() -> None:
    for path in (
        "/me",
        "/loans",
        "/apply/1",
        "/draw",
        "/accounts",
        "/proofs",
        "/me/data",
        "/apply/wait",
        "/cases/new",
    ):
        answer = Client().get(path)
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in?next="), path


def test_no_address_takes_more_than_opaque_ids() -> None:
    """Personal data never stands in an address: every path parameter is an id, a step or a word of ours."""
    for pattern in get_resolver("puhui.web.urls").url_patterns:
        for name, converter in pattern.pattern.converters.items():
            assert type(converter).__name__ in ("IdConverter", "StepConverter", "WordConverter"), name


def test_another_customers_things_do_not_exist_for_her() -> None:
    client, _customer = borrower("en")
    other = "a" * 26
    for path in (
        f"/loans/{other}",
        f"/quote/{other}",
        f"/cases/{other}",
        f"/contract/{other}",
        f"/verdict/{other}",
    ):
        assert client.get(path).status_code == 404, path


def test_refusals_are_logged_by_name_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="puhui.web"):
        answer = Client(HTTP_ACCEPT_LANGUAGE="en").post("/sign-in", {"phone": "15400000", "key": "k" * 24})
    assert answer.status_code == 422
    assert "15400000" in answer.content.decode(), "what was typed stays in the field"
    assert "15400000" not in caplog.text
