"""After signing she negotiates too: another due day, another number of payments, as one binding change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import DatabaseError

from puhui.access.operations import CodeWrong
from puhui.contact.queries import list_messages
from puhui.decisions.queries import replay_decision
from puhui.evidence.gateways.sandbox import SandboxEvidence
from puhui.journeys import (
    ask_for_help,
    change_ask,
    change_gather,
    change_price,
    change_sign,
    change_text,
    parties,
    prove,
    repay,
    staff_events,
)
from puhui.journeys.repay import PaymentUnderWay
from puhui.journeys.standing import QuoteProofWithdrawn
from puhui.loans.domain import (
    ChangeAlreadySigned,
    ChangeChoice,
    ChangeExpired,
    ChangeNotFound,
    ChangePriceStays,
    ChangeQuote,
    ChangeStale,
    EventKind,
    Loan,
    SignedChange,
)
from puhui.loans.domain.change_refusals import (
    ChangeLoanNotRunning,
    ChangeNotAffordable,
    ChangeNothingAsked,
    ChangePaymentsNotOffered,
    ChangeTooSoon,
    ChangeWhileDue,
    ChangeWhileFrozen,
    ChangeWhileLate,
)
from puhui.loans.models import ChangeRow
from puhui.loans.operations import LoanNotYours
from puhui.loans.queries import find_change_signature, get_terms, list_events
from puhui.products.domain import DueDayNotOffered
from puhui.runtime.queries import get_blob
from puhui.runtime.transactions import transaction
from tests.journeys.world import World, refuses

CODE = "424242"
MIDDLING = 33  # a row of data/lending_club_applicants.csv with something left to prove
STRONG = {"income_tax": {"months": 12, "total_minor": 12 * 2_500_000}}


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A world after the first day of changes."""
    made = World(start=date(2026, 11, 23))
    yield made
    made.check()
    made.close()


def ask(world: World, loan: Loan, *, key: str = "a", lower_price: bool = False, **choice: int) -> ChangeQuote:
    """She asks for a binding change."""
    return change_ask.ask(
        customer_id=loan.customer_id,
        loan_id=loan.id,
        choice=ChangeChoice(**choice),
        lower_price=lower_price,
        key=key,
        now=world.now,
    )


def sign(world: World, quote: ChangeQuote, *, key: str = "s", code: str = CODE) -> SignedChange:
    """She has a code sent and signs with it."""
    ids = {"customer_id": quote.customer_id, "loan_id": quote.loan_id, "change_id": quote.id}
    change_sign.request_code(**ids, code=CODE, key=f"{key}c", now=world.now)
    return change_sign.sign(**ids, code=code, language="zh-hans", key=key, now=world.now)


def pay(world: World, loan: Loan, *, key: str = "pay") -> None:
    """She pays what has fallen due, or else the next payment."""
    there = world.position(loan)
    repay.start(
        customer_id=loan.customer_id,
        loan_id=loan.id,
        amount_minor=there.due_minor or there.next_due_minor,
        intent="due",
        key=key,
        now=world.now,
    )
    world.work()


def payments(world: World, loan: Loan) -> list[tuple[date, int]]:
    """What is still to pay."""
    return [(row.due_date, row.open_minor) for row in world.position(loan).rows if row.open_minor]


def test_a_due_date_moves_to_the_day_she_wants(world: World) -> None:
    _she, loan = world.running()
    world.live_until(date(2026, 12, 1))
    before = payments(world, loan)
    quote = ask(world, loan, due_day=5)
    assert payments(world, loan) == before  # nothing is executed by asking
    assert quote.before.next.due_date == date(2026, 12, 23)
    assert quote.after.next.due_date == date(2027, 1, 5)
    assert {one.due_date.day for one in quote.after.payments} == {5}
    assert len(quote.after.payments) == len(quote.before.payments) == 12
    assert quote.after.total_minor > quote.before.total_minor  # thirteen days more, and said so
    assert quote.after.apr_nominal_ppm <= 240_000
    signed = sign(world, quote)
    assert payments(world, loan) == [(one.due_date, one.amount_minor) for one in quote.after.payments]
    assert [one.kind for one in list_events(loan_id=loan.id)][-1] is EventKind.MOVE_DUE
    assert get_blob(signed.text_sha256)[0].decode() == change_text.draft(quote=quote, language="zh-hans")
    assert not world.position(loan).restructured
    world.work()
    assert "change_signed" in [one.template for one in list_messages(loan.customer_id)]
    refuses(ChangeAlreadySigned, lambda: sign(world, quote, key="again"))
    refuses(ChangeTooSoon, lambda: ask(world, loan, key="b", due_day=9))


