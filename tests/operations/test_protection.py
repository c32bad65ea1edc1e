"""Consents, cases and policies against a real database and real files."""

from __future__ import annotations

import os
import shutil
import timeit
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from puhui.core.ids import derive_id
from puhui.protection import operations, queries
from puhui.protection.domain import (
    CaseOver,
    CaseState,
    CaseTextMissing,
    ConsentNotGiven,
    ConsentPurposeUnknown,
    PolicyInvalid,
    RuleUnknown,
    last_instant,
)
from puhui.protection.models import CaseEventRow, CaseRow, ConsentEventRow, ConsentRow
from puhui.runtime.transactions import transaction

NOW = datetime(2026, 11, 20, 14, 47, tzinfo=UTC)
DAY = timedelta(days=1)
HER = derive_id("customer", "a")
OTHER = derive_id("customer", "b")
CASE = derive_id("case", "1")


def give(
    n: int, purpose: str = "service", *, version: str = "2026-11-01", subject: str = "", now: datetime = NOW
) -> str:
    with transaction():
        return operations.give_consent(
            id=derive_id("consent", str(n)),
            customer_id=HER,
            purpose=purpose,
            text_version=version,
            subject=subject,
            now=now,
        ).id


def withdraw(purpose: str, now: datetime, subject: str = "") -> None:
    with transaction():
        operations.withdraw_consent(customer_id=HER, purpose=purpose, now=now, subject=subject)


@pytest.mark.django_db
def test_a_consent_is_in_force_until_withdrawn() -> None:
    give(1)
    withdraw("service", NOW + DAY)
    second = timedelta(seconds=1)
    answers = [queries.has_consent(HER, "service", NOW + d) for d in (-second, 0 * DAY, DAY - second, DAY)]
    assert answers == [False, True, True, False]
    assert not queries.has_consent(OTHER, "service", NOW)
    with pytest.raises(ConsentNotGiven):
        withdraw("service", NOW + 2 * DAY)
    give(2, now=NOW + 3 * DAY)
    assert queries.has_consent(HER, "service", NOW + 3 * DAY)
    assert not queries.has_consent(HER, "service", NOW + 2 * DAY), "what was withdrawn stays withdrawn then"
    assert [c.withdrawn_at for c in queries.list_consents(HER)] == [NOW + DAY, None]


@pytest.mark.django_db
def test_given_twice_is_given_once_and_a_new_text_replaces_the_old() -> None:
    first = give(1)
    assert give(2, now=NOW + DAY) == first
    newer = give(3, version="2027-01-01", now=NOW + DAY)
    assert newer != first
    assert [c.text_version for c in queries.list_consents(HER)] == ["2026-11-01", "2027-01-01"]
    assert list(ConsentEventRow.objects.order_by("id").values_list("act", flat=True)) == [
        "given",
        "replaced",
        "given",
    ]
    assert queries.has_consent(HER, "service", NOW + DAY)


@pytest.mark.django_db
def test_subjects_are_apart() -> None:
    give(1, "mandate", subject="account-1")
    give(2, "mandate", subject="account-2")
    withdraw("mandate", NOW + DAY, subject="account-1")
    assert not queries.has_consent(HER, "mandate", NOW + DAY, subject="account-1")
    assert queries.has_consent(HER, "mandate", NOW + DAY, subject="account-2")
    assert queries.has_consent(HER, "mandate", NOW + DAY)
    assert queries.list_purposes_in_force(HER, NOW + DAY) == {"mandate"}


@pytest.mark.django_db
def test_forged_purposes_and_missing_transactions() -> None:
    with pytest.raises(ConsentPurposeUnknown):
        give(1, "everything")
    with pytest.raises(AssertionError, match="transaction"):
        operations.give_consent(
            id="x", customer_id=HER, purpose="service", text_version="v", subject="", now=NOW
        )
    assert not ConsentRow.objects.exists()


def open_case(
    id: str = CASE, kind: str = "complaint", text: str = "16日结清了，18日又扣了8元", now: datetime = NOW
) -> str:
    with transaction():
        case = operations.open_case(
            id=id,
            customer_id=HER,
            kind=kind,
            about="loan:9051",
            text=text,
            now=now,
            due_at=last_instant(now, days=15, zone="Asia/Shanghai"),
            hold=True,
        )
    return case.number


