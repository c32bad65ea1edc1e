"""Who she is, pure: resident numbers, phones, names, what may be shown of them, and the states of a customer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import product
from typing import Protocol

from puhui.core.refusals import Refusal

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # 2^(17-i) mod 11, GB 11643-1999
CHECKS = "10X98765432"  # ISO 7064 MOD 11-2
# First two digits of GB/T 2260; 81–83 also stand on the residence permits of Hong Kong, Macao and Taiwan.
PROVINCES = frozenset(
    {
        "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43",
        "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83",
    }
)  # fmt: skip
OLDEST_BIRTH = date(1900, 1, 1)
NAME_SHORTEST, NAME_LONGEST = 2, 20  # characters of a Chinese name, the middle dot included
# CJK ideographs (basic, extension A, compatibility, the supplementary planes, 〇): names use rare ones.
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003347f"
NAME = re.compile(rf"[{HAN}]+(?:·[{HAN}]+)*")
PHONE = re.compile(r"1[3-9]\d{9}")
DOTS = str.maketrans("•‧∙・⋅･．.", "·" * 8)  # what keyboards offer for the middle dot
LANGUAGES = frozenset({"zh-hans", "en"})


class ResidentNumberInvalid(Refusal):
    """The text is not a resident identity number: length, characters, region, date or check digit."""

    field = "number"


class UnderAge(Refusal):
    """The person of this number is younger than the house lends to."""

    field = "number"


class PhoneInvalid(Refusal):
    """The text is not a mobile number of 11 digits."""

    field = "phone"


class NameInvalid(Refusal):
    """The text is not a name as it stands on an identity card: 2 to 20 Chinese characters."""

    field = "name"


class LanguageUnknown(Refusal):
    """The interface does not speak this language."""

    field = "language"
    status = 400


class CustomerClosed(Refusal):
    """The customer's file is closed; it cannot change any more."""

    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentNumber:
    """A resident identity number whose check digit holds."""

    number: str  # 18 characters, X upper case
    birth_date: date  # digits 7 to 14
    region_code: str  # digits 1 to 6, GB/T 2260


class CustomerState(StrEnum):
    """Where a customer stands."""

    REGISTERED = "registered"  # has a login and a phone
    IDENTIFIED = "identified"  # has given name and number
    CLOSED = "closed"  # has left


class CustomerAct(StrEnum):
    """What happened to a customer; each is one row of her history."""

    REGISTERED = "registered"
    IDENTIFIED = "identified"
    LANGUAGE_SET = "language_set"
    CLOSED = "closed"


CUSTOMER_TRANSITIONS: dict[tuple[CustomerState, CustomerAct], CustomerState] = {
    (CustomerState.REGISTERED, CustomerAct.IDENTIFIED): CustomerState.IDENTIFIED,
    (CustomerState.REGISTERED, CustomerAct.LANGUAGE_SET): CustomerState.REGISTERED,
    (CustomerState.REGISTERED, CustomerAct.CLOSED): CustomerState.CLOSED,
    (CustomerState.IDENTIFIED, CustomerAct.LANGUAGE_SET): CustomerState.IDENTIFIED,
    (CustomerState.IDENTIFIED, CustomerAct.CLOSED): CustomerState.CLOSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A person known to the lender. Number and full phone are asked for apart (`get_identity`, `get_phone`)."""

    id: str  # text(26)
    user_id: int  # her login
    phone_tail: str  # last four digits
    name: str  # as on the identity card, empty before identification
    language: str  # "zh-hans" or "en"
    region_code: str  # six digits, empty before identification
    birth_date: date | None  # None before identification
    registered_at: datetime  # UTC
    identified_at: datetime | None  # UTC, None before identification
    state: CustomerState  # registered, identified, closed

    @property
    def initial(self) -> str:
        """What stands in her picture's place: the first character of her name, or the last digits of her phone."""
        return self.name[:1] or self.phone_tail[-2:]


def next_state(state: CustomerState, act: CustomerAct) -> CustomerState:
    """This function will return the state after `act`. Raises: CustomerClosed when the table knows no such step."""
    try:
        return CUSTOMER_TRANSITIONS[state, act]
    except KeyError:
        raise CustomerClosed() from None


def _digits(text: str) -> str:
    """Full-width to half-width; spaces and hyphens of any kind dropped."""
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\-\u2010-\u2015\u2212]", "", plain)


