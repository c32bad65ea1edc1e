"""What a decision was served is kept with it, and history as it was known then gives the same again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction
from django.test import Client

from puhui.customers.queries import get_customer
from puhui.decisions.domain.values import Declined
from puhui.decisions.policy_files import load_with
from puhui.decisions.queries import get_decision, list_decisions
from puhui.facts.feature_sets import FeatureSet, parse_feature_set, serve_features
from puhui.facts.features import FeatureEvent
from puhui.facts.models import FeatureVectorRow
from puhui.facts.queries import find_vector
from puhui.journeys import apply, consent, devices, staff_again, staff_replay
from puhui.journeys import serve_features as served
from puhui.lab.borrower import CONSENTS, Borrower
from puhui.protection.domain.strict import PolicyInvalid
from puhui.runtime.queries import list_audit
from tests.journeys.world import World

FILE = "features/2026-11-22.toml"
POLICIES = Path(__file__).resolve().parents[2] / "policies"
TEXT = (POLICIES / FILE).read_text(encoding="utf-8")
NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A world after the first day of the features."""
    made = World(start=date(2026, 12, 1))
    yield made
    made.check()
    made.close()


def values(decision_id: str) -> dict[str, Any]:
    vector = find_vector(decision_id)
    assert vector is not None
    return {one.name: one.refused or one.value for one in vector.features}


def newest(customer_id: str) -> str:
    return list_decisions(customer_id)[0].id


def test_a_second_request_is_served_her_history_and_replays_from_it(world: World) -> None:
    borrower, loan = world.running()
    first = newest(loan.customer_id)
    assert values(first) == {
        "applications_30d": 0,
        "asked_12m_max_minor": None,
        "repayments_6m": 0,
        "repaid_6m_minor": 0,
        "days_past_due_most": None,
        "devices_bound_90d": 0,
    }
    world.wait(hours=1)
    devices.record(customer_id=loan.customer_id, what="bound", now=world.now)
    world.prepay(loan, amount_minor=150_000)
    world.work()
    world.wait(days=20)
    again = apply_again(world, borrower)
    assert values(again) == {
        "applications_30d": 1,
        "asked_12m_max_minor": 2_000_000,
        "repayments_6m": 1,
        "repaid_6m_minor": 150_000,
        "days_past_due_most": 0,
        "devices_bound_90d": 1,
    }
    page = shown_to(loan.customer_id)
    assert "What we counted for your last decision" in page and "Repayments in 6 months" in page
    assert "No rule read these figures." not in page and get_decision(again).number in page
    read = facts_read(again)
    assert read["feature.repaid_6m_minor"] == 150_000 and read["feature.days_past_due_most"] == 0
    # What happens later was not known then: nothing that is kept changes.
    world.wait(hours=1)
    devices.record(customer_id=loan.customer_id, what="bound", now=world.now)
    world.prepay(loan, key="later", amount_minor=200_000)
    world.work()
    for id in (first, again):
        assert staff_replay.replay(kind="decision", id=id).differences == ()
    with pytest.raises(DatabaseError), transaction.atomic():
        FeatureVectorRow.objects.filter(decision_id=again).update(sha256="0" * 64)


def facts_read(decision_id: str) -> dict[str, Any]:
    """The features that the decision itself saw, as facts."""
    seen = get_decision(decision_id).input.facts
    return {one.name: one.value for one in seen if one.name.startswith("feature.")}


def steps_of(decision_id: str) -> dict[str, Any]:
    return {one.step: one for one in get_decision(decision_id).decision.trace}


def test_a_short_file_and_months_of_repaying_us_bear_more_than_a_short_file(world: World) -> None:
    borrower, loan = world.running(hit="thin", amount="8000", amount_minor=800_000)
    first = newest(loan.customer_id)
    assert facts_read(first) == {
        "feature.applications_30d": 0, "feature.repayments_6m": 0, "feature.repaid_6m_minor": 0,
        "feature.devices_bound_90d": 0,
    }  # fmt: skip
    assert steps_of(first)["budget"].because["history.standing"] == "new"
    assert get_decision(first).decision.limit_minor == 1_200_000
    for turn in range(3):
        world.wait(days=2)
        world.prepay(loan, key=f"p{turn}", amount_minor=50_000)
        world.work()
    world.wait(days=1)
    again = apply_again(world, borrower)
    assert steps_of(again)["history"].value == "repaid"
    assert get_decision(again).decision.limit_minor == 1_600_000
    assert get_decision(again).decision.price == get_decision(first).decision.price, "never the price (G2)"
    for id in (first, again):
        assert staff_replay.replay(kind="decision", id=id).differences == ()


def test_who_is_late_with_us_is_told_so_and_gets_no_second_loan(world: World) -> None:
    borrower, loan = world.running()
    world.live_until(world.position(loan).rows[0].due_date + timedelta(days=9))
    again = get_decision(apply_again(world, borrower))
    verdict = again.decision.verdict
    assert isinstance(verdict, Declined)
    [reason] = [one for one in verdict.reasons if one.code == "LATE_HERE"]
    assert reason.figures["days_past_due_most"] == 9 and verdict.helps[0].code == "HELP_CURE_HERE"
    assert staff_replay.replay(kind="decision", id=again.id).differences == ()


