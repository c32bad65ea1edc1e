"""Migrations go back as they came, or say why not; one that is cut off leaves nothing, and is simply run again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from puhui.lab.postgres import temporary_postgres
from puhui.runtime import row_seals
from puhui.site.management.commands import migrate, worker
from puhui.site.management.commands.migrate import DjangoCommand
from tests.live import REPO


def ours() -> list[Migration]:
    """Every migration of the project."""
    found = MigrationLoader(None).disk_migrations.values()
    return [one for one in found if one.__module__.startswith("puhui.")]


def test_every_migration_is_one_transaction_and_goes_back_or_says_why_not() -> None:
    found = ours()
    assert len(found) >= 16
    for one in found:
        assert one.atomic, f"{one}: what is cut off would stay half done"
        back = all(operation.reversible for operation in one.operations)
        assert back or getattr(one, "irreversible_because", ""), f"{one}: set irreversible_because"


def run(url: str, folder: Path, module: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a module on a database to its end, whatever the end is."""
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "puhui.site.settings", "PUHUI_DATABASE_URL": url, "PUHUI_VAR": str(folder),
        "PUHUI_LOG_LEVEL": "ERROR",
        "PYTHONPATH": os.pathsep.join([str(REPO / "src"), str(REPO), os.environ.get("PYTHONPATH", "")]),
    }  # fmt: skip
    line = [sys.executable, "-m", module, *words]
    return subprocess.run(line, cwd=REPO, env=env, capture_output=True, text=True, timeout=900)


def walk(url: str, folder: Path) -> None:
    """Every migration forth, back to nothing, and forth again: nothing is left over, nothing is lost."""
    done = run(url, folder, "tests.operations.walk_migrations", "walk")
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["migrations"] > 40 and found["parts"] > 200
    assert (found["left_at_nothing"], found["lost"], found["new"]) == ([], [], [])


@pytest.mark.release
@pytest.mark.sqlite
def test_the_whole_way_back_and_forth_on_sqlite(tmp_path: Path) -> None:
    walk(f"sqlite://{tmp_path / 'walk.sqlite3'}", tmp_path)


@pytest.mark.release
@pytest.mark.postgres
def test_the_whole_way_back_and_forth_on_postgres(tmp_path: Path) -> None:
    with temporary_postgres() as url:
        walk(url, tmp_path)


@pytest.mark.release
@pytest.mark.sqlite
@pytest.mark.parametrize("number", [1, 9, 17])
def test_a_migration_that_is_cut_off_is_run_again_on_sqlite(tmp_path: Path, number: int) -> None:
    url, whole = f"sqlite://{tmp_path / 'cut.sqlite3'}", f"sqlite://{tmp_path / 'whole.sqlite3'}"
    assert run(url, tmp_path, "tests.operations.walk_migrations", "cut", str(number)).returncode == -9
    for one in (url, whole):
        again = run(one, tmp_path, "puhui.site.command", "migrate", "-v0")
        assert again.returncode == 0, again.stderr
    shapes = [run(one, tmp_path, "tests.operations.walk_migrations", "shape").stdout for one in (url, whole)]
    assert shapes[0] == shapes[1] and len(shapes[0]) > 10_000


@pytest.mark.django_db
def test_a_migration_that_fails_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object, *args: object, **options: object) -> None:
        raise OperationalError("could not extend file: No space left on device")

    monkeypatch.setattr(DjangoCommand, "handle", full)
    with pytest.raises(CommandError) as caught:
        call_command("migrate", verbosity=0)
    said = str(caught.value)
    assert (
        "No space left" in said and "run `puhui migrate` again" in said and "重新运行 `puhui migrate`" in said
    )


@pytest.mark.django_db
@pytest.mark.parametrize("cut", [OperationalError("no space left"), KeyboardInterrupt()])
def test_a_migration_that_fails_puts_the_row_seals_back(
    cut: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: object, *args: object, **options: object) -> None:
        assert not row_seals.are_standing(), "lifted while tables are rebuilt"
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE access_note ADD COLUMN half_way integer NULL")
        raise cut

    before = {one.name: one for one in row_seals._standing()}
    monkeypatch.setattr(migrate, "missing_migrations", lambda *_: ["loans.9999_next"])
    monkeypatch.setattr(DjangoCommand, "handle", fails)
    with pytest.raises((CommandError, KeyboardInterrupt)):
        call_command("migrate", verbosity=0)
    after = {one.name: one for one in row_seals._standing()}
    lacking = before.keys() - after.keys()
    assert {before[one].table for one in lacking} == {"access_note"}, "its columns are others now"
    assert all(before[one] == after[one] for one in after)
    with pytest.raises(CommandError, match="seals of rows are lifted: run `puhui migrate`"):
        monkeypatch.setattr(worker, "missing_migrations", list)
        call_command("worker", "--once")


@pytest.mark.django_db
def test_a_worker_does_not_start_on_a_database_that_lacks_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "missing_migrations", lambda: ["loans.0002_partitions"])
    with pytest.raises(CommandError, match=r"loans\.0002_partitions.*puhui migrate"):
        call_command("worker", "--once")