@pytest.mark.django_db
def test_a_case_from_its_number_to_its_answer() -> None:
    assert open_case() == "C-1126-001"
    with transaction():
        operations.record_case_note(
            id=derive_id("n", "1"), case_id=CASE, by="customer", text="有截图", now=NOW + DAY
        )
    with transaction():
        taken = operations.take_case(id=derive_id("n", "2"), case_id=CASE, handler="何敏", now=NOW + DAY)
    assert (taken.state, taken.handler) == (CaseState.IN_WORK, "何敏")
    assert [c.id for c in queries.list_cases(open_only=True)] == [CASE]
    with transaction():
        closed = operations.close_case(
            id=derive_id("n", "3"),
            case_id=CASE,
            outcome="upheld",
            author="何敏",
            text="8 元已退",
            now=NOW + 2 * DAY,
        )
    assert closed.is_over and closed.closed_at == NOW + 2 * DAY and closed.outcome == "upheld"
    assert closed.text == "16日结清了，18日又扣了8元"
    events = queries.list_case_events(CASE)
    assert [(e.seq, e.act, e.by, e.text) for e in events] == [
        (1, "opened", "customer", "16日结清了，18日又扣了8元"),
        (2, "noted", "customer", "有截图"),
        (3, "taken", "staff", ""),
        (4, "closed", "staff", "8 元已退"),
    ]
    for act in (
        lambda: operations.record_case_note(
            id=derive_id("n", "4"), case_id=CASE, by="customer", text="再说一句", now=NOW
        ),
        lambda: operations.withdraw_case(id=derive_id("n", "5"), case_id=CASE, now=NOW),
    ):
        with pytest.raises(CaseOver), transaction():
            act()
    assert queries.list_cases(open_only=True) == () and len(queries.list_cases(HER, "closed")) == 1
    assert queries.list_cases(OTHER) == ()


@pytest.mark.django_db
def test_numbers_run_through_the_month_whatever_the_kind() -> None:
    kinds = ("complaint", "question", "help")
    assert [open_case(derive_id("case", k), k) for k in kinds] == ["C-1126-001", "C-1126-002", "C-1126-003"]
    december = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert open_case(derive_id("case", "d"), now=december) == "C-1226-001"


@pytest.mark.django_db
def test_a_refused_case_takes_no_number() -> None:
    with pytest.raises(CaseTextMissing):
        open_case(text="  ")
    assert open_case(kind="help", text="") == "C-1126-001", "pressing help is enough"


@pytest.mark.django_db
def test_a_note_given_twice_is_one_note() -> None:
    open_case()
    for _ in range(2):
        try:
            with transaction():
                operations.record_case_note(
                    id=derive_id("n", "1"), case_id=CASE, by="customer", text="有截图", now=NOW
                )
        except IntegrityError:
            pass
    assert len(queries.list_case_events(CASE)) == 2
    assert CaseRow.objects.get(id=CASE).last_seq == 2, "the second left no partial record"


@pytest.mark.django_db
def test_what_she_wrote_lies_sealed() -> None:
    open_case(text="planted-邻居知道了")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT text_sealed FROM protection_case UNION ALL SELECT text_sealed FROM protection_case_event"
        )
        stored = " ".join(str(row[0]) for row in cursor.fetchall())
    assert "planted" not in stored and "邻居" not in stored and stored.count("k1:") == 2


@pytest.mark.django_db
@pytest.mark.parametrize("model", [ConsentEventRow, CaseEventRow])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_histories_are_append_only(model: type, verb: str) -> None:
    give(1)
    open_case()
    rows = model.objects.all()  # type: ignore[attr-defined]
    with pytest.raises(DatabaseError, match="append-only"), transaction():
        rows.update(act="opened") if verb == "update" else rows._raw_delete(rows.db)


@pytest.mark.django_db
def test_lists_take_one_query() -> None:
    for n in range(5):
        open_case(derive_id("case", str(n)))
        give(n, "mandate", subject=str(n))
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert len(queries.list_cases()) == 5 and len(queries.list_consents(HER)) == 5
        assert len(queries.list_case_events(derive_id("case", "0"))) == 1
    assert len(seen) == 3