def test_a_policy_that_reads_what_nobody_serves_is_refused() -> None:
    text = (POLICIES / "credit/2026-11-24.toml").read_text(encoding="utf-8")
    text = text.replace("2026-11-24", "2026-12-24").replace("feature.devices_bound_90d", "feature.devices")
    with pytest.raises(PolicyInvalid, match=r"'feature\.devices', which no text of features serves"):
        load_with("credit/2026-12-24.toml", text)


def shown_to(customer_id: str) -> str:
    """Her own page of what we know, in English."""
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(get_user_model().objects.get(pk=get_customer(customer_id).user_id))
    return client.get("/me/data").content.decode()


def apply_again(world: World, borrower: Borrower) -> str:
    """Her second request, sent and decided; its newest decision."""
    customer_id = borrower.customer_id
    consent.give(customer_id=customer_id, purposes=CONSENTS, key="again", now=world.now)
    typed = apply.save(customer_id=customer_id, fields=borrower.wish.fields, key="typed again", now=world.now)
    apply.submit(customer_id=customer_id, application_id=typed.id, key="send again", now=world.now)
    world.work()
    return newest(customer_id)


def test_another_value_than_history_gives_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    borrower = world.approved()
    id = newest(borrower.customer_id)
    kept = find_vector(id)
    assert kept is not None and served.rebuild(get_decision(id), kept) == kept
    wrong = replace(kept, features=(replace(kept.features[0], value=7), *kept.features[1:]))
    monkeypatch.setattr(staff_again, "find_vector", lambda _id: wrong)
    [one] = staff_replay.replay(kind="decision", id=id).differences
    assert one.path == "features.features[0].value" and (one.stored, one.again) == ("7", "0")


def test_what_was_decided_before_the_first_text_has_no_vector_and_replays(db: None) -> None:
    world = World(start=date(2026, 11, 20))
    id = newest(world.approved().customer_id)
    assert find_vector(id) is None
    assert staff_replay.replay(kind="decision", id=id).differences == ()
    world.close()


def test_without_the_consent_a_feature_is_not_computed_and_the_refusal_is_logged(world: World) -> None:
    borrower = world.borrower()
    borrower.register(world.now)
    borrower.say_who(world.now)
    borrower.apply(world.now)
    consent.withdraw(customer_id=borrower.customer_id, purpose="identity", key="w", now=world.now)
    world.work()
    id = newest(borrower.customer_id)
    found = values(id)
    assert found["devices_bound_90d"] == "identity" and found["applications_30d"] == 0
    assert "feature.devices_bound_90d" not in facts_read(id), "what was refused is not read"
    assert facts_read(id)["feature.applications_30d"] == 0
    [entry] = [
        one for one in list_audit(f"customer:{borrower.customer_id}") if one.action == "feature.refused"
    ]
    assert entry.detail["features"] == "devices_bound_90d" and entry.detail["consents"] == "identity"
    assert entry.detail["decision"] == id
    # Given again later: at the time of the decision it was not in force.
    world.wait(hours=1)
    consent.give(customer_id=borrower.customer_id, purposes=["identity"], key="g", now=world.now)
    assert staff_replay.replay(kind="decision", id=id).differences == ()


def shipped(text: str = TEXT) -> FeatureSet:
    return parse_feature_set(text, file=FILE)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('aggregate = "count"', 'aggregate = "mean"', "aggregate"),
        ("days = 30\nmonths = 0", "days = 30\nmonths = 2", "days or months"),
        ('purpose = "identity"', 'purpose = "curiosity"', "purpose"),
        ('empty = "missing"', 'empty = "none"', "missing"),
        ('name = "repaid_6m_minor"', 'name = "repayments_6m"', "named twice"),
        ('version = "2026-11-22"', 'version = "2026-11-23"', "one day"),
        ('title_en = "Repayments in 6 months"', "", "title_en"),
        ('kind = "application"', 'kind = "application"\nwindow = 3', "window"),
    ],
)
def test_a_text_that_cannot_be_meant_is_refused(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(PolicyInvalid) as refused:
        shipped(TEXT.replace(old, new, 1))
    assert says in str(refused.value) and FILE in str(refused.value)


def test_what_is_learnt_at_or_after_the_decision_is_not_seen() -> None:
    at = [NOW - timedelta(days=1), NOW - timedelta(microseconds=1), NOW, NOW + timedelta(days=1)]
    events = [
        FeatureEvent(id=str(n), kind="device_bound", value=1, event_at=at[0], known_at=known, version=1)
        for n, known in enumerate(at)
    ]
    vector = serve_features(shipped(), events, purposes={"identity"}, decided_at=NOW, zone="Asia/Shanghai")
    assert {one.name: (one.value, one.refused) for one in vector.features}["devices_bound_90d"] == (2, "")
    assert [one.refused for one in vector.refused] == ["service"] * 5
    assert vector.facts("c")["feature.devices_bound_90d"].value == 2 and len(vector.facts("c")) == 1
