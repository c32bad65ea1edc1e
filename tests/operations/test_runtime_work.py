"""The work table: put with the act, done once, again later, dead, requeued."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from puhui.runtime import queries
from puhui.runtime.domain import ATTEMPT_CAP, DEFERRAL_CAP, WorkState, backoff
from puhui.runtime.leases import LeaseLost, claim, put_back, renew, settle
from puhui.runtime.models import Work
from puhui.runtime.operations import WorkNotDead, put_work, record_audit, requeue_work
from puhui.runtime.transactions import batch_transaction, transaction
from puhui.runtime.worker import Effect, Handler, Transient, WorkItem, drain, no_effect

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db(transaction=True)


def put(*keys: str, kind: str = "toy", run_at: datetime | None = None) -> None:
    with transaction():
        for key in keys:
            put_work(key=key, kind=kind, payload={"name": key}, now=NOW, run_at=run_at)


def take(now: datetime = NOW, *, limit: int = 10) -> list[str]:
    return [lease.key for lease in claim(kinds=["toy"], now=now, lease_seconds=60, limit=limit)]


def note(subject: str, now: datetime) -> None:
    record_audit(actor="toy", action="done", subject=subject, detail={}, now=now)


def noting(item: WorkItem) -> Effect:
    return lambda now: note(item.key, now)


def state_of(key: str) -> WorkState:
    row = queries.get_work(key)
    assert row is not None
    return row.state


def test_put_refuses_outside_a_transaction() -> None:
    with pytest.raises(AssertionError, match="open transaction"):
        put_work(key="a", kind="toy", payload={}, now=NOW)


def test_put_goes_with_the_act_or_not_at_all() -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        put_work(key="a", kind="toy", payload={}, now=NOW)
        _ = 1 // 0
    assert queries.get_work("a") is None


def test_a_repeated_key_is_a_no_op_even_after_done() -> None:
    with transaction():
        assert put_work(key="a", kind="toy", payload={"n": 1}, now=NOW) is True
        assert put_work(key="a", kind="toy", payload={"n": 2}, now=NOW) is False
    assert drain(handlers={"toy": noting}, now=NOW) == 1
    with transaction():
        assert put_work(key="a", kind="toy", payload={"n": 3}, now=NOW) is False
    assert drain(handlers={"toy": noting}, now=NOW + MINUTE) == 0
    row = queries.get_work("a")
    assert row is not None and row.payload == {"n": 1} and row.state is WorkState.DONE
    assert len(queries.list_audit("a")) == 1


def test_a_payload_without_a_canonical_form_is_a_bug() -> None:
    with pytest.raises(TypeError), transaction():
        put_work(key="a", kind="toy", payload={"rate": 0.5}, now=NOW)


def test_work_waits_for_its_instant_and_runs_oldest_first() -> None:
    put("late", run_at=NOW + MINUTE)
    put("second")
    put("first", run_at=NOW - MINUTE)
    assert take() == ["first", "second"]
    assert take() == []
    assert take(NOW + MINUTE - timedelta(microseconds=1)) == []
    assert take(NOW + MINUTE) == ["late"]
    assert take(NOW + MINUTE) == ["second"]  # its lease ended; tried before, so alone


def test_other_kinds_wait_for_a_worker_that_knows_them() -> None:
    put("a", kind="future")
    assert drain(handlers={"toy": noting}, now=NOW) == 0
    assert state_of("a") is WorkState.READY
    assert queries.get_worker_status(now=NOW + 2 * MINUTE).overdue == 1


def test_the_handler_is_told_its_item_and_instant() -> None:
    seen: list[WorkItem] = []

    def handler(item: WorkItem) -> Effect:
        seen.append(item)
        return no_effect

    put("a")
    drain(handlers={"toy": handler}, now=NOW + MINUTE)
    assert seen == [WorkItem(key="a", kind="toy", payload={"name": "a"}, attempts=1, now=NOW + MINUTE)]


def test_a_drain_runs_what_its_effects_put() -> None:
    def chain(item: WorkItem) -> Effect:
        step = int(item.payload["step"])

        def effect(now: datetime) -> None:
            if step < 5:
                put_work(key=f"chain:{step + 1}", kind="chain", payload={"step": step + 1}, now=now)

        return effect

    with transaction():
        put_work(key="chain:1", kind="chain", payload={"step": 1}, now=NOW)
    assert drain(handlers={"chain": chain}, now=NOW) == 5
    assert queries.work_counts().done == 5


def test_a_drain_ends_at_its_limit() -> None:
    put(*(f"k{n}" for n in range(7)))
    assert drain(handlers={"toy": noting}, now=NOW, limit=4, batch=3) == 4
    counts = queries.work_counts()
    assert (counts.done, counts.ready, counts.leased) == (4, 3, 0)


def test_a_failing_effect_stores_nothing_and_comes_back_later() -> None:
    def handler(item: WorkItem) -> Effect:
        def effect(now: datetime) -> None:
            note(item.key, now)
            if item.attempts < 3:
                raise ValueError("phone 13800138000 is odd")

        return effect

    put("a")
    assert drain(handlers={"toy": handler}, now=NOW) == 1
    row = queries.get_work("a")
    assert row is not None and row.state is WorkState.READY and row.attempts == 1
    assert row.run_at == NOW + backoff(key="a", attempts=1)
    assert row.error == "ValueError: phone [11 digits] is odd"
    assert queries.list_audit("a") == []
    second = row.run_at
    assert drain(handlers={"toy": handler}, now=second) == 1
    assert drain(handlers={"toy": handler}, now=second + backoff(key="a", attempts=2)) == 1
    assert state_of("a") is WorkState.DONE and len(queries.list_audit("a")) == 1


def drain_for(handlers: dict[str, Handler], rounds: int, step: timedelta) -> list[int]:
    return [drain(handlers=handlers, now=NOW + n * step) for n in range(rounds)]


def test_an_item_that_always_fails_dies_at_the_cap_and_can_be_requeued() -> None:
    def broken(item: WorkItem) -> Effect:
        raise RuntimeError("no")

    put("a", "b")
    with pytest.raises(WorkNotDead), transaction():
        requeue_work(key="a", now=NOW)
    starts = drain_for({"toy": broken}, 12, timedelta(hours=2))
    assert starts == [2] * ATTEMPT_CAP + [0] * 4
    assert [row.key for row in queries.list_work(state=WorkState.DEAD)] == ["b", "a"]
    assert queries.get_worker_status(now=NOW).dead == 2
    later = NOW + timedelta(days=3)
    with transaction():
        requeue_work(key="a", now=later)
    assert drain(handlers={"toy": noting}, now=later) == 1
    assert state_of("a") is WorkState.DONE and state_of("b") is WorkState.DEAD
    with pytest.raises(WorkNotDead), transaction():
        requeue_work(key="a", now=later)
    with pytest.raises(WorkNotDead), transaction():
        requeue_work(key="nobody", now=later)


def test_a_polite_again_later_costs_no_attempt_but_ends_one_day() -> None:
    def busy(item: WorkItem) -> Effect:
        raise Transient(30, "rail closed")

    put("a")
    starts = drain_for({"toy": busy}, DEFERRAL_CAP + 5, timedelta(hours=1))
    assert sum(starts) == DEFERRAL_CAP
    row = queries.get_work("a")
    assert row is not None and row.state is WorkState.DEAD and row.attempts == DEFERRAL_CAP - row.deferrals
    assert row.error == "Transient: rail closed"


def test_again_later_waits_as_asked() -> None:
    def busy(item: WorkItem) -> Effect:
        raise Transient(30)

    put("a")
    drain(handlers={"toy": busy}, now=NOW)
    row = queries.get_work("a")
    assert row is not None and (row.attempts, row.deferrals) == (0, 1)
    assert timedelta(seconds=30) <= row.run_at - NOW < timedelta(seconds=33)


def test_a_lost_lease_settles_nothing() -> None:
    put("a")
    [slow] = claim(kinds=["toy"], now=NOW, lease_seconds=60, limit=1)
    [fast] = claim(kinds=["toy"], now=NOW + MINUTE, lease_seconds=60, limit=1)
    with pytest.raises(LeaseLost):
        settle(lease=slow, effect=lambda now: note("slow", now), now=NOW + MINUTE)
    with pytest.raises(LeaseLost):
        put_back(lease=slow, error=ValueError("x"), now=NOW + MINUTE)
    assert renew(token=slow.token, until=NOW + 9 * MINUTE) == 0
    settle(lease=fast, effect=lambda now: note("fast", now), now=NOW + MINUTE)
    with pytest.raises(LeaseLost):
        settle(lease=fast, effect=lambda now: note("again", now), now=NOW + MINUTE)
    assert [len(queries.list_audit(who)) for who in ("slow", "fast", "again")] == [0, 1, 0]
    assert fast.attempts == 2


def test_a_drain_outlives_a_lost_lease(caplog: pytest.LogCaptureFixture) -> None:
    def robbed(item: WorkItem) -> Effect:
        Work.objects.filter(key=item.key).update(token="somebody else")
        return lambda now: note(item.key, now)

    put("a")
    with caplog.at_level(logging.WARNING):
        assert drain(handlers={"toy": robbed}, now=NOW) == 1
    assert "lost to another worker" in caplog.text
    assert queries.list_audit("a") == [] and state_of("a") is WorkState.LEASED


def test_a_renewed_lease_is_not_taken() -> None:
    put("a")
    [lease] = claim(kinds=["toy"], now=NOW, lease_seconds=60, limit=1)
    assert renew(token=lease.token, until=NOW + 3 * MINUTE) == 1
    assert take(NOW + 2 * MINUTE) == []
    assert take(NOW + 3 * MINUTE) == ["a"]


def test_an_item_that_kills_its_worker_dies_and_takes_no_innocent_with_it() -> None:
    put("killer", *(f"innocent:{n}" for n in range(5)))
    now = NOW
    starts: list[list[str]] = []
    for _ in range(ATTEMPT_CAP):
        starts.append(take(now))  # a worker claims, starts the first item, and is gone
        now += 2 * MINUTE
    assert len(starts[0]) == 6 and all(len(alone) == 1 for alone in starts[1:])
    while leases := claim(kinds=["toy"], now=now, lease_seconds=60, limit=10):
        for lease in leases:
            if lease.key != "killer":
                settle(lease=lease, effect=no_effect, now=now)
        now += 2 * MINUTE
    assert state_of("killer") is WorkState.DEAD
    assert [row.key for row in queries.list_work(state=WorkState.DONE)] == [
        f"innocent:{n}" for n in (4, 3, 2, 1, 0)
    ]
    dead = queries.get_work("killer")
    assert dead is not None and dead.error == "started 8 times and never ended"


def test_many_days_share_one_commit() -> None:
    with pytest.raises(ZeroDivisionError), batch_transaction():
        put("a", "b")
        assert drain(handlers={"toy": noting}, now=NOW, nested=True) == 2
        _ = 1 // 0
    assert queries.work_counts().done == 0 and queries.list_audit("a") == []

    def odd(item: WorkItem) -> Effect:
        def effect(now: datetime) -> None:
            note(item.key, now)
            assert item.key != "b"

        return effect

    with batch_transaction():
        put("a", "b", "c")
        assert drain(handlers={"toy": odd}, now=NOW, nested=True) == 3
    assert [len(queries.list_audit(key)) for key in "abc"] == [1, 0, 1]
    assert state_of("b") is WorkState.READY


def test_nested_needs_an_open_transaction() -> None:
    with pytest.raises(AssertionError, match="open transaction"):
        drain(handlers={}, now=NOW, nested=True)


def test_a_strict_drain_raises_after_putting_back() -> None:
    def broken(item: WorkItem) -> Effect:
        raise KeyError("bug")

    put("a")
    with pytest.raises(KeyError):
        drain(handlers={"toy": broken}, now=NOW, strict=True)
    assert state_of("a") is WorkState.READY


def test_handlers_run_with_no_transaction_open() -> None:
    put("a")
    with transaction():
        pass
    seen: list[bool] = []

    def handler(item: WorkItem) -> Effect:
        from puhui.runtime.transactions import in_transaction

        seen.append(in_transaction())
        return lambda now: seen.append(in_transaction())

    drain(handlers={"toy": handler}, now=NOW)
    assert seen == [False, True]


def test_prune_deletes_old_done_work_only() -> None:
    put("old", "dead")
    put("waiting", run_at=NOW + timedelta(days=9000))
    drain(handlers={"toy": noting}, now=NOW - timedelta(days=401))
    assert drain(handlers={"toy": noting}, now=NOW) == 2
    Work.objects.filter(key="dead").update(state="dead", settled_at=NOW - timedelta(days=900))
    Work.objects.filter(key="old").update(settled_at=NOW - timedelta(days=900))
    call_command("work_prune", days=400)
    assert {row.key for row in queries.list_work()} == {"dead", "waiting"}
    with pytest.raises(CommandError, match="at least 400"):
        call_command("work_prune", days=399)


def test_claim_settle_and_put_are_cheap(django_assert_max_num_queries: object) -> None:
    put(*(f"k{n}" for n in range(20)))
    with django_assert_max_num_queries(20 * 3 + 4 + 3):  # type: ignore[operator]
        # each item: BEGIN, UPDATE, COMMIT; each claim: BEGIN, SELECT, UPDATE, COMMIT; the last finds nothing
        assert drain(handlers={"toy": lambda item: no_effect}, now=NOW) == 20
