"""What staff do: items with one owner, answers that reach the customer, decisions by a person, acts of two people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, transaction

from puhui.access import operations as access
from puhui.access.domain import Role
from puhui.access.models import User
from puhui.access.staff import operations as desk
from puhui.access.staff.domain import PERMISSIONS, ApprovalKind, ApprovalState, Permission
from puhui.access.staff.models import AnswerRow
from puhui.access.staff.queries import RoleMayNot, get_approval, get_claim, list_approvals, list_notes
from puhui.contact.queries import has_hold, list_messages
from puhui.decisions.domain.application import NotAwaitingPerson
from puhui.decisions.queries import (
    find_decision,
    get_application,
    list_decisions,
    list_referred,
    replay_decision,
)
from puhui.journeys import (
    complain,
    consent,
    reconcile,
    staff_case,
    staff_claim,
    staff_decide,
    staff_four_eyes,
    staff_queue,
    staff_work,
)
from puhui.journeys.staff_payment import PaymentNotReversible
from puhui.journeys.staff_queue import ItemKind
from puhui.lines.queries import find_line
from puhui.loans.domain import EventKind
from puhui.loans.queries import get_contract, list_events
from puhui.offers.queries import get_quote
from puhui.payments.domain import Flow, RailOutcome, Statement, StatementLine
from puhui.payments.queries import list_orders, list_suspense
from puhui.protection.domain import Case, CaseState
from puhui.protection.queries import get_case
from puhui.runtime.operations import put_work
from puhui.runtime.queries import get_work, list_audit, verify_audit_chain
from puhui.runtime.transactions import transaction as act
from tests.journeys.world import World, refuses

from .web_kit import staff

ANN, BEA, CAM, DEE, EVE = "ann", "bea", "cam", "dee", "eve"
ROLES = {ANN: "operations", BEA: "operations", CAM: "complaints", DEE: "analyst", EVE: "admin"}


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A world with staff; its books are checked when the test is over."""
    made = World()
    for login, role in ROLES.items():
        with act():
            access.create_staff(login=login, password="long-enough-password", role=role, now=made.now)
    yield made
    made.check()
    made.close()


def complaint(world: World, index: int = 0) -> Case:
    """A complaint of somebody who has only registered."""
    borrower = world.borrower(index)
    borrower.register(world.now)
    case = complain.open(
        customer_id=borrower.customer_id,
        kind="complaint",
        about="",
        text="Too early.",
        key="c",
        now=world.now,
    )
    world.work()
    return case


def test_every_role_has_its_row_and_no_role_has_both_hands_on_money_and_logins() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert PERMISSIONS[Role.NONE] == frozenset()
    for role, held in PERMISSIONS.items():
        assert not {Permission.APPROVE_MONEY, Permission.APPROVE_ACCESS} <= held, role
    acts = {one for one in Permission} - {Permission.QUEUE, Permission.SEARCH, Permission.FILE}
    reads = {
        Permission.PORTFOLIO,
        Permission.EXPORT,
        Permission.LEDGER,
        Permission.REPLAY,
        Permission.AUDIT,
        Permission.TABLES,
    }
    assert PERMISSIONS[Role.AUDITOR] & acts <= reads, "an auditor only reads"


def test_an_item_has_one_owner_and_a_stale_page_changes_nothing(world: World) -> None:
    case = complaint(world)
    subject = f"case:{case.id}"
    first = staff_claim.take(subject=subject, by=ANN, version=0, now=world.now)
    assert (first.holder, first.version) == (ANN, 1)
    assert get_case(case.id).handler == ANN and get_case(case.id).state is CaseState.IN_WORK
    refuses(desk.HeldByAnother, lambda: staff_claim.take(subject=subject, by=BEA, version=0, now=world.now))
    staff_claim.release(subject=subject, by=ANN, now=world.now)
    refuses(desk.ItemMoved, lambda: staff_claim.take(subject=subject, by=BEA, version=1, now=world.now))
    staff_claim.take(subject=subject, by=BEA, version=2, now=world.now)
    refuses(
        desk.HeldByAnother,
        lambda: staff_case.note(case_id=case.id, by=CAM, text="mine?", key="n", now=world.now),
    )
    handed = staff_claim.hand_over(subject=subject, by=BEA, to=CAM, version=3, now=world.now)
    assert handed.holder == CAM and get_case(case.id).handler == CAM


