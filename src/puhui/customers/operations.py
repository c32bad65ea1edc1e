"""Write verbs of customers. Each runs inside the caller's transaction."""

from __future__ import annotations

import base64
from datetime import datetime, time

from django.conf import settings
from django.db import IntegrityError
from django.db.transaction import atomic

from puhui.core.refusals import Refusal
from puhui.core.time import business_date
from puhui.customers.domain import (
    Customer,
    CustomerAct,
    CustomerState,
    IdentityCard,
    IdentityCardState,
    next_state,
    parse_language,
    parse_name,
    parse_phone,
    parse_resident_number,
)
from puhui.customers.models import CustomerEventRow, CustomerRow, IdentityCardRow
from puhui.customers.queries import CustomerUnknown, index_name, index_number, index_phone, to_customer
from puhui.protection.queries import get_house_policy
from puhui.runtime.rows import find_row, insert_row, update_row
from puhui.runtime.sealing import seal, unseal
from puhui.runtime.transactions import require_transaction

IDENTITY_FIELDS = (
    "name_sealed", "number_sealed", "number_index", "name_index", "identified_at", "state", "last_seq",
)  # fmt: skip


class PhoneAlreadyUsed(Refusal):
    """Another customer has this phone."""

    field = "phone"
    status = 409


class IdentityAlreadyUsed(Refusal):
    """Another customer has this resident number."""

    field = "number"
    status = 409


class IdentityAlreadyRecorded(Refusal):
    """This customer has already given another name or number; a person must look at a change."""

    field = "number"
    status = 409


def open_customer(*, id: str, user_id: int, phone: str, language: str, now: datetime) -> Customer:
    """This function will open the file of a new customer and return it.

    Raises: PhoneInvalid; LanguageUnknown; PhoneAlreadyUsed.
    """
    require_transaction()
    digits = parse_phone(phone)
    spoken = parse_language(language)
    index = index_phone(digits)
    if find_row(CustomerRow, phone_index=index) is not None:
        raise PhoneAlreadyUsed()
    row = CustomerRow(
        id=id,
        user_id=user_id,
        phone_sealed=seal(digits),
        phone_index=index,
        phone_tail=digits[-4:],
        language=spoken,
        registered_at=now,
        state=CustomerState.REGISTERED.value,
        last_seq=1,
    )
    try:
        with atomic():  # two registrations of one phone at the same instant: the unique index decides
            insert_row(row)
    except IntegrityError:
        if not CustomerRow.objects.filter(phone_index=index).exists():
            raise
        raise PhoneAlreadyUsed() from None
    _add_event(row, CustomerAct.REGISTERED, spoken, now)
    return to_customer(row)


def record_identity(*, customer_id: str, name: str, number: str, now: datetime) -> Customer:
    """This function will record name and resident number of a customer and return her.

    The same name and number again change nothing. Her age is taken on the lender's business date and held against the
    house policy's minimum. Raises: CustomerUnknown; NameInvalid; ResidentNumberInvalid; UnderAge; CustomerClosed;
    IdentityAlreadyRecorded; IdentityAlreadyUsed.
    """
    require_transaction()
    row = _lock(customer_id)
    today = business_date(
        now, zone=settings.LENDER["zone"], cutoff=time.fromisoformat(settings.LENDER["cutoff"])
    )
    house = get_house_policy(jurisdiction=settings.LENDER["jurisdiction"], on_date=today)
    proper = parse_name(name)
    resident = parse_resident_number(number, on_date=today, minimum_age=house.minimum_age)
    if row.state == CustomerState.IDENTIFIED.value:
        if (unseal(row.name_sealed), unseal(row.number_sealed)) != (proper, resident.number):
            raise IdentityAlreadyRecorded()
        return to_customer(row)
    state = next_state(CustomerState(row.state), CustomerAct.IDENTIFIED)
    index = index_number(resident.number)
    if find_row(CustomerRow, number_index=index) is not None:
        raise IdentityAlreadyUsed()
    row.name_sealed, row.number_sealed, row.number_index = seal(proper), seal(resident.number), index
    row.name_index = index_name(proper)
    row.identified_at, row.state, row.last_seq = now, state.value, row.last_seq + 1
    try:
        with atomic():  # two customers giving one number at the same instant: the unique index decides
            update_row(row, IDENTITY_FIELDS)
    except IntegrityError:
        raise IdentityAlreadyUsed() from None
    _add_event(row, CustomerAct.IDENTIFIED, "", now)
    return row.to_domain(name=proper, number=resident.number)


def set_language(*, customer_id: str, language: str, now: datetime) -> Customer:
    """This function will set the language in which we write to her, and return her.

    Raises: CustomerUnknown; LanguageUnknown; CustomerClosed.
    """
    require_transaction()
    row = _lock(customer_id)
    spoken = parse_language(language)
    if row.language != spoken:
        row.state = next_state(CustomerState(row.state), CustomerAct.LANGUAGE_SET).value
        row.language, row.last_seq = spoken, row.last_seq + 1
        row.save(force_update=True, update_fields=["state", "language", "last_seq"])
        _add_event(row, CustomerAct.LANGUAGE_SET, spoken, now)
    return to_customer(row)


def close_customer(*, customer_id: str, now: datetime) -> Customer:
    """This function will close a customer's file and return it; what must be kept stays. Raises: CustomerUnknown; CustomerClosed."""
    require_transaction()
    row = _lock(customer_id)
    row.state = next_state(CustomerState(row.state), CustomerAct.CLOSED).value
    row.last_seq += 1
    row.save(force_update=True, update_fields=["state", "last_seq"])
    _add_event(row, CustomerAct.CLOSED, "", now)
    return to_customer(row)


def _lock(customer_id: str) -> CustomerRow:
    row = find_row(CustomerRow, lock=True, id=customer_id)
    if row is None:
        raise CustomerUnknown(customer_id)
    return row


def _add_event(row: CustomerRow, act: CustomerAct, detail: str, now: datetime) -> None:
    insert_row(CustomerEventRow(customer_id=row.id, seq=row.last_seq, act=act.value, detail=detail, at=now))


class IdentityCardBeingRead(Refusal):
    """A picture of her card is being read already."""

    field = "file"
    status = 409


def open_card(*, id: str, customer_id: str, content: bytes, now: datetime) -> IdentityCard:
    """This function will keep the picture of a card, sealed, until it is read. Raises: IdentityCardBeingRead."""
    require_transaction()
    _lock(customer_id)
    if find_row(IdentityCardRow, customer_id=customer_id, state=IdentityCardState.ASKED.value) is not None:
        raise IdentityCardBeingRead()
    row = IdentityCardRow(
        id=id,
        customer_id=customer_id,
        state=IdentityCardState.ASKED.value,
        content_sealed=seal(base64.b64encode(content).decode("ascii")),
        given_at=now,
    )
    insert_row(row)
    return row.to_domain()


def conclude_card(*, id: str, reason: str, now: datetime) -> IdentityCard:
    """This function will conclude a capture and delete its picture: matched where `reason` is empty, refused otherwise.

    A capture that is concluded stays as it is.
    """
    require_transaction()
    row = find_row(IdentityCardRow, lock=True, id=id)
    assert row is not None, "only a capture that was opened is concluded"
    if row.state == IdentityCardState.ASKED.value:
        state = IdentityCardState.REFUSED if reason else IdentityCardState.MATCHED
        row.state, row.reason, row.content_sealed, row.checked_at = state.value, reason, "", now
        update_row(row, ("state", "reason", "content_sealed", "checked_at"))
    return row.to_domain()
