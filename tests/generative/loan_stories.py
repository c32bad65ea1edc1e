"""Stories of loans for the generative tests: terms drawn at random, and events that the checks let happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from puhui.core.refusals import Refusal
from puhui.core.rounding import Rounding
from puhui.loans.domain import (
    ContractTerms,
    EventKind,
    LoanEvent,
    Position,
    check_event,
    disbursement,
    freeze_payload,
    position,
    preview,
)
from puhui.products.domain import CLASSIC, CapBasis, CapRule, Method, fit_under_cap

CAP = CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE)


@st.composite
def terms_of(draw: st.DrawFn, with_fees: bool = True) -> ContractTerms:
    """Contract terms as the product would make them, fees and due days included."""
    method = draw(st.sampled_from(list(CLASSIC)))
    months = draw(
        st.sampled_from([1, 2, 3, 6, 12] if method is Method.INTEREST_FIRST else [1, 3, 6, 9, 12, 24])
    )
    principal = draw(st.integers(5, 2000)) * 100_00
    value_date = draw(st.dates(date(2024, 1, 1), date(2030, 12, 31)))
    due_day = draw(st.one_of(st.none(), st.integers(1, 28)))
    fitted = fit_under_cap(
        principal_minor=principal,
        annual_rate_ppm=draw(st.integers(0, 2400)) * 100,
        months=months,
        method=method,
        value_date=value_date,
        cap=CAP,
        due_day=due_day,
        fee_minor=draw(st.integers(0, principal // 2000)) if with_fees else 0,
        rounding=draw(st.sampled_from(list(Rounding))),
    )
    return ContractTerms(
        semantics_version=1,
        currency="CNY",
        principal_minor=principal,
        annual_rate_ppm=fitted.annual_rate_ppm,
        penalty_daily_rate_ppm=draw(st.sampled_from([0, 300, 500, 657])),
        months=months,
        method=method,
        instalment_rounding=Rounding.HALF_EVEN,
        value_date=value_date,
        due_day=due_day,
        rows=fitted.rows,
        cap=CAP,
        withdrawal_days=14,
    )


@dataclass
class Story:
    """A loan as it happens: what the checks refuse does not happen."""

    terms: ContractTerms
    events: list[LoanEvent] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def event(
        self, kind: EventKind, day: date, amount_minor: int = 0, payload: dict[str, Any] | None = None
    ) -> LoanEvent:
        """The next event, booked on the latest day so far."""
        booked = max([day, *(one.booking_date for one in self.events)])
        seq = len(self.events) + 1
        return LoanEvent(
            id=f"e{seq}",
            loan_id="l1",
            seq=seq,
            kind=kind,
            value_date=day,
            booking_date=booked,
            booked_at=datetime(booked.year, booked.month, booked.day, tzinfo=UTC) + timedelta(seconds=seq),
            amount_minor=amount_minor,
            payload=payload or {},
        )

    def take(self, event: LoanEvent, *, may_overpay: bool = True) -> bool:
        """Record the event if the checks allow it."""
        before = position(terms=self.terms, events=self.events, as_of=event.booking_date)
        try:
            check_event(
                terms=self.terms, events=self.events, event=event, before=before, may_overpay=may_overpay
            )
        except Refusal as refusal:
            self.refused.append(refusal.code)
            return False
        event = disbursement(terms=self.terms, event=event)
        after = preview(terms=self.terms, events=self.events, event=event, as_of=event.booking_date)
        self.events.append(event)
        assert after == self.at(event.booking_date), "a preview is what recording gives"
        return True

    def at(self, day: date, *, known_at: datetime | None = None) -> Position:
        """The position on a day."""
        return position(terms=self.terms, events=self.events, as_of=day, known_at=known_at)

    @property
    def today(self) -> date:
        """The latest day of the story."""
        return max([self.terms.value_date, *(one.booking_date for one in self.events)])


Amount = Callable[[Position], int]
SHARES = [0, 1, 5, 10, 50, 90, 99, 100, 101, 150, 200]  # percent


@st.composite
def stories(
    draw: st.DrawFn, *, kinds: list[EventKind] | None = None, steps: int = 12, late_payout: int = 40
) -> Story:
    """A story of up to `steps` events after the payout, of the given kinds."""
    story = Story(draw(terms_of()))
    day = story.terms.value_date + timedelta(days=draw(st.integers(0, late_payout)))
    assert story.take(story.event(EventKind.DISBURSE, day, story.terms.principal_minor))
    choices = kinds or [kind for kind in EventKind if kind is not EventKind.DISBURSE]
    for _ in range(draw(st.integers(0, steps))):
        day += timedelta(days=draw(st.sampled_from([0, 1, 3, 10, 20, 28, 30, 31, 45])))
        event = _next(draw, story, draw(st.sampled_from(choices)), day)
        if event:
            story.take(event, may_overpay=draw(st.booleans()))
    return story


def _next(draw: st.DrawFn, story: Story, kind: EventKind, day: date) -> LoanEvent | None:
    here = story.at(day)
    share = draw(st.sampled_from(SHARES))
    if kind is EventKind.REPAY:
        base = draw(st.sampled_from([here.due_minor, here.next_due_minor, here.payoff_minor, 1]))
        through = draw(st.one_of(st.none(), st.none(), st.integers(1, len(here.rows) + 1)))
        return story.event(kind, day, base * share // 100, {} if through is None else {"through": through})
    if kind is EventKind.PREPAY:
        return story.event(kind, day, here.payoff_minor * min(share, 100) // 100)
    if kind is EventKind.PAYOFF:
        return story.event(kind, day, here.payoff_minor + share)
    if kind is EventKind.WITHDRAW:
        return story.event(kind, day, (here.withdrawal_minor or 0) + share)
    if kind is EventKind.CREDIT_REFUND:
        return story.event(kind, day, here.credit_minor * share // 100)
    if kind is EventKind.DISBURSE_RETURNED:
        return story.event(kind, day, story.terms.principal_minor) if share == 0 else None
    if kind is EventKind.PENALTY_FREEZE:
        until = day + timedelta(days=draw(st.integers(1, 30)))
        return story.event(kind, day, 0, freeze_payload(from_date=day, until_date=until))
    if kind is EventKind.REVERSE:
        target = draw(st.sampled_from(story.events))
        found = story.event(kind, target.value_date, 0, {"event_id": target.id})
        return replace(found, booking_date=max(day, found.booking_date))
    return story.event(kind, day)
