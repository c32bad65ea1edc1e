"""She proves a phone number with a one-time code, and becomes a customer at the first time."""

from __future__ import annotations

from datetime import datetime

from puhui.access import operations as access
from puhui.access.domain import CodeOutcome
from puhui.contact import operations as contact
from puhui.core.ids import derive_id
from puhui.customers import operations as customers
from puhui.customers import queries as known
from puhui.customers.domain import Customer, parse_phone
from puhui.journeys import house
from puhui.journeys.once import keep, recall
from puhui.runtime.sealing import blind_index, seal
from puhui.runtime.transactions import transaction

SIGN_IN = "sign_in"  # purpose of the code


def _subject(phone: str) -> str:
    return blind_index(phone, purpose="register.phone")


def request_code(*, phone: str, language: str, code: str, key: str, now: datetime) -> None:
    """This function will send `code` to a phone number, so that its holder can prove it is hers.

    Raises: PhoneInvalid, CodeTooSoon, CodeLocked, KeyReusedWithOtherBody.
    """
    number = parse_phone(phone)
    body = {"phone": number, "language": language}
    with transaction():
        if recall(scope="register.request_code", key=key, body=body, now=now) is not None:
            return
        customer = known.find_by_phone(number)
        access.open_code(
            id=derive_id("code", SIGN_IN, key),
            purpose=SIGN_IN,
            subject=_subject(number),
            code=code,
            now=now,
            ttl_seconds=house.CODE_SECONDS,
        )
        contact.request_message(
            id=derive_id("message", SIGN_IN, key),
            customer_id=customer.id if customer else None,
            phone_sealed=seal(number),
            template="code_sign_in",
            language=language,
            params={"code": code, "minutes": house.CODE_MINUTES},
            now=now,
            policy=house.contact_policy(now),
            zone=house.lender().zone,
        )
        keep(scope="register.request_code", key=key, body=body, answer={}, now=now)


def confirm_code(*, phone: str, code: str, language: str, key: str, now: datetime) -> Customer:
    """This function will return the customer who holds the phone, made now if the number is new.

    A wrong try is committed before it is refused, so that it counts. Raises: PhoneInvalid, CodeWrong, CodeExpired,
    CodeUsed, CodeLocked, KeyReusedWithOtherBody.
    """
    number = parse_phone(phone)
    body = {"phone": number, "code": code}
    scope, subject = "register.confirm_code", _subject(number)
    with transaction():
        if (done := recall(scope=scope, key=key, body=body, now=now)) is not None:
            return known.get_customer(done["customer_id"])
        outcome = access.redeem_code(purpose=SIGN_IN, subject=subject, code=code, now=now)
        customer = _admit(number=number, language=language, now=now) if outcome is CodeOutcome.OK else None
        if customer is not None:
            keep(scope=scope, key=key, body=body, answer={"customer_id": customer.id}, now=now)
    if customer is None:
        access.refuse_outcome(outcome=outcome, purpose=SIGN_IN, subject=subject, now=now)
    assert customer is not None
    return customer


def _admit(*, number: str, language: str, now: datetime) -> Customer:
    customer = known.find_by_phone(number)
    if customer is not None:
        return customer
    id = derive_id("customer", _subject(number))
    user_id = access.create_borrower_login(login=f"c.{id[:16]}", now=now)
    return customers.open_customer(id=id, user_id=user_id, phone=number, language=language, now=now)
