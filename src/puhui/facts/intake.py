"""Intake: what the rows of a source must look like, and which facts they become.

A source is described by a dated text: its columns with type and bounds, the fact that each becomes, and the purpose that
needs the customer's consent. What the values of an intake are stands here, too; `intake_check` checks the rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from puhui.core.canonical import content_hash
from puhui.core.dated import DatedText
from puhui.core.refusals import Refusal
from puhui.facts.domain import FactValue
from puhui.protection.domain.consents import ConsentPurpose
from puhui.protection.domain.strict import OPEN, PolicyInvalid, StrictFile, StrictTable

PPM = 1_000_000
MOST_DIGITS = 18  # of a whole number, which must fit into 64 bits
LONGEST_WORD = 60  # characters
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
FACT = re.compile(r"[a-z][a-z0-9_]{0,19}\.[a-z][a-z0-9_]{0,38}")
PERSON = "person"  # field of the checked row with the resident number
EVENT = "event"  # field of the checked row with the day


class ColumnType(StrEnum):
    """What stands in a column of a source, and what it becomes."""

    COUNT = "count"  # a whole number
    AMOUNT = "amount"  # a decimal with at most two places; minor units
    SHARE = "share"  # a percentage with at most one place; thousandths
    WORD = "word"  # a text, or one of `choices`
    TRUTH = "truth"  # true, false, 1, 0, yes, no, 是, 否


PLACES = {ColumnType.AMOUNT: 2, ColumnType.SHARE: 1}  # decimal places, which the stored integer carries
UNITS = {ColumnType.AMOUNT: "_minor", ColumnType.SHARE: "_permille"}  # how the name of its fact must end


class AsideCode(StrEnum):
    """Why a row, or a value beside an older fact, was set aside."""

    MISSING = "MISSING"  # a required value is empty
    TYPE = "TYPE"  # not of the column's type
    RANGE = "RANGE"  # outside its bounds
    CHOICE = "CHOICE"  # not one of its words
    SHORT_ROW = "SHORT_ROW"  # fewer or more cells than columns
    FUTURE = "FUTURE"  # a day that has not been
    NOBODY = "NOBODY"  # no customer has this number
    CONSENT_MISSING = "CONSENT_MISSING"  # she gave no consent to this purpose, or withdrew it
    TWICE = "TWICE"  # the same person and day stood in an earlier row with other values
    CONTRADICTS = "CONTRADICTS"  # taken, and far from what another source says


class SourceColumnsDiffer(Refusal):
    """The source has not the columns of its description: one is missing, renamed, or not described."""

    field = "columns"
    status = 409


class SourceUnreadable(Refusal):
    """The source cannot be read to its end: not the file it should be, cut off, or no answer."""

    field = "source"
    status = 502


class SourceUnknown(Refusal):
    """No source of this name is described on the day."""

    field = "source"
    status = 404


class IntakeAlreadyTaken(Refusal):
    """The same content was taken, or held, before."""

    field = "source"
    status = 409


class SourceChanged(Refusal):
    """The source said something else when it was read the second time; rows up to there were taken."""

    field = "source"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceColumn:
    """One column of a source."""

    name: str  # as the source calls it
    fact: str  # the fact that it becomes, e.g. "payroll.net_income_minor"
    type: ColumnType  # what stands in it
    required: bool  # whether a row without it is set aside
    least: int | None  # smallest value, in the unit of the fact
    most: int | None  # largest value, in the unit of the fact
    choices: tuple[str, ...]  # the only words, () for any
    complete_ppm: int  # share of all rows that must pass and carry it, or the whole intake is held


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContradiction:
    """Two facts that speak of one thing and may not lie far apart."""

    fact: str  # of this source
    other: str  # of another source
    most_permille: int  # largest distance, as a share of the larger of the two


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSource(DatedText):
    """A source of facts, as its dated text describes it."""

    name: str  # mark of its facts, e.g. "payroll"
    title: Mapping[str, str]  # language → what it is
    purpose: str  # the consent that its facts need
    person: str  # column with the resident number
    event: str  # column with the day on which it was true
    encoding: str  # of a text file: utf-8 or gb18030
    query: str  # what is asked of a database, "" where none is
    drift_ppm: int  # stability index from which a shifted column is reported
    columns: tuple[SourceColumn, ...]  # columns that become facts
    contradictions: tuple[SourceContradiction, ...]  # what is compared with other sources

    @property
    def expected(self) -> frozenset[str]:
        """Every column that the source must have; it may have no other."""
        return frozenset({self.person, self.event, *(one.name for one in self.columns)})


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenRow:
    """One row that passed."""

    line: int  # its number in the source, 1 = first line or row
    person: str  # resident number
    event_at: datetime  # end of its day in the house's zone, or the intake's own instant on the same day
    values: Mapping[str, FactValue]  # fact → value; what was empty is absent


@dataclass(frozen=True, slots=True, kw_only=True)
class AsideRow:
    """One row that did not pass, without anything that it said."""

    line: int  # its number in the source
    column: str  # the column that is at fault, "" for the whole row
    code: AsideCode  # what is wrong


class IntakeState(StrEnum):
    """Where an intake stands."""

    STARTED = (
        "started"  # checked whole; its rows are being kept. The same content again goes on where it stopped
    )
    HELD = "held"  # less complete than its description asks: nothing was kept
    DONE = "done"  # every row was kept or set aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One intake of one content of one source."""

    id: str  # 26 characters, from source, its text and the content
    source: str  # name of the source
    version: str  # of the text that described it
    place: str  # where it came from, without user, password and query
    content_sha256: str  # of all rows as they were read
    state: IntakeState  # where it stands
    started_at: datetime  # when it was checked; its facts are known since then
    ended_at: datetime | None  # when the last row was kept
    rows: int  # rows read
    report: Mapping[str, Any]  # what `IntakeReport` counts, as stored


