"""What a consent's text says of saying no is what happens: a person decides, nothing is lent, or it is asked anew."""

from __future__ import annotations

import pytest

from puhui.access import operations as access
from puhui.access.domain import Role
from puhui.decisions.domain import Approved, Referred
from puhui.decisions.queries import list_decisions
from puhui.journeys import apply, consent, sign, staff_decide
from puhui.journeys.consent import TO_APPLY, TO_SIGN, ConsentMissing
from puhui.lab.borrower import Borrower
from puhui.loans.queries import list_loans
from puhui.protection.domain import ConsentPurpose
from puhui.protection.queries import get_consent_texts, has_consent
from puhui.runtime.transactions import transaction
from tests.journeys.world import World, refuses


def test_what_the_texts_call_required_is_what_the_journeys_need(world: World) -> None:
    texts = get_consent_texts(on_date=world.today).texts
    assert {purpose for purpose, text in texts.items() if text.required} == {*TO_APPLY, *TO_SIGN}


def _without(world: World, purpose: str, index: int = 0) -> Borrower:
    """Somebody who agrees to everything but one thing."""
    one = world.borrower(index)
    one.register(world.now)
    one.say_who(world.now)
    consent.withdraw(customer_id=one.customer_id, purpose=purpose, key=f"no {purpose}", now=world.now)
    world.wait(minutes=1)
    return one


def test_who_wants_no_program_to_decide_gets_a_person_and_the_same_price(world: World) -> None:
    one, other = _without(world, "automated_decision", 0), world.approved(1)
    one.apply(world.now)
    world.work()
    (decided,) = list_decisions(one.customer_id)
    assert isinstance(decided.decision.verdict, Referred)
    assert [reason.code for reason in decided.decision.verdict.reasons] == ["ASKED_PERSON"]
    (by_program,) = list_decisions(other.customer_id)
    assert decided.decision.price == by_program.decision.price
    assert decided.decision.limit_minor == by_program.decision.limit_minor > 0

    with transaction():
        access.create_staff(
            login="decides", password="long-enough-password", role=Role.OPERATIONS.value, now=world.now
        )
    agreed = staff_decide.approve(
        application_id=one.application_id,
        by="decides",
        limit_minor=decided.decision.limit_minor,
        key="yes",
        now=world.wait(minutes=5),
    )
    verdict = agreed.decision.verdict
    assert (
        isinstance(verdict, Approved) and verdict.annual_rate_ppm == by_program.decision.price.annual_rate_ppm
    )
    assert one.borrow(world.now) is not None
    world.check()


@pytest.mark.parametrize("purpose", [one.value for one in TO_APPLY if one is not ConsentPurpose.IDENTITY])
def test_nothing_is_sent_without_what_an_application_needs(world: World, purpose: str) -> None:
    one = _without(world, purpose)
    typed = apply.save(customer_id=one.customer_id, fields=one.wish.fields, key="typed", now=world.now)
    said = refuses(
        ConsentMissing,
        lambda: apply.submit(customer_id=one.customer_id, application_id=typed.id, key="send", now=world.now),
        field="consents",
    )
    assert said.facts["purpose"] == purpose


@pytest.mark.parametrize("purpose", [one.value for one in TO_SIGN])
def test_nothing_is_lent_once_what_a_loan_needs_is_withdrawn(world: World, purpose: str) -> None:
    one = world.approved()
    quote = one.quote(world.now)
    assert quote is not None
    one.bind(world.now)
    world.wait(minutes=1)
    consent.withdraw(customer_id=one.customer_id, purpose=purpose, key="no", now=world.now)
    sign.request_code(customer_id=one.customer_id, quote_id=quote.id, code="123456", key="ask", now=world.now)

    def act(*consents: str) -> object:
        return sign.sign(
            customer_id=one.customer_id, quote_id=quote.id, code="123456", language="en",
            key=f"sign {consents}", now=world.now, consents=consents,
        )  # fmt: skip

    assert refuses(ConsentMissing, act, field="consents").facts["purpose"] == purpose
    assert list_loans(customer_id=one.customer_id) == []
    world.wait(minutes=1)
    act(purpose)
    assert len(list_loans(customer_id=one.customer_id)) == 1


def test_marketing_and_autopay_are_needed_for_nothing(world: World) -> None:
    one, loan = world.running()
    assert not has_consent(one.customer_id, "marketing", world.now) and not one.wish.autopay
    assert world.position(loan).principal_outstanding_minor > 0


def test_a_credit_report_is_asked_for_once_under_one_consent(world: World) -> None:
    one = world.approved()
    world.wait(days=40)
    typed = apply.save(customer_id=one.customer_id, fields=one.wish.fields, key="again", now=world.now)

    def send() -> object:
        return apply.submit(
            customer_id=one.customer_id, application_id=typed.id, key="send again", now=world.now
        )

    said = refuses(ConsentMissing, send, field="consents")
    assert said.facts["purpose"] == "credit_report"
    consent.give(customer_id=one.customer_id, purposes=["credit_report"], key="anew", now=world.now)
    send()
    world.work()
    newest, first = list_decisions(one.customer_id)
    assert newest.application_id == typed.id != first.application_id
    assert isinstance(newest.decision.verdict, Approved)
    world.check()
