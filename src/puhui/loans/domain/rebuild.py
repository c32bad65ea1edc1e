"""What the books should say of a loan, worked out again from its contract and its events alone."""

from __future__ import annotations

from collections.abc import Sequence

from puhui.ledger.domain import Posting
from puhui.loans.domain.compute import position
from puhui.loans.domain.events import EventKind, LoanEvent
from puhui.loans.domain.postings import postings
from puhui.loans.domain.terms import ContractTerms


def rebuild_postings(*, terms: ContractTerms, events: Sequence[LoanEvent]) -> dict[str, tuple[Posting, ...]]:
    """This function will return the postings that each event must have had, by event id, in order of recording.

    Each is worked out as it was when the event was recorded: on its booking date, knowing only the events before it.
    """
    found: dict[str, tuple[Posting, ...]] = {}
    for place, event in enumerate(events):
        known = list(events[:place])
        as_of = max([event.booking_date, *(one.value_date for one in known)])
        before = position(terms=terms, events=known, as_of=as_of)
        after = position(terms=terms, events=[*known, event], as_of=as_of)
        taken = next((one.kind for one in known if one.id == event.payload.get("event_id")), None)
        undone = taken if event.kind is EventKind.REVERSE else None
        found[event.id] = tuple(postings(before=before, after=after, event=event, undone=undone))
    return found
