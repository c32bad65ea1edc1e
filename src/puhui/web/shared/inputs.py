"""Typed input of a form: text in, domain values out, and a refusal that names the field.

Nothing here knows a rule of lending; that belongs to the stages. Here it is only decided whether what was typed is an
amount, a number or a date at all.
"""

from __future__ import annotations

import re
import secrets
from datetime import date

from django.http import HttpRequest

from puhui.core.money import parse_minor
from puhui.core.refusals import InputRefused

_WIDE = str.maketrans("０１２３４５６７８９　", "0123456789 ")
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


class FieldMissing(InputRefused):
    """A field that is needed was left empty."""


class NumberInvalid(InputRefused):
    """A field that takes a whole number holds something else."""


class DateInvalid(InputRefused):
    """A date that does not exist or is not written as year-month-day."""

    field = "as_of"


class FormKeyInvalid(InputRefused):
    """The hidden key of the form is missing or mangled; the page must be opened again."""

    field = "key"
    status = 400


class ConsentNeeded(InputRefused):
    """A consent without which the step cannot be done was not given."""


def text(request: HttpRequest, name: str, *, required: bool = True, limit: int = 2000) -> str:
    """This function will return the trimmed text of a posted field, halfwidth digits. Raises: FieldMissing."""
    value = request.POST.get(name, "").strip().translate(_WIDE)[:limit]
    if required and not value:
        raise FieldMissing(name)
    return value


def amount(request: HttpRequest, name: str, *, currency: str, required: bool = True) -> int | None:
    """This function will return a posted amount in minor units, None when left empty and not required.

    Raises: FieldMissing, AmountInvalid.
    """
    typed = text(request, name, required=required, limit=40)
    return parse_minor(typed, currency, field=name) if typed else None


def needed_amount(request: HttpRequest, name: str, *, currency: str) -> int:
    """This function will return a posted amount in minor units. Raises: FieldMissing, AmountInvalid."""
    found = amount(request, name, currency=currency)
    assert found is not None
    return found


def number(typed: str, name: str) -> int:
    """This function will return a typed whole number. Raises: FieldMissing when empty, NumberInvalid."""
    cleaned = typed.strip().translate(_WIDE)
    if not cleaned:
        raise FieldMissing(name)
    if not re.fullmatch(r"\d{1,9}", cleaned):
        raise NumberInvalid(name)
    return int(cleaned)


def day(typed: str, name: str = "as_of") -> date:
    """This function will return a typed date. Raises: DateInvalid."""
    try:
        return date.fromisoformat(typed.strip()[:10])
    except ValueError:
        raise DateInvalid(name) from None


def form_key(request: HttpRequest) -> str:
    """This function will return the idempotency key that the form was rendered with. Raises: FormKeyInvalid."""
    key = request.POST.get("key", "")
    if not _KEY.fullmatch(key):
        raise FormKeyInvalid()
    return key


def new_key() -> str:
    """This function will make a key for one rendering of one form."""
    return secrets.token_urlsafe(18)


def new_code() -> str:
    """This function will make a one-time code of six digits."""
    return f"{secrets.randbelow(1_000_000):06d}"