@pytest.mark.parametrize("count", [5, 20])
def test_fewer_or_more_payments_at_the_same_rate(world: World, count: int) -> None:
    _she, loan = world.running()
    world.live_until(date(2026, 12, 24))
    pay(world, loan)
    quote = ask(world, loan, payments=count)
    assert (len(quote.before.payments), len(quote.after.payments)) == (11, count)
    assert quote.after.annual_rate_ppm == quote.before.annual_rate_ppm
    assert quote.after.next.due_date == quote.before.next.due_date
    assert (quote.after.total_minor < quote.before.total_minor) == (count < 11)
    sign(world, quote)
    assert payments(world, loan) == [(one.due_date, one.amount_minor) for one in quote.after.payments]
    assert not world.position(loan).restructured
    world.live_until(quote.after.next.due_date)
    pay(world, loan, key="next")
    assert world.position(loan).late_minor == 0


def test_what_is_not_offered_says_what_is(world: World) -> None:
    _she, loan = world.running(income="9000")
    refuses(ChangeNothingAsked, lambda: ask(world, loan))
    refuses(ChangeNothingAsked, lambda: ask(world, loan, due_day=23))
    refuses(DueDayNotOffered, lambda: ask(world, loan, due_day=29), field="due_day")
    refusal = refuses(ChangePaymentsNotOffered, lambda: ask(world, loan, payments=25), field="payments")
    assert refusal.facts == {"least": 1, "most": 24}
    refuses(ChangeNotAffordable, lambda: ask(world, loan, payments=1), field="payments")
    other = world.approved(1)
    refuses(
        LoanNotYours,
        lambda: change_ask.ask(
            customer_id=other.customer_id,
            loan_id=loan.id,
            choice=ChangeChoice(due_day=5),
            key="x",
            now=world.now,
        ),
    )


def test_who_is_late_or_frozen_is_led_to_relief(world: World) -> None:
    _she, loan = world.running()
    _too, other = world.running(1)
    world.live_until(date(2026, 12, 23))
    refuses(ChangeWhileDue, lambda: ask(world, loan, due_day=5))
    ask_for_help.ask(customer_id=other.customer_id, loan_id=other.id, text="", key="h", now=world.now)
    world.live_until(date(2026, 12, 26))
    refuses(ChangeWhileLate, lambda: ask(world, loan, due_day=5))
    pay(world, other)
    refuses(ChangeWhileFrozen, lambda: ask(world, other, due_day=5))
    _third, pending = world.signed(2)
    refuses(ChangeLoanNotRunning, lambda: ask(world, pending, due_day=5))
    world.work()


def test_an_expired_or_overtaken_quote_executes_nothing(world: World) -> None:
    _she, loan = world.running()
    first = ask(world, loan, due_day=5)
    world.wait(minutes=1)
    second = ask(world, loan, key="b", payments=18)
    assert [one.id for one in change_gather.open_changes(loan_id=loan.id, now=world.now)] == [
        second.id,
        first.id,
    ]
    world.prepay(loan)
    world.work()
    but = frozenset({"access_code"})
    refuses(ChangeStale, lambda: sign(world, first), but=but)
    fresh = ask(world, loan, key="c", due_day=5)
    assert fresh.after.total_minor < first.after.total_minor
    world.now = fresh.valid_until + timedelta(microseconds=1)
    refuses(ChangeExpired, lambda: sign(world, fresh), but=but)
    assert [one.kind for one in list_events(loan_id=loan.id)][-1] is EventKind.PREPAY


def test_of_two_quotes_one_is_signed(world: World) -> None:
    _she, loan = world.running()
    first, second = ask(world, loan, due_day=5), ask(world, loan, key="b", payments=18)
    sign(world, second)
    refuses(ChangeStale, lambda: sign(world, first, key="t"))
    assert find_change_signature(change_id=first.id) is None


def test_a_payment_with_the_bank_comes_first(world: World) -> None:
    _she, loan = world.running()
    quote = ask(world, loan, due_day=5)
    world.prepay(loan)
    refuses(PaymentUnderWay, lambda: sign(world, quote))
    refuses(PaymentUnderWay, lambda: ask(world, loan, key="b", due_day=5))
    world.work()


def test_a_wrong_code_and_another_customer_sign_nothing(world: World) -> None:
    _she, loan = world.running()
    other = world.approved(1)
    quote = ask(world, loan, due_day=5)
    with pytest.raises(CodeWrong):
        sign(world, quote, code="000000")
    assert find_change_signature(change_id=quote.id) is None
    ids = {"loan_id": loan.id, "change_id": quote.id}
    refuses(
        ChangeNotFound,
        lambda: change_sign.request_code(
            customer_id=other.customer_id, **ids, code=CODE, key="k", now=world.now
        ),
    )


