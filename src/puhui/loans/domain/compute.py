"""The doors to the position: by the contract's semantics version, with one event more, or planned ahead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache

from puhui.loans.domain.events import EventKind, LoanEvent, rows_to_payload
from puhui.loans.domain.loan_events import LoanEvents, LoanWalk
from puhui.loans.domain.position import LoanState, Position, RowState
from puhui.loans.domain.position_v1 import LoanWalk as WalkV1
from puhui.loans.domain.position_v1 import position_v1
from puhui.loans.domain.position_v2 import position_v2
from puhui.loans.domain.terms import ContractTerms, rows_paid_out_on
from puhui.loans.domain.walk_v2 import LoanWalk as WalkV2

Semantics = Callable[..., Position]

# Every version that a contract may name. A version is never removed: old contracts are computed by it for ever.
SEMANTICS: dict[int, Semantics] = {1: position_v1, 2: position_v2}


# How the walk of each version goes on with one event more.
WALKS: dict[int, type[LoanWalk]] = {1: WalkV1, 2: WalkV2}

REMEMBERED = 128  # positions: those of the loans that are being looked at or changed now
EventKey = tuple[object, ...]


def _key(event: LoanEvent) -> EventKey:
    return (
        event.id,
        event.seq,
        event.kind,
        event.value_date,
        event.booking_date,
        event.booked_at,
        event.amount_minor,
        repr(event.payload) if event.payload else "",
    )


class _Asked:
    """A contract and its events as they were asked for: equal where every field is."""

    __slots__ = ("_hash", "_keys", "events", "terms")

    def __init__(self, terms: ContractTerms, events: Sequence[LoanEvent]) -> None:
        self.terms, self.events = terms, events
        # Of events that share their list, two counts say enough.
        self._keys = None if isinstance(events, LoanEvents) else [_key(one) for one in events]
        self._hash = hash((terms, len(events), events[-1].id if events else ""))  # the rest is compared

    def keys(self) -> list[EventKey]:
        """Each event as it is compared."""
        return [_key(one) for one in self.events] if self._keys is None else self._keys

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Asked) or self.terms != other.terms:
            return False
        mine, its = self.events, other.events
        if isinstance(mine, LoanEvents) and isinstance(its, LoanEvents) and mine.is_same(its):
            return True
        return self.keys() == other.keys()


@lru_cache(maxsize=REMEMBERED)
def _worked_out(asked: _Asked, as_of: date, known_at: datetime | None) -> Position:
    version, terms, events = asked.terms.semantics_version, asked.terms, asked.events
    if isinstance(events, LoanEvents) and known_at is None and events.latest <= as_of:
        walk = events.walk(WALKS[version], terms)
        if walk is not None:
            return walk.read(as_of)
    return SEMANTICS[version](terms=terms, events=events, as_of=as_of, known_at=known_at)


def forget_positions() -> None:
    """This function will forget every position that is remembered, so that the next one is worked out (for measuring)."""
    _worked_out.cache_clear()


def position(
    *, terms: ContractTerms, events: Sequence[LoanEvent], as_of: date, known_at: datetime | None = None
) -> Position:
    """This function will compute what the loan means at the end of `as_of`, by the contract's own semantics version.

    `known_at` answers "what did we believe then": only events booked at or before that instant count. A pure
    function of its arguments, so the last ones are remembered: what stands before an event is what stood after the one
    before it, and a page asks for the same as the check that precedes it. Raises: KeyError for a semantics version that
    this release does not have (a bug).
    """
    kept = events if isinstance(events, LoanEvents) else tuple(events)
    return _worked_out(_Asked(terms, kept), as_of, known_at)


def preview(
    *, terms: ContractTerms, events: Sequence[LoanEvent], event: LoanEvent, as_of: date | None = None
) -> Position:
    """This function will compute the position with one event more: exactly what recording it would give.

    `as_of` is by default the event's value date or the latest one recorded, whichever is later.
    """
    more = replace(event, seq=max((one.seq for one in events), default=0) + 1)
    latest = max(one.value_date for one in (*events, more))
    return position(terms=terms, events=[*events, more], as_of=as_of or latest)


def imagine(
    *,
    kind: EventKind,
    amount_minor: int,
    value_date: date,
    seq: int = 0,
    through: int | None = None,
) -> LoanEvent:
    """This function will make an event that is only imagined, for previews and plans; it is never recorded."""
    return LoanEvent(
        id=f"imagined-{kind.value}-{value_date.isoformat()}-{seq}",
        loan_id="",
        seq=seq,
        kind=kind,
        value_date=value_date,
        booking_date=value_date,
        booked_at=datetime(value_date.year, value_date.month, value_date.day, tzinfo=UTC),
        amount_minor=amount_minor,
        payload={} if through is None else {"through": through},
    )


def plan(
    *,
    terms: ContractTerms,
    events: Sequence[LoanEvent],
    today: date,
    as_of: date,
    extra: Sequence[LoanEvent] = (),
) -> Position:
    """This function will compute the position on `as_of` as if, from `today` on, each payment is made on its day.

    What is late today is taken as paid today. `extra` are imagined events ("¥5,000 early in March"), which happen on
    their value dates before the instalment of that day. For a loan not yet paid out, the payout is imagined on its
    stated date, or today where that has passed. Instalments settled only by the plan are `planned`. For `as_of` at
    or before `today` this is the plain position.
    """
    now = position(terms=terms, events=events, as_of=min(today, as_of))
    if as_of <= today and now.state is not LoanState.PENDING:
        return now
    story = list(events)
    seq = max((one.seq for one in events), default=0)

    def add(event: LoanEvent) -> None:
        nonlocal seq
        seq += 1
        story.append(replace(event, seq=seq))

    if now.state is LoanState.PENDING:
        payout = max(terms.value_date, today)
        if as_of < payout:
            return now
        add(
            disbursement(
                terms=terms,
                event=imagine(kind=EventKind.DISBURSE, amount_minor=terms.principal_minor, value_date=payout),
            )
        )
    left = sorted((one for one in extra if one.value_date <= as_of), key=lambda one: one.value_date)
    day = today
    while day <= as_of:
        while left and left[0].value_date <= day:
            add(left.pop(0))
        here = position(terms=terms, events=story, as_of=day)
        if here.due_minor:
            add(imagine(kind=EventKind.REPAY, amount_minor=here.due_minor, value_date=day))
        days = [row.due_date for row in here.rows if row.state is RowState.DUE and row.due_date > day]
        days += [one.value_date for one in left]
        if not days:
            break
        day = min(days)
    there = position(terms=terms, events=story, as_of=as_of)
    settled = {row.number for row in now.rows if row.state is RowState.PAID}
    rows = tuple(
        replace(row, state=RowState.PLANNED)
        if row.state is RowState.PAID and row.number not in settled
        else row
        for row in there.rows
    )
    return replace(there, rows=rows)


def disbursement(*, terms: ContractTerms, event: LoanEvent) -> LoanEvent:
    """This function will complete a disbursement: paid out on another day than stated, it carries the table that
    binds for that day (guarantee G4), so that no later release can compute it differently.
    """
    if event.kind is not EventKind.DISBURSE or event.value_date == terms.value_date:
        return event
    rows = rows_paid_out_on(terms=terms, value_date=event.value_date)
    return replace(event, payload={**event.payload, "rows": rows_to_payload(rows)})