def check_character(first17: str) -> str:
    """This function will return the 18th character of a resident number (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return CHECKS[sum(w * int(d) for w, d in zip(WEIGHTS, first17, strict=True)) % 11]


def age_on(birth_date: date, on_date: date) -> int:
    """This function will return completed years; one born on 29 February completes a year on 1 March."""
    before = (on_date.month, on_date.day) < (birth_date.month, birth_date.day)
    return on_date.year - birth_date.year - before


def parse_resident_number(text: str, *, on_date: date, minimum_age: int = 18) -> ResidentNumber:
    """This function will turn a typed resident number into a checked one (GB 11643-1999).

    Full-width digits, spaces and a lower-case x are accepted. `minimum_age` is the house policy's, in completed years
    on `on_date`. Raises: ResidentNumberInvalid(problem: "length", "characters", "region", "date" or "check");
    UnderAge(minimum).
    """
    number = _digits(text).upper()
    if len(number) != 18:
        raise ResidentNumberInvalid(problem="length")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise ResidentNumberInvalid(problem="characters")
    if number[:2] not in PROVINCES:
        raise ResidentNumberInvalid(problem="region")
    birth_date = _birth_date(number[6:14])
    if birth_date is None or not OLDEST_BIRTH <= birth_date <= on_date:
        raise ResidentNumberInvalid(problem="date")
    if check_character(number[:17]) != number[17]:
        raise ResidentNumberInvalid(problem="check")
    if age_on(birth_date, on_date) < minimum_age:
        raise UnderAge(minimum=minimum_age)
    return ResidentNumber(number=number, birth_date=birth_date, region_code=number[:6])


def _birth_date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def parse_phone(text: str) -> str:
    """This function will return the 11 digits of a mobile number of mainland China.

    Full-width digits, spaces, hyphens and a leading +86 or 0086 are accepted. Raises: PhoneInvalid.
    """
    digits = _digits(text)
    for prefix in ("+86", "0086"):
        digits = digits.removeprefix(prefix)
    if len(digits) == 13:
        digits = digits.removeprefix("86")
    if not digits.isascii() or not PHONE.fullmatch(digits):
        raise PhoneInvalid()
    return digits


def parse_name(text: str) -> str:
    """This function will return a name as it stands on an identity card, its middle dot as ·.

    Spaces are dropped. Raises: NameInvalid(shortest, longest).
    """
    name = re.sub(r"\s", "", text).translate(DOTS)
    if not NAME_SHORTEST <= len(name) <= NAME_LONGEST or not NAME.fullmatch(name):
        raise NameInvalid(shortest=NAME_SHORTEST, longest=NAME_LONGEST)
    return name


def parse_language(text: str) -> str:
    """This function will return a language of the interface ("zh-hans" or "en"). Raises: LanguageUnknown."""
    language = {"zh": "zh-hans", "zh-cn": "zh-hans"}.get(text.lower(), text.lower())
    if language not in LANGUAGES:
        raise LanguageUnknown()
    return language


def mask_phone(phone: str) -> str:
    """This function will return what a page may show of a phone: `138 **** 5206`."""
    return f"{phone[:3]} **** {phone[-4:]}" if len(phone) == 11 else "****"


def mask_number(number: str) -> str:
    """This function will return what a page may show of a resident number: its province, its year and its end."""
    return f"{number[:2]}**** {number[6:10]}**** **{number[-2:]}" if len(number) == 18 else "****"


def mask_name(name: str) -> str:
    """This function will return what a list may show of a name: the first character, then one * for each other."""
    return name[:1] + "*" * (len(name) - 1)


class IdentityCardState(StrEnum):
    """Where the capture of an identity card stands."""

    ASKED = "asked"  # the picture was given and is being read
    MATCHED = "matched"  # it says what she said, and the register agrees
    REFUSED = "refused"  # it does not, or could not be read


class RegisterAnswer(StrEnum):
    """What the register of residents says of a name and a number."""

    SAME = "same"  # they belong together
    OTHER = "other"  # the number belongs to another name
    UNKNOWN = "unknown"  # there is no such number


class FaceAnswer(StrEnum):
    """What a face check says of a portrait and a picture that was just taken."""

    SAME = "same"  # one living person
    OTHER = "other"  # not the same person
    NOT_COMPARED = "not_compared"  # no comparison was made


class RegisterUnavailable(Exception):
    """The register did not answer. Not a refusal of anybody: the worker asks again later."""


class FaceUnavailable(Exception):
    """The provider of face checks did not answer. Not a refusal of anybody: the worker asks again later."""


class FaceRequestRefused(Exception):
    """The provider refused the request, or its answer cannot be read: asking again does not help, a person looks."""


class IdentityRegister(Protocol):
    """A provider's check of name and number."""

    def check(self, *, name: str, number: str, now: datetime) -> RegisterAnswer:
        """Ask whether they belong together. Raises: RegisterUnavailable."""


