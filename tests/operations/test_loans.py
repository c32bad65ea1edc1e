"""Loans in a real database: one door for events, refusals in a fixed order, nothing partial, nothing edited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.db import transaction as django_transaction
from django.test.utils import CaptureQueriesContext

from puhui.core.ids import derive_id
from puhui.core.refusals import Refusal
from puhui.loans import queries
from puhui.loans.domain import (
    AlreadyDisbursed,
    AmountNotPositive,
    EventBeforeDisbursement,
    EventInFuture,
    EventKind,
    EventNotFound,
    EventNotReversible,
    LaterEventDepends,
    Loan,
    LoanClosed,
    LoanEvent,
    LoanState,
    PaymentExceedsPayoff,
    PayoffTooLow,
    PayoutBeforeQuote,
    RefundExceedsCredit,
    RepaymentAfterPayoff,
    WithdrawalOver,
    WithdrawalTooLow,
    position,
    preview,
)
from puhui.loans.models import LoanEventRow, LoanRow, LoanSnapshotRow
from puhui.loans.operations import LoanNotYours, record_event, refresh_snapshots
from puhui.loans.queries import LoanNotFound
from puhui.runtime.transactions import transaction
from tests.golden.loan_values import DAY, terms
from tests.loans_kit import NOW, event, new_loan, paid_out, record

KIND = EventKind
DUE = date(2026, 12, 20)


@pytest.mark.django_db
def test_from_signature_to_position() -> None:
    loan = new_loan(1)
    contract = queries.get_contract(id=loan.contract_id)
    assert contract.terms == terms() and contract.text_sha256 == "5" * 64
    assert queries.find_contract_of_quote(quote_id=contract.quote_id) == contract
    assert queries.find_loan_of_contract(contract_id=contract.id) == loan
    assert loan.state is LoanState.PENDING and loan.number.startswith("L-20261120-")
    [listed] = queries.list_snapshots(customer_id=loan.customer_id)
    assert listed.state is LoanState.PENDING and listed.next_due_date == DUE
    done = record(loan, event(loan, KIND.DISBURSE, DAY, 20_000_00))
    assert done.event.seq == 1 and not done.repeated
    assert [(one.debit, one.credit, one.amount_minor) for one in done.postings] == [
        ("1301", "1002", 20_000_00)
    ]
    assert queries.get_loan(id=loan.id).state is LoanState.ACTIVE
    paid = record(loan, event(loan, KIND.REPAY, DUE, 1_807_51))
    assert [(one.debit, one.credit, one.amount_minor) for one in paid.postings] == [
        ("1003", "4003", 8_00),
        ("1003", "4001", 240_00),
        ("1003", "1301", 1_559_51),
    ]
    assert paid.principal_repaid_minor == 1_559_51
    found = queries.get_position(loan_id=loan.id, as_of=DUE)
    assert found == paid.after and found.principal_outstanding_minor == 18_440_49
    assert queries.list_positions(loan_ids=[loan.id], as_of=DUE) == {loan.id: found}
    [listed] = queries.list_snapshots(state=LoanState.ACTIVE, bucket="M0")
    assert (listed.as_of, listed.next_due_date, listed.payoff_minor) == (DUE, date(2027, 1, 20), 18_440_49)
    assert queries.count_loans() == 1 and queries.list_loans(customer_id=loan.customer_id)[0].id == loan.id


@pytest.mark.django_db
def test_paid_out_on_another_day_keeps_its_table() -> None:
    """The event carries the table that binds, so that no later release can compute it differently."""
    loan = paid_out(1, DAY + timedelta(days=4))
    [stored] = queries.list_events(loan_id=loan.id)
    assert len(stored.payload["rows"]) == 12
    found = queries.get_position(loan_id=loan.id, as_of=DAY + timedelta(days=4))
    assert found.rows[0].interest_minor == 240_00 * 26 // 30
    assert found.rows[0].due_date == DUE


@pytest.mark.django_db
def test_events_and_positions_take_few_queries() -> None:
    loan = new_loan(1)
    payout, pay = event(loan, KIND.DISBURSE, DAY, 20_000_00), event(loan, KIND.REPAY, DUE, 1_807_51)
    for one, most in ((payout, 6), (pay, 5)):  # one more where the state changes
        with transaction(), CaptureQueriesContext(connection) as captured:
            record_event(loan_id=loan.id, event=one)
        assert len(captured) <= most, [query["sql"] for query in captured]
    with CaptureQueriesContext(connection) as captured:
        queries.get_position(loan_id=loan.id, as_of=DUE)
    assert len(captured) <= 3
    others = [paid_out(index).id for index in (2, 3, 4)]
    with CaptureQueriesContext(connection) as captured:
        assert len(queries.list_positions(loan_ids=others, as_of=DUE)) == 3
    assert len(captured) == 3  # loans, contracts, events, however many loans
    with transaction(), CaptureQueriesContext(connection) as captured:
        assert refresh_snapshots(loan_ids=[loan.id, *others], as_of=DUE + timedelta(days=3)) == 4
    assert len(captured) <= 4
    late = queries.list_snapshots(bucket="M1")
    assert {one.loan_id for one in late} == set(others) and {one.dpd_days for one in late} == {3}


@pytest.mark.django_db
def test_the_same_event_twice_happens_once() -> None:
    loan = paid_out(1)
    pay = event(loan, KIND.REPAY, DUE, 1_000_00)
    first, second = record(loan, pay), record(loan, pay)
    assert not first.repeated and second.repeated and second.postings == ()
    assert second.event == first.event and second.after == first.after
    assert LoanEventRow.objects.count() == 2
    other = event(loan, KIND.REPAY, DUE, 999_00)
    with pytest.raises(AssertionError, match="one event"):
        record(loan, LoanEvent(**{**_fields(other), "id": pay.id}))


def _fields(one: LoanEvent) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__}


@pytest.mark.django_db
def test_a_preview_is_what_recording_gives() -> None:
    loan = paid_out(1)
    contract_terms, events = queries.get_terms(loan_id=loan.id), queries.list_events(loan_id=loan.id)
    pay = event(loan, KIND.PREPAY, date(2026, 12, 28), 5_000_00)
    seen = preview(terms=contract_terms, events=events, event=pay)
    assert record(loan, pay).after == seen == queries.get_position(loan_id=loan.id, as_of=date(2026, 12, 28))


def refused(loan: Loan, one: LoanEvent, **options: object) -> Refusal:
    """The refusal of an event, and proof that it left nothing behind."""
    before = (
        LoanEventRow.objects.count(),
        LoanRow.objects.get(id=loan.id).state,
        list(LoanSnapshotRow.objects.values()),
    )
    with pytest.raises(Refusal) as caught:
        record(loan, one, **options)
    after = (
        LoanEventRow.objects.count(),
        LoanRow.objects.get(id=loan.id).state,
        list(LoanSnapshotRow.objects.values()),
    )
    assert before == after
    return caught.value


@pytest.mark.django_db
def test_refusals_of_strangers_and_of_dates() -> None:
    loan = paid_out(1)
    other = new_loan(2)
    pay = event(loan, KIND.REPAY, DUE, 1_00)
    with pytest.raises(LoanNotFound), transaction():
        record_event(loan_id="x" * 26, event=pay)
    assert isinstance(refused(loan, pay, customer_id=other.customer_id), LoanNotYours)
    assert isinstance(refused(other, event(other, KIND.REPAY, DUE, 0)), EventBeforeDisbursement)
    assert isinstance(
        refused(loan, event(loan, KIND.REPAY, DAY - timedelta(days=1), 0)), EventBeforeDisbursement
    )
    early = event(other, KIND.DISBURSE, DAY - timedelta(days=1), 20_000_00)
    assert isinstance(refused(other, early), PayoutBeforeQuote)
    again = event(loan, KIND.DISBURSE, DAY, 20_000_00, id="again")
    assert isinstance(refused(loan, again), AlreadyDisbursed)
    ahead = event(loan, KIND.REPAY, DUE, 0, booked=DUE - timedelta(days=1))
    assert isinstance(refused(loan, ahead), EventInFuture)
    for amount in (0, -1):
        assert isinstance(refused(loan, event(loan, KIND.REPAY, DUE, amount)), AmountNotPositive)


@pytest.mark.django_db
def test_refusals_of_amounts() -> None:
    loan = paid_out(1)
    day = date(2026, 12, 5)  # payoff 20,120.00, past the withdrawal days
    too_much = refused(loan, event(loan, KIND.REPAY, day, 20_120_01))
    assert isinstance(too_much, PaymentExceedsPayoff)
    assert too_much.facts == {"payoff_minor": 20_120_00, "currency": "CNY"}
    assert isinstance(refused(loan, event(loan, KIND.PAYOFF, day, 20_120_01)), PaymentExceedsPayoff)
    low = refused(loan, event(loan, KIND.PAYOFF, day, 20_119_99))
    assert isinstance(low, PayoffTooLow) and low.facts["payoff_minor"] == 20_120_00
    assert isinstance(refused(loan, event(loan, KIND.WITHDRAW, day, 20_120_00)), WithdrawalOver)
    eve = day - timedelta(days=1)
    assert isinstance(refused(loan, event(loan, KIND.WITHDRAW, eve, 20_111_99)), WithdrawalTooLow)
    assert isinstance(refused(loan, event(loan, KIND.WITHDRAW, eve, 20_112_01)), PaymentExceedsPayoff)
    assert isinstance(refused(loan, event(loan, KIND.CREDIT_REFUND, day, 1)), RefundExceedsCredit)


@pytest.mark.django_db
def test_money_that_has_arrived_is_kept() -> None:
    """An incoming transfer may be too much: what is beyond the payoff is a credit, and goes back."""
    loan = paid_out(1)
    day = date(2026, 12, 5)
    done = record(loan, event(loan, KIND.REPAY, day, 20_150_00), may_overpay=True)
    assert done.after.state is LoanState.CLOSED and done.after.credit_minor == 30_00
    assert ("1003", "2001", 30_00) in [(one.debit, one.credit, one.amount_minor) for one in done.postings]
    back = record(loan, event(loan, KIND.CREDIT_REFUND, day, 30_00))
    assert back.after.credit_minor == 0
    assert [(one.debit, one.credit, one.amount_minor) for one in back.postings] == [("2001", "1002", 30_00)]


@pytest.mark.django_db
def test_a_closed_loan() -> None:
    loan = paid_out(1)
    day = date(2026, 12, 5)
    payoff = record(loan, event(loan, KIND.PAYOFF, day, 20_120_00)).event
    assert queries.get_loan(id=loan.id).state is LoanState.CLOSED
    for kind in (KIND.REPAY, KIND.PREPAY, KIND.PAYOFF, KIND.WITHDRAW):
        after = refused(loan, event(loan, kind, day, 1_00), may_overpay=True)
        assert isinstance(after, RepaymentAfterPayoff) and after.facts == {"closed_on": day}
    freeze = event(loan, KIND.PENALTY_FREEZE, day, **{"from": day.isoformat(), "until": "2026-12-19"})
    assert isinstance(refused(loan, freeze), LoanClosed)
    assert isinstance(refused(loan, event(loan, KIND.DISBURSE_RETURNED, day, 20_000_00)), LoanClosed)
    record(loan, event(loan, KIND.REVERSE, day, event_id=payoff.id))
    assert queries.get_loan(id=loan.id).state is LoanState.ACTIVE
    assert queries.get_position(loan_id=loan.id, as_of=day).payoff_minor == 20_120_00


@pytest.mark.django_db
def test_reversal() -> None:
    loan = paid_out(1)
    pay = record(loan, event(loan, KIND.REPAY, DUE, 1_807_51)).event
    late = date(2026, 12, 24)
    before = record(loan, event(loan, KIND.REPAY, date(2026, 12, 22), 100_00)).after
    wrong = [
        (event(loan, KIND.REVERSE, DUE, booked=late, event_id="nothing"), EventNotFound),
        (event(loan, KIND.REVERSE, DAY, booked=late, event_id=queries.list_events(loan_id=loan.id)[0].id), EventNotReversible),
    ]  # fmt: skip
    for one, expected in wrong:
        assert isinstance(refused(loan, one), expected)
    undo = event(loan, KIND.REVERSE, DUE, booked=late, event_id=pay.id)
    done = record(loan, undo)
    assert done.principal_repaid_minor == -1_559_51
    mirrored = [(one.debit, one.credit, one.amount_minor) for one in done.postings]
    # The later 100.00 moves from the second instalment's interest and fee to the first one's penalty, fee, interest.
    assert (
        sum(amount for debit, _, amount in mirrored if debit != "1003")
        - sum(amount for debit, _, amount in mirrored if debit == "1003")
        == 1_807_51
    )
    again = event(loan, KIND.REVERSE, DUE, booked=late, id="again", event_id=pay.id)
    assert isinstance(refused(loan, again), EventNotReversible)
    then = queries.get_position(
        loan_id=loan.id, as_of=date(2026, 12, 22), known_at=undo.booked_at - timedelta(hours=1)
    )
    assert then == before
    now = queries.get_position(loan_id=loan.id, as_of=date(2026, 12, 22))
    assert now.dpd_days == 2 and now.paid_minor == 100_00


@pytest.mark.django_db
def test_nothing_is_reversed_under_a_payoff() -> None:
    loan = paid_out(1)
    pay = record(loan, event(loan, KIND.REPAY, DUE, 1_807_51)).event
    day = date(2026, 12, 28)
    payoff = queries.get_position(loan_id=loan.id, as_of=day).payoff_minor
    closing = record(loan, event(loan, KIND.PAYOFF, day, payoff)).event
    undo = event(loan, KIND.REVERSE, DUE, booked=day, event_id=pay.id)
    depends = refused(loan, undo)
    assert isinstance(depends, LaterEventDepends) and depends.facts["kind"] == "payoff"
    record(loan, event(loan, KIND.REVERSE, day, event_id=closing.id))
    record(loan, undo)
    assert queries.get_position(loan_id=loan.id, as_of=day).paid_minor == 0


@pytest.mark.django_db
def test_a_payout_that_came_back() -> None:
    loan = paid_out(1)
    done = record(loan, event(loan, KIND.DISBURSE_RETURNED, DAY + timedelta(days=1), 20_000_00))
    assert done.after.state is LoanState.CANCELLED
    assert [(one.debit, one.credit, one.amount_minor) for one in done.postings] == [
        ("1002", "1301", 20_000_00)
    ]
    other = paid_out(2)
    record(other, event(other, KIND.REPAY, DUE, 1_00))
    late = event(other, KIND.DISBURSE_RETURNED, DUE, 20_000_00)
    assert isinstance(refused(other, late), LaterEventDepends)


@pytest.mark.django_db
def test_cancelled_before_the_payout() -> None:
    loan = new_loan(1)
    done = record(loan, event(loan, KIND.CANCEL, DAY))
    assert done.after.state is LoanState.CANCELLED and done.postings == ()
    assert isinstance(refused(loan, event(loan, KIND.DISBURSE, DAY, 20_000_00)), LoanClosed)
    other = paid_out(2)
    assert isinstance(refused(other, event(other, KIND.CANCEL, DAY)), AlreadyDisbursed)


@pytest.mark.django_db
def test_who_has_something_due() -> None:
    """The list for autopay and reminders names every loan with something due by a day, also when it is stale."""
    one, two, pending = paid_out(1), paid_out(2), new_loan(3)
    record(two, event(two, KIND.REPAY, DUE, 1_807_51))
    assert queries.list_due_loan_ids(by=DUE - timedelta(days=1)) == []
    assert queries.list_due_loan_ids(by=DUE) == [one.id]
    with transaction():
        refresh_snapshots(loan_ids=[one.id, two.id], as_of=DUE + timedelta(days=20))
    assert queries.list_due_loan_ids(by=DUE + timedelta(days=20)) == [one.id]
    assert queries.list_due_loan_ids(by=date(2027, 1, 20)) == sorted([one.id, two.id])
    assert queries.list_due_loan_ids(by=date(2027, 1, 20), limit=1) == [min(one.id, two.id)]
    assert set(queries.list_loan_ids()) == {one.id, two.id, pending.id}
    assert queries.list_loan_ids(state=LoanState.PENDING) == [pending.id]


@pytest.mark.django_db
def test_events_and_contracts_are_never_edited() -> None:
    loan = paid_out(1)
    for statement in (
        "UPDATE loans_event SET amount_minor = 1",
        "DELETE FROM loans_event",
        "UPDATE loans_contract SET language = 'en'",
        "DELETE FROM loans_contract",
    ):
        with pytest.raises(DatabaseError, match="append-only"), django_transaction.atomic():
            connection.cursor().execute(statement)
    acts: list[Callable[[], object]] = [
        lambda: LoanEventRow.objects.create(**_row(loan, seq=1)),
        lambda: LoanEventRow.objects.create(**_row(loan, kind="gift")),
        lambda: LoanEventRow.objects.create(**_row(loan, amount_minor=-1)),
        lambda: LoanRow.objects.filter(id=loan.id).update(state="lost"),
        lambda: LoanRow.objects.filter(id=loan.id).update(line_id="nowhere"),
    ]
    for act in acts:
        with pytest.raises(IntegrityError), django_transaction.atomic():
            act()


def _row(loan: Loan, **changes: object) -> dict[str, object]:
    plain = {
        "id": derive_id("event", str(changes)),
        "loan_id": loan.id,
        "seq": 9,
        "kind": "repay",
        "value_date": DUE,
        "booking_date": DUE,
        "booked_at": datetime(2026, 12, 20, tzinfo=UTC),
        "amount_minor": 1,
        "schema_version": 1,
    }
    return {**plain, **changes}


@pytest.mark.django_db
def test_an_operation_needs_a_transaction() -> None:
    loan = paid_out(1)
    with pytest.raises(AssertionError, match="transaction"):
        record_event(loan_id=loan.id, event=event(loan, KIND.REPAY, DUE, 1))
    assert (
        position(terms=terms(), events=queries.list_events(loan_id=loan.id), as_of=NOW.date()).disbursed_on
        == DAY
    )
