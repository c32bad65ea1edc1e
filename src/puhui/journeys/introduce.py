"""A partner brings a person to us: she proves her phone with our code, and from then on the partner may act for her."""

from __future__ import annotations

from datetime import datetime

from puhui.access.partners import operations as partners
from puhui.access.partners.domain import CustomerKnownElsewhere
from puhui.access.partners.queries import has_delegation
from puhui.core.refusals import Refusal
from puhui.customers.domain import Customer, parse_phone
from puhui.customers.queries import find_by_phone, get_customer
from puhui.journeys import register
from puhui.runtime.transactions import join_transaction, transaction


def request_code(*, phone: str, language: str, code: str, key: str, now: datetime) -> None:
    """This function will send `code` to a phone, which its holder then gives to the partner.

    Raises: what `register.request_code` refuses.
    """
    register.request_code(phone=phone, language=language, code=code, key=key, now=now)


def confirm_code(
    *, client_id: str, phone: str, code: str, language: str, key: str, now: datetime
) -> Customer:
    """This function will return the customer whom this client introduced, made now, with the client's delegation.

    Whoever was a customer before, by herself or through another partner, is not handed over. A wrong try is committed
    before it is refused. Raises: CustomerKnownElsewhere, and what `register.confirm_code` refuses.
    """
    number = parse_phone(phone)
    refused: Refusal | None = None
    with transaction():
        known = find_by_phone(number)
        with join_transaction():
            try:
                customer = register.confirm_code(phone=number, code=code, language=language, key=key, now=now)
            except Refusal as refusal:
                refused = refusal
        if refused is None and known is None:
            partners.record_delegation(client_id=client_id, user_id=customer.user_id, now=now)
        elif refused is None and not has_delegation(client_id=client_id, user_id=customer.user_id):
            raise CustomerKnownElsewhere()
    if refused is not None:
        raise refused
    return customer


def end(*, customer_id: str, now: datetime) -> bool:
    """This function will let no partner act for her any more; False when none could. Her own act, or staff's for her."""
    user_id = get_customer(customer_id).user_id
    with transaction():
        return partners.withdraw_delegation(user_id=user_id, actor=f"customer:{customer_id}", now=now)