class FaceCheck(Protocol):
    """A provider's comparison of faces, liveness included. None is embedded; asked only with a consent of its own."""

    def compare(self, *, portrait: bytes, taken: bytes, now: datetime) -> FaceAnswer:
        """Compare the card's portrait with a picture that was just taken. Raises: FaceUnavailable, FaceRequestRefused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCard:
    """One capture of an identity card. What was read is compared and not kept."""

    id: str  # 26 characters
    customer_id: str  # whose
    state: IdentityCardState  # where it stands
    reason: str  # code of why it was refused, "" otherwise
    given_at: datetime  # when the picture came
    checked_at: datetime | None  # when it was concluded and the picture deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCardReading:
    """What was read of a card, "" for what was not found."""

    name: str  # as printed
    number: str  # 18 characters whose check digit holds


ROW = 25  # thousandths of the height within which words stand in one row
PIECES = (
    3  # words next to each other in which one number may stand: a reader may part the X, or groups of digits
)
_CARD_NUMBER = re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9])")
_CARD_NAME = re.compile(r"姓名[:：]?(.+)")


def in_reading_order(words: Iterable[tuple[int, int, str]]) -> list[str]:
    """This function will return words found at (top, left), in thousandths of the picture, row by row from the left:
    what lies less than ROW apart from the word above it is one row, for a picture is never quite straight.
    """
    rows: list[list[tuple[int, int, str]]] = []
    for word in sorted(words):
        if rows and word[0] - rows[-1][-1][0] < ROW:
            rows[-1].append(word)
        else:
            rows.append([word])
    return [text for row in rows for _, _, text in sorted(row, key=lambda one: one[1])]


def read_card(lines: Sequence[str]) -> IdentityCardReading:
    """This function will find name and number among the printed lines of a card's front (GA/T 1334 names the fields)."""
    name, texts = "", ["".join(line.split()) for line in lines]
    for place, text in enumerate(texts):
        if not name and (label := _CARD_NAME.fullmatch(text)):
            name = label[1]
        elif not name and text.rstrip(":：") == "姓名" and place + 1 < len(texts):
            name = texts[place + 1]
    return IdentityCardReading(name=name, number=_card_number(texts))


def _card_number(texts: Sequence[str]) -> str:
    """The first number whose check digit holds: in one word, before in words next to each other."""
    for pieces, place in product(range(1, PIECES + 1), range(len(texts))):
        for number in map(str.upper, _CARD_NUMBER.findall("".join(texts[place : place + pieces]))):
            if check_character(number[:17]) == number[17]:
                return number
    return ""


def judge_card(reading: IdentityCardReading, *, name: str, number: str) -> str:
    """This function will return why a card does not count beside what she declared, "" where it does.

    In order: CARD_UNREADABLE, CARD_OTHER_NUMBER, CARD_OTHER_NAME.
    """
    if not reading.number or not reading.name:
        return "CARD_UNREADABLE"
    if reading.number != number:
        return "CARD_OTHER_NUMBER"
    return "" if reading.name == "".join(name.split()) else "CARD_OTHER_NAME"
