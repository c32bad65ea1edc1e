"""An event tried on a loan: what it would do, by the very steps that record it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from puhui.loans.domain.checks import check_event
from puhui.loans.domain.compute import disbursement, position
from puhui.loans.domain.events import LoanEvent
from puhui.loans.domain.loan_events import LoanEvents
from puhui.loans.domain.position import Position
from puhui.loans.domain.terms import ContractTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedEvent:
    """An event that may be recorded, and the positions without and with it on one date."""

    event: LoanEvent  # complete, with its place in the order of recording
    before: Position  # without it
    after: Position  # with it
    events: LoanEvents  # of the loan, with it


def try_event(
    *, terms: ContractTerms, events: Sequence[LoanEvent], event: LoanEvent, may_overpay: bool = False
) -> TriedEvent:
    """This function will check an event that would be recorded after `events`, and return what it does. Recording uses
    it, too, so that a preview is what happens. Raises: what `check_event` refuses.
    """
    told = events if isinstance(events, LoanEvents) else LoanEvents(events)
    as_of = max(event.booking_date, told.latest)
    before = position(terms=terms, events=told, as_of=as_of)
    check_event(terms=terms, events=told, event=event, before=before, may_overpay=may_overpay)
    done = replace(disbursement(terms=terms, event=event), seq=len(told) + 1)
    with_it = told.with_event(done)
    after = position(terms=terms, events=with_it, as_of=as_of)
    return TriedEvent(event=done, before=before, after=after, events=with_it)
