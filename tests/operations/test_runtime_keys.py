"""Idempotency keys, the inbox of callbacks, blobs, and the demo's clock."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import LazySettings

from puhui.runtime import blobs, queries
from puhui.runtime.operations import (
    KeyReusedWithOtherBody,
    put_blob,
    record_inbox,
    remember_key,
    set_clock_offset,
    store_answer,
)
from puhui.runtime.transactions import transaction

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


def act(body_hash: str, *, key: str = "k1", scope: str = "apply", fail: bool = False) -> str:
    """One act under a key, as a journey does it: the stored answer, or a new one."""
    with transaction():
        stored = remember_key(scope=scope, key=key, body_hash=body_hash, now=NOW)
        if stored is not None:
            return f"stored {stored.answer['id']}"
        if fail:
            raise ValueError("refused")
        store_answer(scope=scope, key=key, body_hash=body_hash, answer={"id": f"{scope}/{key}"}, now=NOW)
        return f"new {scope}/{key}"


def test_the_same_key_and_body_is_the_same_answer() -> None:
    assert act("b1") == "new apply/k1"
    assert act("b1") == "stored apply/k1"
    assert act("b1") == "stored apply/k1"


def test_another_body_is_refused_with_409() -> None:
    act("b1")
    with pytest.raises(KeyReusedWithOtherBody) as refused:
        act("b2")
    assert refused.value.status == 409
    assert act("b1") == "stored apply/k1"


def test_keys_of_another_scope_are_other_keys() -> None:
    act("b1")
    assert act("b2", scope="sign") == "new sign/k1"
    assert act("b2", key="k2") == "new apply/k2"


def test_a_refused_act_leaves_the_key_free_even_for_a_corrected_body() -> None:
    with pytest.raises(ValueError, match="refused"):
        act("b1", fail=True)
    assert act("b2") == "new apply/k1"


def test_a_key_remembered_but_never_answered_may_act_again() -> None:
    with transaction():
        assert remember_key(scope="code", key="k1", body_hash="wrong code", now=NOW) is None
    assert act("right code", scope="code") == "new code/k1"


def test_an_answer_needs_a_remembered_key_and_is_given_once() -> None:
    with pytest.raises(AssertionError, match="remember_key"), transaction():
        store_answer(scope="apply", key="k9", body_hash="b", answer={}, now=NOW)
    act("b1")
    with pytest.raises(AssertionError, match="remember_key"), transaction():
        store_answer(scope="apply", key="k1", body_hash="b1", answer={"id": "other"}, now=NOW)


def test_a_callback_is_received_once(caplog: pytest.LogCaptureFixture) -> None:
    with transaction():
        assert record_inbox(party="rail", callback_id="c1", body_hash="h", now=NOW) is True
        assert record_inbox(party="rail", callback_id="c1", body_hash="h", now=NOW) is False
        assert record_inbox(party="bureau", callback_id="c1", body_hash="h", now=NOW) is True
    assert caplog.text == ""
    with caplog.at_level(logging.WARNING), transaction():
        assert record_inbox(party="rail", callback_id="c1", body_hash="other", now=NOW) is False
    assert "another body" in caplog.text


def test_a_callback_whose_effects_fail_is_not_received() -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        record_inbox(party="rail", callback_id="c1", body_hash="h", now=NOW)
        _ = 1 // 0
    with transaction():
        assert record_inbox(party="rail", callback_id="c1", body_hash="h", now=NOW) is True


def keep(content: bytes) -> str:
    with transaction():
        return put_blob(content=content, content_type="text/html", now=NOW)


@pytest.fixture
def var(tmp_path: Path, settings: LazySettings) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.mark.parametrize("demo", [True, False])
def test_a_blob_is_found_by_its_hash_and_lies_sealed(var: Path, settings: LazySettings, demo: bool) -> None:
    settings.DEMO = demo
    content = "合同 for 张三".encode()
    sha256 = keep(content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert queries.get_blob(sha256) == (content, "text/html") and queries.has_blob(sha256)
    files = [path for path in (var / "blobs").rglob("*") if path.is_file()]
    assert files == [var / "blobs" / sha256[:2] / sha256[2:]]
    assert content not in files[0].read_bytes()
    before = files[0].stat().st_mtime_ns
    assert keep(content) == sha256 and files[0].stat().st_mtime_ns == before


def test_an_empty_blob(var: Path) -> None:
    assert queries.get_blob(keep(b"")) == (b"", "text/html")


def test_a_missing_blob_says_what_to_restore(var: Path) -> None:
    with pytest.raises(blobs.BlobMissing, match="no blob has the name"):
        queries.get_blob("0" * 64)
    sha256 = keep(b"contract")
    (var / "blobs" / sha256[:2] / sha256[2:]).unlink()
    with pytest.raises(blobs.BlobMissing, match=f"blobs/{sha256[:2]}/{sha256[2:]} is missing"):
        queries.get_blob(sha256)


def test_a_damaged_blob_is_not_served(var: Path) -> None:
    sha256 = keep(b"contract")
    path = var / "blobs" / sha256[:2] / sha256[2:]
    sealed = path.read_bytes()
    for damaged in (b"", b"x", sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), b"k9" + sealed[2:]):
        path.write_bytes(damaged)
        with pytest.raises(blobs.BlobDamaged):
            queries.get_blob(sha256)
    other = keep(b"other")
    path.write_bytes((var / "blobs" / other[:2] / other[2:]).read_bytes())
    with pytest.raises(blobs.BlobDamaged):
        queries.get_blob(sha256)


def test_a_failed_write_leaves_no_part(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        keep(b"contract")
    assert [path for path in (var / "blobs").rglob("*") if path.is_file()] == []


def test_the_clock_offset_is_one_row_and_audited() -> None:
    assert queries.get_clock_offset() == 0
    for seconds in (86_400, -5, 0):
        with transaction():
            set_clock_offset(seconds=seconds, now=NOW)
        assert queries.get_clock_offset() == seconds
    assert [entry.detail for entry in queries.list_audit("clock")] == [
        {"offset_seconds": 0},
        {"offset_seconds": -5},
        {"offset_seconds": 86_400},
    ]
