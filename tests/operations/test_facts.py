"""Facts against a real database: two times, consent, append-only; and the sandbox bureau behind its protocol."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from puhui.access.operations import create_borrower_login
from puhui.core.ids import derive_id
from puhui.customers.operations import open_customer
from puhui.facts import queries
from puhui.facts.domain import (
    BureauConsentMissing,
    BureauHit,
    BureauUnavailable,
    Fact,
    FactConsentMissing,
    facts_of_report,
)
from puhui.facts.gateways import sandbox
from puhui.facts.gateways.sandbox import SandboxBureau
from puhui.facts.models import FactRow
from puhui.facts.operations import record_facts
from puhui.facts.sandbox_files import Entry, key_of, write_directory
from puhui.lab.people import invent_person
from puhui.protection.operations import give_consent, withdraw_consent
from puhui.runtime.transactions import transaction

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
CONSENT = derive_id("consent", "facts")


def minutes(count: int) -> datetime:
    return NOW + timedelta(minutes=count)


def new_customer(*, consents: bool = True) -> str:
    id = derive_id("customer", "facts")
    with transaction():
        user_id = create_borrower_login(login="c.facts", now=NOW)
        phone = invent_person(seed=5, index=1).phone
        open_customer(id=id, user_id=user_id, phone=phone, language="zh-hans", now=NOW)
        if consents:
            give_consent(
                id=CONSENT, customer_id=id, purpose="credit_report", text_version="2026-11-01", now=NOW
            )
    return id


def fact(
    customer_id: str,
    value: int | str | bool | None,
    *,
    known: int,
    event: int = 0,
    name: str = "bureau.inq_fi",
) -> Fact:
    return Fact(
        customer_id=customer_id,
        name=name,
        value=value,
        event_at=minutes(event),
        known_at=minutes(known),
        source="test",
        purpose="credit_report",
        consent_id=CONSENT,
    )


def record(*facts: Fact, now: datetime) -> int:
    with transaction():
        return record_facts(facts=facts, now=now)


@pytest.mark.django_db
def test_what_is_seen_depends_on_when_one_looks() -> None:
    her = new_customer()
    record(fact(her, 1, known=10), now=minutes(10))
    record(fact(her, 3, known=30), now=minutes(30))
    record(fact(her, 2, known=40, event=5), now=minutes(40))  # an older truth, learnt later
    assert queries.get_facts(her, known_at=minutes(9)) == {}
    seen = [
        queries.get_facts(her, known_at=minutes(at))["bureau.inq_fi"].value for at in (10, 29, 30, 39, 40)
    ]
    assert seen == [1, 1, 3, 3, 2]
    assert [one.value for one in queries.list_facts(her)] == [1, 3, 2]
    assert [one.value for one in queries.list_facts(her, known_at=minutes(30))] == [1, 3]


@pytest.mark.django_db
def test_a_withdrawn_consent_hides_the_fact_from_then_on() -> None:
    her = new_customer()
    record(fact(her, 1, known=10), now=minutes(10))
    with transaction():
        withdraw_consent(customer_id=her, purpose="credit_report", now=minutes(20))
    assert list(queries.get_facts(her, known_at=minutes(19))) == ["bureau.inq_fi"]
    assert queries.get_facts(her, known_at=minutes(20)) == {}
    with pytest.raises(FactConsentMissing):
        record(fact(her, 2, known=21), now=minutes(21))
    assert FactRow.objects.count() == 1


@pytest.mark.django_db
def test_without_consent_nothing_is_kept() -> None:
    her = new_customer(consents=False)
    with pytest.raises(FactConsentMissing):
        record(fact(her, 1, known=10), now=minutes(10))
    assert FactRow.objects.count() == 0


@pytest.mark.django_db
def test_the_same_fact_twice_is_one_and_another_value_is_a_bug() -> None:
    her = new_customer()
    assert record(fact(her, 1, known=10), fact(her, 1, known=10), now=minutes(10)) == 1
    assert record(fact(her, 1, known=10), now=minutes(11)) == 0
    with pytest.raises(AssertionError, match="another value"):
        record(fact(her, 2, known=10), now=minutes(12))
    with pytest.raises(AssertionError, match="future"):
        record(fact(her, 1, known=20), now=minutes(19))
    with pytest.raises(AssertionError, match="transaction"):
        record_facts(facts=[fact(her, 1, known=30)], now=minutes(30))


@pytest.mark.django_db
@pytest.mark.parametrize("value", [0, -3, "hit", True, None, "中文 \" '"])
def test_values_come_back_as_they_went(value: int | str | bool | None) -> None:
    her = new_customer()
    record(fact(her, value, known=1), now=minutes(1))
    assert queries.get_facts(her, known_at=minutes(1))["bureau.inq_fi"].value is value or (
        queries.get_facts(her, known_at=minutes(1))["bureau.inq_fi"].value == value
    )


@pytest.mark.django_db
def test_facts_are_append_only_and_belong_to_somebody() -> None:
    her = new_customer()
    record(fact(her, 1, known=1), now=minutes(1))
    with pytest.raises((DatabaseError, IntegrityError)), transaction():
        FactRow.objects.update(value_json="2")
    with pytest.raises((DatabaseError, IntegrityError)), transaction():
        FactRow.objects.all().delete()
    with pytest.raises((DatabaseError, IntegrityError)), transaction():
        stranger = FactRow.objects.get()
        stranger.id, stranger.customer_id = "f" * 26, "nobody"
        stranger.save(force_insert=True)


@pytest.mark.django_db
def test_a_report_is_recorded_in_few_queries() -> None:
    her = new_customer()
    number = invent_person(seed=5, index=1).resident_number
    bureau = SandboxBureau(directory={key_of(number): Entry(row=3, hit="hit")})
    answer = bureau.report(number=number, consent_id=CONSENT, now=NOW)
    found = facts_of_report(answer, customer_id=her, source=bureau.source, consent_id=CONSENT, now=NOW)
    with CaptureQueriesContext(
        connection,
    ) as made:
        assert record(*found, now=NOW) == len(found) == 15
    assert len(made) <= 5  # savepoint, consents, known ids, one insert, release
    with CaptureQueriesContext(connection) as made:
        seen = queries.get_facts(her, known_at=NOW)
    assert len(made) == 2 and seen["bureau.hit"].value == "hit"


# --- the sandbox bureau ---

NUMBERS = [invent_person(seed=11, index=index).resident_number for index in range(3000)]


def test_the_bureau_knows_most_some_little_some_nothing() -> None:
    bureau = SandboxBureau(directory={})
    hits = Counter(bureau.report(number=one, consent_id="k", now=NOW).hit for one in NUMBERS)
    assert 0.04 < hits[BureauHit.NONE] / 3000 < 0.08 and 0.08 < hits[BureauHit.THIN] / 3000 < 0.12


def test_a_number_always_gets_the_same_report() -> None:
    bureau, later = SandboxBureau(directory={}), SandboxBureau(directory={})
    for number in NUMBERS[:50]:
        first = bureau.report(number=number, consent_id="k", now=NOW)
        second = later.report(number=number, consent_id="k2", now=minutes(60))
        assert (first.hit, first.fields) == (second.hit, second.fields)
        assert first.report_id != second.report_id


def test_what_a_report_holds() -> None:
    number = NUMBERS[0]
    full = SandboxBureau(directory={key_of(number): Entry(row=3, hit="hit")})
    fields = full.report(number=number, consent_id="k", now=NOW).fields
    # row 3 of the file: delinq_2yrs 0, revol_util 74.2, all_util 79, total_bal_il 33378 dollars
    assert fields["revol_util_permille"] == 742 and fields["all_util_percent"] == 79
    assert fields["total_bal_il_minor"] == 33_378 * 150
    assert not {"addr_state", "int_rate", "sub_grade", "Class", "annual_inc"} & set(fields)
    thin = SandboxBureau(directory={key_of(number): Entry(row=3, hit="thin")})
    assert set(thin.report(number=number, consent_id="k", now=NOW).fields) == set(sandbox.THIN)
    none = SandboxBureau(directory={key_of(number): Entry(row=3, hit="none")})
    assert none.report(number=number, consent_id="k", now=NOW).fields == {}


def test_the_bureau_is_not_asked_without_consent() -> None:
    with pytest.raises(BureauConsentMissing):
        SandboxBureau(directory={}).report(number=NUMBERS[0], consent_id="", now=NOW)


def test_it_may_be_late_and_it_may_not_answer() -> None:
    waited: list[float] = []
    late = SandboxBureau(directory={}, latency_seconds=1.5, sleep=waited.append)
    late.report(number=NUMBERS[0], consent_id="k", now=NOW)
    assert waited == [1.5]
    dead = SandboxBureau(directory={}, unavailable_percent=100)
    with pytest.raises(BureauUnavailable):
        dead.report(number=NUMBERS[0], consent_id="k", now=NOW)
    shaky = SandboxBureau(directory={}, unavailable_percent=50)

    def answers(at: int) -> bool:
        try:
            return bool(shaky.report(number=NUMBERS[0], consent_id="k", now=minutes(at)))
        except BureauUnavailable:
            return False

    found = [answers(at) for at in range(20)]
    assert True in found and False in found and found == [answers(at) for at in range(20)]


def test_the_demo_may_point_numbers_at_rows(settings: object, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path  # type: ignore[attr-defined]
    bureau = SandboxBureau()
    before = bureau.report(number=NUMBERS[7], consent_id="k", now=NOW)
    write_directory({key_of(NUMBERS[7]): Entry(row=3, hit="hit")})
    write_directory({key_of(NUMBERS[8]): Entry(row=2)})
    after = bureau.report(number=NUMBERS[7], consent_id="k", now=NOW)
    assert after.fields["revol_util_permille"] == 742 and before != after
    assert NUMBERS[7] not in (tmp_path / "sandbox_bureau.json").read_text(encoding="utf-8")