@dataclass(slots=True, kw_only=True)
class ColumnTally:
    """What was counted of one column: mergeable, and small."""

    present: int = 0  # rows that carry it
    least: int | None = None  # smallest value seen
    most: int | None = None  # largest value seen
    shape: Counter[str] = field(default_factory=Counter)  # how many in each bin of `bin_of`


def parse_source(text: str, *, file: str) -> FactSource:
    """This function will read the text of a source strictly. Raises: PolicyInvalid naming row and line."""
    source = StrictFile(text, file=file)
    head = source.table("source")
    found = FactSource(
        name=head.text("name"),
        version=head.text("version"),
        sha256=content_hash(text.encode()),
        valid_from=head.day("valid_from"),
        valid_to=head.day_or("valid_to", OPEN),
        title={"zh": head.text("title_zh"), "en": head.text("title_en")},
        purpose=head.choice("purpose", [one.value for one in ConsentPurpose]),
        person=head.text("person"),
        event=head.text("event"),
        encoding=head.choice("encoding", ("utf-8", "gb18030")),
        query=head.text_or("query", ""),
        drift_ppm=head.integer("drift_ppm"),
        columns=tuple(_column(row) for row in source.rows("column", called="name")),
        contradictions=tuple(_contradiction(row) for row in source.rows("contradiction", called="fact")),
    )
    head.done()
    source.done()
    _check(found, head, file)
    return found


def _column(row: StrictTable) -> SourceColumn:
    kind = ColumnType(row.choice("type", [one.value for one in ColumnType]))
    found = SourceColumn(
        name=row.text("name"),
        fact=row.text("fact"),
        type=kind,
        required=row.flag("required"),
        least=row.integer("least") if row.has("least") else None,
        most=row.integer("most") if row.has("most") else None,
        choices=row.texts("choices"),
        complete_ppm=row.integer("complete_ppm"),
    )
    row.done()
    if not FACT.fullmatch(found.fact):
        raise row.invalid(f"{found.fact!r} is no fact; write source.name in small letters, digits and _")
    if kind in UNITS and not found.fact.endswith(UNITS[kind]):
        raise row.invalid(
            f"the fact {found.fact!r} of a column of type {kind.value} must end in {UNITS[kind]}"
        )
    if kind in (ColumnType.COUNT, *PLACES) and (found.least is None or found.most is None):
        raise row.invalid("least and most must be stated for numbers")
    if found.least is not None and found.most is not None and found.least > found.most:
        raise row.invalid("least is more than most")
    if found.choices and kind is not ColumnType.WORD:
        raise row.invalid("choices belong to words")
    if not 0 <= found.complete_ppm <= PPM:
        raise row.invalid(f"complete_ppm is not between 0 and {PPM}")
    return found


def _contradiction(row: StrictTable) -> SourceContradiction:
    found = SourceContradiction(
        fact=row.text("fact"), other=row.text("other"), most_permille=row.integer("most_permille")
    )
    row.done()
    if not 0 < found.most_permille <= 1_000:
        raise row.invalid("most_permille is not between 1 and 1000")
    return found


def _check(found: FactSource, head: StrictTable, file: str) -> None:
    if not NAME.fullmatch(found.name):
        raise head.invalid(f"{found.name!r} is no name; write small letters, digits and _")
    if not file.endswith(f"{found.name}-{found.version}.toml"):
        raise head.invalid("the name of the file must be name-version.toml")
    if not found.columns:
        raise PolicyInvalid("no [[column]]", file=file)
    named = [found.person, found.event, *(one.name for one in found.columns)]
    if len(set(named)) != len(named):
        raise head.invalid("a column is described twice")
    facts = [one.fact for one in found.columns]
    if len(set(facts)) != len(facts):
        raise head.invalid("a fact has two columns")
    if strangers := [one.fact for one in found.contradictions if one.fact not in facts]:
        raise head.invalid(f"the contradiction speaks of {strangers[0]!r}, which is no fact of this source")
