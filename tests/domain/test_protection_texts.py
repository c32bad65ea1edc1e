"""Consent texts and cases: complete, bilingual, and only the steps that the table knows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from puhui.protection.domain import (
    CASE_TRANSITIONS,
    Case,
    CaseAct,
    CaseKind,
    CaseOver,
    CaseState,
    CaseTextMissing,
    CaseTextTooLong,
    Consent,
    ConsentPurpose,
    ConsentPurposeUnknown,
    PolicyInvalid,
    parse_consent_texts,
    parse_purpose,
)
from puhui.protection.domain.cases import case_month, case_number, clean_text, next_state
from tests.domain.test_protection_rules import REPO, load_packs

TEXT = (REPO / "policies" / "consents" / "2026-11-01.toml").read_text(encoding="utf-8")
TEXTS = parse_consent_texts(TEXT)
NOW = datetime(2026, 11, 20, 14, 47, tzinfo=UTC)


def test_every_purpose_has_a_text_in_both_languages() -> None:
    assert set(TEXTS.texts) == {purpose.value for purpose in ConsentPurpose}
    for text in TEXTS.texts.values():
        for part in (text.title, text.what, text.who, text.how_long, text.if_refused):
            assert part.say("zh-hans") == part.zh and part.say("en") == part.en
            assert any("\u4e00" <= c <= "\u9fff" for c in part.zh)
            assert not any("\u4e00" <= c <= "\u9fff" for c in part.en)


def test_what_a_loan_needs() -> None:
    needed = {purpose for purpose, text in TEXTS.texts.items() if text.required}
    assert needed == {"service", "identity", "credit_report", "contact_service", "report_to_bureau"}


def test_rules_that_ask_for_consent_exist() -> None:
    known = {row.id for pack in load_packs().values() for row in pack.rows}
    assert {rule for text in TEXTS.texts.values() for rule in text.rules} <= known


def test_the_texts_hold_for_the_demo_history() -> None:
    assert TEXTS.valid_on(date(2025, 1, 1)) and TEXTS.valid_on(date(2027, 1, 1))
    assert not TEXTS.valid_on(date(2024, 12, 31))


def test_the_newest_words_name_the_look_at_other_lenders_and_the_old_do_not() -> None:
    """A use that no text named was agreed to by nobody; every other text is as it was."""
    text = (REPO / "policies" / "consents" / "2026-11-22.toml").read_text(encoding="utf-8")
    new = parse_consent_texts(text)
    assert [one.purpose for one in new.texts.values() if one.covers] == ["credit_report"]
    assert new.texts["credit_report"].covers == ("lenders",)
    assert not [one for one in TEXTS.texts.values() if one.covers]
    assert new.valid_from == date(2026, 11, 22)
    changed = {name for name, one in new.texts.items() if one != TEXTS.texts[name]}
    assert changed == {"credit_report"}
    with pytest.raises(PolicyInvalid, match="covers 'neighbours'"):
        parse_consent_texts(text.replace('covers = ["lenders"]', 'covers = ["neighbours"]'))


SPOILED = [
    ("one missing", 'purpose = "marketing"', 'purpose = "mandate"', "stated twice"),
    ("unknown purpose", 'purpose = "marketing"', 'purpose = "adverts"', "purpose is 'adverts'"),
    ("language missing", 'title_en = "Autopay"\n', "", "title_en is missing"),
    ("language empty", 'title_en = "Autopay"', 'title_en = ""', "title_en is empty"),
    ("unknown field", 'title_en = "Autopay"', 'title_en = "Autopay"\nticked = true', "unknown field ticked"),
    ("flag as text", "required = false", 'required = "no"', "not true or false"),
]


@pytest.mark.parametrize(("old", "new", "says"), [s[1:] for s in SPOILED], ids=[s[0] for s in SPOILED])
def test_spoiled_texts_are_refused(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(PolicyInvalid, match=says):
        parse_consent_texts(TEXT.replace(old, new, 1))


def test_a_missing_purpose_is_refused() -> None:
    start = TEXT.index('[[consent]]\npurpose = "mandate"')
    with pytest.raises(PolicyInvalid, match="no text for mandate"):
        parse_consent_texts(TEXT[:start])


def test_a_consent_is_half_open() -> None:
    consent = Consent(
        id="c",
        customer_id="a",
        purpose=ConsentPurpose.SERVICE,
        text_version="2026-11-01",
        subject="",
        given_at=NOW,
        withdrawn_at=NOW + timedelta(days=1),
    )
    second = timedelta(seconds=1)
    assert not consent.in_force(NOW - second) and consent.in_force(NOW)
    assert consent.in_force(NOW + timedelta(days=1) - second)
    assert not consent.in_force(NOW + timedelta(days=1))


def test_a_forged_purpose_is_refused() -> None:
    assert parse_purpose("marketing") is ConsentPurpose.MARKETING
    with pytest.raises(ConsentPurposeUnknown):
        parse_purpose("everything")


def a_case(state: CaseState) -> Case:
    return Case(
        id="k",
        number="C-1126-083",
        customer_id="a",
        kind=CaseKind.COMPLAINT,
        about="",
        text="x",
        state=state,
        hold=True,
        opened_at=NOW,
        due_at=NOW + timedelta(days=15),
        handler="",
        outcome=None,
        closed_at=None,
    )


@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("act", CaseAct)
def test_only_the_steps_of_the_table(state: CaseState, act: CaseAct) -> None:
    if (state, act) in CASE_TRANSITIONS:
        assert next_state(a_case(state), act) is CASE_TRANSITIONS[state, act]
    else:
        with pytest.raises(CaseOver) as caught:
            next_state(a_case(state), act)
        assert caught.value.facts == {"number": "C-1126-083"}


def test_a_closed_case_stays_closed() -> None:
    assert not [step for step in CASE_TRANSITIONS if step[0] in {CaseState.CLOSED, CaseState.WITHDRAWN}]


def test_late_only_after_the_last_second() -> None:
    case = a_case(CaseState.OPEN)
    assert not case.is_late(case.due_at) and case.is_late(case.due_at + timedelta(seconds=1))
    assert not a_case(CaseState.CLOSED).is_late(case.due_at + timedelta(days=9))


def test_numbers_count_within_the_lenders_month() -> None:
    assert case_number("1126", 83) == "C-1126-083" and case_number("1126", 1234) == "C-1126-1234"
    last = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)
    assert case_month(last, zone="Asia/Shanghai") == "1126"
    assert case_month(last + timedelta(minutes=1), zone="Asia/Shanghai") == "1226"


def test_texts_are_stripped_and_bounded() -> None:
    assert clean_text("  她说  ", required=True) == "她说"
    assert clean_text("", required=False) == ""
    with pytest.raises(CaseTextMissing):
        clean_text(" \n ", required=True)
    assert len(clean_text("字" * 2000, required=True)) == 2000
    with pytest.raises(CaseTextTooLong):
        clean_text("字" * 2001, required=True)
