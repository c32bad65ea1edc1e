"""The small language of a policy table's cells: types, conditions, and the exact regions that they cover.

A condition is text that an analyst can read aloud: `>= 3, < 5`, `= 0`, `hit | thin`, `missing | >= 6`. It is read into
a closed form, so that gaps, overlaps and unreachable rows are found by arithmetic, not by trying some values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

COMPARISON = re.compile(r"(<=|>=|<|>|=)\s*(-?\d[\d_]*)")
NAME = re.compile(r"[a-z][a-z0-9_]*")
MISSING = "missing"


class ConditionInvalid(ValueError):
    """A condition or a type is not written in the language; the message says what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputType:
    """What values a variable may take."""

    kind: str  # "integer" or "choice"
    low: int  # smallest integer, 0 for a choice
    high: int  # largest integer, 0 for a choice
    values: tuple[str, ...]  # of a choice, () for an integer
    may_be_missing: bool  # whether the variable can be absent

    def accepts(self, value: int | str | None) -> bool:
        """Tell whether a value is of this type."""
        if type(value) is int:  # first, for most values are; a bool is none
            return self.low <= value <= self.high and self.kind == "integer"
        if value is None:
            return self.may_be_missing
        return value in self.values and self.kind == "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The values for which a cell holds."""

    missing: bool  # whether absence satisfies it
    spans: tuple[tuple[int, int], ...]  # closed integer intervals, ascending and apart
    values: tuple[str, ...]  # of a choice

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing satisfies it."""
        return not self.missing and not self.spans and not self.values

    def holds(self, value: int | str | None) -> bool:
        """Tell whether a value satisfies it."""
        if value is None:
            return self.missing
        if isinstance(value, str):
            return value in self.values
        return any(low <= value <= high for low, high in self.spans)


def parse_type(text: str, *, may_be_missing: bool) -> InputType:
    """This function will read `integer 0..1000` or `choice hit thin none`. Raises: ConditionInvalid."""
    words = text.split()
    if words[:1] == ["choice"] and len(words) > 1 and len(set(words)) == len(words) and MISSING not in words:
        return InputType(kind="choice", low=0, high=0, values=tuple(words[1:]), may_be_missing=may_be_missing)
    if match := re.fullmatch(r"integer (-?\d[\d_]*)\.\.(-?\d[\d_]*)", text):
        low, high = int(match[1]), int(match[2])
        if low <= high:
            return InputType(kind="integer", low=low, high=high, values=(), may_be_missing=may_be_missing)
    raise ConditionInvalid(f"{text!r} is no type; write 'integer 0..1000' or 'choice hit thin none'")


def anything(type: InputType) -> Condition:
    """This function will return the condition of a cell left out: every value of the type, and absence."""
    spans = ((type.low, type.high),) if type.kind == "integer" else ()
    return Condition(missing=type.may_be_missing, spans=spans, values=type.values)


def parse_condition(text: str, *, type: InputType) -> Condition:
    """This function will read a cell against the type of its variable.

    Raises: ConditionInvalid for other syntax, a value that the type does not have, `missing` for a variable that
    never is, or a condition that nothing satisfies.
    """
    missing, spans, values = False, list[tuple[int, int]](), list[str]()
    for part in (one.strip() for one in text.split("|")):
        if part == MISSING:
            if not type.may_be_missing:
                raise ConditionInvalid(f"{text!r}: this variable is never missing")
            missing = True
        elif type.kind == "choice":
            if part not in type.values:
                raise ConditionInvalid(f"{text!r}: {part!r} is not one of {', '.join(type.values)}")
            values.append(part)
        else:
            spans.append(_span(part, text, type))
    found = Condition(
        missing=missing,
        spans=_join([one for one in spans if one[0] <= one[1]]),
        values=tuple(one for one in type.values if one in values),
    )
    if found.is_empty:
        raise ConditionInvalid(f"{text!r}: nothing satisfies it, so the row is unreachable")
    return found


def _span(part: str, text: str, type: InputType) -> tuple[int, int]:
    low, high = type.low, type.high
    for piece in (one.strip() for one in part.split(",")):
        match = COMPARISON.fullmatch(piece)
        if match is None:
            raise ConditionInvalid(f"{text!r}: {piece!r} is no comparison with an integer")
        sign, number = match[1], int(match[2])
        if not type.low <= number <= type.high:
            raise ConditionInvalid(f"{text!r}: {number} is outside {type.low}..{type.high}")
        if sign in {">", ">=", "="}:
            low = max(low, number + (sign == ">"))
        if sign in {"<", "<=", "="}:
            high = min(high, number - (sign == "<"))
    return low, high


def _join(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return tuple(joined)


def cells_of(type: InputType, conditions: list[Condition]) -> list[int | str | None]:
    """This function will return one value from each region that the conditions tell apart (absence included)."""
    found: list[int | str | None] = [None] if type.may_be_missing else []
    if type.kind == "choice":
        return [*found, *type.values]
    starts = {type.low}
    for condition in conditions:
        for low, high in condition.spans:
            starts.add(low)
            if high < type.high:
                starts.add(high + 1)
    return [*found, *sorted(starts)]
