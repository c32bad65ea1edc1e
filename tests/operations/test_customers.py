"""Customers against a real database: one phone, one number, one person; nothing of her in the clear."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from puhui.access.operations import create_borrower_login
from puhui.core.ids import derive_id
from puhui.customers import operations, queries
from puhui.customers.domain import (
    Customer,
    CustomerClosed,
    CustomerState,
    LanguageUnknown,
    NameInvalid,
    PhoneInvalid,
    ResidentNumberInvalid,
    UnderAge,
)
from puhui.customers.models import CustomerEventRow, CustomerRow
from puhui.lab.people import InventedPerson, invent_person, make_test_resident_number
from puhui.runtime.transactions import transaction

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def person(index: int) -> InventedPerson:
    return invent_person(seed=3, index=index)


def register(index: int, *, phone: str = "", language: str = "zh", now: datetime = NOW) -> Customer:
    id = derive_id("customer", str(index))
    with transaction():
        user_id = create_borrower_login(login=f"c.{id[:12]}", now=now)
        return operations.open_customer(
            id=id, user_id=user_id, phone=phone or person(index).phone, language=language, now=now
        )


def identify(customer: Customer, someone: InventedPerson, now: datetime = NOW) -> Customer:
    with transaction():
        return operations.record_identity(
            customer_id=customer.id, name=someone.name, number=someone.resident_number.lower(), now=now
        )


@pytest.mark.django_db
def test_from_a_phone_to_a_person() -> None:
    her = register(1)
    assert (her.state, her.name, her.region_code, her.birth_date) == (CustomerState.REGISTERED, "", "", None)
    assert her.phone_tail == person(1).phone[-4:] and her.language == "zh-hans"
    assert her.initial == her.phone_tail[-2:]
    assert queries.get_identity(her.id) == ("", "")
    known = identify(her, person(1), NOW + timedelta(minutes=5))
    assert (known.state, known.name) == (CustomerState.IDENTIFIED, person(1).name)
    assert (known.birth_date, known.region_code) == (person(1).birth_date, person(1).region_code)
    assert known.identified_at == NOW + timedelta(minutes=5) and known.initial == person(1).name[0]
    assert queries.get_identity(her.id) == (person(1).name, person(1).resident_number)
    assert queries.get_phone(her.id) == person(1).phone
    spelled = f"+86 {person(1).phone[:3]} {person(1).phone[3:]}"
    for found in (
        queries.get_customer(her.id),
        queries.find_by_phone(spelled),
        queries.find_by_user(her.user_id),
        queries.find_by_number(person(1).resident_number),
    ):
        assert found == known
    assert list(CustomerEventRow.objects.order_by("seq").values_list("act", flat=True)) == [
        "registered",
        "identified",
    ]


@pytest.mark.django_db
def test_nobody_is_found_by_what_is_nobodys() -> None:
    assert queries.find_by_phone("15400000000") is None and queries.find_by_user(77) is None
    assert queries.find_customer("nobody") is None
    with pytest.raises(queries.CustomerUnknown):
        queries.get_customer("nobody")
    with pytest.raises(queries.CustomerUnknown), transaction():
        operations.set_language(customer_id="nobody", language="en", now=NOW)


@pytest.mark.django_db
def test_a_phone_belongs_to_one_customer() -> None:
    register(1)
    with pytest.raises(operations.PhoneAlreadyUsed):
        register(2, phone=person(1).phone)
    assert queries.count_customers() == 1


@pytest.mark.django_db
def test_a_number_belongs_to_one_customer() -> None:
    first, second = register(1), register(2)
    identify(first, person(1))
    with pytest.raises(operations.IdentityAlreadyUsed):
        identify(second, person(1))
    after = queries.get_customer(second.id)
    assert after.state is CustomerState.REGISTERED and after.name == ""
    assert CustomerEventRow.objects.filter(customer_id=second.id).count() == 1


@pytest.mark.django_db
def test_the_same_identity_again_changes_nothing_and_another_is_refused() -> None:
    her = register(1)
    once = identify(her, person(1))
    assert identify(her, person(1), NOW + timedelta(days=1)) == once
    with pytest.raises(operations.IdentityAlreadyRecorded):
        identify(her, person(2))
    assert queries.get_identity(her.id)[1] == person(1).resident_number


@pytest.mark.django_db
def test_age_is_taken_on_the_lenders_day() -> None:
    """At 16:00 UTC it is already the birthday in Shanghai."""
    her = register(1)
    number = make_test_resident_number(region_code="510199", birth_date=date(2008, 11, 21), sequence=1)
    before = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
    with pytest.raises(UnderAge), transaction():
        operations.record_identity(customer_id=her.id, name="王芳", number=number, now=before)
    with transaction():
        operations.record_identity(
            customer_id=her.id, name="王芳", number=number, now=before + timedelta(minutes=1)
        )


@pytest.mark.django_db
def test_what_was_typed_wrong_leaves_no_record() -> None:
    her = register(1)
    good = person(1)
    spoiled = good.resident_number[:17] + ("1" if good.resident_number[17] != "1" else "2")
    for name, number, refusal in (
        ("Wang Fang", good.resident_number, NameInvalid),
        (good.name, spoiled, ResidentNumberInvalid),
    ):
        with pytest.raises(refusal), transaction():
            operations.record_identity(customer_id=her.id, name=name, number=number, now=NOW)
    with pytest.raises(PhoneInvalid):
        register(5, phone="12345")
    with pytest.raises(LanguageUnknown):
        register(6, language="fr")
    assert queries.get_customer(her.id) == her and queries.count_customers() == 1


@pytest.mark.django_db
def test_language_and_leaving() -> None:
    her = register(1)
    with transaction():
        assert operations.set_language(customer_id=her.id, language="en", now=NOW).language == "en"
        operations.set_language(customer_id=her.id, language="en", now=NOW)
    assert CustomerEventRow.objects.filter(act="language_set").count() == 1, "the same again is no event"
    with transaction():
        assert operations.close_customer(customer_id=her.id, now=NOW).state is CustomerState.CLOSED
    with pytest.raises(CustomerClosed):
        identify(her, person(1))
    with pytest.raises(CustomerClosed), transaction():
        operations.set_language(customer_id=her.id, language="zh", now=NOW)
    with pytest.raises(CustomerClosed), transaction():
        operations.close_customer(customer_id=her.id, now=NOW)


@pytest.mark.django_db
def test_nothing_of_her_lies_in_the_clear() -> None:
    her = register(1)
    identify(her, person(1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM customers_customer")
        stored = " ".join(str(value) for value in cursor.fetchone())
        cursor.execute("SELECT * FROM customers_customer_event")
        stored += " ".join(str(value) for row in cursor.fetchall() for value in row)
    someone = person(1)
    for secret in (someone.phone, someone.name, someone.resident_number, someone.resident_number[6:14]):
        assert secret not in stored
    assert stored.count("k1:") == 3


@pytest.mark.django_db
def test_lists_page_and_take_one_query() -> None:
    for index in range(7):
        register(index, now=NOW + timedelta(minutes=index // 2))
    with CaptureQueriesContext(connection) as seen:
        first = queries.list_customers(limit=3)
        rest = queries.list_customers(limit=9, after=(first[-1].registered_at, first[-1].id))
        by_id = queries.list_customers_by_id([c.id for c in first])
    assert len(seen) == 3
    assert [c.registered_at for c in first + rest] == sorted(
        (c.registered_at for c in first + rest), reverse=True
    )
    assert len({c.id for c in first + rest}) == 7 and set(by_id) == {c.id for c in first}


@pytest.mark.django_db
def test_a_customer_refers_to_a_login() -> None:
    with pytest.raises((DatabaseError, IntegrityError)), transaction():
        operations.open_customer(
            id=derive_id("customer", "x"), user_id=424_242, phone=person(1).phone, language="zh", now=NOW
        )
        connection.check_constraints()
    assert queries.count_customers() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_her_history_is_append_only(verb: str) -> None:
    register(1)
    rows = CustomerEventRow.objects.all()
    with pytest.raises(DatabaseError, match="append-only"), transaction():
        rows.update(detail="x") if verb == "update" else rows._raw_delete(rows.db)


@pytest.mark.django_db
def test_an_identity_is_whole_or_absent() -> None:
    her = register(1)
    with pytest.raises(IntegrityError), transaction():
        CustomerRow.objects.filter(id=her.id).update(identified_at=NOW)


@pytest.mark.django_db
def test_operations_need_a_transaction() -> None:
    with pytest.raises(AssertionError, match="transaction"):
        operations.set_language(customer_id="x", language="en", now=NOW)
