"""Between the signature and the money: a fresh look passes, holds for two people, or stops, and she is told why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.utils import translation

from puhui.access import operations as access
from puhui.access.staff.domain import Approval, ApprovalKind
from puhui.access.staff.operations import SecondPersonNeeded
from puhui.access.staff.queries import RoleMayNot
from puhui.decisions.domain.second_scan import ScanNotHeld, ScanVerdict, StoredScan
from puhui.decisions.queries import find_scan, list_held_scans
from puhui.facts.gateways.scan import SandboxScan
from puhui.facts.queries import list_facts
from puhui.journeys import consent, parties, sign, staff_four_eyes
from puhui.journeys.handlers import HANDLERS
from puhui.journeys.staff_queue import ItemKind, list_items
from puhui.lab.borrower import Borrower
from puhui.lines.queries import get_line
from puhui.loans.domain import Loan, LoanState
from puhui.loans.queries import get_loan
from puhui.payments.domain import Direction, OrderState, PaymentOrder
from puhui.payments.queries import list_orders
from puhui.protection import operations as protection
from puhui.protection.queries import get_consent_text, list_consents
from puhui.runtime.transactions import transaction
from puhui.runtime.worker import drain
from puhui.web.borrower.loan import payout_words
from puhui.web.borrower.loan_view import view_of
from tests.journeys.world import World, refuses

NUMBER = 0  # of the person


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A world after the policy's first day, with an analyst and two people of operations."""
    made = World(start=date(2026, 11, 23))
    for login, role in (
        ("ning", "analyst"),
        ("luo", "operations"),
        ("lu", "operations"),
        ("yu", "collections"),
    ):
        with transaction():
            access.create_staff(login=login, password="long-enough-password", role=role, now=made.now)
    yield made
    parties.put(name="scan", party=None)
    made.check()
    made.close()


def says(world: World, **facts: int | str) -> None:
    """Let the sources say something of the first person."""
    answers = {world.person(NUMBER).resident_number: {f"scan.{name}": value for name, value in facts.items()}}
    parties.put(name="scan", party=SandboxScan(answers=answers))


def payout(loan: Loan) -> PaymentOrder:
    return next(one for one in list_orders(loan_id=loan.id) if one.direction is Direction.PAYOUT)


def scan_of(loan: Loan) -> StoredScan:
    found = find_scan(order_id=payout(loan).id)
    assert found is not None
    return found


def words(world: World, loan: Loan) -> str:
    """What her loan's page says of the payout."""
    with translation.override("en"):
        return payout_words(view_of(get_loan(id=loan.id), as_of=world.today, today=world.today))


def ask(world: World, scan: StoredScan, to: str, *, by: str = "ning") -> Approval:
    return staff_four_eyes.ask(
        kind=ApprovalKind.SCAN_ANSWER, subject=f"scan:{scan.id}", body={"item_id": scan.id, "to": to},
        why="spoke with her; another person of the same name", by=by, key=f"{scan.id}{to}{by}", now=world.now,
    )  # fmt: skip


def agree(world: World, approval: Approval, by: str) -> None:
    staff_four_eyes.answer(approval_id=approval.id, agreed=True, by=by, note="", now=world.now)


def test_what_the_sandbox_answers_passes_and_is_kept_with_the_payout(world: World) -> None:
    _, loan = world.running()
    scan = scan_of(loan)
    assert (scan.verdict, scan.reason, scan.rule) == (ScanVerdict.PASS, "", "clear")
    assert scan.values["scan.identity"] == "match" and scan.values["scan.burden_permille"] is None
    kept = {one.name: one.purpose for one in list_facts(loan.customer_id) if one.name.startswith("scan.")}
    assert kept["scan.watch"] == "identity" and kept["scan.new_lenders_30d"] == "credit_report"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"new_lenders_30d": 6}, "MULTI_LENDER"),
        ({"identity": "mismatch"}, "IDENTITY_CHANGED"),
        ({"instalments_minor": 18_000_00}, "OVER_INDEBTED"),
    ],
)
def test_a_stop_cancels_the_loan_and_gives_the_line_back(
    world: World, facts: dict[str, int | str], reason: str
) -> None:
    _, loan = world.signed(NUMBER)
    used = get_line(id=loan.line_id).used_minor
    says(world, **facts)
    world.work()
    order = payout(loan)
    assert get_loan(id=loan.id).state is LoanState.CANCELLED and used > 0
    assert (order.state, order.reason) == (OrderState.FAILED, f"second_scan_{reason.lower()}")
    assert world.rail.effects(key=order.id) == []
    assert get_line(id=loan.line_id).used_minor == used - loan.principal_minor
    assert scan_of(loan).reason == reason and "free again" in words(world, loan)


