"""Checking the rows of a source, strictly, by pydantic, and counting what came.

A row that does not pass is set aside whole, with its number, the column and a code, never its value. A count of what came
(completeness, range, shape) is kept for each column, small enough to be stored and to be compared with another intake's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model
from pydantic_core import PydanticCustomError

from puhui.facts.domain import FactValue
from puhui.facts.intake import (
    EVENT,
    LONGEST_WORD,
    MOST_DIGITS,
    PERSON,
    PLACES,
    PPM,
    AsideCode,
    AsideRow,
    ColumnTally,
    ColumnType,
    FactSource,
    SourceColumn,
    SourceColumnsDiffer,
    SourceContradiction,
    TakenRow,
)


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _decimal(value: object, places: int) -> int:
    """An exact decimal as an integer of so many places; a float counts only if it is the shortest text of such a one."""
    if isinstance(value, bool):
        raise PydanticCustomError("type", "a truth is no number")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value).strip().replace(",", ""))
    except InvalidOperation:
        raise PydanticCustomError("type", "not a number") from None
    if not number.is_finite() or number.adjusted() > MOST_DIGITS - places - 1:
        raise PydanticCustomError("type", "not a finite number of this size")
    scaled = number.scaleb(places)
    if scaled != scaled.to_integral_value():
        raise PydanticCustomError("type", "too many decimal places")
    return int(scaled)


_TRUTHS = {
    "true": True,
    "yes": True,
    "1": True,
    "是": True,
    "false": False,
    "no": False,
    "0": False,
    "否": False,
}


def _truth(value: object) -> bool:
    found = value if isinstance(value, bool) else _TRUTHS.get(str(value).strip().lower())
    if not isinstance(found, bool):
        raise PydanticCustomError("type", "not a truth")
    return found


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("type", "not a text")
    return value.strip()


def _day(value: object) -> date:
    """A day: a date, an instant's date as written, or ISO text."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip()[:10].replace("/", "-"))
    except ValueError:
        raise PydanticCustomError("type", "not a day, such as 2026-11-22") from None


def _type_of(column: SourceColumn) -> Any:
    if column.type is ColumnType.TRUTH:
        return Annotated[bool, BeforeValidator(_truth)]
    if column.type is ColumnType.WORD:

        def checked(value: object) -> str:
            word = _word(value)
            if column.choices and word not in column.choices:
                raise PydanticCustomError("choice", "not one of the choices")
            return word

        return Annotated[str, BeforeValidator(checked), Field(max_length=LONGEST_WORD)]
    places = PLACES.get(column.type, 0)
    return Annotated[
        int, BeforeValidator(lambda value: _decimal(value, places)), Field(ge=column.least, le=column.most)
    ]


class RowCheck:
    """Checks rows of one source. Make it once; pydantic compiles the description."""

    def __init__(self, source: FactSource, *, zone: str, now: datetime) -> None:
        self._source = source
        self._zone = ZoneInfo(zone)
        self._now = now
        self._today = now.astimezone(self._zone).date()
        self.tallies = {one.fact: ColumnTally() for one in source.columns}
        self.rows = 0
        # Fields have names of ours, c0, c1, …: a source may call its columns what it likes.
        self._places = [(f"c{place}", one) for place, one in enumerate(source.columns)]
        fields: dict[str, Any] = {
            name: (_type_of(one), ...) if one.required else (_type_of(one) | None, None)
            for name, one in self._places
        }
        fields[PERSON] = (Annotated[str, BeforeValidator(_word), Field(pattern=r"^[0-9]{17}[0-9Xx]$")], ...)
        fields[EVENT] = (Annotated[date, BeforeValidator(_day)], ...)
        self._model: type[BaseModel] = create_model("Row", __config__=ConfigDict(frozen=True), **fields)
        self._called = {name: one.name for name, one in self._places} | {
            PERSON: source.person,
            EVENT: source.event,
        }

    def check(self, line: int, cells: Mapping[str, object] | None) -> TakenRow | AsideRow:
        """Check one row; None for a row that has not as many cells as there are columns. Counts it either way."""
        self.rows += 1
        if cells is None:
            return AsideRow(line=line, column="", code=AsideCode.SHORT_ROW)
        given = {name: cells[called] for name, called in self._called.items() if not _empty(cells[called])}
        try:
            row = self._model(**given)
        except ValidationError as fault:
            return self._aside(line, fault)
        values = row.__dict__
        day = values[EVENT]
        if day > self._today:
            return AsideRow(line=line, column=self._source.event, code=AsideCode.FUTURE)
        taken: dict[str, FactValue] = {}
        for name, column in self._places:
            value = values[name]
            if value is None:
                continue
            taken[column.fact] = value
            _count(self.tallies[column.fact], value)
        ended = datetime.combine(day, time(23, 59, 59), self._zone).astimezone(UTC)
        return TakenRow(
            line=line, person=values[PERSON].upper(), event_at=min(ended, self._now), values=taken
        )

    def _aside(self, line: int, fault: ValidationError) -> AsideRow:
        first = fault.errors(include_url=False, include_context=False, include_input=False)[0]
        place = str(first["loc"][0])
        return AsideRow(line=line, column=self._called[place], code=_CODES.get(first["type"], AsideCode.TYPE))


_CODES = {
    "missing": AsideCode.MISSING,
    "choice": AsideCode.CHOICE,
    "greater_than_equal": AsideCode.RANGE,
    "less_than_equal": AsideCode.RANGE,
    "string_too_long": AsideCode.RANGE,
}


def _count(tally: ColumnTally, value: FactValue) -> None:
    tally.present += 1
    tally.shape[bin_of(value)] += 1
    if isinstance(value, int) and not isinstance(value, bool):
        tally.least = value if tally.least is None else min(tally.least, value)
        tally.most = value if tally.most is None else max(tally.most, value)


def bin_of(value: FactValue) -> str:
    """This function will return the bin of a value in a column's shape: numbers by sign, power of two and quarter of it
    (so a bin is never wider than a fifth of its value), words and truths as they are.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    size = abs(value)
    if size < 8:
        return str(value)
    power = size.bit_length() - 3
    return f"{'-' if value < 0 else ''}{size >> power}e{power}"


def refuse_other_columns(source: FactSource, named: list[str]) -> None:
    """This function will compare a source's own columns with its description. Raises: SourceColumnsDiffer."""
    missing = sorted(source.expected - set(named))
    strange = sorted(set(named) - source.expected)
    twice = sorted({one for one in named if named.count(one) > 1})
    if missing or strange or twice:
        raise SourceColumnsDiffer(
            missing=", ".join(missing) or "–",
            strange=", ".join(strange) or "–",
            twice=", ".join(twice) or "–",
        )


def incomplete(source: FactSource, tallies: Mapping[str, ColumnTally], *, rows: int) -> list[str]:
    """This function will name the facts that fewer rows carry than the description asks; any of them holds the intake."""
    return [
        one.fact
        for one in source.columns
        if rows and tallies[one.fact].present * PPM < one.complete_ppm * rows
    ]


def contradicts(rule: SourceContradiction, value: FactValue, other: FactValue) -> bool:
    """This function will tell whether two values of one thing lie too far apart; words when they differ."""
    if value is None or other is None:
        return False
    if isinstance(value, int) and isinstance(other, int):
        return abs(value - other) * 1_000 > rule.most_permille * max(abs(value), abs(other))
    return value != other
