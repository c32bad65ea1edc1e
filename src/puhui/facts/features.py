"""Features over a person's events, declared once: which events, how far back, which aggregate, and what nothing means.

A window's bounds are instants worked out here, calendar months in the house's zone included; evaluators only compare
instants, so that in process, DuckDB, PostgreSQL and SQLite cannot differ about a month's end or a zone. An event may be
learnt again, corrected: of one event the version learnt last counts, and nothing learnt after the instant asked about.
"""

from __future__ import annotations

import calendar
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)


class FeatureAggregate(StrEnum):
    """What is made of the events in the window."""

    COUNT = "count"  # how many
    SUM = "sum"  # of their values
    MAX = "max"  # largest value
    MIN = "min"  # smallest value
    LATEST = "latest"  # value of the last by time, then by id


class FeatureInvalid(ValueError):
    """A feature is declared in a way that cannot be meant; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSpec:
    """One feature."""

    name: str  # e.g. "inquiries_6m"
    kind: str  # kind of the events that it reads
    aggregate: FeatureAggregate  # what is made of them
    days: int = 0  # window of so many days of 24 hours, 0 for none of this kind
    months: int = 0  # window of so many calendar months of local dates, 0 for none of this kind
    empty: int | None = None  # its value when the window has no event

    def __post_init__(self) -> None:
        """Refuse what cannot be meant. Raises: FeatureInvalid."""
        if self.days < 0 or self.months < 0 or (self.days and self.months):
            raise FeatureInvalid(f"{self.name}: a window is days or months, or neither for all time")
        if not self.name.isidentifier() or not self.kind.isidentifier():
            raise FeatureInvalid(f"{self.name!r} of {self.kind!r}: names have letters, digits and _")
        if self.aggregate is FeatureAggregate.COUNT and self.empty not in (None, 0):
            raise FeatureInvalid(f"{self.name}: no event counts as 0 or as unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureEvent:
    """One version of one event of a person."""

    id: str  # of the event; versions of one event share it
    kind: str  # what happened
    value: int  # scaled integer; of no meaning where only counted
    event_at: datetime  # when it happened, UTC
    known_at: datetime  # when this version was learnt, UTC
    version: int  # order of versions learnt at one instant


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureHistory:
    """A person's events of one kind, ready to be asked: ascending by (event_at, id, known_at, version)."""

    events: tuple[int, ...]  # event_at, microseconds
    known: tuple[int, ...]  # known_at, microseconds
    values: tuple[int, ...]  # values
    ids: tuple[str, ...]  # ids
    versions: tuple[int, ...]  # versions
    plain: bool  # whether every event has one version


def micros(at: datetime) -> int:
    """This function will return microseconds since 1970, exactly. Raises: TypeError for an instant without a zone."""
    return (at - EPOCH) // MICRO


def window_start(spec: FeatureSpec, *, as_of: datetime, zone: str) -> int:
    """This function will return the instant after which events count, in microseconds; events at it do not.

    Months go back from the local date, to the last day of a shorter month; the window begins after the end of that day.
    """
    if spec.days:
        return micros(as_of) - spec.days * 86_400_000_000
    if spec.months:
        local = as_of.astimezone(ZoneInfo(zone)).date()
        first = _back(local, spec.months) + timedelta(days=1)
        midnight = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone))
        return micros(midnight.astimezone(UTC)) - 1
    return -(1 << 62)


def _back(day: date, months: int) -> date:
    place = day.year * 12 + day.month - 1 - months
    year, month = divmod(place, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def prepare_history(events: Iterable[FeatureEvent]) -> dict[str, FeatureHistory]:
    """This function will sort a person's events by kind for `evaluate`."""
    by_kind: dict[str, list[tuple[int, str, int, int, int]]] = {}
    for one in events:
        by_kind.setdefault(one.kind, []).append(
            (micros(one.event_at), one.id, micros(one.known_at), one.version, one.value)
        )
    found = {}
    for kind, rows in by_kind.items():
        rows.sort()
        found[kind] = FeatureHistory(
            events=tuple([row[0] for row in rows]),
            ids=tuple([row[1] for row in rows]),
            known=tuple([row[2] for row in rows]),
            values=tuple([row[4] for row in rows]),
            versions=tuple([row[3] for row in rows]),
            plain=len({row[1] for row in rows}) == len(rows),
        )
    return found


def evaluate(
    specs: Sequence[FeatureSpec],
    history: dict[str, FeatureHistory],
    *,
    starts: Sequence[int],
    as_of_micros: int,
) -> list[int | None]:
    """This function will return the features of one person as known at an instant; `starts` come from `window_start`."""
    found: list[int | None] = []
    for spec, start in zip(specs, starts, strict=True):
        own = history.get(spec.kind)
        values = _seen(own, start, as_of_micros) if own is not None else ()
        found.append(_AGGREGATES[spec.aggregate](values) if values else spec.empty)
    return found


def _seen(history: FeatureHistory, start: int, as_of: int) -> Sequence[int]:
    """Values in the window that were known by then, of each event its last version, by time and id."""
    known = history.known
    if history.plain:
        low, high = bisect_right(history.events, start), bisect_right(history.events, as_of)
        if max(known[low:high], default=0) <= as_of:
            return history.values[low:high]
        return [
            value for value, at in zip(history.values[low:high], known[low:high], strict=True) if at <= as_of
        ]
    last: dict[str, tuple[int, int]] = {}
    learnt = sorted((at, history.versions[place], place) for place, at in enumerate(known) if at <= as_of)
    for _at, _version, place in learnt:
        last[history.ids[place]] = (history.events[place], place)
    kept = sorted((at, history.ids[place], place) for at, place in last.values() if start < at <= as_of)
    return [history.values[place] for _at, _id, place in kept]


_AGGREGATES: dict[FeatureAggregate, Callable[[Sequence[int]], int]] = {
    FeatureAggregate.COUNT: len,
    FeatureAggregate.SUM: sum,
    FeatureAggregate.MAX: max,
    FeatureAggregate.MIN: min,
    FeatureAggregate.LATEST: lambda values: values[-1],
}
