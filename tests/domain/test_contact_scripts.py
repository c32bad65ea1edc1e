"""Scripts: every one renders in both languages, strictly; nobody reads a placeholder or a value of another kind."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from puhui.contact.domain import (
    SCRIPT_KINDS,
    ContactPurpose,
    ScriptMismatch,
    ScriptValue,
    parse_scripts,
    render,
)
from puhui.contact.domain.scripts import _Voice
from puhui.core.money import Money
from puhui.protection.domain import PolicyInvalid
from tests.domain.test_protection_rules import REPO

TEXT = (REPO / "policies" / "scripts" / "2026-11-01.toml").read_text(encoding="utf-8")
BOOK = parse_scripts(TEXT)
ZONE = "Asia/Shanghai"
SAMPLES: dict[str, ScriptValue] = {
    "money": Money(1_807_51, "CNY"),
    "money_round": Money(30_000_00, "CNY"),
    "day": date(2026, 11, 20),
    "day_full": date(2026, 11, 20),
    "moment": datetime(2026, 11, 20, 15, 59, tzinfo=UTC),
    "count": 15,
    "rate": 152_500,
    "code": "402817",
    "tail": "6621",
    "text": "C-1126-083",
}
ASKED_FOR = {
    "code_sign_in", "code_sign_quote", "application_received", "approved", "declined", "referred", "contract_signed",
    "paid_out", "payout_failed", "reminder_before_due", "debit_notice", "debit_failed", "receipt", "paid_off",
    "withdrawn", "help_received", "case_received", "payment_returned",
}  # fmt: skip


def sample(name: str) -> dict[str, ScriptValue]:
    return {key: SAMPLES[kind] for key, kind in BOOK.scripts[name].params.items()}


def test_what_journeys_say_is_there() -> None:
    assert set(BOOK.scripts) >= ASKED_FOR
    assert BOOK.valid_on(date(2025, 1, 1)) and not BOOK.valid_on(date(2024, 12, 31))
    assert set(SAMPLES) == set(SCRIPT_KINDS)


@pytest.mark.parametrize("name", BOOK.scripts)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_renders(name: str, language: str) -> None:
    text = render(BOOK, name, language=language, params=sample(name), zone=ZONE)
    assert text.startswith("【普惠】" if language == "zh-hans" else "[Puhui] ")
    assert not re.search(r"[{}]|None", text)
    for wrong in ("尊敬的", "逾期", "请您知悉", "!", "！", "please be advised"):
        assert wrong not in text, "ui voice: no pressure, no exclamation marks, 晚了 and not 逾期"
    assert len(text) <= 220, "three parts of an SMS at most"


@pytest.mark.parametrize("name", BOOK.scripts)
def test_sentences_are_short(name: str) -> None:
    """A Chinese sentence has at most 30 characters, an English one at most 18 words (values not counted)."""
    script = BOOK.scripts[name]
    for sentence in re.split(r"[。；：]", re.sub(r"\{\w+\}", "", script.text.zh)):
        assert len(re.sub(r"[\s，、“”]", "", sentence)) <= 30, sentence
    for sentence in re.split(r"[.;:] ?", re.sub(r"\{\w+\}", "x", script.text.en)):
        assert len(sentence.split()) <= 18, sentence


WRITTEN = """
    receipt           zh-hans  【普惠】收到 ¥1,807.51，还剩本金 ¥1,807.51。收据在“借款”里。
    receipt           en       [Puhui] We received ¥1,807.51. ¥1,807.51 of the principal is left. The receipt is under Loans.
    approved          zh-hans  【普惠】批了：最多可借 ¥30,000，2026年11月20日 前有效。借多少、借多久您来定，不借也行。
    payment_late      en       [Puhui] The ¥1,807.51 due on 20 Nov hasn’t arrived. It is 15 days late. If it slipped your mind, pay now. If it’s hard, press “Get help” first.
"""


@pytest.mark.parametrize("line", WRITTEN.strip().splitlines())
def test_as_read_on_a_phone(line: str) -> None:
    name, language, text = line.split(None, 2)
    assert render(BOOK, name, language=language, params=sample(name), zone=ZONE) == text


def test_pressure_is_a_reminder_and_codes_are_security() -> None:
    """Whatever asks for money passes caps and holds; whatever she waits for this second passes nothing."""
    pressing = [s for s in BOOK.scripts.values() if "我要帮助" in s.text.zh]
    assert pressing and {s.purpose for s in pressing} == {ContactPurpose.REMINDER}
    coded = [s for s in BOOK.scripts.values() if "code" in s.params.values()]
    assert coded and {s.purpose for s in coded} == {ContactPurpose.SECURITY}


KINDS = [
    ("money", Money(-640_00, "CNY"), "−¥640.00", "−¥640.00"),
    ("money", Money(1_00, "EUR"), "EUR 1.00", "EUR 1.00"),
    ("money", Money(500, "JPY"), "JPY 500", "JPY 500"),
    ("money_round", Money(30_000_50, "CNY"), "¥30,000.50", "¥30,000.50"),
    ("money_round", Money(100, "JPY"), "JPY 100", "JPY 100"),
    ("day", date(2026, 1, 5), "1月5日", "5 Jan"),
    ("day_full", date(2026, 1, 5), "2026年1月5日", "5 Jan 2026"),
    ("moment", datetime(2026, 11, 20, 16, 0, tzinfo=UTC), "11月21日 00:00", "21 Nov, 00:00"),
    ("rate", 152_549, "15.25%", "15.25%"),
    ("rate", 240_000, "24.00%", "24.00%"),
    ("rate", 999, "0.10%", "0.10%"),
    ("count", 0, "0", "0"),
    ("code", "000000", "000000", "000000"),
]


@pytest.mark.parametrize(("kind", "value", "zh", "en"), KINDS)
def test_values_by_kind(kind: str, value: ScriptValue, zh: str, en: str) -> None:
    book = parse_scripts(f"""