def test_the_house_policy_of_a_day() -> None:
    get = queries.get_house_policy
    assert get(jurisdiction="CN", on_date=date(2025, 5, 1)).version == "2025-01-01"
    assert get(jurisdiction="CN", on_date=date(2026, 10, 31)).version == "2025-01-01"
    assert get(jurisdiction="CN", on_date=date(2026, 11, 1)).version == "2026-11-01"
    assert get(jurisdiction="UK", on_date=date(2026, 11, 20)).freeze_days == 60
    unknown = get(jurisdiction="BR", on_date=date(2026, 11, 20))
    assert (
        unknown.jurisdiction == "*"
        and unknown.contact_window == get(jurisdiction="US", on_date=date(2026, 11, 20)).contact_window
    )
    assert unknown.freeze_days == 60 and unknown.apr_cap_ppm == 240_000
    assert get(jurisdiction="BR", on_date=date(2026, 11, 20)) is unknown, "joined once"
    assert get(jurisdiction="BR", on_date=date(2026, 1, 1)).version == "2025-01-01", (
        "only China's is valid then"
    )
    for place in ("CN", "BR"):
        with pytest.raises(queries.HousePolicyMissing):
            get(jurisdiction=place, on_date=date(2024, 12, 31))
    with pytest.raises(queries.HousePolicyMissing):
        get(jurisdiction="UK", on_date=date(2026, 10, 31))


def test_rules_and_texts_of_a_day() -> None:
    assert queries.get_rule(id="CN-CMP-01", on_date=date(2026, 11, 20)).value == 15
    with pytest.raises(RuleUnknown):
        queries.get_rule(id="CN-CMP-01", on_date=date(2020, 2, 29))
    assert len(queries.list_rules(jurisdiction="CN")) == 64 and queries.list_rules(jurisdiction="BR") == ()
    texts = queries.get_consent_texts(on_date=date(2025, 6, 1))
    assert texts.version == "2026-11-01" and len(texts.texts) == 8
    one = queries.get_consent_text(purpose="mandate", version="2026-11-01")
    assert one.title.say("en") == "Autopay"
    with pytest.raises(LookupError):
        queries.get_consent_text(purpose="mandate", version="1999-01-01")
    assert len(queries.list_house_policies()) == 5


def test_a_changed_file_is_read_again(tmp_path: Path, settings: Any) -> None:
    folder = tmp_path / "policies"
    shutil.copytree(settings.POLICIES_DIR, folder)
    settings.POLICIES_DIR = folder
    on = date(2026, 11, 20)
    first = queries.get_house_policy(jurisdiction="CN", on_date=on)
    assert queries.get_house_policy(jurisdiction="CN", on_date=on) is first

    path = folder / "house" / "cn-2026-11-01.toml"
    text = path.read_text(encoding="utf-8")
    closed = text.replace('valid_to = "open"', "valid_to = 2026-11-10", 1)
    newer = text.replace("2026-11-01", "2026-11-10").replace("value = 2\n", "value = 1\n")
    path.write_text(closed, encoding="utf-8")
    path.with_name("cn-2026-11-10.toml").write_text(newer, encoding="utf-8")  # a new file changes the folder
    second = queries.get_house_policy(jurisdiction="CN", on_date=on)
    assert (second.version, second.question_days) == ("2026-11-10", 1) and second.hash != first.hash

    path.with_name("cn-2026-11-10.toml").write_text(
        newer.replace("value = 1\n", "value = x\n"), encoding="utf-8"
    )
    with pytest.raises(PolicyInvalid, match=r"house/cn-2026-11-10\.toml"):  # an edit in place is seen, too
        for _ in range(300):
            queries.get_house_policy(jurisdiction="CN", on_date=on)

    path.with_name("cn-2026-11-10.toml").write_text(newer, encoding="utf-8")
    for name in (folder / "house").iterdir():  # touched, not changed: nothing is parsed again
        os.utime(name)
    kept = queries.get_house_policy(jurisdiction="CN", on_date=on)
    for _ in range(300):
        assert queries.get_house_policy(jurisdiction="CN", on_date=on) is kept


def test_the_warm_path_is_fast() -> None:
    """Measured 3.1 µs (goal: below 5); the bound here only catches a policy that is parsed in every request."""
    on = date(2026, 11, 20)
    place = settings.LENDER["jurisdiction"]
    runs = timeit.repeat(
        lambda: queries.get_house_policy(jurisdiction=place, on_date=on), number=1000, repeat=7
    )
    print(f"get_house_policy warm: {min(runs) * 1000:.2f} µs")
    assert min(runs) / 1000 < 50e-6
