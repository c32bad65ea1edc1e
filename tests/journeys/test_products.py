"""Each product from its quote to its end: who is paid, what is lent again, what a merchant returns; the books tie out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from puhui.contact.queries import list_inbox
from puhui.core.ids import derive_id
from puhui.core.refusals import Refusal
from puhui.journeys import house, merchant_return, offer, offer_reach
from puhui.lab.borrower import Borrower
from puhui.ledger.queries import get_balance
from puhui.lines.queries import get_line
from puhui.loans.domain import Loan, LoanState, RowState
from puhui.loans.queries import get_contract, get_loan
from puhui.offers.domain import Quote
from puhui.payments.domain import Direction
from puhui.payments.queries import get_account, list_accounts, list_orders
from puhui.products.domain import InvoiceMissing, MerchantMissing, Method
from puhui.runtime.queries import get_blob
from puhui.runtime.transactions import transaction
from tests.journeys.test_after_the_money import pay
from tests.journeys.world import World, refuses

SHOP = {"merchant_id": "qingmu", "invoice": "QM-2026-001"}
BUILDER = {"merchant_id": "anju", "invoice": "AJ 77"}


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A world after the first day of the merchants."""
    made = World(start=date(2026, 11, 23))
    yield made
    made.check()
    made.close()


def quoted(world: World, who: Borrower, product: str, amount: int, months: int, **more: object) -> Quote:
    return offer.quote(
        customer_id=who.customer_id, amount_minor=amount, months=months, key=f"q {product} {amount} {months}", now=world.now,
        product_id=product, **{"method": Method.EQUAL_INSTALMENT, **more},  # type: ignore[arg-type]
    )  # fmt: skip


def running(world: World, product: str, amount: int, months: int, **more: object) -> tuple[Borrower, Loan]:
    who = world.approved(income="60000", amount="100000")
    quote = quoted(world, who, product, amount, months, **more)
    who.bind(world.now)
    loan = who.sign(quote, world.now)
    world.work()
    return who, get_loan(id=loan.id)


def payout_of(loan: Loan) -> object:
    return next(one for one in list_orders(loan_id=loan.id) if one.direction is Direction.PAYOUT)


def returned(world: World, loan: Loan, amount: int, key: str = "r") -> None:
    with transaction():
        merchant_return.record(
            id=derive_id("event", loan.id, key),
            loan=loan,
            amount_minor=amount,
            value_date=world.today,
            now=world.now,
        )


def test_a_purchase_pays_the_merchant_and_costs_her_nothing(world: World) -> None:
    who, loan = running(world, "xinyongfu", 300_000, 3, **SHOP)
    order = payout_of(loan)
    account = get_account(id=order.account_id)  # type: ignore[attr-defined]
    assert (account.merchant_id, account.tail) == ("qingmu", "0018")
    assert account.id not in {one.id for one in list_accounts(customer_id=who.customer_id)}
    there = world.position(loan)
    assert loan.state is LoanState.ACTIVE and there.payoff_minor == 300_000
    assert sum(row.payment_minor for row in there.rows) == 300_000
    assert get_balance(code="4005", currency="CNY") == -13_500  # 4.5 % of what was lent
    assert get_balance(code="1004", currency="CNY") == 13_500
    text, _ = get_blob(get_contract(id=loan.contract_id).text_sha256)
    for said in ("青木家电", "QM-2026-001", "0018", "¥135.00"):
        assert said in text.decode()
    assert any("已付给商户" in one.text and "0018" in one.text for one in list_inbox(limit=20))


def test_a_return_unwinds_it_and_gives_back_what_she_paid(world: World) -> None:
    _, loan = running(world, "xinyongfu", 300_000, 3, **SHOP)
    free = get_line(id=loan.line_id).available_minor
    world.live_until(world.today + timedelta(days=5))
    pay(world, loan, world.position(loan).next_due_minor, key="first")
    world.wait(minutes=5)
    world.work()
    world.check()
    returned(world, loan, 300_000)
    world.wait(minutes=5)
    world.work()
    there = world.position(loan)
    assert there.state is LoanState.CLOSED and there.credit_minor == 0 and there.payoff_minor == 0
    back = [one for one in list_orders(loan_id=loan.id) if one.direction is Direction.REFUND]
    assert [one.amount_minor for one in back] == [100_000]
    assert get_account(id=back[0].account_id).merchant_id == ""
    assert get_balance(code="4005", currency="CNY") == 0  # no subsidy for goods that went back
    assert get_balance(code="1004", currency="CNY") == 300_000  # the merchant owes what he was paid
    assert get_line(id=loan.line_id).available_minor == free + 300_000
    returned(world, loan, 300_000)  # the same notice again
    assert get_balance(code="1004", currency="CNY") == 300_000


