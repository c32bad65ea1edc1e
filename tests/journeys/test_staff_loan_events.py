"""Events that staff enter on a loan: what the preview says is what happens, undone as if it had never been."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from puhui.access import operations as access
from puhui.access.staff.domain import Approval, ApprovalKind
from puhui.access.staff.operations import SecondPersonNeeded
from puhui.access.staff.queries import RoleMayNot
from puhui.core.money import AmountInvalid
from puhui.core.refusals import Refusal
from puhui.journeys import staff_four_eyes, staff_loan
from puhui.loans.domain import FIELDS, EventKind, Loan, LoanState, Position, standing
from puhui.loans.domain import checks as refusals
from puhui.loans.domain.staff_events import EventFieldMissing, EventKindUnknown
from puhui.loans.queries import get_position, list_events
from puhui.payments.domain import Direction
from puhui.payments.queries import list_orders
from puhui.runtime.transactions import transaction
from tests.journeys.test_after_the_money import pay
from tests.journeys.world import World, refuses


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A world with two people of operations and one of collections."""
    made = World(start=date(2026, 11, 2))
    for login, role in (("luo", "operations"), ("lu", "operations"), ("yu", "collections")):
        with transaction():
            access.create_staff(login=login, password="long-enough-password", role=role, now=made.now)
    yield made
    made.check()
    made.close()


def ask(world: World, loan: Loan, kind: EventKind, *, by: str = "luo", **typed: str) -> Approval:
    asked = staff_loan.read(loan_id=loan.id, typed={"kind": kind.value, **typed}, now=world.now)
    return staff_four_eyes.ask(
        kind=ApprovalKind.LOAN_EVENT, subject=f"loan:{loan.id}", body=staff_loan.body_of(loan_id=loan.id, asked=asked),
        why="agreed with her on the phone", by=by, key=f"{kind.value}{sorted(typed.items())}{world.now}", now=world.now,
    )  # fmt: skip


def agree(world: World, approval: Approval, by: str = "lu") -> None:
    staff_four_eyes.answer(approval_id=approval.id, agreed=True, by=by, note="", now=world.now)


def does(world: World, loan: Loan, kind: EventKind, **typed: str) -> None:
    """What the preview shows is what two people then make happen, to the last figure."""
    asked = staff_loan.read(loan_id=loan.id, typed={"kind": kind.value, **typed}, now=world.now)
    shown = staff_loan.preview(loan_id=loan.id, asked=asked, now=world.now).after
    agree(world, ask(world, loan, kind, **typed))
    assert nameless(get_position(loan_id=loan.id, as_of=shown.as_of)) == nameless(shown), kind


def nameless(position: Position) -> Position:
    """The position without the ids of its events: one that is only tried has none yet."""
    return replace(position, allocations=tuple(replace(one, event_id="") for one in position.allocations))


def undo_last(world: World, loan: Loan) -> None:
    last = standing(list_events(loan_id=loan.id))[-1]
    does(world, loan, EventKind.REVERSE, event_id=last.id)


def refused(world: World, loan: Loan, kind: type[Refusal], at: str, event: EventKind, **typed: str) -> None:
    """Reading or trying the event is refused, in both languages, at the field."""

    def act() -> None:
        asked = staff_loan.read(loan_id=loan.id, typed={"kind": event.value, **typed}, now=world.now)
        staff_loan.preview(loan_id=loan.id, asked=asked, now=world.now)

    refuses(kind, act, field=at or None)


def test_each_event_does_what_its_preview_says_and_can_be_undone(world: World) -> None:
    _, loan = world.running(months=6)
    rows = world.position(loan).rows
    pay(world, loan, world.position(loan).next_due_minor, key="one")
    world.wait(minutes=5)
    world.work()
    world.live_until(rows[1].due_date + timedelta(days=9))
    ahead, later = rows[2].due_date, (rows[2].due_date + timedelta(days=10)).isoformat()
    payment = standing(list_events(loan_id=loan.id))[-1]
    story: dict[EventKind, dict[str, str]] = {
        EventKind.WAIVE: {"component": "penalty", "amount": "1.00"},
        EventKind.FEE: {"amount": "8", "due": later},
        EventKind.RATE_CHANGE: {"annual_rate": "6.5"},
        EventKind.MOVE_DUE: {"from": ahead.isoformat(), "to": later},
        EventKind.INTEREST_PAUSE: {"from": world.today.isoformat(), "to": later},
        EventKind.LATENESS_PAUSE: {"from": rows[1].due_date.isoformat(), "to": later},
        EventKind.DEFER: {"from": ahead.isoformat(), "to": later},
        EventKind.EXTEND: {"count": "3"},
        EventKind.RE_AGE: {"first_due": later, "count": "8"},
        EventKind.RE_AMORTISE: {},
        EventKind.REFUND: {"amount": "500", "notice": "CN 1"},
        EventKind.CHARGEBACK: {"event_id": payment.id, "amount": "100"},
        EventKind.CHARGE_OFF: {},
        EventKind.SALE: {"amount": "3000"},
        EventKind.WRITE_OFF: {},
    }
    assert set(FIELDS) - set(story) == {EventKind.CREDIT_REFUND, EventKind.RECOVERY, EventKind.REVERSE}
    untouched = world.position(loan)
    for kind, typed in story.items():
        does(world, loan, kind, **typed)
        world.check()
        if kind is not EventKind.WRITE_OFF:
            undo_last(world, loan)
            assert world.position(loan) == untouched, kind
    assert world.position(loan).state is LoanState.WRITTEN_OFF
    does(world, loan, EventKind.RECOVERY, amount="250")
    assert world.position(loan).recovered_minor == 25_000
    undo_last(world, loan)
    undo_last(world, loan)
    assert world.position(loan) == untouched


