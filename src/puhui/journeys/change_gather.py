"""A running loan as it stands today, where it may be changed at all, and within what a change must stay."""

from __future__ import annotations

from datetime import datetime

from puhui.journeys import house
from puhui.journeys.repay import PaymentUnderWay
from puhui.journeys.standing import get_standing
from puhui.loans.domain import (
    ChangeLoan,
    ChangePolicy,
    ChangeQuote,
    ChangeTerms,
    ChangeUnderRelief,
    change_loan,
)
from puhui.loans.operations import LoanNotYours
from puhui.loans.queries import (
    find_loan,
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


def open_changes(*, loan_id: str, now: datetime) -> list[ChangeQuote]:
    """This function will list the quoted changes of a loan that may still be signed, newest first."""
    count = len(list_events(loan_id=loan_id))
    return [
        one
        for one, signed in list_changes(loan_id=loan_id)
        if not signed and now <= one.valid_until and one.event_count == count
    ]