def test_a_part_of_the_goods_goes_back(world: World) -> None:
    _, loan = running(world, "xinyongfu", 300_000, 3, **SHOP)
    world.live_until(world.today + timedelta(days=3))
    returned(world, loan, 120_000)
    there = world.position(loan)
    assert there.state is LoanState.ACTIVE and there.payoff_minor == 180_000
    assert get_balance(code="4005", currency="CNY") == -8_100
    world.check()


def test_what_a_purchase_needs(world: World) -> None:
    who = world.approved(income="60000", amount="100000")
    refuses(MerchantMissing, lambda: quoted(world, who, "xinyongfu", 300_000, 3), field="merchant")
    refuses(
        MerchantMissing,
        lambda: quoted(world, who, "xinyongfu", 300_000, 3, **BUILDER),
        field="merchant",
    )
    refuses(
        InvoiceMissing,
        lambda: quoted(world, who, "xinyongfu", 300_000, 3, merchant_id="qingmu", invoice="  "),
        field="invoice",
    )


def test_a_renovation_pays_the_builder_and_does_not_restore(world: World) -> None:
    _, loan = running(world, "zhuangxiu", 1_000_000, 12, **BUILDER)
    there = world.position(loan)
    assert [row.principal_minor for row in there.rows[:3]] == [0, 0, 0] and there.rows[3].principal_minor > 0
    free = get_line(id=loan.line_id).available_minor
    pay(world, loan, there.payoff_minor, intent="payoff", key="all")
    world.wait(minutes=5)
    world.work()
    assert world.position(loan).state is LoanState.CLOSED
    assert get_line(id=loan.line_id).available_minor == free


@pytest.mark.parametrize("method", [Method.EQUAL_INSTALMENT, Method.INTEREST_FIRST, Method.BULLET])
def test_a_preferential_line_restores_by_every_method(world: World, method: Method) -> None:
    _, loan = running(world, "bailingdai", 500_000, 6, method=method)
    there = world.position(loan)
    assert len(there.rows) == (1 if method is Method.BULLET else 6)
    free = get_line(id=loan.line_id).available_minor
    pay(world, loan, there.payoff_minor, intent="payoff", key="all")
    world.wait(minutes=5)
    world.work()
    assert get_line(id=loan.line_id).available_minor == free + 500_000


@pytest.mark.parametrize("method", [Method.EQUAL_INSTALMENT, Method.EQUAL_PRINCIPAL])
def test_a_large_loan_runs_for_years_in_whole_yuan_and_does_not_restore(world: World, method: Method) -> None:
    who, loan = running(world, "daqidai", 6_000_000, 24, method=method)
    there = world.position(loan)
    assert loan.state is LoanState.ACTIVE and len(there.rows) == 24
    assert sum(row.principal_minor for row in there.rows) == 6_000_000
    if method is Method.EQUAL_INSTALMENT:
        assert len({row.payment_minor for row in there.rows[:-1]}) == 1
        assert there.rows[0].payment_minor % 100 == 0  # the file rounds the instalment to whole yuan
    free = get_line(id=loan.line_id).available_minor
    world.live_until(there.rows[0].due_date)
    pay(world, loan, world.position(loan).next_due_minor, key="first")
    world.wait(minutes=5)
    world.work()
    after = world.position(loan)
    assert after.rows[0].state is RowState.PAID and get_line(id=loan.line_id).available_minor == free
    with pytest.raises(Refusal):  # below its smallest amount
        quoted(world, who, "daqidai", 4_900_000, 24)


def test_what_she_may_choose_and_how_much(world: World) -> None:
    who = world.approved(income="60000", amount="100000")
    found = offer_reach.list_eligible(customer_id=who.customer_id, now=world.now)
    ids = [one.id for one in found]
    assert ids[0] == house.PRODUCT and {"xinyongfu", "bailingdai", "zhuangxiu", "daqidai"} <= set(ids)
    for one in found:
        most = offer_reach.get_most(
            customer_id=who.customer_id, months=one.terms[-1], now=world.now, product_id=one.id
        )
        assert 0 <= most <= one.amount_max_minor and most % one.amount_step_minor == 0
        if most:
            more = BUILDER if one.id == "zhuangxiu" else SHOP if one.id == "xinyongfu" else {}
            assert quoted(world, who, one.id, most, one.terms[-1], **more).product_id == one.id
