"""The two readings of an intake: the first counts and judges, the second is compared with it and sorted.

Both go piece by piece. What was judged is what is kept, for every piece has the hash of what it said. Memory grows with
the customers of ours that a source speaks of, not with the source.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from puhui.facts.domain import Fact, FactValue
from puhui.facts.intake import (
    PPM,
    AsideCode,
    AsideRow,
    FactSource,
    Intake,
    SourceChanged,
    TakenRow,
)
from puhui.facts.intake_check import RowCheck, contradicts, incomplete

PIECE = 1_000  # rows that are hashed, and kept, at once
MOST_ASIDE = 10_000  # rows set aside that are kept one by one; all are counted

SourceRow = tuple[
    int, Mapping[str, object] | None
]  # number and cells; None where cells and columns do not match
Drift = Callable[[Mapping[int, int], Mapping[int, int]], int | None]  # of two histograms, in ppm
Progress = Callable[[str, int], None]  # "check" or "keep", rows so far


def silent(part: str, rows: int) -> None:
    """This function will tell nobody how far a reading is."""


def _pieces(rows: Iterable[SourceRow]) -> Iterator[tuple[list[SourceRow], bytes]]:
    """Rows by PIECE, each with the hash of what it says."""
    going = iter(rows)
    while piece := list(islice(going, PIECE)):
        yield piece, hashlib.sha256(repr(piece).encode()).digest()


class FirstReading:
    """Reads a source whole, keeps nothing of what it says, and counts."""

    def __init__(self, source: FactSource, *, zone: str, now: datetime) -> None:
        self.source = source
        self.marks: list[bytes] = []  # hash of each piece
        self.aside: Counter[AsideCode] = Counter()
        self.first_aside: list[AsideRow] = []  # at most MOST_ASIDE of them
        self._check = RowCheck(source, zone=zone, now=now)
        self._whole = hashlib.sha256()

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._check.rows

    @property
    def content_sha256(self) -> str:
        """Hash of the columns' names and of all pieces."""
        return self._whole.hexdigest()

    @property
    def incomplete(self) -> list[str]:
        """Facts that fewer rows carry than the description asks."""
        return incomplete(self.source, self._check.tallies, rows=self.rows)

    def read(self, named: Sequence[str], rows: Iterable[SourceRow], progress: Progress) -> None:
        """Read all of it."""
        self._whole.update(repr(list(named)).encode())
        for piece, mark in _pieces(rows):
            self.marks.append(mark)
            self._whole.update(mark)
            self._count(self._check.check(line, cells) for line, cells in piece)
            progress("check", self.rows)

    def _count(self, rows: Iterable[TakenRow | AsideRow]) -> None:
        for row in rows:
            if isinstance(row, AsideRow):
                self.aside[row.code] += 1
                if len(self.first_aside) < MOST_ASIDE:
                    self.first_aside.append(row)

    def report(self, *, last: Intake | None, drift: Drift) -> dict[str, Any]:
        """What is stored and shown: for each fact how complete, between what, of which shape, how far from the last intake."""
        before = last.report["columns"] if last else {}
        columns = {}
        for one in self.source.columns:
            tally = self._check.tallies[one.fact]
            moved = _moved(before[one.fact]["shape"], tally.shape, drift) if one.fact in before else None
            columns[one.fact] = {
                "column": one.name,
                "present": tally.present,
                "complete_ppm": tally.present * PPM // self.rows if self.rows else 0,
                "asked_ppm": one.complete_ppm,
                "least": tally.least,
                "most": tally.most,
                "shape": dict(sorted(tally.shape.items())),
                "drift_ppm": moved,
                "shifted": moved is not None and moved >= self.source.drift_ppm,
            }
        return {
            "columns": columns,
            "aside": _spelled(self.aside),
            "incomplete": self.incomplete,
            "compared_with": last.id if last else "",
            "facts": 0,
            "customers": 0,
        }


def _spelled(aside: Counter[AsideCode]) -> dict[str, int]:
    return {code.value: count for code, count in sorted(aside.items())}


def _moved(before: Mapping[str, int], now: Mapping[str, int], drift: Drift) -> int | None:
    place = {name: at for at, name in enumerate(sorted(before.keys() | now.keys()))}
    return drift({place[k]: n for k, n in before.items()}, {place[k]: n for k, n in now.items()})


