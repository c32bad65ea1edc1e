"""The small parts that every body is made of: strict types, one meaning each, with its unit in the name."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from puhui.web.partner_api.problems import CurrencyNotOurs

LARGEST_MINOR = 10**13
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})")


class Body(BaseModel):
    """Base of what is sent to us: an unknown field is refused."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """Base of what we answer with."""

    model_config = ConfigDict(extra="forbid")


def _only_date(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("date, 2026-12-31")
    return value


def _only_instant(value: Any) -> Any:
    if isinstance(value, str) and " " in value:
        value = value.replace(" ", "+")  # a plus sign that was not percent-encoded in a query
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("date-time, 2026-12-31T00:00:00Z")
    return value


def only_digits(value: Any) -> Any:
    """This function will let a whole number through, refusing text that is not one in digits. Raises: ValueError."""
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise ValueError("integer")
    return value


def _in_reach(value: date) -> date:
    if not 1900 <= value.year <= 2200:
        raise ValueError("date, 1900-01-01 to 2200-12-31")
    return value


Id = Annotated[
    str,
    Field(
        strict=True,
        pattern=r"^[a-z2-7]{26}$",
        description="An id of ours: 26 characters.",
        examples=["mfrggzdfmztwq2lknnwg23tpob"],
    ),
]
Minor = Annotated[
    int,
    Field(strict=True, ge=0, le=LARGEST_MINOR, description="An amount in minor units (fen, cents)."),
]
PositiveMinor = Annotated[
    int,
    Field(
        strict=True, ge=1, le=LARGEST_MINOR, description="An amount above zero in minor units (fen, cents)."
    ),
]
Months = Annotated[int, Field(strict=True, ge=1, le=600, description="Number of monthly instalments.")]
DueDay = Annotated[
    int, Field(strict=True, ge=1, le=28, description="Day of the month on which instalments are due.")
]
Currency = Annotated[
    str, Field(strict=True, pattern=r"^[A-Z]{3}$", description="ISO 4217 code.", examples=["CNY"])
]
Code = Annotated[
    str, Field(strict=True, pattern=r"^[0-9]{6}$", description="The one-time code of six digits.")
]
Sha256 = Annotated[
    str, Field(strict=True, pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the bytes, in hex.")
]
Language = Annotated[Literal["zh-hans", "en"], Field(description="Language that she reads.")]
MethodName = Annotated[
    Literal["equal_instalment", "equal_principal", "interest_first", "flat", "bullet"],
    Field(description="How the principal comes back."),
]
Words = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=2000, description="Her own words, at most 2,000 characters."),
]
IsoDate = Annotated[
    date, BeforeValidator(_only_date), AfterValidator(_in_reach), Field(description="A date, 2026-12-31.")
]
Instant = Annotated[
    datetime,
    BeforeValidator(_only_instant),
    AfterValidator(_in_reach),
    Field(description="An instant with its offset (RFC 3339), 2026-12-31T16:00:00Z."),
]
Limit = Annotated[
    int, Field(ge=1, le=100, description="Items of a page, at most."), BeforeValidator(only_digits)
]
Cursor = Annotated[
    str,
    Field(max_length=200, pattern=r"^[A-Za-z0-9_-]+$", description="The `next_cursor` of the page before."),
]


# A query holds text, so its numbers are read from text; digits only.
QueryMinor = Annotated[
    int,
    Field(ge=1, le=LARGEST_MINOR, description="An amount in minor units."),
    BeforeValidator(only_digits),
]
QueryMonths = Annotated[
    int, Field(ge=1, le=600, description="Number of monthly instalments."), BeforeValidator(only_digits)
]
QueryDueDay = Annotated[
    int, Field(ge=1, le=28, description="Day of the month."), BeforeValidator(only_digits)
]


def language_of(text: str) -> Literal["zh-hans", "en"]:
    """This function will name the language of a stored text as the API does."""
    return "en" if text.startswith("en") else "zh-hans"


def check_currency(currency: str) -> str:
    """This function will return the currency when it is the lender's. Raises: CurrencyNotOurs."""
    if currency != settings.LENDER["currency"]:
        raise CurrencyNotOurs(currency=settings.LENDER["currency"])
    return currency
