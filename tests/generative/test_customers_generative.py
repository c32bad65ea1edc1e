"""Resident numbers, phones and names: one slip is always seen, and no text at all breaks a form."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from puhui.core.refusals import Refusal
from puhui.customers.domain import (
    CHECKS,
    ResidentNumberInvalid,
    age_on,
    mask_name,
    mask_number,
    mask_phone,
    parse_name,
    parse_phone,
    parse_resident_number,
)
from puhui.lab.people import invent_person, invent_phone

common = settings(max_examples=400, deadline=None, print_blob=True)
TODAY = date(2026, 11, 20)
INDEXES = st.integers(0, 999_999)


@common
@given(seed=st.integers(0, 10**6), index=INDEXES)
def test_invented_people_pass(seed: int, index: int) -> None:
    person = invent_person(seed=seed, index=index)
    assert parse_name(person.name) == person.name and parse_phone(person.phone) == person.phone
    found = parse_resident_number(person.resident_number, on_date=TODAY)
    assert (found.birth_date, found.region_code) == (person.birth_date, person.region_code)
    assert person.account_number.isdigit() and len(person.account_number) == 19


@common
@given(index=INDEXES, place=st.integers(0, 17), to=st.sampled_from("0123456789X"))
def test_one_wrong_character_is_always_seen(index: int, place: int, to: str) -> None:
    """ISO 7064 MOD 11-2 detects every single substitution."""
    number = invent_person(seed=1, index=index).resident_number
    assume(number[place] != to)
    with pytest.raises(ResidentNumberInvalid):
        parse_resident_number(number[:place] + to + number[place + 1 :], on_date=TODAY)


@common
@given(index=INDEXES, place=st.integers(0, 16))
def test_two_neighbours_swapped_are_always_seen(index: int, place: int) -> None:
    number = invent_person(seed=1, index=index).resident_number
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    with pytest.raises(ResidentNumberInvalid):
        parse_resident_number(swapped, on_date=TODAY)


@common
@given(first=INDEXES, second=INDEXES, seed=st.integers(0, 99))
def test_no_two_share_a_number(first: int, second: int, seed: int) -> None:
    assume(first != second)
    one, other = invent_person(seed=seed, index=first), invent_person(seed=seed, index=second)
    assert one.phone != other.phone and one.account_number != other.account_number
    assert one.resident_number != other.resident_number
    assert invent_phone(seed=seed, index=first) == one.phone


@common
@given(born=st.dates(date(1900, 1, 1), date(2026, 1, 1)), years=st.integers(0, 90))
def test_a_birthday_completes_a_year(born: date, years: int) -> None:
    birthday = date(
        born.year + years, *((3, 1) if (born.month, born.day) == (2, 29) else (born.month, born.day))
    )
    if (born.month, born.day) == (2, 29) and birthday.year % 4 == 0 and birthday.year % 100:
        birthday -= timedelta(days=1)
    assert age_on(born, birthday) == years
    assert age_on(born, birthday - timedelta(days=1)) == years - 1


@common
@given(text=st.text(max_size=40) | st.text(alphabet="0123456789Xx０１２X- ", min_size=15, max_size=20))
def test_no_text_breaks_a_form(text: str) -> None:
    for parse in (parse_phone, parse_name, lambda t: parse_resident_number(t, on_date=TODAY).number):
        try:
            parsed = parse(text)
        except Refusal as refused:
            assert not text or len(text) < 3 or text not in str(refused), (
                "a refusal never repeats what was typed"
            )
        else:
            assert parse(parsed) == parsed, "parsing is idempotent"


@common
@given(index=INDEXES)
def test_masks_hide(index: int) -> None:
    person = invent_person(seed=2, index=index)
    assert mask_phone(person.phone) == f"{person.phone[:3]} **** {person.phone[-4:]}"
    assert person.resident_number[10:16] not in mask_number(person.resident_number)
    assert mask_name(person.name).count("*") == len(person.name) - 1
    assert CHECKS.count(person.resident_number[-1]) == 1
