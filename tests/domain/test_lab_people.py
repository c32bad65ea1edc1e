"""Invented people pass every form and are nobody's: no two share a number, and the ranges are the documented ones."""

from __future__ import annotations

from datetime import date

import pytest

from puhui.customers.domain import parse_name, parse_phone, parse_resident_number
from puhui.lab.people import invent_account_number, invent_person, luhn_digit

TODAY = date(2026, 11, 20)
PEOPLE = [invent_person(seed=7, index=index) for index in range(6000)]


def test_everybody_passes_every_form() -> None:
    for person in PEOPLE:
        assert parse_name(person.name) == person.name
        assert parse_phone(person.phone) == person.phone
        number = parse_resident_number(person.resident_number, on_date=TODAY, minimum_age=21)
        assert (number.birth_date, number.region_code) == (person.birth_date, person.region_code)
        assert luhn_digit(person.account_number[:-1]) == person.account_number[-1]


def test_nobody_shares_a_number() -> None:
    for what in ("phone", "resident_number", "account_number"):
        assert len({getattr(person, what) for person in PEOPLE}) == len(PEOPLE)
    # Indexes a thousand apart share their sequence digits, and may share a block of days: the place in it differs.
    apart = [invent_person(seed=7, index=index, region="5101") for index in range(3, 1_000_000, 1000)]
    assert len({person.resident_number for person in apart}) == 1000


def test_the_ranges_are_nobodys() -> None:
    assert {person.phone[:3] for person in PEOPLE} == {"154"}
    assert {person.resident_number[4:6] for person in PEOPLE} == {"99"}
    assert {person.account_number[:6] for person in PEOPLE} == {"999900"}
    assert {len(person.account_number) for person in PEOPLE} == {19}


def test_the_same_seed_makes_the_same_person() -> None:
    assert invent_person(seed=7, index=5) == PEOPLE[5]
    assert invent_person(seed=8, index=5) != PEOPLE[5]
    assert invent_account_number(seed=7, index=5, nth=1) != PEOPLE[5].account_number


def test_birthday_and_city_may_be_given() -> None:
    person = invent_person(seed=7, index=5, birth_date=date(1980, 2, 29), region="5101")
    assert person.resident_number.startswith("51019919800229005")


def test_luhn_by_the_worked_example() -> None:
    assert luhn_digit("7992739871") == "3"


@pytest.mark.parametrize("index", [-1, 1_000_000])
def test_an_index_outside_is_a_bug(index: int) -> None:
    with pytest.raises(AssertionError):
        invent_person(seed=7, index=index)
