"""Consents against a plain model, and the strictest policy against each policy that it joins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction as django_transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from puhui.core.ids import derive_id
from puhui.protection import operations, queries
from puhui.protection.domain import (
    LIMIT_KINDS,
    ConsentNotGiven,
    HousePolicy,
    Side,
    strictest,
)
from puhui.protection.domain.house import parse_times
from puhui.runtime.transactions import join_transaction
from tests.domain.test_protection_house import LATEST

common = settings(
    max_examples=80,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
START = datetime(2026, 1, 1, tzinfo=UTC)
HER = derive_id("customer", "generated")


@contextmanager
def scratch() -> Iterator[None]:
    """One generated case: whatever it stores is undone."""
    with django_transaction.atomic(), join_transaction():
        yield
        django_transaction.set_rollback(True)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["give", "give newer", "withdraw"]),
        st.sampled_from(["service", "marketing"]),
        st.integers(0, 3),  # hours since the step before
    ),
    max_size=14,
)


@common
@given(steps=STEPS, asked=st.lists(st.integers(-2, 50), min_size=1, max_size=6))
@pytest.mark.django_db
def test_a_consent_holds_exactly_between_given_and_withdrawn(
    steps: list[tuple[str, str, int]], asked: list[int]
) -> None:
    """Model: for each purpose, the half-open spans in which the last act was to give."""
    spans: dict[str, list[list[datetime | None]]] = {"service": [], "marketing": []}
    now = START
    with scratch():
        for n, (act, purpose, hours) in enumerate(steps):
            now += timedelta(hours=hours)
            given_now = bool(spans[purpose]) and spans[purpose][-1][1] is None
            if act == "withdraw":
                if not given_now:
                    with pytest.raises(ConsentNotGiven):
                        operations.withdraw_consent(customer_id=HER, purpose=purpose, now=now)
                    continue
                operations.withdraw_consent(customer_id=HER, purpose=purpose, now=now)
                spans[purpose][-1][1] = now
                continue
            operations.give_consent(
                id=derive_id("consent", str(n)), customer_id=HER, purpose=purpose,
                text_version=f"v{n}" if act == "give newer" else "v", subject="", now=now,
            )  # fmt: skip
            if not given_now:
                spans[purpose].append([now, None])
        for hour in asked:
            at = START + timedelta(hours=hour)
            for purpose, mine in spans.items():
                model = any(
                    first is not None and first <= at and (last is None or at < last) for first, last in mine
                )
                assert queries.has_consent(HER, purpose, at) is model
            assert queries.list_purposes_in_force(HER, at) == {
                p for p in spans if queries.has_consent(HER, p, at)
            }


@common
@given(some=st.lists(st.sampled_from(LATEST), min_size=1, max_size=4, unique_by=lambda house: house.id))
def test_the_strictest_is_inside_every_policy(some: list[HousePolicy]) -> None:
    joined = strictest(some, currency="CNY")
    for policy in some:
        for name, limit in policy.limits.items():
            value = joined.limits[name].value
            if LIMIT_KINDS[name].side is Side.WINDOW:
                (first, last), (own_first, own_last) = parse_times(str(value)), parse_times(str(limit.value))
                assert own_first <= first < last <= own_last
            else:
                assert policy.is_within(name, int(value))
        assert joined.essential_floor_minor("") >= policy.essential_floor_minor("")
    assert {n for p in some for n in p.limits} == set(joined.limits)


@common
@given(day=st.dates(date(2025, 1, 1), date(2032, 1, 1)))
def test_every_day_of_the_house_has_one_policy(day: date) -> None:
    valid = [p for p in queries.list_house_policies() if p.jurisdiction == "CN" and p.valid_on(day)]
    assert [queries.get_house_policy(jurisdiction="CN", on_date=day)] == valid
