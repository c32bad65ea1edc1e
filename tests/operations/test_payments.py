"""Accounts, mandates and payment orders in a real database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection

from puhui.access.operations import create_borrower_login
from puhui.core.ids import derive_id
from puhui.core.money import CurrencyUnknown
from puhui.core.refusals import Refusal
from puhui.customers.operations import open_customer
from puhui.payments import operations, queries
from puhui.payments.domain import (
    AUTOPAY,
    AccountNumberInvalid,
    BankAccount,
    DebitWithoutNotice,
    Direction,
    DiscrepancyKind,
    Heard,
    Mandate,
    MandateDebit,
    MandateNotActive,
    MandateState,
    OrderNews,
    OrderNotFailed,
    OrderOutOfOrder,
    OrderState,
    OrderStillUnknown,
    PaymentOrder,
    RailOutcome,
    SubmitState,
    Submitted,
    attempt_id,
    hear,
    parse_account_number,
)
from puhui.payments.queries import AccountNotFound, OrderNotFound
from puhui.protection.operations import give_consent, withdraw_consent
from puhui.runtime.queries import list_work
from puhui.runtime.transactions import transaction

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)
NUMBER = "4111 1111 1111 1111"
ACCEPTED = Submitted(state=SubmitState.ACCEPTED)
UNKNOWN = Submitted(state=SubmitState.UNKNOWN)
DONE, FAILED, RETURNED = RailOutcome.DONE, RailOutcome.FAILED, RailOutcome.RETURNED


def a_customer(name: str = "li") -> str:
    """Register a customer and return her id."""
    id = derive_id("customer", name)
    phone = "139" + f"{int(derive_id('phone', name).encode().hex(), 16) % 10**8:08d}"
    with transaction():
        user_id = create_borrower_login(login=f"c.{id}", now=NOW)
        open_customer(id=id, user_id=user_id, phone=phone, language="zh-hans", now=NOW)
    return id


def an_account(customer_id: str, *, number: str = NUMBER, verified: bool = True) -> BankAccount:
    """Bind an account."""
    with transaction():
        return operations.bind_account(
            id=derive_id("account", customer_id, number),
            customer_id=customer_id,
            number=number,
            bank_name=" 好 银行 ",
            verified=verified,
            now=NOW,
        )


def a_card(number: int) -> str:
    """One of many card numbers whose check digit fits."""
    for last in range(10):
        try:
            return parse_account_number(f"622202{number:09d}{last}")
        except AccountNumberInvalid:
            continue
    raise AssertionError(number)


def a_mandate(account: BankAccount, *, name: str = "m", consent_id: str | None = None) -> Mandate:
    """Consent to a mandate over the account and agree it."""
    with transaction():
        given = give_consent(
            id=derive_id("consent", name, account.id),
            customer_id=account.customer_id,
            purpose="mandate",
            text_version="1",
            subject=account.id,
            now=NOW,
        )
        return operations.agree_mandate(
            id=derive_id("mandate", name, account.id),
            account_id=account.id,
            customer_id=account.customer_id,
            consent_id=consent_id or given.id,
            now=NOW,
        )


def an_order(account: BankAccount, name: str = "o", **other: Any) -> PaymentOrder:
    """Open an order."""
    asked: dict[str, Any] = {
        "id": derive_id("order", name),
        "direction": Direction.COLLECT,
        "amount_minor": 1_807_51,
        "currency": "CNY",
        "account_id": account.id,
        "customer_id": account.customer_id,
        "loan_id": "loan",
        "purpose": "due",
        "now": NOW,
    }
    with transaction():
        return operations.open_order(**(asked | other))


def submitted(order: PaymentOrder, outcome: Submitted, now: datetime = NOW) -> PaymentOrder | None:
    """Record how a submission ended."""
    with transaction():
        return operations.record_submitted(order_id=order.id, outcome=outcome, now=now)


def outcome(
    order: PaymentOrder, how: RailOutcome, on: date | None = DAY, **other: Any
) -> PaymentOrder | None:
    """Record the rail's word."""
    with transaction():
        return operations.record_outcome(
            order_id=order.id, outcome=how, settled_date=None if how is FAILED else on, now=NOW, **other
        )


