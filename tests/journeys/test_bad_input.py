"""Every line of "Bad input": a clear refusal that names field and remedy in both languages, and no partial record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from puhui.access.operations import CodeExpired, CodeLocked, CodeTooSoon, CodeUsed, CodeWrong
from puhui.customers.domain import PhoneInvalid, ResidentNumberInvalid, UnderAge
from puhui.customers.operations import IdentityAlreadyUsed
from puhui.decisions.domain.application import ApplicationAlreadySent, IncomeImplausible
from puhui.decisions.domain.stored import ApplicationUnknown
from puhui.journeys import (
    account,
    apply,
    consent,
    identify,
    offer,
    offer_reach,
    payoff,
    register,
    repay,
    sign,
)
from puhui.journeys.consent import ConsentMissing
from puhui.journeys.identify import IdentityMissing
from puhui.journeys.repay import PaymentIntentUnknown, PaymentUnderWay
from puhui.lab.people import make_test_resident_number
from puhui.lines.domain import LineExceeded
from puhui.loans.domain import LoanState, PaymentExceedsPayoff, RepaymentAfterPayoff, WithdrawalOver
from puhui.loans.operations import LoanNotYours
from puhui.loans.queries import LoanNotFound, list_loans
from puhui.offers.operations import QuoteAlreadySigned, QuoteExpired, QuoteNotYours
from puhui.payments.domain import AccountNumberInvalid, OrderState
from puhui.payments.operations import AccountNotVerified
from puhui.payments.queries import get_order, list_orders
from puhui.runtime.operations import KeyReusedWithOtherBody
from tests.journeys.world import FORM_SEEN, World, count_rows, refuses


def test_a_phone_that_is_none(world: World) -> None:
    refuses(
        PhoneInvalid,
        lambda: register.request_code(phone="123", language="en", code="123456", key="k", now=world.now),
        field="phone",
    )


def test_a_resident_number_with_a_wrong_checksum(world: World) -> None:
    one = world.borrower()
    one.register(world.now)
    number = one.person.resident_number
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    refuses(
        ResidentNumberInvalid,
        lambda: identify.record(
            customer_id=one.customer_id, name=one.person.name, number=wrong, key="k", now=world.now
        ),
        field="number",
    )


def test_somebody_under_age(world: World) -> None:
    one = world.borrower()
    one.register(world.now)
    young = make_test_resident_number(region_code="110199", birth_date=date(2008, 3, 3), sequence=7)
    refuses(
        UnderAge,
        lambda: identify.record(
            customer_id=one.customer_id, name=one.person.name, number=young, key="k", now=world.now
        ),
        field="number",
    )


def test_one_number_for_two_customers(world: World) -> None:
    first, second = world.borrower(0), world.borrower(1)
    for one in (first, second):
        one.register(world.now)
    first.say_who(world.now)
    refuses(
        IdentityAlreadyUsed,
        lambda: identify.record(
            customer_id=second.customer_id,
            name=first.person.name,
            number=first.person.resident_number,
            key="k",
            now=world.now,
        ),
        field="number",
    )


@pytest.mark.parametrize("income", ["0", "-5", "99999999999"])
def test_an_absurd_income(world: World, income: str) -> None:
    one = world.borrower(income=income)
    one.register(world.now)
    one.say_who(world.now)
    typed = apply.save(customer_id=one.customer_id, fields=one.wish.fields, key="typed", now=world.now)
    refuses(
        IncomeImplausible,
        lambda: apply.submit(customer_id=one.customer_id, application_id=typed.id, key="send", now=world.now),
        field="income",
    )


def test_an_application_without_identity_or_consent(world: World) -> None:
    one = world.borrower()
    one.register(world.now)
    typed = apply.save(customer_id=one.customer_id, fields=one.wish.fields, key="typed", now=world.now)

    def send() -> object:
        return apply.submit(customer_id=one.customer_id, application_id=typed.id, key="send", now=world.now)

    refuses(IdentityMissing, send, field="identity")
    one.say_who(world.now)
    consent.withdraw(customer_id=one.customer_id, purpose="credit_report", key="w", now=world.now)
    refuses(ConsentMissing, send, field="consents")


def _code(world: World, phone: str, code: str, key: str) -> object:
    return register.confirm_code(phone=phone, code=code, language="en", key=key, now=world.now)


def test_a_wrong_code_is_counted_and_the_fifth_locks(world: World) -> None:
    phone = world.person(0).phone
    register.request_code(phone=phone, language="en", code="123456", key="ask", now=world.now)
    for tried in range(4):
        wrong = refuses(
            CodeWrong,
            lambda tried=tried: _code(world, phone, "000000", f"w{tried}"),
            field="code",
            but=FORM_SEEN,
        )
        assert wrong.facts["remaining"] == 4 - tried
    refuses(CodeLocked, lambda: _code(world, phone, "000000", "w5"), field="code", but=FORM_SEEN)
    refuses(CodeLocked, lambda: _code(world, phone, "123456", "right, too late"), field="code", but=FORM_SEEN)


def test_a_code_sent_twice_within_a_minute(world: World) -> None:
    phone = world.person(0).phone
    register.request_code(phone=phone, language="en", code="123456", key="ask", now=world.now)
    refuses(
        CodeTooSoon,
        lambda: register.request_code(phone=phone, language="en", code="654321", key="ask 2", now=world.now),
        field="code",
    )


def test_an_expired_code_and_a_reused_one(world: World) -> None:
    phone = world.person(0).phone
    register.request_code(phone=phone, language="en", code="123456", key="ask", now=world.now)
    world.wait(minutes=6)
    refuses(CodeExpired, lambda: _code(world, phone, "123456", "late"), field="code", but=FORM_SEEN)
    register.request_code(phone=phone, language="en", code="654321", key="again", now=world.now)
    _code(world, phone, "654321", "first")
    refuses(CodeUsed, lambda: _code(world, phone, "654321", "second"), field="code", but=FORM_SEEN)


def test_an_expired_quote(world: World) -> None:
    one = world.approved()
    quote = one.quote(world.now)
    assert quote is not None
    one.bind(world.now)
    world.now = quote.valid_until + timedelta(seconds=1)
    sign.request_code(customer_id=one.customer_id, quote_id=quote.id, code="123456", key="c", now=world.now)
    refuses(
        QuoteExpired,
        lambda: sign.sign(
            customer_id=one.customer_id,
            quote_id=quote.id,
            code="123456",
            language="en",
            key="s",
            now=world.now,
        ),
        field="quote",
    )
    assert list_loans(customer_id=one.customer_id) == []


def test_a_replayed_key_with_another_body(world: World) -> None:
    one = world.approved()
    terms = {
        "customer_id": one.customer_id,
        "months": 12,
        "method": one.wish.method,
        "key": "k",
        "now": world.now,
    }
    first = offer.quote(amount_minor=1_000_000, **terms)  # type: ignore[arg-type]
    again = offer.quote(amount_minor=1_000_000, **terms)  # type: ignore[arg-type]
    assert again == first
    refuses(KeyReusedWithOtherBody, lambda: offer.quote(amount_minor=1_100_000, **terms))  # type: ignore[arg-type]


def test_a_form_sent_twice(world: World) -> None:
    one, loan = world.signed()
    before = count_rows()
    quote = offer.get_quote(id=_contract_quote(loan.contract_id))
    again = one.sign(quote, world.now)
    assert again.id == loan.id and count_rows() == before


def test_an_application_sent_twice(world: World) -> None:
    one = world.borrower()
    one.register(world.now)
    one.say_who(world.now)
    sent = one.apply(world.now)

    def again(key: str) -> object:
        return apply.submit(customer_id=one.customer_id, application_id=sent.id, key=key, now=world.now)

    before = count_rows()
    assert again(one.key("send")) == sent and count_rows() == before
    assert again("another form") == sent
    refuses(
        ApplicationAlreadySent,
        lambda: apply.save(customer_id=one.customer_id, fields={"income": "9"}, key="more", now=world.now),
    )
    world.work()


def _contract_quote(contract_id: str) -> str:
    from puhui.loans.queries import get_contract

    return get_contract(id=contract_id).quote_id


def test_two_signers_of_one_quote(world: World) -> None:
    one, other = world.approved(0), world.approved(1)
    quote = one.quote(world.now)
    assert quote is not None
    one.bind(world.now)
    other.bind(world.now)
    refuses(
        QuoteNotYours,
        lambda: sign.request_code(
            customer_id=other.customer_id, quote_id=quote.id, code="111111", key="o", now=world.now
        ),
        field="quote",
    )
    refuses(
        QuoteNotYours,
        lambda: sign.sign(
            customer_id=other.customer_id,
            quote_id=quote.id,
            code="111111",
            language="en",
            key="o",
            now=world.now,
        ),
    )
    one.sign(quote, world.now)
    world.wait(minutes=2)
    sign.request_code(customer_id=one.customer_id, quote_id=quote.id, code="222222", key="2", now=world.now)
    refuses(
        QuoteAlreadySigned,
        lambda: sign.sign(
            customer_id=one.customer_id,
            quote_id=quote.id,
            code="222222",
            language="en",
            key="2",
            now=world.now,
        ),
        field="quote",
    )
    assert len(list_loans(customer_id=one.customer_id)) == 1


def test_two_draws_on_one_line(world: World) -> None:
    one = world.approved(income="60000")
    most = offer_reach.get_most(customer_id=one.customer_id, months=12, now=world.now)
    half = most // 2 // 10_000 * 10_000 + 10_000
    quotes = [
        offer.quote(
            customer_id=one.customer_id,
            amount_minor=half,
            months=12,
            method=one.wish.method,
            key=key,
            now=world.now,
        )
        for key in ("first", "second")
    ]
    one.bind(world.now)
    for number, quote in enumerate(quotes):
        sign.request_code(
            customer_id=one.customer_id, quote_id=quote.id, code="123456", key=f"c{number}", now=world.now
        )

    def draw(number: int) -> object:
        return sign.sign(
            customer_id=one.customer_id,
            quote_id=quotes[number].id,
            code="123456",
            language="en",
            key=f"s{number}",
            now=world.now,
        )

    draw(0)
    refuses(LineExceeded, lambda: draw(1), field="amount")
    assert len(list_loans(customer_id=one.customer_id)) == 1


def _pay(world: World, loan_id: str, customer_id: str, amount: int, intent: str, key: str) -> object:
    return repay.start(
        customer_id=customer_id, loan_id=loan_id, amount_minor=amount, intent=intent, key=key, now=world.now
    )


def test_a_repayment_against_a_payoff_at_the_same_instant(world: World) -> None:
    _one, loan = world.running()
    world.live_until(world.today + timedelta(days=5))
    payoff.start(customer_id=loan.customer_id, loan_id=loan.id, key="off", now=world.now)
    refuses(PaymentUnderWay, lambda: _pay(world, loan.id, loan.customer_id, 10_000, "due", "p"), field="loan")
    world.work()
    assert world.position(loan).state is LoanState.CLOSED


def test_a_payment_for_a_closed_loan(world: World) -> None:
    _one, loan = world.running()
    payoff.start(customer_id=loan.customer_id, loan_id=loan.id, key="off", now=world.now)
    world.work()
    refuses(
        RepaymentAfterPayoff,
        lambda: _pay(world, loan.id, loan.customer_id, 10_000, "due", "p"),
        field="amount",
    )


def test_an_overpayment(world: World) -> None:
    _one, loan = world.running()
    too_much = world.position(loan).payoff_minor + 1
    refuses(
        PaymentExceedsPayoff,
        lambda: _pay(world, loan.id, loan.customer_id, too_much, "prepay", "p"),
        field="amount",
    )
    refuses(
        PaymentIntentUnknown, lambda: _pay(world, loan.id, loan.customer_id, 1, "gift", "g"), field="intent"
    )


def test_a_withdrawal_after_the_last_day(world: World) -> None:
    _one, loan = world.running()
    until = world.position(loan).withdrawal_until
    assert until is not None and (until - world.today).days == 14
    world.live_until(until + timedelta(days=1))
    refuses(
        WithdrawalOver,
        lambda: _pay(world, loan.id, loan.customer_id, loan.principal_minor, "withdraw", "w"),
    )


def test_another_customers_loan_quote_and_application(world: World) -> None:
    one, loan = world.running(0)
    other = world.approved(1)
    refuses(LoanNotYours, lambda: _pay(world, loan.id, other.customer_id, 10_000, "due", "p"), field="loan")
    refuses(LoanNotFound, lambda: _pay(world, "nothing", other.customer_id, 10_000, "due", "p"), field="loan")
    refuses(
        ApplicationUnknown,
        lambda: apply.submit(
            customer_id=other.customer_id, application_id=one.application_id, key="s", now=world.now
        ),
    )


def test_an_account_that_is_no_account_and_one_that_the_bank_does_not_know(world: World) -> None:
    one = world.borrower()
    one.register(world.now)
    one.say_who(world.now)

    def bind(number: str) -> object:
        return account.bind(
            customer_id=one.customer_id, number=number, bank_name="北辰银行", key="b", now=world.now
        )

    refuses(AccountNumberInvalid, lambda: bind("6222 0000 1111 2224"), field="account_number")
    refuses(AccountNotVerified, lambda: bind("0000001234567897"), field="account")


def test_a_withdrawn_credit_report_consent_is_not_used(world: World) -> None:
    """She withdraws between sending and the bureau: nothing is asked, and the decision says what it saw."""
    one = world.borrower()
    one.register(world.now)
    one.say_who(world.now)
    one.apply(world.now)
    consent.withdraw(customer_id=one.customer_id, purpose="credit_report", key="w", now=world.now)
    world.work()
    from puhui.facts.queries import list_facts
    from puhui.journeys import assess

    state = assess.get_state(customer_id=one.customer_id, application_id=one.application_id)
    assert state.decision is not None and state.decision.input.facts == ()
    assert list_facts(one.customer_id) == []


def test_a_failed_order_changes_nothing_but_says_so(world: World) -> None:
    _one, loan = world.running()
    world.close()
    bad = World(faults="fail=1")
    bad.now = world.now
    order = repay.start(
        customer_id=loan.customer_id, loan_id=loan.id, amount_minor=50_000, intent="due", key="f", now=bad.now
    )
    before = bad.position(loan)
    bad.work()
    assert get_order(id=order.id).state is OrderState.FAILED
    assert bad.position(loan) == before
    assert list_orders(loan_id=loan.id, state=OrderState.FAILED)
    bad.close()
