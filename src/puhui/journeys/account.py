"""She binds a bank account of her own, and agrees to autopay or not."""

from __future__ import annotations

from datetime import datetime

from puhui.core.ids import derive_id
from puhui.customers.queries import get_identity
from puhui.journeys import house, parties, tell
from puhui.journeys.identify import IdentityMissing
from puhui.journeys.once import keep, recall
from puhui.payments import operations as payments
from puhui.payments import queries as accounts
from puhui.payments.domain import BankAccount, Mandate, MandateNotActive, parse_account_number
from puhui.payments.operations import AccountNotVerified
from puhui.protection import operations as protection
from puhui.protection import queries as rules
from puhui.protection.domain import ConsentPurpose
from puhui.runtime.transactions import transaction


def bind(*, customer_id: str, number: str, bank_name: str, key: str, now: datetime) -> BankAccount:
    """This function will bind an account after its bank said that number and name belong together.

    Raises: AccountNumberInvalid, IdentityMissing, AccountNotVerified, BankNameMissing, KeyReusedWithOtherBody.
    """
    digits = parse_account_number(number)
    name, _ = get_identity(customer_id)
    if not name:
        raise IdentityMissing()
    if not parties.rail().verify_account(number=digits, name=name):
        raise AccountNotVerified()
    body = {"customer_id": customer_id, "number": digits, "bank_name": bank_name}
    with transaction():
        if (done := recall(scope="account.bind", key=key, body=body, now=now)) is not None:
            return accounts.get_account(id=done["account_id"])
        account = payments.bind_account(
            id=derive_id("account", customer_id, key),
            customer_id=customer_id,
            number=digits,
            bank_name=bank_name,
            verified=True,
            now=now,
        )
        tell.customer(
            customer_id=customer_id,
            template="account_bound",
            about=account.id,
            params={"tail": account.tail},
            now=now,
        )
        keep(scope="account.bind", key=key, body=body, answer={"account_id": account.id}, now=now)
    return account


def agree_mandate(*, customer_id: str, account_id: str, key: str, now: datetime) -> Mandate:
    """This function will let us debit her account for what is due, with a consent of its own.

    Raises: AccountNotFound, AccountNotVerified, MandateAlreadyActive, KeyReusedWithOtherBody.
    """
    body = {"customer_id": customer_id, "account_id": account_id}
    mandate_id = derive_id("mandate", account_id, key)
    with transaction():
        if recall(scope="account.agree_mandate", key=key, body=body, now=now) is not None:
            mandates = accounts.list_mandates(customer_id=customer_id)
            return next(one for one in mandates if one.id == mandate_id)
        consent = protection.give_consent(
            id=derive_id("consent", customer_id, key, ConsentPurpose.MANDATE),
            customer_id=customer_id,
            purpose=ConsentPurpose.MANDATE,
            text_version=rules.get_consent_texts(on_date=house.today(now)).version,
            subject=account_id,
            now=now,
        )
        mandate = payments.agree_mandate(
            id=mandate_id, account_id=account_id, customer_id=customer_id, consent_id=consent.id, now=now
        )
        _tell("mandate_agreed", mandate, now)
        keep(scope="account.agree_mandate", key=key, body=body, answer={"mandate_id": mandate_id}, now=now)
    return mandate


def withdraw_mandate(*, customer_id: str, key: str, now: datetime) -> None:
    """This function will end autopay and the consent behind it. Raises: MandateNotActive, KeyReusedWithOtherBody."""
    body = {"customer_id": customer_id}
    with transaction():
        if recall(scope="account.withdraw_mandate", key=key, body=body, now=now) is not None:
            return
        mandate = accounts.get_active_mandate(customer_id=customer_id)
        if mandate is None:
            raise MandateNotActive()
        payments.withdraw_mandate(mandate_id=mandate.id, customer_id=customer_id, now=now)
        protection.withdraw_consent(
            customer_id=customer_id, purpose=ConsentPurpose.MANDATE, subject=mandate.account_id, now=now
        )
        _tell("mandate_withdrawn", mandate, now)
        keep(scope="account.withdraw_mandate", key=key, body=body, answer={}, now=now)


def _tell(template: str, mandate: Mandate, now: datetime) -> None:
    account = accounts.get_account(id=mandate.account_id)
    tell.customer(
        customer_id=mandate.customer_id,
        template=template,
        about=mandate.id,
        params={"tail": account.tail},
        now=now,
    )
