"""Whatever fails, however often and whenever, each key's effect is stored once or the item is dead and says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction as django_transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from puhui.runtime import queries
from puhui.runtime.domain import WorkState
from puhui.runtime.leases import claim
from puhui.runtime.logs import redact
from puhui.runtime.models import Audit, Work
from puhui.runtime.operations import put_work, record_audit
from puhui.runtime.sealing import seal, unseal
from puhui.runtime.transactions import join_transaction
from puhui.runtime.worker import Effect, Transient, WorkItem, drain

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
common = settings(
    max_examples=60,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def scratch() -> Iterator[None]:
    """One generated case: whatever it stores is undone."""
    with django_transaction.atomic(), join_transaction():
        yield
        django_transaction.set_rollback(True)


# What happens to one start of an item: it works, politely waits, breaks before or inside the effect, or its worker dies.
FATES = st.sampled_from(["ok", "later", "handler breaks", "effect breaks", "worker dies"])


class Died(BaseException):
    """The worker process is gone: nothing after this line runs."""


@common
@given(plans=st.lists(st.lists(FATES, max_size=10), min_size=1, max_size=6), step_minutes=st.integers(1, 120))
@pytest.mark.django_db
def test_each_effect_is_stored_once_or_the_item_is_dead(plans: list[list[str]], step_minutes: int) -> None:
    starts: Counter[str] = Counter()

    def handler(item: WorkItem) -> Effect:
        plan = plans[int(item.key)]
        fate = plan[starts[item.key]] if starts[item.key] < len(plan) else "ok"
        starts[item.key] += 1
        if fate == "later":
            raise Transient(30)
        if fate == "handler breaks":
            raise ValueError("broken")
        if fate == "worker dies":
            raise Died

        def effect(now: datetime) -> None:
            record_audit(actor="toy", action="done", subject=item.key, detail={}, now=now)
            if fate == "effect breaks":
                raise ValueError("broken")

        return effect

    with scratch():
        for number in range(len(plans)):
            put_work(key=str(number), kind="toy", payload={}, now=NOW)
        now = NOW
        for _ in range(400):
            with suppress(Died):
                drain(handlers={"toy": handler}, now=now, nested=True)
            now += timedelta(minutes=step_minutes)
            if not Work.objects.filter(settled_at=None).exists():
                break
        assert claim(kinds=["toy"], now=now + timedelta(days=9), lease_seconds=1, limit=9) == []
        effects = Counter(Audit.objects.filter(actor="toy").values_list("subject", flat=True))
        for number, plan in enumerate(plans):
            row = queries.get_work(str(number))
            assert row is not None and row.state in {WorkState.DONE, WorkState.DEAD}
            assert effects[str(number)] == (row.state is WorkState.DONE)
            if (
                sum(fate != "later" for fate in plan) < 3
            ):  # deaths of a neighbour in its batch may cost it a start
                assert row.state is WorkState.DONE
        assert queries.verify_audit_chain().ok


@common
@given(instants=st.lists(st.integers(-50, 50), min_size=1, max_size=30), at=st.integers(-60, 60))
@pytest.mark.django_db
def test_exactly_the_due_items_are_claimed_oldest_first(instants: list[int], at: int) -> None:
    with scratch():
        for number, minute in enumerate(instants):
            run_at = NOW + timedelta(minutes=minute, microseconds=number % 3)
            put_work(key=f"{number:02}", kind="toy", payload={}, now=NOW, run_at=run_at)
        now = NOW + timedelta(minutes=at)
        taken = [lease.key for lease in claim(kinds=["toy"], now=now, lease_seconds=60, limit=100)]
        due = Work.objects.filter(put_at=NOW).values_list("key", flat=True)
        expected = sorted(
            (
                n
                for n in range(len(instants))
                if NOW + timedelta(minutes=instants[n], microseconds=n % 3) <= now
            ),
            key=lambda n: (instants[n], n % 3, n),
        )
        assert taken == [f"{n:02}" for n in expected]
        assert len(due) == len(instants)


PERSONAL = st.one_of(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True),
    st.from_regex(r"[0-9]{12,19}", fullmatch=True),
)


@common
@given(
    number=PERSONAL,
    before=st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20),
    after=st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20),
)
def test_no_number_of_a_person_gets_through_the_log(number: str, before: str, after: str) -> None:
    assert number not in redact(before + number + after)


@common
@given(plain=st.text(), context=st.text(max_size=20))
def test_sealing_is_lossless(plain: str, context: str) -> None:
    assert unseal(seal(plain, context=context), context=context) == plain