def state_of(order: PaymentOrder) -> OrderState:
    return queries.get_order(id=order.id).state


@pytest.fixture
def account(db: None) -> BankAccount:
    return an_account(a_customer())


# Accounts ---------------------------------------------------------------------------------------------------------


def test_an_account_number_is_sealed(account: BankAccount) -> None:
    assert (account.tail, account.bank_name) == ("1111", "好 银行")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM payments_account")
        stored = str(cursor.fetchall())
    assert "4111" not in stored and NUMBER not in stored
    assert "4111" not in repr(account)


def test_the_same_number_again_is_the_same_account(account: BankAccount) -> None:
    with transaction():
        again = operations.bind_account(
            id="other",
            customer_id=account.customer_id,
            number="4111-1111-1111-1111",
            bank_name="x",
            verified=True,
            now=NOW,
        )
    assert again == account and queries.list_accounts(customer_id=account.customer_id) == [account]
    other = an_account(a_customer("wang"))
    assert other.id != account.id, "two customers may hold one account; the bank verifies by name"


def test_an_account_is_verified_when_it_is_bound_again(db: None) -> None:
    customer = a_customer()
    assert an_account(customer, verified=False).verified_at is None
    assert an_account(customer, verified=True).verified_at == NOW
    assert an_account(customer, verified=False).verified_at == NOW, "what the bank confirmed stays confirmed"


@pytest.mark.parametrize(
    ("number", "bank", "refusal"),
    [
        ("4111111111111112", "好银行", AccountNumberInvalid),
        (NUMBER, " ", operations.BankNameMissing),
        (NUMBER, "x" * 61, operations.BankNameMissing),
    ],
)
def test_a_wrong_account_leaves_nothing(db: None, number: str, bank: str, refusal: type[Refusal]) -> None:
    customer = a_customer()
    with pytest.raises(refusal), transaction():
        operations.bind_account(
            id="a", customer_id=customer, number=number, bank_name=bank, verified=True, now=NOW
        )
    assert queries.list_accounts(customer_id=customer) == []


def test_an_account_of_nobody_is_refused_by_the_database(db: None) -> None:
    with pytest.raises(DatabaseError):
        an_account("nobody")
        connection.check_constraints()


# Mandates ---------------------------------------------------------------------------------------------------------


def test_a_mandate_is_agreed_once_and_withdrawn(account: BankAccount) -> None:
    mandate = a_mandate(account)
    assert a_mandate(account) == mandate, "the same id again"
    assert queries.get_active_mandate(customer_id=account.customer_id) == mandate
    with pytest.raises(operations.MandateAlreadyActive):
        a_mandate(account, name="second")
    with transaction():
        gone = operations.withdraw_mandate(mandate_id=mandate.id, customer_id=account.customer_id, now=NOW)
    assert gone.state is MandateState.WITHDRAWN and gone.withdrawn_at == NOW
    assert queries.get_active_mandate(customer_id=account.customer_id) is None
    with pytest.raises(MandateNotActive), transaction():
        operations.withdraw_mandate(mandate_id=mandate.id, customer_id=account.customer_id, now=NOW)
    assert a_mandate(account, name="second").state is MandateState.ACTIVE


def test_a_mandate_needs_consent_and_her_own_verified_account(account: BankAccount) -> None:
    with pytest.raises(operations.MandateWithoutConsent):
        a_mandate(account, consent_id="none")
    with pytest.raises(operations.AccountNotVerified):
        a_mandate(an_account(account.customer_id, number="4222222222222", verified=False))
    other = a_customer("wang")
    with pytest.raises(AccountNotFound), transaction():
        operations.agree_mandate(id="m", account_id=account.id, customer_id=other, consent_id="c", now=NOW)
    hers = a_mandate(account)
    with pytest.raises(MandateNotActive), transaction():
        operations.withdraw_mandate(mandate_id=hers.id, customer_id=other, now=NOW)


# Opening orders ---------------------------------------------------------------------------------------------------


