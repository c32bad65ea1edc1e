"""What is read of an identity card, and what it says beside what she declared."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from puhui.customers.domain import FaceAnswer, IdentityCardReading, in_reading_order, judge_card, read_card
from puhui.customers.gateways.sandbox import SandboxFace
from puhui.lab.people import invent_person

HER = invent_person(seed=20261122, index=1)
NUMBER = HER.resident_number
WITH_X = next(
    one.resident_number
    for one in (invent_person(seed=20261122, index=index) for index in range(100))
    if one.resident_number.endswith("X")
)


def wrong_check(number: str) -> str:
    """The same number with another check character."""
    return number[:17] + ("0" if number[17] != "0" else "1")


@pytest.mark.parametrize(
    ("lines", "name", "number"),
    [
        ([f"姓名 {HER.name}", "性别 女 民族 汉", f"公民身份号码 {NUMBER}"], HER.name, NUMBER),
        ([f"姓 名：{HER.name}", f"公民身份号码{NUMBER.lower()}"], HER.name, NUMBER),
        (["姓名", HER.name, "公民身份号码", NUMBER], HER.name, NUMBER),
        ([f"姓名 {HER.name}", f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}"], HER.name, NUMBER),
        (["姓名", HER.name, "公民身份号码", WITH_X[:17], "X"], HER.name, WITH_X),
        (["姓名", HER.name, WITH_X[:6], WITH_X[6:14], WITH_X[14:]], HER.name, WITH_X),
        (["姓名", HER.name, "1", "号", WITH_X], HER.name, WITH_X),
        ([f"姓名 {HER.name}", wrong_check(NUMBER)], HER.name, ""),
        ([f"姓名 {HER.name}", wrong_check(NUMBER), NUMBER[0]], HER.name, ""),
        ([NUMBER], "", NUMBER),
        (["收据", "12.00"], "", ""),
        ([], "", ""),
    ],
)
def test_name_and_number_are_found_or_not(lines: list[str], name: str, number: str) -> None:
    assert read_card(lines) == IdentityCardReading(name=name, number=number)


def test_words_are_read_row_by_row_though_a_picture_is_never_straight() -> None:
    words = [
        (101, 173, HER.name),
        (102, 71, "姓名"),
        (241, 173, "女"),
        (243, 71, "性别"),
        (530, 340, NUMBER),
        (519, 72, "公民身份号码"),
    ]
    lines = in_reading_order(words)
    assert lines == ["姓名", HER.name, "性别", "女", "公民身份号码", NUMBER]
    assert read_card(lines) == IdentityCardReading(name=HER.name, number=NUMBER)


@pytest.mark.parametrize(
    ("name", "number", "reason"),
    [
        (HER.name, NUMBER, ""),
        ("", NUMBER, "CARD_UNREADABLE"),
        (HER.name, "", "CARD_UNREADABLE"),
        ("王五", NUMBER, "CARD_OTHER_NAME"),
        (HER.name, invent_person(seed=20261122, index=2).resident_number, "CARD_OTHER_NUMBER"),
    ],
)
def test_a_card_is_held_against_what_she_said(name: str, number: str, reason: str) -> None:
    reading = IdentityCardReading(name=name, number=number)
    assert judge_card(reading, name=HER.name, number=NUMBER) == reason


def test_the_sandbox_claims_nothing_of_faces() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert SandboxFace().compare(portrait=b"p", taken=b"t", now=now) is FaceAnswer.NOT_COMPARED
