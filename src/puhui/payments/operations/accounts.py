"""Binding a customer's account, and agreeing or withdrawing a mandate over it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from puhui.core.refusals import InputRefused, Refusal
from puhui.payments.domain import (
    BankAccount,
    Mandate,
    MandateAct,
    MandateDebit,
    MandateNotActive,
    MandateState,
    check_notice,
    next_mandate_state,
    parse_account_number,
)
from puhui.payments.models import AGREED, AccountRow, MandateEvent, MandateRow
from puhui.payments.queries import AccountNotFound
from puhui.protection.domain import ConsentPurpose
from puhui.protection.queries import list_consents
from puhui.runtime.rows import find_row, insert_if_absent, insert_row
from puhui.runtime.sealing import blind_index, seal
from puhui.runtime.transactions import require_transaction

NUMBER_PURPOSE = "payments.account"  # of the blind index


class BankNameMissing(InputRefused):
    """The account's bank is not named, or its name is too long."""

    field = "bank_name"


class AccountNotVerified(Refusal):
    """The bank has not confirmed that number and name belong together; no money moves over this account."""

    field = "account"
    status = 409


class MandateWithoutConsent(Refusal):
    """A mandate needs the customer's own consent in force, for mandates and for this account (or all of hers)."""

    field = "consent"


class MandateAlreadyActive(Refusal):
    """The account has an active mandate already."""

    field = "account"
    status = 409


def bind_account(
    *,
    id: str,
    customer_id: str,
    number: str,
    bank_name: str,
    verified: bool,
    now: datetime,
    merchant_id: str = "",
) -> BankAccount:
    """This function will bind a bank account to its customer, the number sealed.

    With `merchant_id` the account is a merchant's that a loan of hers pays: money only goes out to it.
    The same number again gives the account that she has bound before (verified now, if it was not). Refuses in this
    order: AccountNumberInvalid, BankNameMissing.
    """
    require_transaction()
    digits = parse_account_number(number)
    bank = " ".join(bank_name.split())
    if not 0 < len(bank) <= 60:
        raise BankNameMissing(longest=60)
    index = blind_index(digits, purpose=NUMBER_PURPOSE)
    known = AccountRow.objects.filter(_same(id, customer_id, index, merchant_id)).select_for_update().first()
    if known is not None:
        assert (known.customer_id, known.number_index) == (customer_id, index), "one id, one account"
        if verified and known.verified_at is None:
            known.verified_at = now
            known.save(update_fields=["verified_at"])
        return known.to_domain()
    row = AccountRow(
        id=id,
        customer_id=customer_id,
        number_sealed=seal(digits),
        number_index=index,
        tail=digits[-4:],
        bank_name=bank,
        verified_at=now if verified else None,
        bound_at=now,
        merchant_id=merchant_id,
    )
    if insert_if_absent(row):
        return row.to_domain()
    # PostgreSQL: she bound it twice at the same instant, and the other act was first.
    return AccountRow.objects.get(_same(id, customer_id, index, merchant_id)).to_domain()


def agree_mandate(*, id: str, account_id: str, customer_id: str, consent_id: str, now: datetime) -> Mandate:
    """This function will let us debit the account for what is due, by the customer's consent `consent_id`.

    Refuses in this order: AccountNotFound (also for another customer's), AccountNotVerified, MandateWithoutConsent,
    MandateAlreadyActive. The same id again gives the same mandate.
    """
    require_transaction()
    account = own_account(account_id, customer_id, lock=True)
    known = find_row(MandateRow, lock=True, id=id)
    if known is not None:
        assert (known.account_id, known.customer_id) == (account_id, customer_id), "one id, one mandate"
        return known.to_domain()
    if account.verified_at is None:
        raise AccountNotVerified()
    if not _consents(consent_id, customer_id, account_id, now):
        raise MandateWithoutConsent()
    if MandateRow.objects.filter(account_id=account_id, state=MandateState.ACTIVE.value).exists():
        raise MandateAlreadyActive()
    row = MandateRow(
        id=id,
        account_id=account_id,
        customer_id=customer_id,
        consent_id=consent_id,
        state=MandateState.ACTIVE.value,
        agreed_at=now,
    )
    insert_row(row)
    insert_row(MandateEvent(mandate_id=id, act=AGREED, at=now))
    return row.to_domain()


def withdraw_mandate(*, mandate_id: str, customer_id: str, now: datetime) -> Mandate:
    """This function will end the mandate; no debit is opened by it any more (one already ordered still goes out).

    Raises: MandateNotActive, also for another customer's mandate or none.
    """
    require_transaction()
    row = find_row(MandateRow, lock=True, id=mandate_id, customer_id=customer_id)
    if row is None:
        raise MandateNotActive()
    row.state = next_mandate_state(MandateState(row.state), MandateAct.WITHDRAW).value
    row.withdrawn_at = now
    row.save(update_fields=["state", "withdrawn_at"])
    insert_row(MandateEvent(mandate_id=mandate_id, act=MandateAct.WITHDRAW.value, at=now))
    return row.to_domain()


def own_account(account_id: str, customer_id: str, *, lock: bool = False) -> AccountRow:
    """This function will return the customer's account row. Raises: AccountNotFound, also for another customer's."""
    account = find_row(AccountRow, lock=lock, id=account_id)
    if account is None or account.customer_id != customer_id:
        raise AccountNotFound()
    return account


def check_debit(debit: MandateDebit, account_id: str, now: datetime) -> None:
    """This function will pass when the mandate over this account and its consent are in force, with early notice.

    Raises: MandateNotActive, DebitWithoutNotice.
    """
    row = find_row(MandateRow, id=debit.mandate_id, account_id=account_id, state=MandateState.ACTIVE.value)
    if row is None or not _consents(row.consent_id, row.customer_id, account_id, now):
        raise MandateNotActive()
    check_notice(debit)


def _consents(consent_id: str, customer_id: str, account_id: str, now: datetime) -> bool:
    return any(
        one.id == consent_id
        and one.purpose is ConsentPurpose.MANDATE
        and one.subject in ("", account_id)
        and one.in_force(now)
        for one in list_consents(customer_id)
    )


def _same(id: str, customer_id: str, index: str, merchant_id: str) -> Q:
    return Q(id=id) | Q(customer_id=customer_id, number_index=index, merchant_id=merchant_id)
