"""Whose it is: a partner sees customers whom it introduced and what is theirs; everything else is not there (404)."""

from __future__ import annotations

from django.http import HttpRequest

from puhui.customers.domain import Customer
from puhui.customers.queries import get_customer, is_of_client
from puhui.decisions.domain.stored import Application
from puhui.decisions.queries import find_applicant, find_application
from puhui.loans.domain import Loan
from puhui.loans.queries import find_loan
from puhui.offers.domain import Quote
from puhui.offers.queries import find_quote
from puhui.payments.domain import BankAccount, PaymentOrder
from puhui.payments.queries import find_order, list_accounts
from puhui.protection.domain import Case
from puhui.protection.queries import find_case
from puhui.web.errors import NotFoundHere
from puhui.web.partner_api.auth import caller_of


def customer(request: HttpRequest, customer_id: str) -> Customer:
    """This function will return a customer of the caller. Raises: NotFoundHere, alike for absent and foreign."""
    check(request, customer_id)
    return get_customer(customer_id)


def check(request: HttpRequest, customer_id: str) -> None:
    """This function will return when the caller may act for a customer; nothing that is sealed is opened for it.

    Raises: NotFoundHere, alike for absent and foreign.
    """
    if not is_of_client(customer_id=customer_id, client_id=caller_of(request).client_id):
        raise NotFoundHere()


def application(request: HttpRequest, application_id: str) -> Application:
    """This function will return an application of a customer of the caller. Raises: NotFoundHere."""
    found = find_application(application_id)
    if found is None:
        raise NotFoundHere()
    check(request, found.customer_id)
    return found


def applicant(request: HttpRequest, application_id: str) -> str:
    """This function will return whose an application is, a customer of the caller; nothing else of it is read.

    Raises: NotFoundHere, alike for absent and foreign.
    """
    found = find_applicant(application_id, client_id=caller_of(request).client_id)
    if found is None:
        raise NotFoundHere()
    return found


def quote(request: HttpRequest, quote_id: str) -> Quote:
    """This function will return a quote of a customer of the caller. Raises: NotFoundHere."""
    found = find_quote(id=quote_id)
    if found is None:
        raise NotFoundHere()
    check(request, found.customer_id)
    return found


def loan(request: HttpRequest, loan_id: str) -> Loan:
    """This function will return a loan of a customer of the caller. Raises: NotFoundHere."""
    found = find_loan(id=loan_id)
    if found is None:
        raise NotFoundHere()
    check(request, found.customer_id)
    return found


def order(request: HttpRequest, order_id: str) -> PaymentOrder:
    """This function will return a payment of a customer of the caller. Raises: NotFoundHere."""
    found = find_order(id=order_id)
    if found is None:
        raise NotFoundHere()
    check(request, found.customer_id)
    return found


def case(request: HttpRequest, case_id: str) -> Case:
    """This function will return a case of a customer of the caller. Raises: NotFoundHere."""
    found = find_case(case_id)
    if found is None:
        raise NotFoundHere()
    check(request, found.customer_id)
    return found


def account(customer_id: str, account_id: str) -> BankAccount:
    """This function will return one of this customer's accounts. Raises: NotFoundHere."""
    for one in list_accounts(customer_id=customer_id):
        if one.id == account_id:
            return one
    raise NotFoundHere()
