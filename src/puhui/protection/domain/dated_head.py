"""The head of a dated text: the lines that every such file begins with, read and checked in one place."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from puhui.core.canonical import content_hash
from puhui.protection.domain.strict import OPEN, StrictTable


class DatedTextPart(TypedDict):
    """What `core.dated.DatedText` is made with."""

    version: str  # day of the file, its first day
    sha256: str  # content hash of the text
    valid_from: date  # first day
    valid_to: date | None  # first day no longer valid, None = until the next file


class HouseTextPart(DatedTextPart):
    """What `core.dated.HouseText` is made with."""

    jurisdiction: str  # of the house


def take_version(head: StrictTable) -> str:
    """This function will take the version of a file, which its name repeats. Raises: PolicyInvalid."""
    version = head.text("version")
    if not head.file.endswith(f"{version}.toml"):
        raise head.invalid("version and the name of the file must be one day")
    return version


def take_dated(head: StrictTable, *, text: str, ends: bool = True) -> DatedTextPart:
    """This function will take the head of `text`; a kind of text that never ends by itself has no `valid_to`.

    Raises: PolicyInvalid for a version, first day and name that are not one day, or a text that ends before it begins.
    """
    version, first = head.text("version"), head.day("valid_from")
    last = head.day_or("valid_to", OPEN) if ends else None
    if version != first.isoformat() or not head.file.endswith(f"{version}.toml"):
        raise head.invalid("version, valid_from and the name of the file must be one day")
    if last is not None and last <= first:
        raise head.invalid("valid_to is not after valid_from")
    return DatedTextPart(version=version, sha256=content_hash(text.encode()), valid_from=first, valid_to=last)


def take_house(head: StrictTable, *, text: str) -> HouseTextPart:
    """This function will take the head of a house's own text. Raises: PolicyInvalid, as `take_dated`."""
    return HouseTextPart(jurisdiction=head.text("jurisdiction"), **take_dated(head, text=text))
