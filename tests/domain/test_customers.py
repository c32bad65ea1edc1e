"""Resident numbers, phones and names as people really type them, and what may be shown of them."""

from __future__ import annotations

from datetime import date

import pytest

from puhui.customers.domain import (
    CUSTOMER_TRANSITIONS,
    CustomerAct,
    CustomerClosed,
    CustomerState,
    LanguageUnknown,
    NameInvalid,
    PhoneInvalid,
    ResidentNumberInvalid,
    UnderAge,
    age_on,
    mask_name,
    mask_number,
    mask_phone,
    next_state,
    parse_language,
    parse_name,
    parse_phone,
    parse_resident_number,
)
from puhui.lab.people import make_test_resident_number

TODAY = date(2026, 11, 20)
GOOD = "11010519491231002X"  # the worked example of GB 11643-1999

TYPED = [
    GOOD,
    "11010519491231002x",
    "１１０１０５１９４９１２３１００２Ｘ",
    "１１０１０５１９４９１２３１００２ｘ",
    " 110105 19491231 002X ",
    "110105-19491231-002X",
    "110105\u300019491231\u2014002X",
]


@pytest.mark.parametrize("text", TYPED)
def test_numbers_as_typed(text: str) -> None:
    found = parse_resident_number(text, on_date=TODAY)
    assert (found.number, found.birth_date, found.region_code) == (GOOD, date(1949, 12, 31), "110105")


WRONG = """
    110105194912310021   check        a digit where X belongs
    110105194912310029   check        another digit
    11010519491231002    length       17
    11010519491231002XX  length       19
    110105491231002      length       the old form of 15
    11010519491231O02X   characters   a letter O
    X1010519491231002X   characters   X elsewhere
    ١١٠١٠٥١٩٤٩١٢٣١٠٠٢X   characters   digits of another script
    991010194912310023   region       no such province
    000000000000000000   region       zeros
    110105194902300023   date         30 February
    110105190002290029   date         1900 had no 29 February
    110105194913010029   date         a month 13
    110105189912310029   date         before 1900
    110105202611210029   date         tomorrow
"""


@pytest.mark.parametrize("line", WRONG.strip().splitlines())
def test_wrong_numbers_say_where(line: str) -> None:
    text, problem, *_ = line.split()
    with pytest.raises(ResidentNumberInvalid) as caught:
        parse_resident_number(text, on_date=TODAY)
    assert caught.value.facts == {"problem": problem}
    assert caught.value.field == "number"


def test_the_number_itself_is_in_no_refusal() -> None:
    with pytest.raises(ResidentNumberInvalid) as caught:
        parse_resident_number("110105194912310021", on_date=TODAY)
    assert "19491231" not in repr(caught.value) and "19491231" not in str(caught.value)


AGES = """
    2008-11-20  ok        eighteen today
    2008-11-21  refused   eighteen tomorrow
    2008-11-19  ok        since yesterday
    2004-02-29  ok        born on a leap day
    2026-11-20  refused   born today
"""


@pytest.mark.parametrize("line", AGES.strip().splitlines())
def test_the_minimum_age_is_the_house_policys(line: str) -> None:
    born, verdict, *_ = line.split()
    number = make_test_resident_number(region_code="510199", birth_date=date.fromisoformat(born), sequence=7)
    if verdict == "ok":
        assert parse_resident_number(number, on_date=TODAY, minimum_age=18).birth_date.isoformat() == born
    else:
        with pytest.raises(UnderAge) as caught:
            parse_resident_number(number, on_date=TODAY, minimum_age=18)
        assert caught.value.facts == {"minimum": 18}


def test_age_of_a_leap_day_child() -> None:
    born = date(2008, 2, 29)
    assert age_on(born, date(2026, 2, 28)) == 17
    assert age_on(born, date(2026, 3, 1)) == 18
    assert age_on(born, date(2028, 2, 29)) == 20


PHONES = ["13812345206", "138 1234 5206", "138-1234-5206", "+86 138 1234 5206", "0086 13812345206",
          "8613812345206", "１３８１２３４５２０６", " 13812345206\n"]  # fmt: skip
NOT_PHONES = ["", "1381234520", "138123452066", "12812345206", "028 8123 4567", "+1 415 555 0100", "138123452O6",
              "١٣٨١٢٣٤٥٢٠٦", "86138123452", "null"]  # fmt: skip


@pytest.mark.parametrize("text", PHONES)
def test_phones_as_typed(text: str) -> None:
    assert parse_phone(text) == "13812345206"


@pytest.mark.parametrize("text", NOT_PHONES)
def test_what_is_no_phone(text: str) -> None:
    with pytest.raises(PhoneInvalid):
        parse_phone(text)


NAMES = {"王芳": "王芳", " 王 芳 ": "王芳", "欧阳修": "欧阳修", "阿卜杜拉·买买提": "阿卜杜拉·买买提", "阿卜杜拉•买买提": "阿卜杜拉·买买提",
         "阿卜杜拉・买买提": "阿卜杜拉·买买提", "㐂𠮷": "㐂𠮷", "〇一": "〇一", "字" * 20: "字" * 20}  # fmt: skip
NOT_NAMES = [
    "",
    "王",
    "字" * 21,
    "Wang Fang",
    "王1",
    "·王芳",
    "王芳·",
    "王··芳",
    "王芳。",
    "王\u200b芳",
    "<b>王</b>",
]


@pytest.mark.parametrize("text", NAMES)
def test_names_as_typed(text: str) -> None:
    assert parse_name(text) == NAMES[text]


@pytest.mark.parametrize("text", NOT_NAMES)
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(NameInvalid) as caught:
        parse_name(text)
    assert caught.value.facts == {"shortest": 2, "longest": 20}


def test_masks() -> None:
    assert mask_phone("13812345206") == "138 **** 5206"
    assert mask_phone("123") == "****"
    assert mask_number(GOOD) == "11**** 1949**** **2X"
    assert mask_number("12") == "****"
    assert (mask_name("王芳"), mask_name("欧阳修"), mask_name("")) == ("王*", "欧**", "")


def test_languages() -> None:
    assert [parse_language(t) for t in ("zh", "zh-Hans", "zh-CN", "EN")] == [
        "zh-hans",
        "zh-hans",
        "zh-hans",
        "en",
    ]
    with pytest.raises(LanguageUnknown):
        parse_language("fr")


@pytest.mark.parametrize("state", CustomerState)
@pytest.mark.parametrize("act", CustomerAct)
def test_only_the_steps_of_the_table(state: CustomerState, act: CustomerAct) -> None:
    if (state, act) in CUSTOMER_TRANSITIONS:
        assert next_state(state, act) is CUSTOMER_TRANSITIONS[state, act]
    else:
        with pytest.raises(CustomerClosed):
            next_state(state, act)