def test_the_list_of_acts_leads_only_where_the_role_may_go(world: World) -> None:
    admin, complaints = staff("admin"), staff("complaints")
    asked = staff_four_eyes.ask(
        kind=ApprovalKind.STAFF_CLOSE,
        subject=f"staff:{ANN}",
        body={"login": ANN},
        why="left us",
        by=str(User.objects.get(pk=admin.session["_auth_user_id"]).login),
        key="close",
        now=world.now,
    )
    link = f"/staff/queue/approval/{asked.id}"
    page = complaints.get("/staff/approvals").content.decode()
    assert "left us" in page and link not in page and complaints.get(link).status_code == 404
    page = admin.get("/staff/approvals").content.decode()
    assert link in page and admin.get(link).status_code == 200


def test_a_colleagues_item_is_unlocked_by_two_people_only(world: World) -> None:
    case = complaint(world)
    subject = f"case:{case.id}"
    staff_claim.take(subject=subject, by=ANN, version=0, now=world.now)
    asked = staff_four_eyes.ask(
        kind=ApprovalKind.ITEM_UNLOCK,
        subject=subject,
        body={"item": subject, "to": CAM},
        why="Ann is ill today",
        by=CAM,
        key="u",
        now=world.now,
    )
    assert get_claim(subject).holder == ANN
    refuses(
        desk.SecondPersonNeeded,
        lambda: staff_four_eyes.answer(approval_id=asked.id, agreed=True, by=CAM, note="", now=world.now),
    )
    staff_four_eyes.answer(approval_id=asked.id, agreed=True, by=BEA, note="", now=world.now)
    assert get_claim(subject).holder == CAM
    refuses(
        desk.ApprovalAnswered,
        lambda: staff_four_eyes.answer(approval_id=asked.id, agreed=True, by=DEE, note="", now=world.now),
    )


def test_the_database_itself_keeps_asker_and_second_person_apart(world: World) -> None:
    with act():
        desk.ask_approval(
            id="a" * 26, kind="item.unlock", subject="case:x", body={}, why="x", asked_by=ANN, now=world.now
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        AnswerRow.objects.create(
            approval_id="a" * 26, asked_by=ANN, answered_by=ANN, agreed=True, answered_at=world.now
        )
    for statement in (
        "UPDATE access_approval SET asked_by = 'bea'",
        "DELETE FROM access_approval",
    ):
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)
    refuses(
        desk.ApprovalPending,
        lambda: staff_four_eyes.ask(
            kind=ApprovalKind.ITEM_UNLOCK,
            subject="case:x",
            body={},
            why="again",
            by=BEA,
            key="k",
            now=world.now,
        ),
    )


def test_an_answer_closes_the_case_ends_the_rest_and_reaches_her(world: World) -> None:
    case = complaint(world)
    assert has_hold(case.customer_id, world.now)
    refuses(
        RoleMayNot,
        lambda: staff_case.answer(
            case_id=case.id, by=DEE, outcome="upheld", text="Sorry", key="a", now=world.now
        ),
    )
    world.wait(hours=1)
    for _ in range(2):  # the same form twice is one answer
        staff_case.answer(
            case_id=case.id, by=CAM, outcome="upheld", text="You are right.", key="a", now=world.now
        )
    assert get_case(case.id).state is CaseState.CLOSED
    assert not has_hold(case.customer_id, world.now)
    world.work()
    told = [one for one in list_messages(case.customer_id) if one.template == "case_closed"]
    assert len(told) == 1
    assert next(iter(list_audit(f"customer:{case.customer_id}"))).action == "case.answered"
    assert verify_audit_chain().ok


DEBTS_ROW = 98  # a safe file of the bureau's with debts that she does not name


def debts_unsaid(world: World) -> str:
    """The application of somebody whose report shows debts that she did not write down: a person has to look."""
    borrower = world.borrower(0, row=DEBTS_ROW)
    borrower.ask(world.now)
    assert [one.application_id for one in list_referred()] == [borrower.application_id]
    return borrower.application_id


def bureau_silent(world: World) -> str:
    """The application of somebody who withdrew the bureau's consent: nothing is known, so nothing can be carried."""
    borrower = world.borrower(0)
    borrower.register(world.now)
    borrower.say_who(world.now)
    application = borrower.apply(world.now)
    consent.withdraw(customer_id=borrower.customer_id, purpose="credit_report", key="w", now=world.now)
    world.work()
    assert [one.application_id for one in list_referred()] == [application.id]
    return application.id


