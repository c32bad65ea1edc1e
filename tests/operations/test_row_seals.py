"""Whoever edits a stored row is found: every column of every table, past every guard that the database has."""

from __future__ import annotations

import os
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from puhui.access import operations as access
from puhui.access.staff.domain import ApprovalKind
from puhui.journeys import complain, consent, staff_case, staff_claim, staff_four_eyes
from puhui.runtime import row_seals
from puhui.runtime.queries import verify_audit_chain
from puhui.runtime.row_seals import list_sealed_columns, verify_rows
from puhui.runtime.transactions import transaction as act
from tests.journeys.world import World

from .intruder import edited, lift_every_guard, statement

EDITS = 1000 if os.environ.get("PUHUI_RELEASE") == "1" else 60
SEED = 20261122
# Beside the sealed tables: the chain, which has its own links, and the seals themselves.
OTHERS = {
    "runtime_audit": ("seq", "at", "actor", "action", "subject", "detail", "prev_hash", "hash"),
    "runtime_audit_head": ("seq", "hash"),
    "runtime_seal": ("id", "seal"),
}
KEYS = {"runtime_audit": "seq"}


@pytest.fixture
def story(db: None, settings: Any) -> Iterator[World]:
    """A house in which most tables have rows: loans, repayments, cases, consents withdrawn, claims, a second person."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # quick; nobody signs in here
    world = World()
    for login in ("luo.qian", "lu.ning"):
        with act():
            access.create_staff(
                login=login, password="long-enough-password", role="operations", now=world.now
            )
    for index in (0, 1):
        _borrower, loan = world.running(index)
        world.prepay(loan, key=f"p{index}")
        world.work()
    case = complain.open(
        customer_id=loan.customer_id, kind="question", about="", text="为什么？", key="q", now=world.now
    )
    staff_claim.take(subject=f"case:{case.id}", by="luo.qian", version=0, now=world.now)
    staff_claim.note(
        subject=f"customer:{loan.customer_id}", text="打过电话", by="luo.qian", key="n", now=world.now
    )
    staff_case.note(case_id=case.id, by="luo.qian", text="在查", key="n1", now=world.now)
    consent.withdraw(customer_id=loan.customer_id, purpose="credit_report", key="w", now=world.now)
    staff_four_eyes.ask(
        kind=ApprovalKind.ITEM_UNLOCK, subject=f"case:{case.id}", body={"to": "lu.ning", "item": f"case:{case.id}"},
        why="away", by="lu.ning", key="u", now=world.now,
    )  # fmt: skip
    world.work()
    yield world
    world.close()


def test_every_table_of_ours_is_sealed_or_says_why_not() -> None:
    sealed = list_sealed_columns()
    for model in apps.get_models():
        table = model._meta.db_table
        if model.__module__.startswith("puhui.") or table in settings.SEALED_LIBRARY_TABLES:
            assert (table in sealed) != (table in settings.UNSEALED_TABLES), table
        if table in sealed:
            assert sealed[table] == tuple(field.column for field in model._meta.concrete_fields)
    known = {model._meta.db_table for model in apps.get_models()}
    assert set(settings.UNSEALED_TABLES) <= known and set(settings.SEALED_LIBRARY_TABLES) <= known
    assert all(why for why in settings.UNSEALED_TABLES.values())


def _rows(table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        return list(cursor.fetchall())


def test_every_edit_of_a_stored_row_is_found(story: World) -> None:
    """Random columns of random rows, one edit at a time."""
    print(f"seed {SEED}, {EDITS} edits")
    chance = random.Random(SEED)
    lift_every_guard()
    held = verify_rows()
    assert held.ok and held.count > 100 and verify_audit_chain().ok, held.bad
    columns = {**list_sealed_columns(), **OTHERS}
    tables = [table for table in sorted(columns) if _rows(table)[0][0]]
    assert len(tables) >= 30, tables
    done: Counter[str] = Counter()
    refused = 0
    missed: list[Any] = []
    while done.total() < EDITS:
        assert refused < 20 * EDITS, "the database refuses nearly everything: this test would prove nothing"
        table = chance.choice(tables)
        column = chance.choice(columns[table])
        key = KEYS.get(table) or _key(table)
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT "{key}", "{column}" FROM {table} ORDER BY 1')
            id, value = chance.choice(cursor.fetchall())
        other = edited(value, chance)
        with statement(f'UPDATE {table} SET "{column}" = %s WHERE "{key}" = %s', [other, id]) as changed:
            if not changed:
                refused += 1
                continue
            done[table] += 1
            if verify_rows().ok and verify_audit_chain().ok:
                missed.append((table, column, value, other))
    assert missed == []
    assert verify_rows() == held and verify_audit_chain().ok
    print(f"{done.total()} edits in {len(done)} tables, all found; {refused} refused by the database itself")


def _key(table: str) -> str:
    model = next(one for one in apps.get_models() if one._meta.db_table == table)
    assert model._meta.pk is not None and model._meta.pk.column is not None
    return model._meta.pk.column


def test_writes_without_the_key_are_refused_or_named(story: World) -> None:
    """With the guards in place the database refuses; past them the command names each row."""
    _refuses_a_session_without_the_key()
    _seals_what_has_no_seal()
    out = StringIO()
    call_command("audit_verify", stdout=out)
    assert (
        f"{verify_rows().count} rows of {len(list_sealed_columns())} tables fit their seals" in out.getvalue()
    )
    lift_every_guard()
    _names_added_and_removed_rows(story)
    with statement("UPDATE loans_loan SET principal_minor = principal_minor + 1", []) as changed:
        assert changed
        with pytest.raises(CommandError, match=r"2 stored rows were changed outside the house: loans_loan:"):
            call_command("audit_verify", stdout=StringIO())


def _refuses_a_session_without_the_key() -> None:
    raw = "UPDATE lines_line SET limit_minor = limit_minor + 1"
    with connection.cursor() as cursor:
        cursor.execute(raw)
        assert verify_rows().ok, "a session of ours writes, and the seals follow"
    for one in (
        raw,
        "DELETE FROM access_claim",
        "INSERT INTO protection_case_month (month, last) VALUES ('0199', 1)",
    ):
        if connection.vendor == "sqlite":
            with (
                closing(_without_key()) as other,
                pytest.raises(sqlite3.OperationalError, match="puhui_seal"),
            ):
                other.execute(one)
        else:
            with pytest.raises(DatabaseError, match="key of the row seals"), transaction.atomic():
                connection.cursor().execute("SELECT set_config('puhui.seal_key', '', true)")
                connection.cursor().execute(one)


def _without_key() -> sqlite3.Connection:
    """The same tables and triggers under a plain connection."""
    other = sqlite3.connect(":memory:")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%%' ORDER BY type = 'trigger'"
        )
        for (statement,) in cursor.fetchall():
            other.execute(statement)
    return other


def _names_added_and_removed_rows(story: World) -> None:
    for table in ("loans_event", "ledger_entry", "protection_consent", "payments_order"):
        key = _key(table)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {key} FROM {table} ORDER BY 1")
            id = cursor.fetchone()[0]
        with statement(f"DELETE FROM {table} WHERE {key} = %s", [id]) as changed:
            assert changed
            assert verify_rows().bad == (f"{table}:{id}",)
    with statement(
        "INSERT INTO access_note (id, subject, \"by\", text_sealed, at) VALUES ('x', 'customer:x', 'x', 'x', %s)",
        [story.now],
    ) as changed:
        assert changed
        assert verify_rows().bad == ("access_note:x",)
    assert verify_rows().ok


def _seals_what_has_no_seal() -> None:
    """A table with a new column is sealed again, a missing seal is made once."""
    assert row_seals.install() == {}, "nothing to do"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM runtime_seal WHERE id LIKE 'lines_line:%%'")
        cursor.execute("UPDATE runtime_seal SET seal = 'other columns' WHERE id = 'columns:offers_quote'")
    assert not verify_rows().ok
    sealed = row_seals.install()
    assert set(sealed) == {"lines_line", "offers_quote"} and min(sealed.values()) >= 2
    assert verify_rows().ok and row_seals.install() == {}
