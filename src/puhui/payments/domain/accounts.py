"""A customer's own bank account, and the mandate by which she lets us debit it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from puhui.core.refusals import InputRefused, Refusal

_WIDE_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_SEPARATORS = str.maketrans("", "", " -\u3000\u00a0\u2009")


class AccountNumberInvalid(InputRefused):
    """The text is not a bank card number: 13 to 19 digits whose last one fits the others."""

    field = "account_number"


class MandateNotActive(Refusal):
    """There is no active mandate to act on: never agreed for this account, or withdrawn."""

    field = "mandate"
    status = 409


class DebitWithoutNotice(Refusal):
    """A debit by mandate was not announced to the customer early enough."""

    field = "notice_date"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """A bank account that a customer has bound. The number itself stays sealed."""

    id: str  # 26 characters
    customer_id: str  # whose it is
    tail: str  # last four digits, as shown ("6621")
    bank_name: str  # as the customer chose it
    verified_at: datetime | None  # when the bank said that number and name belong together; None: not yet
    bound_at: datetime  # when she bound it
    merchant_id: str = ""  # whose it really is, where a loan of hers pays a merchant; "" = her own


class MandateState(StrEnum):
    """Whether we may debit."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


class MandateAct(StrEnum):
    """What a customer can do to a mandate."""

    WITHDRAW = "withdraw"


MANDATE_TRANSITIONS: dict[tuple[MandateState, MandateAct], MandateState] = {
    (MandateState.ACTIVE, MandateAct.WITHDRAW): MandateState.WITHDRAWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """A customer's permission to debit one of her accounts for what is due (autopay, 代扣)."""

    id: str  # 26 characters
    account_id: str  # the account that may be debited
    customer_id: str  # whose it is
    consent_id: str  # the consent row that carries her agreement, its text version and instant
    state: MandateState  # active or withdrawn
    agreed_at: datetime  # when she agreed
    withdrawn_at: datetime | None  # when she withdrew it; no later debit is opened


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateDebit:
    """What makes a collect order a debit by mandate: which mandate, and the notice that went before."""

    mandate_id: str  # the active mandate
    notice_date: date | None  # local date on which the customer was told of this debit; None: she was not
    debit_date: date  # local date of the debit
    notice_days: int  # days that must lie between the two (house policy `mandate_notice_days`)


def parse_account_number(text: str, *, field: str = "account_number") -> str:
    """This function will return the bare digits of a bank card number typed with spaces, hyphens or wide digits.

    Source: ISO/IEC 7812-1 (length, check digit by the Luhn formula); UnionPay numbers have 13 to 19 digits.
    Raises: AccountNumberInvalid for another length, a sign that is not a digit, or a wrong check digit.
    """
    digits = text.strip().translate(_WIDE_DIGITS).translate(_SEPARATORS)
    if not (13 <= len(digits) <= 19) or not (digits.isascii() and digits.isdigit()):
        raise AccountNumberInvalid(field, shortest=13, longest=19)
    if _luhn_sum(digits) % 10 != 0 or not digits.strip("0"):
        raise AccountNumberInvalid(field, shortest=13, longest=19)
    return digits


def _luhn_sum(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        if place % 2 == 1:  # every second digit from the right counts twice, its own digits added
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total


def next_mandate_state(state: MandateState, act: MandateAct) -> MandateState:
    """This function will return the state after `act`, by the table. Raises: MandateNotActive."""
    try:
        return MANDATE_TRANSITIONS[state, act]
    except KeyError:
        raise MandateNotActive() from None


def check_notice(debit: MandateDebit) -> None:
    """This function will pass when the customer was told of the debit `notice_days` whole days before it, or earlier.

    Dates are local business dates. Raises: DebitWithoutNotice.
    """
    told = debit.notice_date
    if told is None or (debit.debit_date - told).days < debit.notice_days:
        raise DebitWithoutNotice(days=debit.notice_days, debit_date=debit.debit_date)
