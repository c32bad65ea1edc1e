"""Logs carry fixed fields and no personal data, whatever somebody wrote into a message."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from puhui.runtime.logs import JsonFormatter, redact, request_id


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("phone 13800138000 is bound", "phone [11 digits] is bound"),
        ("手机号13800138000已绑定", "手机号[11 digits]已绑定"),
        ("tel13800138000x", "tel[11 digits]x"),
        ("+8613800138000", "+[13 digits]"),
        ("+86 138-0013-8000", "+[13 digits]"),
        ("138 0013 8000", "[11 digits]"),
        ("１３８００１３８０００", "[11 digits]"),
        ("id 11010519491231002X!", "id [18 digits]!"),
        ("id 440308199901010012", "id [18 digits]"),
        ("card 6222021234567890123", "card [19 digits]"),
        ("card 6222 0212 3456 7890 123", "card [19 digits]"),
        ("account=622202123456", "account=[12 digits]"),
        ("{'phone': '13800138000', 'n': 5}", "{'phone': '[11 digits]', 'n': 5}"),
        ("/x?phone=13800138000&a=1", "/x?phone=[11 digits]&a=1"),
        ("123456789012345678901234", "[24 digits]"),
    ],
)
def test_digit_runs_that_may_be_a_person_are_masked(text: str, masked: str) -> None:
    assert redact(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20 12:30:00.123456 took 1807.51",
        "amount_minor=2000000 order 7f3akq",
        "20000000000 minor",  # eleven digits that are no phone
        "blob e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 missing",
        "sha 12345678901234567890123456789012345678901234567890123456789012ab",
        "GET /loans/mfrggzdfmztwq2lk 200 in 12 ms",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert redact(text) == text


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("puhui.test", logging.WARNING, "f.py", 1, message, args, None)
    made.__dict__.update(extra)
    return made


def test_a_line_is_json_with_fixed_fields() -> None:
    token = request_id.set("r-1")
    try:
        line = json.loads(
            JsonFormatter().format(
                record("hello %s", "13800138000", kind="x", key="pay:1", phone="13800138000", attempts=2)
            )
        )
    finally:
        request_id.reset(token)
    assert line.pop("at").startswith("20")
    assert line == {
        "level": "warning",
        "logger": "puhui.test",
        "message": "hello [11 digits]",
        "request_id": "r-1",
        "kind": "x",
        "key": "pay:1",
        "attempts": 2,
    }


def test_an_error_is_named_with_frames_but_without_values() -> None:
    try:
        secret = "13800138000"
        raise ValueError(f"bad phone {secret}")
    except ValueError:
        made = record("failed")
        made.exc_info = sys.exc_info()
    text = JsonFormatter().format(made)
    assert "13800138000" not in text and "secret" not in text
    line = json.loads(text)
    assert line["error"] == "ValueError: bad phone [11 digits]"
    assert line["trace"][0].endswith("test_an_error_is_named_with_frames_but_without_values")
    assert "\n" not in text
