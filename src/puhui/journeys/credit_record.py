"""She takes her credit record away, as data and on paper: her own loans with us, signed by the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from puhui.core.canonical import content_hash
from puhui.core.refusals import Refusal
from puhui.customers.domain import mask_number
from puhui.customers.queries import get_identity
from puhui.loans.domain.credit_record import (
    CreditRecord,
    fill_credit_record,
    make_credit_record,
    record_loan,
    write_credit_record,
)
from puhui.loans.queries import list_loan_positions, list_loans
from puhui.offers.queries import get_lender
from puhui.protection.domain import FilledLetter
from puhui.runtime.signing import public_key, sign_bytes


class CreditRecordUnknown(Refusal):
    """The record of nobody, or of somebody else: both answer alike."""

    field = "letter"
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRecord:
    """A record as it leaves the house."""

    record: CreditRecord  # what it says
    text: str  # canonical JSON, the very bytes that were signed
    sha256: str  # of them
    signature: str  # of them


def write(*, customer_id: str, on_date: date) -> SignedRecord:
    """This function will write and sign her record of a day; the same day gives the same bytes."""
    ids = [one.id for one in list_loans(customer_id=customer_id)]
    positions = list_loan_positions(loan_ids=ids, as_of=on_date)
    told = [record_loan(loan=loan, there=there) for loan, there in positions]
    lender = get_lender(on_date=on_date)
    name, number = get_identity(customer_id)
    record = make_credit_record(
        loans=[one for one in told if one is not None], lender_zh=lender.name_zh, lender_en=lender.name_en,
        licence=lender.licence, name=name, number_masked=mask_number(number), as_of=on_date,
    )  # fmt: skip
    text = write_credit_record(record)
    signed = sign_bytes(text.encode())
    return SignedRecord(record=record, text=text, sha256=content_hash(text.encode()), signature=signed)


def fill(customer_id: str, about_id: str, on_date: date, language: str) -> FilledLetter:
    """This function will fill her record as a letter of a day. Raises: CreditRecordUnknown for anybody else's."""
    if about_id != customer_id:
        raise CreditRecordUnknown()
    signed = write(customer_id=customer_id, on_date=on_date)
    return fill_credit_record(
        record=signed.record, sha256=signed.sha256, signature=signed.signature,
        key_id=public_key()["key_id"], language=language,
    )  # fmt: skip
