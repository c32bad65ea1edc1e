"""The audit chain: cheap to add to, impossible to edit, and a walk finds whoever got round the triggers."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from puhui.runtime import queries
from puhui.runtime.domain import GENESIS
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction
from tests.seeds import seed

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


def record(count: int) -> None:
    for number in range(count):
        with transaction():
            record_audit(
                actor=f"staff:{number % 3}",
                action="line.granted" if number % 2 else "loan.opened",
                subject=f"loan:{number % 4}",
                detail={"amount_minor": 100 * number, "why": "测试", "steps": [1, {"a": None}]},
                now=NOW,
            )


def sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def lift_triggers() -> None:
    if connection.vendor == "sqlite":
        sql("DROP TRIGGER runtime_audit_no_update", "DROP TRIGGER runtime_audit_no_delete")
    else:
        sql("ALTER TABLE runtime_audit DISABLE TRIGGER runtime_audit_append_only")


def restore_triggers() -> None:
    if connection.vendor == "sqlite":
        for verb in ("update", "delete"):
            sql(
                f"CREATE TRIGGER IF NOT EXISTS runtime_audit_no_{verb} BEFORE {verb.upper()} ON runtime_audit "
                "BEGIN SELECT RAISE(ABORT, 'runtime_audit is append-only'); END"
            )
    else:
        sql("ALTER TABLE runtime_audit ENABLE TRIGGER runtime_audit_append_only")


def test_an_empty_chain_holds() -> None:
    check = queries.verify_audit_chain()
    assert (check.ok, check.count, check.first_bad, check.head) == (True, 0, None, GENESIS)


def test_rows_link_to_the_one_before() -> None:
    record(10)
    check = queries.verify_audit_chain()
    assert (check.ok, check.count, check.first_bad) == (True, 10, None)
    entries = queries.list_audit("loan:1")
    assert [entry.seq for entry in entries] == [10, 6, 2]
    assert entries[-1].detail == {"amount_minor": 100, "why": "测试", "steps": [1, {"a": None}]}


def test_adding_a_row_takes_two_queries(django_assert_max_num_queries: Callable[[int], object]) -> None:
    record(1)  # the first one makes the head of the chain
    with transaction(), django_assert_max_num_queries(2):  # type: ignore[attr-defined]
        record_audit(actor="a", action="b", subject="c", detail={}, now=NOW)


def test_a_rolled_back_act_leaves_no_gap() -> None:
    record(2)
    with pytest.raises(ZeroDivisionError), transaction():
        record_audit(actor="a", action="b", subject="c", detail={}, now=NOW)
        _ = 1 // 0
    record(2)
    assert queries.verify_audit_chain().count == 4


@pytest.mark.parametrize("statement", ["UPDATE runtime_audit SET actor = 'x'", "DELETE FROM runtime_audit"])
def test_the_database_refuses_change_and_removal(statement: str) -> None:
    record(1)
    with pytest.raises(DatabaseError, match="append-only"):
        sql(statement)


def test_the_database_refuses_a_row_that_does_not_follow() -> None:
    record(3)
    row = "INSERT INTO runtime_audit (seq, at, actor, action, subject, detail, prev_hash, hash) VALUES ({seq}, '2026-01-01 00:00:00', 'a', 'b', 'c', '{{}}', '{prev}', 'h')"
    head = queries.verify_audit_chain().head
    for seq, prev in ((3, head), (5, head), (4, GENESIS)):
        with pytest.raises(DatabaseError):
            sql(row.format(seq=seq, prev=prev))
    assert queries.verify_audit_chain().ok


def tampering(chance: random.Random, rows: int) -> tuple[str, int, list[str]]:
    """One random way to falsify the table by hand: its name, the first row it spoils, its statements."""
    seq = chance.randrange(1, rows + 1)
    column, value = chance.choice(
        [
            ("actor", "'staff:9'"),
            ("action", "'nothing'"),
            ("subject", "'loan:9'"),
            ("detail", "'{\"amount_minor\":1}'"),
            ("detail", "'not json'"),
            ("at", "'2026-11-20 02:00:01'"),
            ("hash", f"'{'a' * 64}'"),
            ("prev_hash", f"'{'b' * 64}'"),
        ]
    )
    edit = ("edit", seq, [f"UPDATE runtime_audit SET {column} = {value} WHERE seq = {seq}"])
    remove = ("remove", seq, [f"DELETE FROM runtime_audit WHERE seq = {seq}"])
    cut = ("cut the end", seq, [f"DELETE FROM runtime_audit WHERE seq >= {seq}"])
    other = chance.choice([n for n in range(1, rows + 1) if n != seq])
    swap = (
        "swap",
        min(seq, other),
        [
            f"UPDATE runtime_audit SET seq = 1000 WHERE seq = {seq}",
            f"UPDATE runtime_audit SET seq = {seq} WHERE seq = {other}",
            f"UPDATE runtime_audit SET seq = {other} WHERE seq = 1000",
        ],
    )
    close_gap = (
        "remove and renumber",
        seq,
        [
            f"DELETE FROM runtime_audit WHERE seq = {seq}",
            *(f"UPDATE runtime_audit SET seq = {n - 1} WHERE seq = {n}" for n in range(seq + 1, rows + 1)),
        ],
    )
    return chance.choice([edit, remove, cut, swap, close_gap])


def test_a_walk_finds_every_falsified_row() -> None:
    chance = random.Random(seed())
    rows = 12
    record(rows)
    lift_triggers()
    try:
        for _ in range(60):
            name, first_bad, statements = tampering(chance, rows)
            with pytest.raises(InterruptedError), transaction():
                sql(*statements)
                check = queries.verify_audit_chain()
                assert not check.ok and check.first_bad == first_bad, (name, first_bad, statements, check)
                raise InterruptedError  # undo the falsification
            assert queries.verify_audit_chain().ok
    finally:
        restore_triggers()


def test_the_command_prints_the_head_and_fails_on_a_break() -> None:
    record(3)
    out = StringIO()
    call_command("audit_verify", stdout=out)
    head = queries.verify_audit_chain().head
    assert out.getvalue().endswith(f"puhui: 3 audit rows hold; head 3:{head}\n")
    record(2)
    call_command("audit_verify", head=f"3:{head}", stdout=StringIO())
    with pytest.raises(CommandError, match="re-written"):
        call_command("audit_verify", head=f"2:{head}", stdout=StringIO())
    lift_triggers()
    try:
        sql("UPDATE runtime_audit SET actor = 'x' WHERE seq = 2")
        with pytest.raises(CommandError, match="breaks at row 2"):
            call_command("audit_verify", stdout=StringIO())
    finally:
        restore_triggers()