def test_an_order_is_opened_with_the_work_that_sends_it(account: BankAccount) -> None:
    order = an_order(account)
    assert order.state is OrderState.CREATED and (order.first_id, order.attempt) == (order.id, 1)
    assert [(work.key, work.kind, work.payload) for work in list_work()] == [
        (f"pay:{order.id}", "payments.send", {"order_id": order.id})
    ]
    assert an_order(account) == order and len(list_work()) == 1, "the same id again"
    with pytest.raises(AssertionError, match="one id, one order"):
        an_order(account, amount_minor=1)
    sending = queries.get_submission(order_id=order.id)
    assert sending is not None and (sending.key, sending.account_number) == (order.id, "4111111111111111")
    assert "4111" not in repr(sending)


def test_an_operation_needs_a_transaction(account: BankAccount) -> None:
    with pytest.raises(AssertionError, match="open transaction"):
        operations.record_submitted(order_id="o", outcome=ACCEPTED, now=NOW)


@pytest.mark.parametrize(
    ("other", "refusal"),
    [
        ({"amount_minor": 0}, operations.OrderAmountInvalid),
        ({"amount_minor": -5}, operations.OrderAmountInvalid),
        ({"amount_minor": 10**14}, operations.OrderAmountInvalid),
        ({"currency": "XXX"}, CurrencyUnknown),
        ({"account_id": "stranger"}, AccountNotFound),
        ({"customer_id": "stranger"}, AccountNotFound),
    ],
)
def test_an_impossible_order_leaves_nothing(
    account: BankAccount, other: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        an_order(account, **other)
    assert queries.list_orders(customer_id=account.customer_id) == [] and list_work() == []


def test_no_money_moves_over_an_unverified_account(account: BankAccount) -> None:
    with pytest.raises(operations.AccountNotVerified):
        an_order(an_account(account.customer_id, number="4222222222222", verified=False))


def debit(mandate: Mandate, *, told: date | None = DAY - timedelta(days=1)) -> MandateDebit:
    return MandateDebit(mandate_id=mandate.id, notice_date=told, debit_date=DAY, notice_days=1)


def test_a_debit_by_mandate_needs_notice_mandate_and_consent(account: BankAccount) -> None:
    mandate = a_mandate(account)
    for told in (None, DAY):
        with pytest.raises(DebitWithoutNotice):
            an_order(account, purpose=AUTOPAY, debit=debit(mandate, told=told))
    with pytest.raises(AssertionError, match="by mandate"):
        an_order(account, purpose=AUTOPAY)
    assert an_order(account, purpose=AUTOPAY, debit=debit(mandate)).mandate_id == mandate.id
    other = an_account(account.customer_id, number="4222222222222")
    with pytest.raises(MandateNotActive):
        an_order(other, "p", purpose=AUTOPAY, debit=debit(mandate))
    with transaction():
        withdraw_consent(customer_id=account.customer_id, purpose="mandate", subject=account.id, now=NOW)
    with pytest.raises(MandateNotActive):
        an_order(account, "q", purpose=AUTOPAY, debit=debit(mandate))


def test_an_overpayment_goes_back_to_her_account(account: BankAccount) -> None:
    order = an_order(account, direction=Direction.REFUND, purpose="overpayment", amount_minor=12)
    submitted(order, ACCEPTED)
    back = outcome(order, DONE)
    assert back is not None and (back.direction, back.state) == (Direction.REFUND, OrderState.DONE)


# What the rail says ------------------------------------------------------------------------------------------------


def test_an_order_from_opened_to_returned(account: BankAccount) -> None:
    order = an_order(account)
    sent = submitted(order, ACCEPTED)
    done = outcome(order, DONE)
    back = outcome(order, RETURNED, DAY + timedelta(days=1), reason="account_closed")
    assert sent is not None and done is not None and back is not None
    assert (sent.state, done.state, back.state) == (OrderState.SENT, OrderState.DONE, OrderState.RETURNED)
    assert (back.settled_date, back.returned_date, back.reason) == (
        DAY,
        DAY + timedelta(days=1),
        "account_closed",
    )
    changes = queries.list_order_changes(order_id=order.id)
    assert [(one.seq, one.news, one.before, one.after.value) for one in changes] == [
        (1, "opened", "", "created"),
        (2, "accepted", "created", "sent"),
        (3, "done", "sent", "done"),
        (4, "returned", "done", "returned"),
    ]
    assert queries.get_submission(order_id=order.id) is None
    assert queries.list_orders_on(day=DAY) == [back] == queries.list_orders_on(day=DAY + timedelta(days=1))


def put_in_state(account: BankAccount, name: str, state: OrderState) -> PaymentOrder:
    order = an_order(account, name)
    if state is OrderState.UNKNOWN:
        submitted(order, UNKNOWN)
    elif state is not OrderState.CREATED:
        submitted(order, ACCEPTED)
    if state in (OrderState.DONE, OrderState.RETURNED):
        outcome(order, DONE)
    if state is OrderState.FAILED:
        outcome(order, FAILED)
    if state is OrderState.RETURNED:
        outcome(order, RETURNED)
    assert state_of(order) is state
    return order


@pytest.mark.parametrize("state", list(OrderState))
@pytest.mark.parametrize("news", list(OrderNews))
def test_every_piece_of_news_in_every_state(account: BankAccount, state: OrderState, news: OrderNews) -> None:
    """What the table says is what the database holds; news is kept as a change, known, refused, or a discrepancy."""
    order = put_in_state(account, "o", state)
    before = queries.list_order_changes(order_id=order.id)

    def tell() -> PaymentOrder | None:
        with transaction():
            if news is OrderNews.ABSENT:
                return operations.record_absent(order_id=order.id, now=NOW)
            if news.value in set(SubmitState):
                heard = Submitted(state=SubmitState(news.value), reason="x")
                return operations.record_submitted(order_id=order.id, outcome=heard, now=NOW)
        return outcome(order, RailOutcome(news.value))

    expected = hear(state, news)
    if expected is Heard.EARLY:
        with pytest.raises(OrderOutOfOrder):
            tell()
    else:
        told = tell()
        assert (told.state if told else None) is (expected if isinstance(expected, OrderState) else None)
    after = expected if isinstance(expected, OrderState) else state
    assert state_of(order) is after
    changes = queries.list_order_changes(order_id=order.id)
    assert len(changes) == len(before) + (after is not state) and changes[-1].after is after
    found = queries.list_discrepancies(order_id=order.id)
    assert [(one.kind, one.state, one.heard) for one in found] == (
        [(DiscrepancyKind.OUT_OF_ORDER, state, news)] if expected is Heard.CONTRADICTS else []
    )


def test_a_contradiction_told_twice_is_one_discrepancy(account: BankAccount) -> None:
    order = put_in_state(account, "o", OrderState.FAILED)
    assert outcome(order, DONE) is None and outcome(order, DONE) is None
    (found,) = queries.list_discrepancies()
    assert (found.order_id, found.heard, found.amount_minor, found.day) == (
        order.id,
        OrderNews.DONE,
        1_807_51,
        DAY,
    )
    with transaction():
        operations.close_discrepancy(id=found.id, how="rail corrected itself", now=NOW)
    assert queries.list_discrepancies() == [] and len(queries.list_discrepancies(open_only=False)) == 1


def test_another_amount_is_not_taken(account: BankAccount) -> None:
    order = put_in_state(account, "o", OrderState.SENT)
    assert outcome(order, DONE, amount_minor=1_807_50) is None
    assert state_of(order) is OrderState.SENT
    (found,) = queries.list_discrepancies()
    assert (found.kind, found.amount_minor) == (DiscrepancyKind.AMOUNT_DIFFERS, 1_807_50)
    assert outcome(order, DONE, amount_minor=1_807_51) is not None


def test_news_of_no_order_is_refused(account: BankAccount) -> None:
    with pytest.raises(OrderNotFound), transaction():
        operations.record_outcome(order_id="stranger", outcome=DONE, settled_date=DAY, now=NOW)
    with pytest.raises(OrderNotFound):
        queries.get_order(id="stranger")


def test_never_heard_of_means_the_same_key_again(account: BankAccount) -> None:
    order = put_in_state(account, "o", OrderState.UNKNOWN)
    with transaction():
        again = operations.record_absent(order_id=order.id, now=NOW)
        assert operations.record_absent(order_id=order.id, now=NOW) is None
    assert again is not None and again.state is OrderState.CREATED
    sendings = [work for work in list_work() if work.kind == operations.SEND]
    assert len({work.key for work in sendings}) == 2
    assert {work.payload["order_id"] for work in sendings} == {order.id}
    sending = queries.get_submission(order_id=order.id)
    assert sending is not None and sending.key == order.id


def test_a_new_attempt_is_a_new_order_after_a_known_failure(account: BankAccount) -> None:
    def again(order_id: str, **other: Any) -> PaymentOrder:
        with transaction():
            return operations.open_attempt(order_id=order_id, now=NOW, **other)

    for state in (OrderState.CREATED, OrderState.SENT, OrderState.UNKNOWN):
        with pytest.raises(OrderStillUnknown):
            again(put_in_state(account, f"open {state}", state).id)
    for state in (OrderState.DONE, OrderState.RETURNED):
        with pytest.raises(OrderNotFailed):
            again(put_in_state(account, f"moved {state}", state).id)
    first = put_in_state(account, "o", OrderState.FAILED)
    second = again(first.id)
    assert (second.id, second.first_id, second.attempt) == (attempt_id(first.id, 2), first.id, 2)
    assert again(first.id) == second, "asked twice, opened once"
    with pytest.raises(OrderStillUnknown):
        again(second.id)
    outcome(second, FAILED)
    assert again(second.id).id == attempt_id(first.id, 3)


def test_an_attempt_by_mandate_needs_the_mandate_again(account: BankAccount) -> None:
    mandate = a_mandate(account)
    first = an_order(account, purpose=AUTOPAY, debit=debit(mandate))
    outcome(first, FAILED)
    with transaction(), pytest.raises(AssertionError, match="again by mandate"):
        operations.open_attempt(order_id=first.id, now=NOW)
    with transaction():
        operations.withdraw_mandate(mandate_id=mandate.id, customer_id=account.customer_id, now=NOW)
    with transaction(), pytest.raises(MandateNotActive):
        operations.open_attempt(order_id=first.id, now=NOW, debit=debit(mandate))


def test_whom_to_ask_the_rail_about(account: BankAccount) -> None:
    unknown = put_in_state(account, "u", OrderState.UNKNOWN)
    silent = put_in_state(account, "s", OrderState.SENT)
    put_in_state(account, "c", OrderState.CREATED)
    put_in_state(account, "d", OrderState.DONE)

    def asked(seconds: int) -> set[str]:
        return {one.id for one in queries.list_orders_to_query(now=NOW + timedelta(seconds=seconds))}

    assert asked(59) == set()
    assert asked(60) == {unknown.id}
    assert asked(600) == {unknown.id, silent.id}
    assert queries.has_open_order(loan_id="loan") and not queries.has_open_order(loan_id="another")
    assert not queries.has_open_order(loan_id="loan", direction=Direction.PAYOUT)


def test_lists_of_orders(account: BankAccount) -> None:
    one, two = (
        an_order(account, "one"),
        an_order(account, "two", loan_id=None, now=NOW + timedelta(seconds=1)),
    )
    assert [order.id for order in queries.list_orders(customer_id=account.customer_id)] == [two.id, one.id]
    assert [order.id for order in queries.list_orders(loan_id="loan", state=OrderState.CREATED)] == [one.id]
    assert {order.id for order in queries.list_orders(ids=[one.id, "stranger"])} == {one.id}
    assert queries.list_orders(ids=[]) == []


# The database itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "amount_minor = 0",
        "state = 'perhaps'",
        "direction = 'sideways'",
        "settled_date = '2026-11-20'",
        "attempt = 2",
        "customer_id = 'nobody'",
    ],
)
def test_the_database_refuses_an_impossible_order(account: BankAccount, change: str) -> None:
    an_order(account)
    with pytest.raises((IntegrityError, DatabaseError)), transaction(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE payments_order SET {change}")
        connection.check_constraints()


@pytest.mark.parametrize(
    "statement", ["UPDATE payments_order_event SET news = 'done'", "DELETE FROM payments_order_event"]
)
def test_history_is_append_only(account: BankAccount, statement: str) -> None:
    an_order(account)
    with pytest.raises(DatabaseError), transaction(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_few_queries_an_operation(account: BankAccount, django_assert_max_num_queries: Any) -> None:
    """Savepoints (2 an act) counted."""
    with django_assert_max_num_queries(8):
        order = an_order(account)
    with django_assert_max_num_queries(5):
        submitted(order, ACCEPTED)
    with django_assert_max_num_queries(5):
        outcome(order, DONE)
