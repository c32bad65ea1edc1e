"""Texts of the house that hold from one day to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedText:
    """What every compiled text says of itself. A text is never edited: the next day's text takes its place."""

    version: str  # day of the file, its first day
    sha256: str  # content hash of the text
    valid_from: date  # first day
    valid_to: date | None  # first day no longer valid, None = until the next file

    def holds_on(self, on_date: date) -> bool:
        """Return whether a day lies between its first and its last."""
        return self.valid_from <= on_date and (self.valid_to is None or on_date < self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseText(DatedText):
    """One of a house's own texts."""

    jurisdiction: str  # of the house