def read_again(rows: Iterable[SourceRow], *, marks: Sequence[bytes]) -> Iterator[list[SourceRow]]:
    """This function will yield the pieces of a second reading, each only if it says what it said. Raises: SourceChanged."""
    left, line = iter(marks), 0
    for piece, mark in _pieces(rows):
        if mark != next(left, b""):
            raise SourceChanged(line=piece[0][0])
        line = piece[-1][0]
        yield piece
    if next(left, None) is not None:
        raise SourceChanged(line=line + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedPiece:
    """What is to be kept of one piece."""

    facts: list[tuple[Fact, int]]  # each with the number of its row
    aside: list[AsideRow]  # rows set aside, and CONTRADICTS beside rows that were taken
    refused: list[str]  # customers whose consent was found missing for the first time


@dataclass(slots=True, kw_only=True)
class Sorting:
    """Sorts the pieces of a second reading, and remembers what must be known across them."""

    source: FactSource
    intake: Intake
    check: RowCheck
    consent_of: Callable[[str], str]  # customer → the consent in force for the purpose, "" for none
    others_of: Callable[[str], Mapping[str, FactValue]]  # customer → what other sources say of her
    facts: int = 0  # to be kept, those of an earlier try included
    customers: set[str] = field(default_factory=set)  # about whom
    aside: Counter[AsideCode] = field(default_factory=Counter)
    _kept_aside: int = 0
    _seen: dict[tuple[str, datetime], Mapping[str, FactValue]] = field(default_factory=dict)
    _allowed: dict[str, str] = field(default_factory=dict)
    _others: dict[str, Mapping[str, FactValue]] = field(default_factory=dict)

    @property
    def counted(self) -> dict[str, Any]:
        """What a report says at the end, in place of what the first reading said."""
        return {"aside": _spelled(self.aside), "facts": self.facts, "customers": len(self.customers)}

    def passed(self, piece: Sequence[SourceRow]) -> tuple[list[TakenRow], list[AsideRow]]:
        """Check a piece again: rows that pass, and rows that do not."""
        rows = [self.check.check(line, cells) for line, cells in piece]
        return (
            [one for one in rows if isinstance(one, TakenRow)],
            [one for one in rows if isinstance(one, AsideRow)],
        )

    def sort(
        self, passed: Sequence[TakenRow], aside: list[AsideRow], whose: Mapping[str, str]
    ) -> SortedPiece:
        """Sort rows that passed by whom they speak of (resident number → customer); others leave a count only."""
        learnt: list[tuple[Fact, int]] = []
        refused: list[str] = []
        for row in passed:
            customer_id = whose.get(row.person)
            if customer_id is None:
                self.aside[AsideCode.NOBODY] += 1
                continue
            consent_id = self._consent(customer_id, refused)
            code = self._twice(customer_id, row) if consent_id else AsideCode.CONSENT_MISSING
            if code is not None:
                aside.append(AsideRow(line=row.line, column="", code=code))
                continue
            aside.extend(self._against_others(customer_id, row))
            learnt.extend((one, row.line) for one in self._facts(row, customer_id, consent_id))
            self.customers.add(customer_id)
        self.aside.update(one.code for one in aside)
        self.facts += len(learnt)
        room = aside[: MOST_ASIDE - self._kept_aside]
        self._kept_aside += len(room)
        return SortedPiece(facts=learnt, aside=room, refused=refused)

    def _facts(self, row: TakenRow, customer_id: str, consent_id: str) -> list[Fact]:
        return [
            Fact(
                customer_id=customer_id,
                name=name,
                value=value,
                event_at=row.event_at,
                known_at=self.intake.started_at,
                source=self.source.name,
                purpose=self.source.purpose,
                consent_id=consent_id,
            )
            for name, value in row.values.items()
        ]

    def _consent(self, customer_id: str, refused: list[str]) -> str:
        if customer_id not in self._allowed:
            self._allowed[customer_id] = self.consent_of(customer_id)
            if not self._allowed[customer_id]:
                refused.append(customer_id)
        return self._allowed[customer_id]

    def _twice(self, customer_id: str, row: TakenRow) -> AsideCode | None:
        """TWICE for the same person and day with other values; the very same row again changes nothing."""
        before = self._seen.setdefault((customer_id, row.event_at), row.values)
        return None if before == row.values else AsideCode.TWICE

    def _against_others(self, customer_id: str, row: TakenRow) -> list[AsideRow]:
        if not self.source.contradictions:
            return []
        if customer_id not in self._others:
            self._others[customer_id] = self.others_of(customer_id)
        others = self._others[customer_id]
        columns = {one.fact: one.name for one in self.source.columns}
        return [
            AsideRow(line=row.line, column=columns[rule.fact], code=AsideCode.CONTRADICTS)
            for rule in self.source.contradictions
            if contradicts(rule, row.values.get(rule.fact), others.get(rule.other))
        ]
