"""The sandbox rail keeps a rail's promises while it misbehaves."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from puhui.payments.domain import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    Direction,
    RailBodyDiffers,
    RailCallback,
    RailOutcome,
    RailStatementNotReady,
    RailUnknown,
    SubmitState,
    Submitted,
    parse_callback,
    parse_statement,
    verify_signature,
)
from puhui.payments.gateways.fates import FaultsInvalid, fate_of, parse_faults
from puhui.payments.gateways.sandbox import TRUNCATED, SandboxRail

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SECRET = "s" * 64
NUMBER = "4111111111111111"
ACCEPTED = Submitted(state=SubmitState.ACCEPTED)


def rail(faults: str = "", path: str = ":memory:") -> SandboxRail:
    return SandboxRail(path=path, secret=SECRET, faults=faults, zone="Asia/Shanghai", durable=False)


def submit(one: SandboxRail, key: str, *, now: datetime = NOW, **other: Any) -> Submitted:
    asked: dict[str, Any] = {
        "direction": Direction.COLLECT,
        "amount_minor": 1_807_51,
        "currency": "CNY",
        "account_number": NUMBER,
    }
    return one.submit(key=key, now=now, **(asked | other))


def callbacks(one: SandboxRail, now: datetime) -> list[RailCallback]:
    found = []
    for body, headers in one.due_callbacks(now=now):
        verify_signature(
            body=body,
            signature=headers[SIGNATURE_HEADER],
            timestamp=headers[TIMESTAMP_HEADER],
            secret=SECRET,
            now=now,
        )
        found.append(parse_callback(body))
    return found


def test_a_plain_order_is_accepted_done_and_on_the_statement() -> None:
    one = rail("delay=30")
    assert submit(one, "k1") == ACCEPTED
    assert callbacks(one, NOW + timedelta(seconds=29)) == []
    told = callbacks(one, NOW + timedelta(seconds=30))
    assert [(news.order_id, news.outcome, news.amount_minor) for news in told] == [
        ("k1", RailOutcome.DONE, 1_807_51)
    ]
    assert callbacks(one, NOW + timedelta(seconds=30)) == told, "until it is taken, it comes again"
    one.ack(callback_id=told[0].callback_id)
    assert callbacks(one, NOW + timedelta(days=1)) == []
    statement = parse_statement(one.statement(day=date(2026, 11, 20), now=NOW + timedelta(days=1)))
    assert [(line.key, line.amount_minor, line.account_tail) for line in statement.lines] == [
        ("k1", 1_807_51, "1111")
    ]
    assert statement.in_minor == 1_807_51


def test_a_repeated_key_has_one_effect_and_one_answer() -> None:
    one = rail()
    assert [submit(one, "k1") for _ in range(3)] == [ACCEPTED] * 3
    assert one.effects(key="k1") == [(RailOutcome.DONE, 1_807_51)]
    with pytest.raises(RailBodyDiffers):
        submit(one, "k1", amount_minor=1)
    assert one.effects(key="k1") == [(RailOutcome.DONE, 1_807_51)]


def test_a_short_body_is_refused_for_good() -> None:
    one = rail()
    body = b'{"direction":"collect","amount_minor":1'
    refused = one.submit_body(key="k1", body=body, declared_length=100, now=NOW)
    assert refused == Submitted(state=SubmitState.REJECTED, reason=TRUNCATED)
    assert submit(one, "k1") == refused, "the whole body under the same key changes nothing"
    assert one.effects(key="k1") == [] and callbacks(one, NOW + timedelta(days=3)) == []
    view = one.query(key="k1", now=NOW)
    assert view is not None and view.submitted == refused
    assert [(news.outcome, news.reason) for news in view.outcomes] == [(RailOutcome.FAILED, TRUNCATED)]


def test_a_short_repeat_does_not_undo_what_was_accepted() -> None:
    one = rail()
    submit(one, "k1")
    assert one.submit_body(key="k1", body=b"{", declared_length=9, now=NOW) == ACCEPTED


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [({"amount_minor": 0}, "amount_invalid"), ({"account_number": "41"}, "account_invalid")],
)
def test_impossible_orders_are_rejected(wrong: dict[str, Any], reason: str) -> None:
    assert submit(rail(), "k1", **wrong) == Submitted(state=SubmitState.REJECTED, reason=reason)


def test_unknown_takes_effect_and_only_a_query_tells() -> None:
    one = rail("unknown=1,delay=30")
    with pytest.raises(RailUnknown):
        submit(one, "k1")
    assert one.effects(key="k1") == [(RailOutcome.DONE, 1_807_51)]
    with pytest.raises(RailUnknown):
        one.query(key="k1", now=NOW + timedelta(seconds=29))
    view = one.query(key="k1", now=NOW + timedelta(seconds=30))
    assert view is not None and view.submitted == ACCEPTED
    assert [news.outcome for news in view.outcomes] == [RailOutcome.DONE]
    assert callbacks(one, NOW + timedelta(days=9)) == []
    assert submit(one, "k1") == ACCEPTED, "the same key again gets the answer that was lost"
    assert len(one.effects(key="k1")) == 1


def test_a_lost_submission_was_never_heard_of() -> None:
    one = rail("lost=1")
    with pytest.raises(RailUnknown):
        submit(one, "k1")
    assert one.query(key="k1", now=NOW) is None and one.effects(key="k1") == []
    assert submit(one, "k1") == ACCEPTED
    assert len(one.effects(key="k1")) == 1


def test_failures_at_once_and_later() -> None:
    one = rail("fail=1,delay=30")
    answers = {f"k{i}": submit(one, f"k{i}") for i in range(40)}
    at_once = {key for key, answer in answers.items() if answer.state is SubmitState.REJECTED}
    assert 10 < len(at_once) < 30
    later = {
        news.order_id
        for news in callbacks(one, NOW + timedelta(seconds=30))
        if news.outcome is RailOutcome.FAILED
    }
    assert later == set(answers) - at_once
    assert all(one.effects(key=key) == [] for key in answers)


def test_a_rejection_whose_answer_got_lost_is_told_as_a_failure() -> None:
    one = rail("fail=1,unknown=1")
    for i in range(20):
        with pytest.raises(RailUnknown):
            submit(one, f"k{i}")
        view = one.query(key=f"k{i}", now=NOW)
        assert view is not None and [news.outcome for news in view.outcomes] == [RailOutcome.FAILED]


def test_a_reversal_is_done_then_returned_some_hours_later() -> None:
    one = rail("reverse=1,delay=30")
    submit(one, "k1", direction=Direction.PAYOUT)
    told = callbacks(one, NOW + timedelta(days=3))
    assert [news.outcome for news in told] == [RailOutcome.DONE, RailOutcome.RETURNED]
    assert [how for how, _ in one.effects(key="k1")] == [RailOutcome.DONE, RailOutcome.RETURNED]
    days = {news.settled_date for news in told if news.settled_date}
    lines = [
        line
        for day in sorted(days)
        for line in parse_statement(one.statement(day=day, now=NOW + timedelta(days=9))).lines
    ]
    assert [(line.outcome, line.flow.value) for line in lines] == [
        (RailOutcome.DONE, "out"),
        (RailOutcome.RETURNED, "in"),
    ]


def test_callbacks_repeat_reorder_and_stay_silent() -> None:
    twice = rail("repeat=1")
    submit(twice, "k1")
    told = callbacks(twice, NOW + timedelta(minutes=1))
    assert len(told) == 2 and told[0] == told[1]
    twice.ack(callback_id=told[0].callback_id)
    assert len(callbacks(twice, NOW + timedelta(minutes=1))) == 1
    backwards = rail("reverse=1,reorder=1")
    submit(backwards, "k1")
    late = callbacks(backwards, NOW + timedelta(days=3))
    assert [news.outcome for news in late] == [RailOutcome.RETURNED, RailOutcome.DONE]
    silent = rail("silent=1")
    assert submit(silent, "k1") == ACCEPTED
    assert callbacks(silent, NOW + timedelta(days=3)) == [] and len(silent.effects(key="k1")) == 1


def test_a_statement_comes_after_its_day_in_the_rails_zone() -> None:
    one = rail()
    one.deposit(reference="d1", amount_minor=50_00, currency="CNY", account_tail="0042", memo="还款", now=NOW)
    one.deposit(reference="d1", amount_minor=50_00, currency="CNY", account_tail="0042", memo="还款", now=NOW)
    with pytest.raises(RailStatementNotReady):
        one.statement(day=date(2026, 11, 20), now=datetime(2026, 11, 20, 15, 59, tzinfo=UTC))
    content = one.statement(day=date(2026, 11, 20), now=datetime(2026, 11, 20, 16, 0, tzinfo=UTC))
    assert [(line.key, line.memo) for line in parse_statement(content).lines] == [("", "还款")]


def test_accounts_are_verified() -> None:
    one = rail()
    assert one.verify_account(number=NUMBER, name="李")
    assert not one.verify_account(number="4111111111111112", name="李")
    assert not one.verify_account(number=NUMBER, name=" ")
    assert not one.verify_account(number="0000001000000008", name="李")


def test_fates_are_functions_of_seed_and_key() -> None:
    faults = parse_faults("fail=0.05, repeat=0.05,unknown=0.05,reverse=0.01,delay=30,seed=1")
    keys = [f"key-{i}" for i in range(20_000)]
    fates = [fate_of(faults, key) for key in keys]
    assert fates == [fate_of(faults, key) for key in keys]
    for count, share in [
        (sum(bool(fate.rejected or fate.failed) for fate in fates), 0.05),
        (sum(fate.copies == 2 for fate in fates), 0.0475),
        (sum(fate.dropped for fate in fates), 0.05),
        (sum(fate.return_after > 0 for fate in fates), 0.0095),
    ]:
        assert abs(count / len(keys) - share) < 0.01, (count, share)
    assert fates != [fate_of(parse_faults("fail=0.05,seed=2"), key) for key in keys]


@pytest.mark.parametrize(
    "text", ["fail=2", "fail=-0.1", "fail", "fial=0.1", "fail=0.1,fail=0.1", "delay=1.5", "fail=nan"]
)
def test_a_wrong_setting_is_refused(text: str) -> None:
    with pytest.raises(FaultsInvalid):
        parse_faults(text)


def _hammer(path: str, keys: list[str], start: Any, answers: Any) -> None:
    one = rail("unknown=0.2,fail=0.2,reverse=0.2,seed=7", path)
    start.wait(timeout=240)
    for key in keys:
        try:
            answers.put((key, submit(one, key).state.value))
        except RailUnknown:
            answers.put((key, "unknown"))


def test_two_processes_with_the_same_keys_make_one_effect_each(tmp_path: Path) -> None:
    """Both begin on a file that does not exist yet, and submit the same keys at the same time."""
    path = str(tmp_path / "rail.sqlite3")
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(3), context.Queue()
    keys = [f"key-{i}" for i in range(150)]
    workers = [context.Process(target=_hammer, args=(path, keys, start, answers)) for _ in range(2)]
    for worker in workers:
        worker.start()
    start.wait(timeout=240)
    got = [answers.get(timeout=240) for _ in range(2 * len(keys))]
    for worker in workers:
        worker.join(timeout=240)
        assert worker.exitcode == 0
    by_key: dict[str, set[str]] = {}
    for key, state in got:
        by_key.setdefault(key, set()).add(state)
    with sqlite3.connect(path) as db:
        doubled = db.execute("SELECT key FROM movement GROUP BY key, outcome HAVING count(*) > 1").fetchall()
        requests = db.execute("SELECT count(*) FROM request").fetchone()[0]
    assert doubled == [] and requests == len(keys)
    assert all(len(states - {"unknown"}) <= 1 for states in by_key.values()), "one key, one answer"


def test_fast_enough_for_the_demo() -> None:
    one = rail("fail=0.05,repeat=0.05,unknown=0.05,reverse=0.01,seed=1")
    began = time.process_time()  # of this process alone: others on the machine make nobody slower
    for i in range(3_000):
        try:
            submit(one, f"key-{i}")
        except RailUnknown:
            continue
    for news in callbacks(one, NOW + timedelta(days=3)):
        one.ack(callback_id=news.callback_id)
    each_us = (time.process_time() - began) / 3_000 * 1e6
    print(f"sandbox rail: {each_us:.0f} us an order, submit to ack")
    assert each_us < 2_000
