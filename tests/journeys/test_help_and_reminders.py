"""Freeze first (G7), reminders through the one gate, autopay announced and never twice, complaints with a clock."""

from __future__ import annotations

from datetime import date, timedelta

from puhui.contact.domain import MessageState
from puhui.contact.queries import has_hold, list_messages
from puhui.journeys import account, ask_for_help, complain, consent, offer, sign
from puhui.journeys.complain import CaseKindUnknown, CaseNotYours
from puhui.journeys.stops import SecondScanStops
from puhui.loans.domain import EventKind, Loan, LoanState
from puhui.loans.queries import get_loan, list_events
from puhui.payments.domain import OrderState
from puhui.payments.queries import list_orders
from puhui.protection.domain import CaseKind, CaseTextMissing
from puhui.protection.queries import list_cases
from tests.journeys.world import World, refuses


def templates(loan: Loan) -> list[str]:
    """What was sent to her, oldest first; what the gate stopped is not."""
    said = [one for one in list_messages(loan.customer_id) if one.state is MessageState.SENT]
    return [one.template for one in sorted(said, key=lambda one: (one.requested_at, one.sent_at))]


def help_now(world: World, loan: Loan, key: str) -> ask_for_help.Help:
    """She presses the button."""
    return ask_for_help.ask(customer_id=loan.customer_id, text="", key=key, now=world.now)


def test_asking_freezes_at_once_and_adds_nothing_from_that_day_on(world: World) -> None:
    _, loan = world.running()
    due = world.position(loan).rows[0].due_date
    world.live_until(due + timedelta(days=5))
    owed_before = world.position(loan).penalty_outstanding_minor
    yesterday = owed_before // 5 * 4  # the penalty of the day of asking is not added either
    answer = help_now(world, loan, "h")
    assert answer.frozen and answer.case.kind is CaseKind.HELP and answer.case.hold
    assert has_hold(loan.customer_id, world.now, reason=ask_for_help.HELP)
    frozen = world.position(loan).penalty_outstanding_minor
    assert yesterday - 5 <= frozen < owed_before
    world.live_until(due + timedelta(days=15))
    assert world.position(loan).penalty_outstanding_minor == frozen
    assert "payment_late" in templates(loan)
    asked_at = templates(loan).index("help_received")
    assert not [
        one for one in templates(loan)[asked_at:] if one.startswith(("payment_late", "reminder", "debit"))
    ]


def test_calm_ends_and_repeat_use_is_limited_but_the_case_is_always_opened(world: World) -> None:
    _, loan = world.running()
    first = help_now(world, loan, "1")
    again = help_now(world, loan, "2")
    assert first.frozen and again.frozen and again.frozen_until == first.frozen_until
    for number in (3, 4):
        world.wait(days=20)
        answer = help_now(world, loan, str(number))
    assert not answer.frozen and answer.frozen_until is None
    kinds = [event.kind for event in list_events(loan_id=loan.id)]
    assert kinds.count(EventKind.PENALTY_FREEZE) == 2
    assert len(list_cases(loan.customer_id)) == 4
    assert help_now(world, loan, "4").case.id == answer.case.id


def test_during_calm_no_debit_leaves_and_no_new_money_either(world: World) -> None:
    one, loan = world.running(autopay=True, amount_minor=300_000)
    due = world.position(loan).rows[0].due_date
    world.live_until(due - timedelta(days=1))
    assert "debit_notice" in templates(loan)
    help_now(world, loan, "h")
    quote = offer.quote(
        customer_id=one.customer_id,
        amount_minor=100_000,
        months=3,
        method=one.wish.method,
        key="q",
        now=world.now,
    )
    sign.request_code(customer_id=one.customer_id, quote_id=quote.id, code="424242", key="c", now=world.now)
    refuses(
        SecondScanStops,
        lambda: sign.sign(
            customer_id=one.customer_id,
            quote_id=quote.id,
            code="424242",
            language="en",
            key="s",
            now=world.now,
        ),
        field="quote",
    )
    world.live_until(due + timedelta(days=1))
    assert not [one for one in list_orders(loan_id=loan.id) if one.purpose == "autopay"]
    world.live_until(due + timedelta(days=20))
    paid = [one for one in list_orders(loan_id=loan.id) if one.purpose == "autopay"]
    assert [one.state for one in paid] == [] or world.position(loan).late_minor == 0


def test_a_hold_between_signing_and_paying_out_stops_the_payout(world: World) -> None:
    _, loan = world.signed()
    help_now(world, loan, "h")
    world.work()
    assert get_loan(id=loan.id).state is LoanState.CANCELLED
    assert [one.state for one in list_orders(loan_id=loan.id)] == [OrderState.FAILED]
    assert world.rail.effects(key=list_orders(loan_id=loan.id)[0].id) == []


