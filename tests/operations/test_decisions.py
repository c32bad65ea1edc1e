"""Applications and decisions against a real database: one open request, one decision, replay by hash, append-only."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from puhui.access.operations import create_borrower_login
from puhui.core.canonical import canonical_bytes
from puhui.core.ids import derive_id
from puhui.customers.operations import open_customer
from puhui.decisions import operations, queries
from puhui.decisions.domain import ApplicationState, Rules, decide, house_limits, make_input
from puhui.decisions.domain.application import (
    ApplicationAlreadySent,
    ApplicationFieldUnknown,
    ApplicationNotSent,
)
from puhui.decisions.domain.stored import (
    AnotherApplicationOpen,
    Application,
    ApplicationUnknown,
    DecisionUnknown,
    StoredDecision,
)
from puhui.decisions.models import ApplicationEventRow, ApplicationRow, DecisionRow
from puhui.decisions.policy_files import CreditPolicyMissing, RulesUnknown, evaluator_hash
from puhui.lab.people import invent_person
from puhui.protection.domain import PolicyInvalid
from puhui.protection.queries import get_house_policy
from puhui.runtime.transactions import transaction
from tests.decisions_kit import ASKED, POLICIES, TODAY, applicants, facts, facts_of, product

NOW = datetime(2026, 11, 20, 12, 9, tzinfo=UTC)
TYPED = {"amount": "20,000", "purpose": "appliances", "months": "12", "income": "8,600"}


def new_customer(index: int = 1) -> str:
    id = derive_id("customer", "decisions", str(index))
    with transaction():
        user_id = create_borrower_login(login=f"c.dec{index}", now=NOW)
        phone = invent_person(seed=6, index=index).phone
        open_customer(id=id, user_id=user_id, phone=phone, language="zh-hans", now=NOW)
    return id


def save(customer_id: str, fields: dict[str, str], key: str = "a1", now: datetime = NOW) -> Application:
    with transaction():
        return operations.save_application(
            id=derive_id("application", key), customer_id=customer_id, fields=fields, now=now
        )


def submit(application: Application, **changed: Any) -> Application:
    with transaction():
        return operations.submit_application(
            id=application.id, application=replace(ASKED, **changed), now=NOW
        )


def today_rules(on_date: date = TODAY) -> Rules:
    return queries.get_rules(jurisdiction="CN", on_date=on_date)


def record(
    application: Application, *, rules: Rules | None = None, id: str = "", **seen: Any
) -> StoredDecision:
    by = rules or today_rules()
    house = get_house_policy(jurisdiction="CN", on_date=TODAY)
    input = make_input(
        application_id=application.id,
        application=application.submitted or ASKED,
        facts=facts(**seen),
        house=house_limits(house, region_code="510199"),
        product=product(),
        rules=by,
        decided_at=NOW,
        on_date=TODAY,
    )
    with transaction():
        return operations.record_decision(
            id=id or derive_id("decision", application.id),
            application_id=application.id,
            input=input,
            decision=decide(input, rules=by),
            now=NOW,
        )


@pytest.mark.django_db
def test_from_the_first_word_typed_to_a_decision() -> None:
    her = new_customer()
    draft = save(her, {"amount": "20,0"})
    assert draft.state is ApplicationState.DRAFT and draft.number.startswith("A-20261120-")
    draft = save(her, TYPED, now=NOW + timedelta(seconds=5))
    assert draft.fields == TYPED and draft.submitted is None
    assert queries.find_open_application(her) == draft == queries.find_latest_application(her)
    sent = submit(draft)
    assert sent.state is ApplicationState.SUBMITTED and sent.submitted == ASKED
    assert submit(draft) == sent  # a double click
    stored = record(sent)
    assert stored.number.startswith("D-20261120-") and stored.decision.verdict.kind == "approved"
    assert record(sent) == stored  # the worker came back
    assert queries.get_decision(stored.id) == stored == queries.find_decision(draft.id)
    assert queries.find_decision_by_id(stored.id) == stored and queries.list_decisions(her) == [stored]
    (summary,) = queries.list_decision_summaries()
    assert (summary.id, summary.grade, summary.verdict) == (stored.id, "A", "approved")
    assert queries.find_open_application(her) is None
    events = queries.list_application_events(draft.id)
    assert [(one.seq, one.act, one.state.value) for one in events] == [
        (1, "open", "draft"), (2, "submit", "submitted"), (3, "decide", "decided"),
    ]  # fmt: skip
    assert queries.get_application(draft.id).decided_at == NOW


@pytest.mark.django_db
def test_what_cannot_be_done_is_refused_and_leaves_nothing() -> None:
    her, other = new_customer(1), new_customer(2)
    draft = save(her, TYPED)
    with pytest.raises(AnotherApplicationOpen):
        save(her, TYPED, key="a2")
    with pytest.raises(ApplicationUnknown):
        save(other, TYPED)
    with pytest.raises(ApplicationFieldUnknown):
        save(her, {"age": "33"})
    with pytest.raises(ApplicationNotSent):
        record(draft)
    sent = submit(draft)
    with pytest.raises(ApplicationAlreadySent):
        save(her, TYPED)
    with pytest.raises(ApplicationAlreadySent):
        submit(draft, amount_minor=30_000_00)
    record(sent)
    with pytest.raises(ApplicationAlreadySent):
        record(sent, id="d" * 26, inq_fi=4)
    assert DecisionRow.objects.count() == 1 and ApplicationRow.objects.count() == 1
    assert ApplicationEventRow.objects.count() == 3
    for act in (queries.get_application, queries.get_decision, queries.replay_decision):
        with pytest.raises((ApplicationUnknown, DecisionUnknown)):
            act("nobody")
    assert save(her, TYPED, key="a2").state is ApplicationState.DRAFT  # after a decision she may ask again


@pytest.mark.django_db
def test_a_decision_is_never_changed() -> None:
    record(submit(save(new_customer(), TYPED)))
    for table in (DecisionRow, ApplicationEventRow):
        with pytest.raises((DatabaseError, IntegrityError)), transaction():
            table.objects.update(application_id="x")
        with pytest.raises((DatabaseError, IntegrityError)), transaction():
            table.objects.all().delete()


@pytest.mark.django_db
def test_a_decision_is_kept_in_few_queries() -> None:
    her = new_customer()
    draft = save(her, TYPED)
    with CaptureQueriesContext(connection) as made:
        sent = submit(draft)
    assert len(made) <= 5
    today_rules()
    with CaptureQueriesContext(connection) as made:
        record(sent)
    assert len(made) <= 7


@pytest.mark.django_db
def test_every_stored_decision_replays() -> None:
    """G6 over a hundred real files; the stored text holds no float and names nobody."""
    her = new_customer()
    for index, row in enumerate(applicants()[:100]):
        draft = save(her, TYPED, key=f"a{index}")
        seen = {one.name.removeprefix("bureau."): one.value for one in facts_of(row)}
        record(submit(draft, amount_minor=int(row["funded_amnt"]) * 150 // 10_000 * 10_000 + 100_00), **seen)
    ids = queries.list_decision_ids()
    assert len(ids) == 100 == len(set(ids))
    verdicts = set()
    for id in ids:
        found = queries.replay_decision(id)
        assert found.identical and found.same_evaluator and found.first_difference is None
        stored = queries.get_decision(id)
        verdicts.add(stored.decision.verdict.kind)
        assert canonical_bytes(stored.decision).decode() == DecisionRow.objects.get(id=id).output_json
        assert stored.output_hash == found.stored_sha256 == found.replayed_sha256
    assert verdicts >= {"approved", "declined"}
    assert queries.list_decision_ids(after=ids[49], limit=3) == ids[50:53]


@pytest.mark.django_db
def test_a_difference_is_named() -> None:
    stored = record(submit(save(new_customer(), TYPED)))
    row = DecisionRow.objects.get(id=stored.id)
    copy = submit(save(derive_id("customer", "decisions", "1"), TYPED, key="a2"))
    row.id, row.application_id = "d" * 26, copy.id
    row.output_json = row.output_json.replace('"limit_minor":6040000', '"limit_minor":9990000', 1)
    row.save(force_insert=True)
    found = queries.replay_decision(row.id)
    assert not found.identical and found.first_difference is not None
    assert (found.first_difference.stored, found.first_difference.replayed) == ("9990000", "6040000")
    assert found.first_difference.path.endswith("limit_minor")


# --- the policies folder ---


def test_the_text_of_the_day_decides() -> None:
    before, after = today_rules(date(2026, 6, 30)), today_rules(date(2026, 7, 1))
    assert (before.prices.version, after.prices.version) == ("2025-01-01", "2026-07-01")
    assert before.policy is after.policy and before.evaluator_sha256 == evaluator_hash()
    with pytest.raises(CreditPolicyMissing):
        today_rules(date(2024, 12, 31))
    with pytest.raises(CreditPolicyMissing):
        queries.get_rules(jurisdiction="EU", on_date=TODAY)
    assert today_rules() is today_rules()


def test_reason_texts_of_a_day() -> None:
    newest, first = queries.get_reason_texts(), queries.get_reason_texts(on_date=date(2025, 1, 1))
    assert first is queries.get_reason_texts(on_date=date(2026, 11, 23)) and "LATE_HERE" not in first.texts
    assert newest is queries.get_reason_texts(on_date=date(2026, 11, 24)) and set(first.texts) < set(
        newest.texts
    )


@pytest.mark.django_db  # an unknown scorecard is looked for among the registered ones
def test_any_version_is_found_by_its_hash_and_an_edited_one_is_not() -> None:
    for day in (date(2025, 1, 1), TODAY):
        now = today_rules(day)
        hashes = {
            "policy_sha256": now.policy.sha256,
            "model_sha256": now.model.sha256,
            "prices_sha256": now.prices.sha256,
        }
        assert queries.get_rules_by_hash(**hashes) is now
        for name in hashes:
            with pytest.raises(RulesUnknown):
                queries.get_rules_by_hash(**{**hashes, name: "0" * 64})


@pytest.mark.django_db
def test_old_decisions_replay_after_a_new_policy(settings: Any, tmp_path: Path) -> None:
    """A later file changes tomorrow's answers and no old one."""
    folder = tmp_path / "policies"
    shutil.copytree(POLICIES, folder)
    settings.POLICIES_DIR = folder
    her = new_customer()
    old = record(submit(save(her, TYPED)))
    text = (folder / "credit/2025-01-01.toml").read_text(encoding="utf-8")
    stricter = text.replace("2025-01-01", "2026-11-20").replace(
        "limit_minor = 10_000_000", "limit_minor = 7_000_000"
    )
    (folder / "credit/2026-11-20.toml").write_text(stricter, encoding="utf-8")
    new = record(submit(save(her, TYPED, key="a2"), income_minor=30_000_00))
    assert new.input.policy_sha256 != old.input.policy_sha256 and new.decision.limit_minor == 7_000_000
    assert queries.replay_decision(old.id).identical and queries.replay_decision(new.id).identical


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("credit/2025-01-01.toml", "line_days = 365", "line_days = 0", "line_days"),
        ("prices/2025-01-01.toml", "valid_to = 2026-07-01", "valid_to = 2026-07-02", "overlaps"),
        ("credit/2025-01-01.toml", 'model_sha256 = "', 'model_sha256 = "0', "no scorecard has the hash"),
    ],
)
def test_a_broken_folder_serves_nobody(
    settings: Any, tmp_path: Path, file: str, old: str, new: str, says: str
) -> None:
    folder = tmp_path / "policies"
    shutil.copytree(POLICIES, folder)
    settings.POLICIES_DIR = folder
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyInvalid, match=says):
        today_rules()
