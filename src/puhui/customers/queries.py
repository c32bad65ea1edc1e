"""What is asked about customers. Only `get_identity` and `get_phone` return what names a person in full."""

from __future__ import annotations

import base64
from collections.abc import Collection
from datetime import datetime
from typing import Any

from puhui.access.partners.queries import delegated
from puhui.customers.domain import Customer, CustomerState, IdentityCard, parse_phone
from puhui.customers.models import CustomerRow, IdentityCardRow
from puhui.runtime.rows import Look, direct, find_row
from puhui.runtime.sealing import blind_index, unseal

PHONE_PURPOSE = "customers.phone"
NUMBER_PURPOSE = "customers.number"
NAME_PURPOSE = "customers.name"


class CustomerUnknown(LookupError):
    """There is no customer of this id."""


def index_phone(phone: str) -> str:
    """This function will return the blind index under which a phone (11 digits) is found."""
    return blind_index(phone, purpose=PHONE_PURPOSE)


def index_number(number: str) -> str:
    """This function will return the blind index under which a resident number is found."""
    return blind_index(number, purpose=NUMBER_PURPOSE)


def index_name(name: str) -> str:
    """This function will return the blind index under which an exact name is found; blanks and case do not matter."""
    return blind_index("".join(name.split()).casefold(), purpose=NAME_PURPOSE)


def to_customer(row: CustomerRow) -> Customer:
    """This function will return a row of ours as a value, its name unsealed."""
    return row.to_domain(
        name=unseal(row.name_sealed) if row.name_sealed else "",
        number=unseal(row.number_sealed) if row.number_sealed else "",
    )


def _row(customer_id: str) -> CustomerRow:
    row = find_row(CustomerRow, id=customer_id)
    if row is None:
        raise CustomerUnknown(customer_id)
    return row


def find_customer(customer_id: str) -> Customer | None:
    """This function will return a customer by id, None when there is none."""
    row = find_row(CustomerRow, id=customer_id)
    return to_customer(row) if row else None


def of_client(customer: str) -> str:
    """This function will return the SQL condition that a client may act for the customer in a column, its id the one mark."""
    return f"EXISTS (SELECT 1 FROM customers_customer c WHERE c.id = {customer} AND {delegated('c.user_id')})"


def is_of_client(*, customer_id: str, client_id: str) -> bool:
    """This function will tell whether a client may act for a customer; False too where there is none. One query."""
    sql = f"SELECT 1 FROM customers_customer c WHERE c.id = %s AND {delegated('c.user_id')}"
    return bool(direct().fetch(sql, [customer_id, client_id]))


def look_whether_identified(customer_id: str) -> Look:
    """This function will return the look that tells whether a customer has proved who she is.

    Reading it raises CustomerUnknown.
    """

    def read(rows: list[tuple[Any, ...]]) -> bool:
        if not rows:
            raise CustomerUnknown(customer_id)
        return str(rows[0][0]) == CustomerState.IDENTIFIED.value

    sql = "SELECT state FROM customers_customer WHERE id = %s"
    return Look(sql=sql, values=[customer_id], read=read)


def get_customer(customer_id: str) -> Customer:
    """This function will return a customer by id. Raises: CustomerUnknown."""
    return to_customer(_row(customer_id))


def find_by_phone(phone: str) -> Customer | None:
    """This function will return the customer of a phone as typed, None when there is none. Raises: PhoneInvalid."""
    row = find_row(CustomerRow, phone_index=index_phone(parse_phone(phone)))
    return to_customer(row) if row else None


def find_by_user(user_id: int) -> Customer | None:
    """This function will return the customer of a login, None when there is none."""
    row = find_row(CustomerRow, user_id=user_id)
    return to_customer(row) if row else None


def find_by_number(number: str) -> Customer | None:
    """This function will return the customer of a resident number (18 characters), None when there is none."""
    row = find_row(CustomerRow, number_index=index_number(number))
    return to_customer(row) if row else None


def list_ids_by_number(numbers: Collection[str]) -> dict[str, str]:
    """This function will return, of resident numbers, those that a customer has, with her id."""
    by_index = {index_number(one): one for one in numbers}
    rows = CustomerRow.objects.filter(number_index__in=list(by_index)).values_list("number_index", "id")
    return {by_index[index]: id for index, id in rows if index is not None}


def list_by_name(name: str, *, limit: int = 20) -> tuple[Customer, ...]:
    """This function will return the customers of an exact name, the newest first, at most `limit`."""
    rows = CustomerRow.objects.filter(name_index=index_name(name)).order_by("-registered_at", "-id")
    return tuple(to_customer(row) for row in rows[:limit])


def get_identity(customer_id: str) -> tuple[str, str]:
    """This function will return name and resident number in full, ("", "") before identification.

    Callers show them masked, or send them to a party that she consented to. Raises: CustomerUnknown.
    """
    row = _row(customer_id)
    if not row.name_sealed:
        return "", ""
    return unseal(row.name_sealed), unseal(row.number_sealed)


def get_phone(customer_id: str) -> str:
    """This function will return the phone in full (11 digits), for the messenger. Raises: CustomerUnknown."""
    return unseal(_row(customer_id).phone_sealed)


def get_phone_sealed(customer_id: str) -> str:
    """This function will return the phone as it is stored, sealed, to hand on without reading it. Raises: CustomerUnknown."""
    return _row(customer_id).phone_sealed


def list_customers(limit: int = 50, after: tuple[datetime, str] | None = None) -> tuple[Customer, ...]:
    """This function will return customers, the newest first.

    `after` is (registered_at, id) of the last one of the page before.
    """
    rows = CustomerRow.objects.order_by("-registered_at", "-id")
    if after is not None:
        at, id = after
        rows = rows.filter(registered_at__lte=at).exclude(registered_at=at, id__gte=id)
    return tuple(to_customer(row) for row in rows[:limit])


def list_customers_by_id(ids: Collection[str]) -> dict[str, Customer]:
    """This function will return the customers of these ids, by id, in one query."""
    return {row.id: to_customer(row) for row in CustomerRow.objects.filter(id__in=list(ids))}


def count_customers() -> int:
    """This function will return how many customers there are."""
    return CustomerRow.objects.count()


def list_customers_by_user(user_ids: Collection[int]) -> dict[int, Customer]:
    """This function will return the customers of these logins, by login, in one query."""
    return {row.user_id: to_customer(row) for row in CustomerRow.objects.filter(user_id__in=list(user_ids))}


def count_identified(*, until: datetime) -> int:
    """This function will return how many customers had said who they are up to an instant."""
    return CustomerRow.objects.filter(identified_at__lte=until).count()


def find_card(customer_id: str) -> IdentityCard | None:
    """This function will return the newest capture of a customer's identity card, None before the first."""
    row = IdentityCardRow.objects.filter(customer_id=customer_id).order_by("-given_at", "-id").first()
    return row.to_domain() if row else None


def get_card_picture(id: str) -> tuple[str, bytes]:
    """This function will return whose capture it is and its picture, empty once it was read.

    Raises: IdentityCardRow.DoesNotExist for an id that is none (a bug).
    """
    row = IdentityCardRow.objects.get(id=id)
    content = base64.b64decode(unseal(row.content_sealed)) if row.content_sealed else b""
    return row.customer_id, content