def test_she_is_reminded_once_before_and_on_some_days_after(world: World) -> None:
    _, loan = world.running()
    due = world.position(loan).rows[0].due_date
    world.live_until(due + timedelta(days=9))
    said = templates(loan)
    assert said.count("reminder_before_due") == 1
    assert said.count("payment_late") == 2
    assert "relief_invite" not in said, "a contract of version 1 has no plan to change to"
    sent = next(one for one in list_messages(loan.customer_id) if one.template == "reminder_before_due")
    assert sent.sent_at is not None and (due - sent.sent_at.date()).days == 3


def test_on_the_third_day_she_hears_that_the_plan_can_change_unless_she_asked_before(db: None) -> None:
    world = World(start=date(2026, 12, 1))
    (_, waits), (_, asks) = (world.running(number, amount_minor=600_000, months=6) for number in range(2))
    due = world.position(waits).rows[0].due_date
    world.live_until(due + timedelta(days=2))
    help_now(world, asks, "h")
    world.live_until(due + timedelta(days=5))
    sent = [one for one in list_messages(waits.customer_id) if one.template == "relief_invite"]
    assert [one.sent_at.date() for one in sent if one.sent_at] == [due + timedelta(days=3)]
    assert "relief_invite" not in templates(asks) or all(
        one.sent_at is None for one in list_messages(asks.customer_id) if one.template == "relief_invite"
    )
    world.check()
    world.close()


def test_a_mandate_that_she_withdraws_debits_nothing(world: World) -> None:
    _, loan = world.running(autopay=True)
    due = world.position(loan).rows[0].due_date
    world.live_until(due - timedelta(days=1))
    consent.withdraw(customer_id=loan.customer_id, purpose="mandate", key="w", now=world.now)
    world.live_until(due + timedelta(days=2))
    assert not [one for one in list_orders(loan_id=loan.id) if one.purpose == "autopay"]
    assert "mandate_withdrawn" in templates(loan)


def test_a_failed_debit_is_said_and_not_tried_again_for_the_same_day(world: World) -> None:
    _, loan = world.running(autopay=True)
    due = world.position(loan).rows[0].due_date
    world.live_until(due - timedelta(days=1))
    world.close()
    bad = World(faults="fail=1")
    bad.now = world.now
    bad.live_until(due + timedelta(days=4))
    tried = [one for one in list_orders(loan_id=loan.id) if one.purpose == "autopay"]
    assert [one.state for one in tried] == [OrderState.FAILED]
    assert templates(loan).count("debit_failed") == 1
    bad.close()
    world.now = bad.now  # the books are checked as of the day that came


def test_a_debit_that_could_not_be_announced_in_time_waits_for_its_notice(world: World) -> None:
    """The worker slept over the due date: a notice first, the debit a day later, and never without."""
    _, loan = world.running(autopay=True)
    due = world.position(loan).rows[0].due_date
    world.wait(days=(due - world.today).days + 3)
    world.live_until(world.today)
    assert not [one for one in list_orders(loan_id=loan.id) if one.purpose == "autopay"]
    world.live_until(world.today + timedelta(days=2))
    paid = [one for one in list_orders(loan_id=loan.id) if one.purpose == "autopay"]
    assert [one.state for one in paid] == [OrderState.DONE]


def test_a_complaint_gets_a_number_and_a_clock_and_holds_reminders(world: World) -> None:
    _, loan = world.running()
    case = complain.open(
        customer_id=loan.customer_id, kind="complaint", about="", text="too early", key="c", now=world.now
    )
    assert case.number.startswith("C-0326-") and (case.due_at.date() - world.today).days == 15
    noted = complain.add_note(
        customer_id=loan.customer_id, case_id=case.id, text="more", key="n", now=world.now
    )
    assert noted.id == case.id
    refuses(
        CaseTextMissing,
        lambda: complain.open(
            customer_id=loan.customer_id, kind="question", about="", text="  ", key="e", now=world.now
        ),
        field="text",
    )
    refuses(
        CaseKindUnknown,
        lambda: complain.open(
            customer_id=loan.customer_id, kind="praise", about="", text="x", key="p", now=world.now
        ),
        field="kind",
    )
    refuses(
        CaseNotYours,
        lambda: complain.add_note(customer_id="somebody", case_id=case.id, text="x", key="x", now=world.now),
        field="case",
    )


def test_withdrawing_a_mandate_twice_is_one_act(world: World) -> None:
    _, loan = world.running(autopay=True)
    for _ in range(2):
        account.withdraw_mandate(customer_id=loan.customer_id, key="w", now=world.now)
    world.work()
    assert templates(loan).count("mandate_withdrawn") == 1