def test_a_credit_balance_goes_back_once(world: World) -> None:
    _, loan = world.running(months=3)
    pay(world, loan, world.position(loan).payoff_minor, intent="payoff", key="all")
    world.wait(minutes=5)
    world.work()
    does(
        world, loan, EventKind.CHARGEBACK, event_id=standing(list_events(loan_id=loan.id))[-1].id, amount="10"
    )
    assert world.position(loan).state is LoanState.ACTIVE
    undo_last(world, loan)
    refused(world, loan, refusals.RefundExceedsCredit, "amount", EventKind.CREDIT_REFUND, amount="1")
    assert not [one for one in list_orders(loan_id=loan.id) if one.direction is Direction.REFUND]


def test_what_is_refused_says_which_field(world: World) -> None:
    _, loan = world.running(months=3)
    day = world.today
    ahead = world.position(loan).rows[0].due_date.isoformat()
    far, before = (day + timedelta(days=9000)).isoformat(), (day - timedelta(days=40)).isoformat()
    past = (day - timedelta(days=1)).isoformat()
    kind = EventKind
    refused(world, loan, refusals.EventInFuture, "value_date", kind.CHARGE_OFF, value_date=ahead)
    refused(world, loan, refusals.EventBeforeDisbursement, "value_date", kind.CHARGE_OFF, value_date=before)
    refused(world, loan, refusals.WaiverExceedsOpen, "amount", kind.WAIVE, component="fee", amount="3")
    refused(world, loan, refusals.AmountNotPositive, "amount", kind.WAIVE, component="principal", amount="0")
    refused(world, loan, AmountInvalid, "amount", kind.WAIVE, component="fee", amount="1" * 30)
    refused(world, loan, EventFieldMissing, "component", kind.WAIVE, component="soul", amount="3")
    refused(world, loan, EventFieldMissing, "from", kind.INTEREST_PAUSE, to=ahead)
    refused(world, loan, refusals.DatesUnfit, "date", kind.MOVE_DUE, **{"from": ahead, "to": far})
    refused(world, loan, refusals.DatesUnfit, "date", kind.INTEREST_PAUSE, **{"from": ahead, "to": past})
    refused(world, loan, refusals.RateAboveContract, "annual_rate", kind.RATE_CHANGE, annual_rate="99")
    refused(world, loan, EventFieldMissing, "annual_rate", kind.RATE_CHANGE, annual_rate="6,5")
    refused(world, loan, refusals.CountUnfit, "count", kind.EXTEND, count="500")
    refused(world, loan, refusals.CountUnfit, "count", kind.EXTEND, count="-1")
    refused(world, loan, refusals.LoanNotWrittenOff, "", kind.RECOVERY, amount="5")
    refused(world, loan, refusals.RefundExceedsLoan, "amount", kind.REFUND, amount="90000")
    refused(world, loan, refusals.EventNotFound, "", kind.REVERSE, event_id="nothing")
    refused(world, loan, EventKindUnknown, "kind", kind.DISBURSE, amount="5")


def test_nobody_does_it_alone_and_not_every_role(world: World) -> None:
    _, loan = world.running(months=3)
    with pytest.raises(RoleMayNot):
        ask(world, loan, EventKind.CHARGE_OFF, by="yu")
    asked = ask(world, loan, EventKind.CHARGE_OFF)
    with pytest.raises(SecondPersonNeeded):
        agree(world, asked, by="luo")
    assert not world.position(loan).charged_off
    pay(world, loan, world.position(loan).payoff_minor, intent="payoff", key="all")
    world.wait(minutes=5)
    world.work()
    refuses(refusals.LoanClosed, lambda: agree(world, asked))  # paid off since: neither done nor answered
