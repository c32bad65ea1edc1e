"""Rule packs: what is known of the law in one jurisdiction, each row with its source and how sure we are of it.

A row never blocks by itself; the house policy decides (see `house`). A row without a known first or last day says
"unknown" and counts as in force on every day there: a consumer limit is better kept too long than too short.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from puhui.core.canonical import content_hash
from puhui.core.money import EXPONENTS
from puhui.protection.domain.strict import UNKNOWN, PolicyInvalid, StrictFile, StrictTable, refuse_overlap

LIMIT_OPERATORS = frozenset({"<=", ">=", "<", ">", "==", "in_window"})
OTHER_OPERATORS = frozenset(
    {"required", "contains", "deny", "in_list", "min", "format", "formula", "scope", "date", "info", "watch"}
)
STATUSES = frozenset({"read", "secondary", "unverified"})
UNITS = frozenset(
    {
        "ppm", "ppm_per_year", "ppm_per_day", "times_lpr_1y", "days", "months", "years", "years_of_age",
        "contacts_per_day", "contacts_per_7_days", "times_per_year", "payment_periods", "local_time_window", "date",
    }
    | {f"{currency}_minor" for currency in EXPONENTS}
)  # fmt: skip


class RuleUnknown(LookupError):
    """No row of this id is in force on this day. A fault of the caller or of the pack, never of a customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNumber:
    """A further number of a row that states more than one."""

    value: int  # in `unit`
    unit: str  # one of UNITS
    basis: str  # what the number measures


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One dated fact about the law."""

    jurisdiction: str  # CN, EU, UK, US
    id: str  # stable name of the row ("CN-CAP-01")
    parameter: str  # what the row speaks of
    operator: str  # <=, >=, <, >, ==, in_window (limits), or what else the row is
    value_text: str  # the value as found
    value: (
        int | str | None
    )  # our parse: integer in `unit`, "08:00-22:00", ISO date, None when there is no number
    unit: str  # one of UNITS, empty without a value
    basis: str  # what the value measures, empty without a value
    also: tuple[RuleNumber, ...]  # further numbers of the row
    no_number: str  # why a limit row has no number, else empty
    source: str  # where the row was found
    status: str  # read, secondary or unverified
    valid_from: date | None  # first day in force, None = not known
    valid_to: date | None  # first day no longer in force, None = not known
    note: str  # note as found, may be empty
    reading: str  # our remark on dates and parse, may be empty

    @property
    def is_limit(self) -> bool:
        """Whether the row is a limit with a number."""
        return self.operator in LIMIT_OPERATORS and self.value is not None

    def numbers(self, unit: str) -> tuple[int | str, ...]:
        """Return every number of the row that is stated in `unit`."""
        own = (self.value,) if self.value is not None and self.unit == unit else ()
        return own + tuple(one.value for one in self.also if one.unit == unit)

    def in_force(self, on_date: date) -> bool:
        """Tell whether the row is in force on a day; unknown ends count as open."""
        return (self.valid_from or date.min) <= on_date < (self.valid_to or date.max)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePack:
    """All rows of one jurisdiction."""

    jurisdiction: str  # CN, EU, UK, US
    name: str  # the jurisdiction in English
    rows: tuple[RuleRow, ...]  # in the order of the file
    hash: str  # hex SHA-256 of the file's text


def parse_rule_pack(text: str, *, file: str = "rules.toml") -> RulePack:
    """This function will turn the text of a rule pack into its rows.

    Raises: PolicyInvalid naming file, row and line for an unknown or missing field, a wrong type, an operator, status
    or unit outside its list, a limit without a number or a stated reason, or two rows of one id valid on one day.
    """
    whole = StrictFile(text, file=file)
    head = whole.table("pack")
    jurisdiction, name, expected = head.text("jurisdiction"), head.text("name"), head.integer("rows")
    head.done()
    tables = whole.rows("rule", called="id")
    whole.done()
    rows = [_parse_row(table, jurisdiction) for table in tables]
    refuse_overlap((r.id, r.valid_from, r.valid_to, t) for r, t in zip(rows, tables, strict=True))
    if len(rows) != expected:
        raise head.invalid(f"rows is {expected}, but there are {len(rows)}")
    return RulePack(jurisdiction=jurisdiction, name=name, rows=tuple(rows), hash=content_hash(text.encode()))


def _parse_row(table: StrictTable, jurisdiction: str) -> RuleRow:
    id = table.text("id")
    if not id.startswith(f"{jurisdiction}-"):
        raise table.invalid(f"id does not begin with {jurisdiction}-")
    operator = table.choice("operator", LIMIT_OPERATORS | OTHER_OPERATORS)
    no_number = table.text_or("no_number", "")
    value, unit, basis = _parse_value(table) if table.has("value") else (None, "", "")
    if operator in LIMIT_OPERATORS and (value is None) == (not no_number):
        raise table.invalid("a limit has either value, unit and basis, or no_number with the reason")
    if operator not in LIMIT_OPERATORS | {"date"} and (value is not None or no_number):
        raise table.invalid(f"{operator} is no limit, so it has neither value nor no_number")
    if (operator == "in_window") != (unit == "local_time_window") or (operator == "date") != (unit == "date"):
        raise table.invalid(f"unit {unit!r} does not go with operator {operator}")
    also = tuple(_parse_number(one) for one in table.tables("also"))
    if also and value is None:
        raise table.invalid("also needs a value before it")
    row = RuleRow(
        jurisdiction=jurisdiction,
        id=id,
        parameter=table.text("parameter"),
        operator=operator,
        value_text=table.text("text"),
        value=value,
        unit=unit,
        basis=basis,
        also=also,
        no_number=no_number,
        source=table.text("source"),
        status=table.choice("status", STATUSES),
        valid_from=table.day_or("valid_from", UNKNOWN),
        valid_to=table.day_or("valid_to", UNKNOWN),
        note=table.text_or("note", ""),
        reading=table.text_or("reading", ""),
    )
    table.done()
    return row


def _parse_value(table: StrictTable) -> tuple[int | str, str, str]:
    unit = table.choice("unit", UNITS)
    value = table.number_or_text("value")
    if unit == "date":
        if not isinstance(value, date):
            raise table.invalid("value is not a date")
        value = value.isoformat()
    elif unit == "local_time_window":
        parse_window(str(value), table)
    elif type(value) is not int or value < 0:
        raise table.invalid(f"value is {value!r}, not an integer of at least 0")
    assert not isinstance(value, date)
    return value, unit, table.text("basis")


def _parse_number(table: StrictTable) -> RuleNumber:
    unit = table.choice("unit", UNITS - {"date", "local_time_window"})
    number = RuleNumber(value=table.integer("value"), unit=unit, basis=table.text("basis"))
    table.done()
    return number


def parse_window(text: str, table: StrictTable) -> tuple[time, time]:
    """This function will turn "08:00-22:00" into opening and closing local time, opening first.

    Raises: PolicyInvalid for another form, or a window that does not open before it closes.
    """
    try:
        first, last = (time.fromisoformat(part) for part in text.split("-"))
    except ValueError:
        raise table.invalid(f"{text!r} is not a window such as 08:00-22:00") from None
    if not first < last or f"{first:%H:%M}-{last:%H:%M}" != text:
        raise table.invalid(f"{text!r} is not a window such as 08:00-22:00 that opens before it closes")
    return first, last


def rule_in_force(packs: dict[str, RulePack], id: str, on_date: date) -> RuleRow:
    """This function will return the row `id` in force on a day. Raises: RuleUnknown."""
    for pack in packs.values():
        for row in pack.rows:
            if row.id == id and row.in_force(on_date):
                return row
    raise RuleUnknown(f"{id} on {on_date}")


__all__ = [
    "LIMIT_OPERATORS", "OTHER_OPERATORS", "STATUSES", "UNITS", "PolicyInvalid", "RuleNumber", "RulePack", "RuleRow",
    "RuleUnknown", "parse_rule_pack", "parse_window", "rule_in_force",
]  # fmt: skip
