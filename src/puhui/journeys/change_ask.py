"""She asks for another way to repay a running loan: what it would leave to pay, and a binding quote of it."""

from __future__ import annotations

from datetime import datetime

from puhui.core.ids import derive_id
from puhui.journeys import house
from puhui.journeys.once import keep, recall
from puhui.journeys.repay import PaymentUnderWay
from puhui.journeys.standing import get_standing
from puhui.loans import operations as loans
from puhui.loans.domain import (
    ChangeChoice,
    ChangeLoan,
    ChangePolicy,
    ChangeQuote,
    ChangeTerms,
    ChangeUnderRelief,
    build_change,
    change_loan,
)
from puhui.loans.operations import LoanNotYours
from puhui.loans.queries import (
    find_loan,
    get_change,
    get_change_policy,
    get_contract,
    get_terms,
    list_changes,
    list_events,
)
from puhui.offers.queries import get_quote
from puhui.payments.domain import Direction
from puhui.payments.queries import has_open_order
from puhui.products.domain import CapBasis, CapRule
from puhui.products.queries import get_product
from puhui.relief.queries import find_live_agreement
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


def change_policy(now: datetime) -> ChangePolicy:
    """This function will return the house's rules of changes today. Raises: ChangesNotOffered."""
    return get_change_policy(jurisdiction=house.lender().jurisdiction, on_date=house.today(now))


def loan_to_change(*, customer_id: str, loan_id: str, now: datetime) -> ChangeLoan:
    """This function will return a loan of hers as it stands today, where it may be changed.

    Raises: LoanNotYours, what `change_loan` refuses, ChangeUnderRelief, PaymentUnderWay.
    """
    found = find_loan(id=loan_id)
    if found is None or found.customer_id != customer_id:
        raise LoanNotYours()
    loan = change_loan(
        terms=get_terms(loan_id=loan_id), events=list_events(loan_id=loan_id), on_date=house.today(now)
    )
    if find_live_agreement(loan_id=loan_id) is not None:
        raise ChangeUnderRelief()
    if has_open_order(loan_id=loan_id, direction=Direction.COLLECT):
        raise PaymentUnderWay()
    return loan


def terms_within(*, customer_id: str, loan_id: str, loan: ChangeLoan, now: datetime) -> ChangeTerms:
    """This function will return within what a change must stay: the product that the loan came from, the house's cap, what
    her month bears beside her other loans, and the rules of changes. Raises: ChangesNotOffered, LineMissing.
    """
    found = find_loan(id=loan_id)
    assert found is not None
    quote = get_quote(id=get_contract(id=found.contract_id).quote_id)
    policy, rules = house.policy(now), change_policy(now)
    standing = get_standing(customer_id=customer_id, now=now).standing
    return ChangeTerms(
        product=get_product(id=quote.product_id, on_date=loan.on_date),
        cap=CapRule(cap_ppm=policy.apr_cap_ppm, basis=CapBasis(policy.apr_cap_basis)),
        left_minor=standing.payment_minor,
        notice_days_least=rules.notice_days_least,
        due_day_wait_months=rules.due_day_wait_months,
        payments_wait_months=rules.payments_wait_months,
    )


def work_out(
    *, customer_id: str, loan_id: str, choice: ChangeChoice, now: datetime, id: str = "preview"
) -> ChangeQuote:
    """This function will work a choice out; nothing is written. Raises: what `loan_to_change`, `terms_within` and
    `build_change` refuse.
    """
    loan = loan_to_change(customer_id=customer_id, loan_id=loan_id, now=now)
    return build_change(
        id=id,
        customer_id=customer_id,
        choice=choice,
        loan=loan,
        within=terms_within(customer_id=customer_id, loan_id=loan_id, loan=loan, now=now),
        policy=change_policy(now),
        decision_id="",
        valid_days=house.policy(now).quote_valid_days,
        zone=house.lender().zone,
        issued_at=now,
    )


def ask(*, customer_id: str, loan_id: str, choice: ChangeChoice, key: str, now: datetime) -> ChangeQuote:
    """This function will quote a change, signed by the house. Raises: what `work_out` refuses, KeyReusedWithOtherBody."""
    id = derive_id("change", customer_id, loan_id, key)
    body = {"customer_id": customer_id, "loan_id": loan_id, "choice": choice}
    with transaction():
        if recall(scope="change_ask.ask", key=key, body=body, now=now) is not None:
            return get_change(id=id)
        built = work_out(customer_id=customer_id, loan_id=loan_id, choice=choice, now=now, id=id)
        quote = loans.issue_change(quote=built, now=now)
        record_audit(
            actor=f"customer:{customer_id}",
            action="change.quoted",
            subject=f"customer:{customer_id}",
            detail={"change": quote.id, "loan": loan_id, "input": quote.input_hash},
            now=now,
        )
        keep(scope="change_ask.ask", key=key, body=body, answer={"change": id}, now=now)
    return quote


def open_changes(*, loan_id: str, now: datetime) -> list[ChangeQuote]:
    """This function will list the quoted changes of a loan that may still be signed, newest first."""
    count = len(list_events(loan_id=loan_id))
    return [
        one
        for one, signed in list_changes(loan_id=loan_id)
        if not signed and now <= one.valid_until and one.event_count == count
    ]