def test_a_person_approves_within_what_the_month_carries_at_the_tables_price(world: World) -> None:
    id = debts_unsaid(world)
    asked = find_decision(id)
    assert asked is not None
    most = asked.decision.limit_minor
    assert most > 0
    items = staff_queue.list_items(kinds=[ItemKind.DECISION], now=world.now)
    assert [one.id for one in items] == [id]
    world.wait(hours=2)
    refuses(
        staff_decide.LimitOutOfReach,
        lambda: staff_decide.approve(application_id=id, by=ANN, limit_minor=most + 1, key="x", now=world.now),
        field="limit",
    )
    refuses(
        RoleMayNot,
        lambda: staff_decide.approve(application_id=id, by=CAM, limit_minor=most, key="x", now=world.now),
    )
    done = staff_decide.approve(application_id=id, by=ANN, limit_minor=500_000, key="y", now=world.now)
    assert done.decision.price == asked.decision.price, "the price is the table's, not the person's"
    assert done.decision.trace[-1].step == "person" and done.decision.trace[-1].because["by"] == ANN
    assert replay_decision(done.id).identical and replay_decision(asked.id).identical
    line = find_line(customer_id=done.customer_id)
    assert line is not None and (line.limit_minor, line.decision_id) == (500_000, done.id)
    assert find_decision(id) == done and len(list_decisions(done.customer_id)) == 2
    assert list_referred() == []
    refuses(
        NotAwaitingPerson,
        lambda: staff_decide.approve(application_id=id, by=ANN, limit_minor=1000, key="z", now=world.now),
    )


def test_a_person_declines_with_reasons_that_she_reads(world: World) -> None:
    id = bureau_silent(world)
    refuses(
        staff_decide.NothingToGrant,
        lambda: staff_decide.approve(application_id=id, by=ANN, limit_minor=100_000, key="g", now=world.now),
    )
    refuses(
        staff_decide.PersonReasonMissing,
        lambda: staff_decide.decline(
            application_id=id, by=ANN, reasons=["LIMIT_GRADE"], key="x", now=world.now
        ),
    )
    done = staff_decide.decline(
        application_id=id, by=ANN, reasons=["PERSON_WOULD_HARM"], key="y", now=world.wait(hours=1)
    )
    assert done.decision.verdict.kind == "declined"
    assert [one.code for one in done.decision.verdict.reasons] == ["PERSON_WOULD_HARM"]
    assert find_line(customer_id=done.customer_id) is None
    assert replay_decision(done.id).identical


def test_a_payment_leaves_its_loan_only_with_two_people_and_the_books_still_tie_out(world: World) -> None:
    _borrower, loan = world.running()
    from puhui.journeys import repay

    world.live_until(world.position(loan).rows[0].due_date)
    due = world.position(loan).due_minor
    repay.start(
        customer_id=loan.customer_id, loan_id=loan.id, amount_minor=due, intent="due", key="p", now=world.now
    )
    world.work()
    order = next(one for one in list_orders(loan_id=loan.id) if one.direction.value == "collect")
    payout = next(one for one in list_orders(loan_id=loan.id) if one.direction.value == "payout")

    def ask(order_id: str, key: str) -> str:
        return staff_four_eyes.ask(
            kind=ApprovalKind.PAYMENT_REFUND,
            subject=f"payment:{order_id}",
            body={"order_id": order_id},
            why="It was meant for another loan",
            by=ANN,
            key=key,
            now=world.now,
        ).id

    wrong = ask(payout.id, "k0")
    refuses(
        PaymentNotReversible,
        lambda: staff_four_eyes.answer(approval_id=wrong, agreed=True, by=BEA, note="", now=world.now),
    )
    assert get_approval(wrong).state is ApprovalState.OPEN, "an act that is refused is not answered"
    id = ask(order.id, "k1")
    assert [one.kind for one in list_events(loan_id=loan.id)][-1] is EventKind.REPAY
    staff_four_eyes.answer(approval_id=id, agreed=True, by=BEA, note="seen", now=world.now)
    assert [one.kind for one in list_events(loan_id=loan.id)][-1] is EventKind.REVERSE
    assert world.position(loan).due_minor >= due
    world.work()
    refund = next(one for one in list_orders(loan_id=loan.id) if one.direction.value == "refund")
    assert (refund.amount_minor, refund.state.value) == (due, "done")
    assert [one.state for one in list_approvals()] == [ApprovalState.AGREED, ApprovalState.OPEN]