[scripts]
version = "x"
valid_from = 2025-01-01
valid_to = "open"
sender_zh = "普"
sender_en = "P"
[[script]]
name = "one"
purpose = "service"
params = {{ it = "{kind}" }}
text_zh = "{{it}}"
text_en = "{{it}}"
""")
    assert render(book, "one", language="zh-hans", params={"it": value}, zone=ZONE) == "普" + zh
    assert render(book, "one", language="en", params={"it": value}, zone=ZONE) == "P" + en


UNFIT: list[tuple[str, ScriptValue]] = [
    ("money", 1_807_51), ("money", "¥1"), ("money_round", 3), ("day", datetime(2026, 11, 20, tzinfo=UTC)), ("day", "today"),
    ("day_full", "2026"), ("moment", date(2026, 11, 20)), ("moment", datetime(2026, 11, 20)), ("count", -1), ("count", True),
    ("count", "3"), ("rate", -1), ("rate", "15%"), ("code", "12"), ("code", "40281x"), ("code", 402817), ("tail", "662"),
    ("tail", "66215"), ("text", ""), ("text", "a\nb"), ("text", "x" * 81), ("text", 5),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), UNFIT, ids=[f"{k}-{i}" for i, (k, _) in enumerate(UNFIT)])
def test_a_value_of_another_kind_is_a_bug(kind: str, value: ScriptValue) -> None:
    assert SCRIPT_KINDS[kind](value, _Voice(english=False, zone=ZONE)) is None


def test_missing_extra_and_wrong_values_are_found_without_naming_them() -> None:
    good = sample("receipt")
    for params, says in (
        ({"amount": good["amount"]}, "differ: left"),
        (good | {"name": "王芳"}, "differ: name"),
        (good | {"left": "王芳"}, "left is not of kind money"),
    ):
        with pytest.raises(ScriptMismatch, match=says) as caught:
            render(BOOK, "receipt", language="en", params=params, zone=ZONE)
        assert "王芳" not in str(caught.value)
    with pytest.raises(ScriptMismatch, match="no script"):
        render(BOOK, "hello", language="en", params={}, zone=ZONE)


def test_a_value_is_never_read_as_a_placeholder() -> None:
    text = render(BOOK, "case_closed", language="en", params={"number": "{number}"}, zone=ZONE)
    assert "answer to {number}," in text


SPOILED = [
    ("placeholder undeclared", "收到 {amount}，还剩", "收到 {amount} {name}，还剩", "text_zh and params differ: name"),
    ("placeholder forgotten", "We received {amount}. {left} of", "We received {amount}. Some of", "text_en and params differ: left"),
    ("kind unknown", 'params = { amount = "money", left = "money" }', 'params = { amount = "money", left = "yuan" }', "left is of kind 'yuan'"),
    ("kind no text", 'params = { amount = "money", left = "money" }', 'params = { amount = "money", left = 3 }', "left is 3, not a text"),
    ("stray brace", "收到 {amount}，还剩", "收到 {amount}}，还剩", "a stray brace in text_zh"),
    ("capital placeholder", "收到 {amount}，还剩", "收到 {amount} {Name}，还剩", "a stray brace in text_zh"),
    ("purpose", 'name = "receipt"\npurpose = "service"', 'name = "receipt"\npurpose = "advert"', "purpose is 'advert'"),
    ("name twice", 'name = "paid_off"', 'name = "receipt"', "stated twice"),
    ("language", 'text_en = "We received {amount}. {left}', 'text_fr = "We received {amount}. {left}', "text_en is missing"),
    ("unknown field", 'name = "receipt"', 'name = "receipt"\nurgent = true', "unknown field urgent"),
    ("sender", 'sender_en = "[Puhui] "\n', "", "sender_en is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), [s[1:] for s in SPOILED], ids=[s[0] for s in SPOILED])
def test_spoiled_scripts_are_refused(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(PolicyInvalid, match=re.escape(says)):
        parse_scripts(TEXT.replace(old, new, 1), file="scripts.toml")