def test_a_hold_waits_for_two_people_and_then_the_money_leaves_once(world: World) -> None:
    _, loan = world.signed(NUMBER)
    says(world, watch="listed")
    world.work()
    scan = scan_of(loan)
    assert scan.conclusion is ScanVerdict.HOLD and payout(loan).state is OrderState.CREATED
    assert "Two people look at it" in words(world, loan) and world.rail.effects(key=payout(loan).id) == []
    [item] = list_items(kinds=[ItemKind.SCAN], now=world.now)
    assert (item.id, item.why, item.amount_minor) == (scan.id, "WATCH_LIST", loan.principal_minor)
    refuses(RoleMayNot, lambda: ask(world, scan, "pass", by="yu"))
    asked = ask(world, scan, "pass", by="luo")
    refuses(SecondPersonNeeded, lambda: agree(world, asked, by="luo"))
    world.work()
    assert payout(loan).state is OrderState.CREATED, "one person alone moves nothing"
    agree(world, asked, by="lu")
    says(world, new_lenders_30d=9)  # two people have answered; the program does not overrule them
    world.live_until(date(2026, 11, 24))
    assert (
        get_loan(id=loan.id).state is LoanState.ACTIVE and len(world.rail.effects(key=payout(loan).id)) == 1
    )
    answered = scan_of(loan)
    assert answered.answer is not None and (answered.answer.asked_by, answered.answer.agreed_by) == (
        "luo",
        "lu",
    )
    assert list_held_scans() == []
    again = ask(world, scan, "stop")
    refuses(ScanNotHeld, lambda: agree(world, again, by="lu"))


def test_two_people_may_stop_what_is_held(world: World) -> None:
    _, loan = world.signed(NUMBER)
    says(world, requests_7d=12)
    world.work()
    agree(world, ask(world, scan_of(loan), "stop"), by="lu")
    world.work()
    assert get_loan(id=loan.id).state is LoanState.CANCELLED and world.rail.effects(key=payout(loan).id) == []
    assert payout(loan).reason == "second_scan_multi_lender"


def test_without_her_consent_nothing_is_asked_and_people_look(world: World) -> None:
    _, loan = world.signed(NUMBER)
    with transaction():
        protection.withdraw_consent(customer_id=loan.customer_id, purpose="identity", now=world.now)
    world.work()
    assert scan_of(loan).reason == "SCAN_SILENT" and payout(loan).state is OrderState.CREATED
    assert not [one for one in list_facts(loan.customer_id) if one.name.startswith("scan.")]


def test_a_source_that_does_not_answer_delays_the_money_and_nothing_else(world: World) -> None:
    _, loan = world.signed(NUMBER)
    parties.put(name="scan", party=SandboxScan(unavailable_percent=100))
    drain(handlers=HANDLERS, now=world.now, strict=False)
    assert find_scan(order_id=payout(loan).id) is None and payout(loan).state is OrderState.CREATED
    parties.put(name="scan", party=None)
    world.live_until(date(2026, 11, 24))
    assert get_loan(id=loan.id).state is LoanState.ACTIVE


def test_before_the_first_policy_there_is_no_second_look(db: None) -> None:
    early = World(start=date(2026, 11, 16))
    _, loan = early.running()
    assert find_scan(order_id=payout(loan).id) is None
    early.check()
    early.close()


def _under_the_old_words(world: World) -> Borrower:
    """Somebody whose consents were given under the words of the day before: one report, for one application."""
    world.now -= timedelta(days=2)
    borrower = world.approved(NUMBER)
    world.now += timedelta(days=2)
    return borrower


def test_lenders_are_asked_only_under_words_that_name_it(world: World) -> None:
    """Old words stay old: nobody asks other lenders under them, and two people look before the money leaves."""
    borrower = _under_the_old_words(world)
    says(world, new_lenders_30d=6)
    assert consent.lacks_lenders(customer_id=borrower.customer_id, now=world.now)
    quote = borrower.quote(world.now)
    assert quote is not None
    borrower.bind(world.now)
    sign.request_code(
        customer_id=borrower.customer_id, quote_id=quote.id, code="123456", key="c", now=world.now
    )
    loan = sign.sign(
        customer_id=borrower.customer_id,
        quote_id=quote.id,
        code="123456",
        language="en",
        key="s",
        now=world.now,
    )
    world.work()
    scan = scan_of(loan)
    assert (scan.verdict, scan.rule) == (ScanVerdict.HOLD, "lenders_unknown")
    assert scan.values["scan.identity"] == "match" and scan.values["scan.new_lenders_30d"] is None
    assert not [one for one in list_facts(borrower.customer_id) if one.name == "scan.new_lenders_30d"]


def test_the_new_words_given_at_signing_cover_the_look(world: World) -> None:
    borrower = _under_the_old_words(world)
    loan = borrower.borrow(world.now)  # she ticks the new words on the page
    assert loan is not None
    world.work()
    assert scan_of(loan).verdict is ScanVerdict.PASS
    assert not consent.lacks_lenders(customer_id=borrower.customer_id, now=world.now)
    kept = [one for one in list_consents(borrower.customer_id) if one.purpose == "credit_report"]
    assert [(one.text_version, one.withdrawn_at is None) for one in kept] == [
        ("2026-11-01", False),
        ("2026-11-22", True),
    ]
    old = get_consent_text(purpose="credit_report", version="2026-11-01")
    assert "once" in old.title.en and old.covers == ()