def test_the_same_key_asks_and_signs_once(world: World) -> None:
    _she, loan = world.running()
    assert ask(world, loan, due_day=5) == ask(world, loan, due_day=5)
    quote = ask(world, loan, due_day=5)
    signed = sign(world, quote)
    ids = {"customer_id": loan.customer_id, "loan_id": loan.id, "change_id": quote.id}
    assert change_sign.sign(**ids, code=CODE, language="zh-hans", key="s", now=world.now) == signed
    moves = [one for one in list_events(loan_id=loan.id) if one.kind is EventKind.MOVE_DUE]
    assert len(moves) == 1


def give(world: World, loan: Loan) -> str:
    """Her tax record comes, and it is strong."""
    proof = prove.give(customer_id=loan.customer_id, kind="income_tax", key="g", now=world.now)
    world.work()
    return proof.id


@pytest.fixture
def strong(world: World) -> Iterator[World]:
    """A world in which tax records show much."""
    parties.put(name="evidence", party=SandboxEvidence(figures=STRONG))
    yield world
    parties.put(name="evidence", party=None)


def test_a_lower_price_or_what_would_bring_it(strong: World) -> None:
    world = strong
    _she, loan = world.running(row=MIDDLING, amount="3000", amount_minor=300_000)
    refusal = refuses(ChangePriceStays, lambda: ask(world, loan, lower_price=True), field="lower_price")
    assert refusal.facts["answer_ppm"] == refusal.facts["now_ppm"] == world_rate(loan)
    there = change_gather.loan_to_change(customer_id=loan.customer_id, loan_id=loan.id, now=world.now)
    policy = change_gather.change_policy(world.now)
    she = {"customer_id": loan.customer_id, "loan": there, "policy": policy, "now": world.now}
    price = change_price.price(choice=ChangeChoice(), **she)
    worths = change_price.worths(price=price, **she)
    promised = {card.kind.code: best for card, best in worths}
    assert promised["income_tax"] < price.now_ppm
    proof = give(world, loan)
    world.wait(minutes=1)
    quote = ask(world, loan, key="b", lower_price=True, due_day=5)
    assert quote.after.annual_rate_ppm < quote.before.annual_rate_ppm
    assert quote.after.annual_rate_ppm >= promised["income_tax"]  # no lower than was said at best
    assert quote.proof_ids == (proof,) and replay_decision(quote.decision_id).identical
    signed = sign(world, quote)
    assert payments(world, loan) == [(one.due_date, one.amount_minor) for one in quote.after.payments]
    kinds = [one.kind for one in list_events(loan_id=loan.id)]
    assert kinds[-2:] == [EventKind.RATE_CHANGE, EventKind.MOVE_DUE]
    text = get_blob(signed.text_sha256)[0].decode()
    assert quote.number in text
    told = list_events(loan_id=loan.id)
    again = staff_events.again(loan_id=loan.id, terms=get_terms(loan_id=loan.id), events=told)
    assert again == staff_events.stored(told)
    moved = [replace(one, value_date=date(2026, 11, 1)) if one is told[-1] else one for one in told]
    again = staff_events.again(loan_id=loan.id, terms=get_terms(loan_id=loan.id), events=moved)
    assert again != staff_events.stored(moved), "an event that says another day than was signed is found"
    refuses(ChangePriceStays, lambda: ask(world, loan, key="c", lower_price=True))


def test_a_price_ends_with_the_proof_that_it_rests_on(strong: World) -> None:
    world = strong
    _she, loan = world.running(row=MIDDLING, amount="3000", amount_minor=300_000)
    proof = give(world, loan)
    quote = ask(world, loan, lower_price=True)
    world.wait(minutes=1)
    prove.withdraw(customer_id=loan.customer_id, proof_id=proof, key="w", now=world.now)
    refuses(QuoteProofWithdrawn, lambda: sign(world, quote))
    refuses(ChangePriceStays, lambda: ask(world, loan, key="b", lower_price=True))


def test_what_is_stored_of_a_change_is_what_the_house_signed(world: World) -> None:
    _she, loan = world.running()
    quote = ask(world, loan, due_day=5)
    row = ChangeRow.objects.get(id=quote.id)
    assert row.is_genuine and row.to_domain() == quote
    row.body = row.body.replace(f'"event_count":{quote.event_count}', '"event_count":99')
    assert not row.is_genuine
    with pytest.raises(DatabaseError), transaction():
        row.save()


def world_rate(loan: Loan) -> int:
    """The contract rate of a loan."""
    return get_terms(loan_id=loan.id).annual_rate_ppm