def test_cash_in_suspense_finds_its_loan_or_its_counterpart(world: World) -> None:
    _borrower, loan = world.running()
    day = world.today

    def line(id: str, flow: Flow, amount: int) -> StatementLine:
        return StatementLine(
            line_id=id, day=day, key="", direction=None, flow=flow, outcome=RailOutcome.DONE,
            amount_minor=amount, currency="CNY", account_tail="1234", memo="",
        )  # fmt: skip

    # The rail's own statement of the day, and three movements that nobody ordered.
    mine = world.rail.statement(day=day, now=world.wait(days=1))
    from puhui.payments.domain import parse_statement

    real = parse_statement(mine)
    extra = (line("x1", Flow.IN, 50_000), line("x2", Flow.IN, 700), line("x3", Flow.OUT, 700))
    with act():
        reconcile.record(
            Statement(
                day=day, currency="CNY", lines=(*real.lines, *extra),
                in_minor=real.in_minor + 50_700, out_minor=real.out_minor + 700,
            ),
            world.now,
        )  # fmt: skip
    items = {one.line_id: one for one in list_suspense()}
    assert set(items) == {"x1", "x2", "x3"}

    def second(kind: ApprovalKind, item: str, key: str, **body: str) -> None:
        one = staff_four_eyes.ask(
            kind=kind,
            subject=f"suspense:{item}",
            body={"item_id": item, **body},
            why="by hand",
            by=ANN,
            key=key,
            now=world.now,
        )
        staff_four_eyes.answer(approval_id=one.id, agreed=True, by=BEA, note="", now=world.now)

    second(ApprovalKind.SUSPENSE_PAIR, items["x2"].id, "k1", other_id=items["x3"].id)
    second(ApprovalKind.SUSPENSE_APPLY, items["x1"].id, "k2", loan_id=loan.id)
    assert list_suspense() == []
    event = list_events(loan_id=loan.id)[-1]
    assert (event.kind, event.amount_minor, event.value_date) == (EventKind.REPAY, 50_000, day)


def test_dead_work_goes_back_under_its_own_key_by_who_may(world: World) -> None:
    with act():
        put_work(key="t:1", kind="contact.send", payload={"message_id": "none"}, now=world.now)
    connection.cursor().execute(
        "UPDATE runtime_work SET state = 'dead', settled_at = run_at, error = 'x' WHERE key = 't:1'"
    )
    items = staff_queue.list_items(kinds=[ItemKind.WORK], now=world.now)
    assert [one.id for one in items] == ["t:1"]
    refuses(RoleMayNot, lambda: staff_work.requeue(work_key="t:1", by=CAM, now=world.now))
    staff_work.requeue(work_key="t:1", by=ANN, now=world.now)
    row = get_work("t:1")
    assert row is not None and row.state.value == "ready"
    connection.cursor().execute("DELETE FROM runtime_work WHERE key = 't:1'")


def test_a_role_changes_with_two_administrators_only(world: World) -> None:
    with act():
        access.create_staff(login="fay", password="long-enough-password", role="admin", now=world.now)
    asked = staff_four_eyes.ask(
        kind=ApprovalKind.STAFF_ROLE,
        subject="staff:dee",
        body={"login": DEE, "role": "auditor"},
        why="She moves",
        by=EVE,
        key="r",
        now=world.now,
    )
    refuses(
        RoleMayNot,
        lambda: staff_four_eyes.answer(approval_id=asked.id, agreed=True, by=ANN, note="", now=world.now),
    )
    staff_four_eyes.answer(approval_id=asked.id, agreed=True, by="fay", note="", now=world.now)
    from puhui.access.queries import find_user

    changed = find_user(DEE)
    assert changed is not None and changed.role is Role.AUDITOR
    note = staff_claim.note(subject="customer:x", by=ANN, text="called, no answer", key="n", now=world.now)
    assert list_notes("customer:x") == [note]


def test_a_customer_is_found_by_every_number_that_people_read_aloud(world: World) -> None:
    """Case, application, decision, quote, contract, loan: each leads to her file; half a number to nobody."""
    borrower, loan = world.running(0)
    case = complain.open(
        customer_id=loan.customer_id, kind="question", about="", text="?", key="q", now=world.now
    )
    contract = get_contract(id=loan.contract_id)
    numbers = [
        case.number,
        get_application(borrower.application_id).number,
        list_decisions(loan.customer_id)[0].number,
        get_quote(id=contract.quote_id).number,
        contract.number,
        loan.number,
    ]
    client = staff("operations")
    for number in numbers:
        for typed in (number, f" {number.lower()} "):
            found = client.post("/staff/customers", {"search": typed})
            assert found.headers.get("Location") == f"/staff/customers/{loan.customer_id}", typed
        assert client.post("/staff/customers", {"search": number[:-1]}).status_code == 422, number
    for nonsense in ("L-", "L-20261120-", "%", "L-20261120-%%%%%%"):
        assert client.post("/staff/customers", {"search": nonsense}).status_code == 422, nonsense
