"""The events of one loan as a value that one event more makes anew without reading or walking the others again.

A loan that many pay has many events, and each new one used to cost a walk over all before it. A value made of another by
one event more shares that one's list, and goes on from where its walk stood; what it gives is what the whole walk gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol, Self, overload

from puhui.loans.domain.events import LoanEvent
from puhui.loans.domain.position import Position
from puhui.loans.domain.terms import ContractTerms


class LoanWalk(Protocol):
    """A contract after all its events, before any date is asked for. Never changed once it is made."""

    @classmethod
    def begin(cls, terms: ContractTerms, events: Sequence[LoanEvent]) -> Self | None:
        """Walk all events; None for a story that cannot be gone on with."""

    def after(self, event: LoanEvent) -> Self | None:
        """Another walk with one event more; None where it does not count after all others."""

    def read(self, as_of: date) -> Position:
        """The position at the end of `as_of`, which no event is later than."""


class LoanEvents(Sequence[LoanEvent]):
    """The events of one loan in the order of recording; never changed."""

    __slots__ = ("_before", "_count", "_places", "_told", "_walked", "latest")

    def __init__(self, events: Sequence[LoanEvent] = ()) -> None:
        self._told = list(events)  # may go on past `_count`: with what another value has
        self._count = len(self._told)
        self._places = {one.id: place for place, one in enumerate(self._told)}
        self._walked: tuple[ContractTerms, LoanWalk | None] | None = (
            None  # by a contract, and how far it came
        )
        self._before: LoanEvents | None = None  # these without the last one, until they are walked
        self.latest = max((one.value_date for one in self._told), default=date.min)  # latest value date

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> LoanEvent: ...
    @overload
    def __getitem__(self, place: slice) -> list[LoanEvent]: ...
    def __getitem__(self, place: int | slice) -> LoanEvent | list[LoanEvent]:
        if isinstance(place, slice):
            return [self._told[one] for one in range(*place.indices(self._count))]
        return self._told[range(self._count)[place]]

    def __iter__(self) -> Iterator[LoanEvent]:
        return iter(self._told if len(self._told) == self._count else self._told[: self._count])

    def with_event(self, event: LoanEvent) -> LoanEvents:
        """This function will return these events and one more. Safe where several threads do so at once."""
        told, count = self._told, self._count
        if len(told) == count:
            told.append(event)
        found = LoanEvents.__new__(LoanEvents)
        found._told, found._places = told, self._places
        if told[count] is not event and told[count] != event:  # another one was faster
            found._told = [*told[:count], event]
            found._places = {one.id: place for place, one in enumerate(found._told)}
        found._places[event.id] = count
        found._count, found.latest = count + 1, max(self.latest, event.value_date)
        found._walked, found._before = None, self
        return found

    def find(self, id: str) -> LoanEvent | None:
        """This function will return the event of an id, or None."""
        place = self._places.get(id, self._count)
        return self._told[place] if place < self._count else None

    def is_same(self, other: LoanEvents) -> bool:
        """This function will tell whether two values surely hold the same events, without looking at each."""
        return self._told is other._told and self._count == other._count

    def walk(self, kind: type[LoanWalk], terms: ContractTerms) -> LoanWalk | None:
        """This function will return the walk of a contract over these events, gone on with from where one of the values
        before stood; None where there is none to go on with.
        """
        chain = [self]
        while not chain[-1]._knows(terms) and (before := chain[-1]._before) is not None:
            chain.append(before)
        start = chain[-1]._walked
        if start is not None and len(chain) == 1 and start[0] == terms:
            return start[1]
        found = start[1] if start is not None and start[0] == terms else None
        for one in reversed(chain[:-1]):
            found = found.after(one[-1]) if found is not None else None
        self._walked = (terms, found or kind.begin(terms, self))
        self._before = None
        return self._walked[1]

    def _knows(self, terms: ContractTerms) -> bool:
        return self._walked is not None and self._walked[0] == terms
