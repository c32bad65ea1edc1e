"""Sealed fields: unreadable without the key, bound to their context, movable to a new key; blind indexes by purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection

from puhui.runtime import queries
from puhui.runtime.operations import put_blob
from puhui.runtime.sealing import (
    SealBroken,
    blind_index,
    current_key_id,
    reseal,
    seal,
    seal_bytes,
    unseal,
    unseal_bytes,
)
from puhui.runtime.transactions import transaction

OLD, NEW = f"k1:{'11' * 32}", f"k2:{'22' * 32}"
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def old_key(settings: LazySettings) -> LazySettings:
    settings.SEALING_KEYS = OLD
    return settings


@pytest.mark.parametrize("plain", ["", "13800138000", "张三", "a" * 10_000, "k1:looks like a token"])
def test_what_is_sealed_is_read_again(old_key: LazySettings, plain: str) -> None:
    token = seal(plain)
    assert token.startswith("k1:") and unseal(token) == plain
    assert token != seal(plain), "a nonce is never used twice"
    assert not plain or plain not in token[3:]


@pytest.mark.parametrize("token", ["", "plain", "k1:", "k1:!!", "k1:AAAA", "k9:AAAA", ":AAAA", "13800138000"])
def test_what_is_no_token_is_refused(old_key: LazySettings, token: str) -> None:
    with pytest.raises(SealBroken):
        unseal(token)


def test_an_altered_token_is_refused(old_key: LazySettings) -> None:
    token = seal("13800138000")
    for place in range(3, len(token)):
        letter = "A" if token[place] != "A" else "B"
        with pytest.raises(SealBroken) as broken:
            unseal(token[:place] + letter + token[place + 1 :])
        assert "138" not in str(broken.value)


def test_a_token_is_bound_to_its_context(old_key: LazySettings) -> None:
    token = seal("13800138000", context="customer:1")
    assert unseal(token, context="customer:1") == "13800138000"
    for context in ("", "customer:2"):
        with pytest.raises(SealBroken):
            unseal(token, context=context)


def test_a_new_key_reads_old_tokens_and_reseals_them(old_key: LazySettings) -> None:
    token = seal("13800138000")
    old_key.SEALING_KEYS = f"{NEW},{OLD}"
    assert current_key_id() == "k2" and unseal(token) == "13800138000"
    moved = reseal(token)
    assert moved.startswith("k2:") and reseal(moved) == moved
    old_key.SEALING_KEYS = NEW
    assert unseal(moved) == "13800138000"
    with pytest.raises(SealBroken, match="does not list"):
        unseal(token)


def test_bytes_are_sealed_too(old_key: LazySettings) -> None:
    sealed = seal_bytes(b"\x00\xff:scan", context="c")
    assert unseal_bytes(sealed, context="c") == b"\x00\xff:scan"
    for broken in (b"", sealed[:10], sealed[:-1], b"no colon here"):
        with pytest.raises(SealBroken):
            unseal_bytes(broken, context="c")


@pytest.mark.parametrize("keys", ["", "k1", "k1:zz", f"k1:{'11' * 16}", f"{OLD},{OLD}", f":{'11' * 32}"])
def test_malformed_keys_stop_the_start(settings: LazySettings, keys: str) -> None:
    settings.SEALING_KEYS = keys
    with pytest.raises(ValueError):
        seal("x")


def test_a_blind_index_finds_the_same_value_for_the_same_purpose_only(settings: LazySettings) -> None:
    one = blind_index("13800138000", purpose="customer.phone")
    assert len(one) == 64 and one == blind_index("13800138000", purpose="customer.phone")
    others = {
        blind_index("13800138001", purpose="customer.phone"),
        blind_index("13800138000", purpose="contact.phone"),
    }
    settings.INDEX_KEY = "another"
    others.add(blind_index("13800138000", purpose="customer.phone"))
    assert one not in others and len(others) == 3


def test_every_sealed_column_is_listed_for_rotation(settings: LazySettings) -> None:
    found = {
        (model._meta.db_table, str(model._meta.pk.column), str(field.column))
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if str(field.column).endswith("_sealed")
    }
    assert found == set(settings.SEALED_COLUMNS)


@pytest.mark.django_db(transaction=True)
def test_rotation_walks_columns_and_blobs_and_says_which_keys_are_still_needed(
    old_key: LazySettings, tmp_path: Path
) -> None:
    old_key.VAR_DIR = tmp_path
    old_key.SEALED_COLUMNS = (("toy_person", "id", "phone"), ("toy_letter", "id", "text"))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE toy_person (id text PRIMARY KEY, phone text)")
        cursor.execute("CREATE TABLE toy_letter (id integer PRIMARY KEY, text text NOT NULL)")
        for number in range(1203):
            cursor.execute(
                "INSERT INTO toy_person VALUES (%s, %s)", [f"p{number:05}", seal(f"1380000{number:04}")]
            )
        cursor.execute("INSERT INTO toy_person VALUES ('none', NULL), ('empty', '')")
        cursor.execute("INSERT INTO toy_letter VALUES (1, %s), (2, %s)", [seal("one"), seal("two")])
    try:
        from puhui.runtime.schema import append_only

        with connection.schema_editor() as editor:
            append_only("toy_letter").code(None, editor)
        with transaction():
            name = put_blob(content=b"contract", content_type="text/html", now=NOW)
        old_key.SEALING_KEYS = f"{NEW},{OLD}"
        assert rotate() == [
            "puhui: toy_person.phone: 1203 resealed, 0 kept",
            "puhui: toy_letter.text: 0 resealed, 2 kept",
            "puhui: blobs: 1 resealed",
            "puhui: append-only rows still need these keys, keep them listed: k1 (2)",
        ]
        assert rotate()[0] == "puhui: toy_person.phone: 0 resealed, 0 kept"
        old_key.SEALED_COLUMNS = (("toy_person", "id", "phone"),)
        assert rotate()[-1] == "puhui: nothing needs a key older than k2 any more"
        old_key.SEALING_KEYS = NEW
        assert queries.get_blob(name) == (b"contract", "text/html")
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, phone FROM toy_person WHERE phone LIKE 'k2:%%' ORDER BY id")
            found = [(id, unseal(phone)) for id, phone in cursor.fetchall()]
        assert found == [(f"p{number:05}", f"1380000{number:04}") for number in range(1203)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE toy_person")
            cursor.execute("DROP TABLE toy_letter")


def rotate() -> list[str]:
    out = StringIO()
    call_command("seal_rotate", stdout=out)
    return out.getvalue().splitlines()
