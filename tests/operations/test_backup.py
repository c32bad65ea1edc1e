"""Back up while processes write and work, restore elsewhere: nothing committed before the backup began is lost."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection

from puhui.runtime.backup import (
    FORMAT,
    BackupDamaged,
    BackupMissing,
    BackupOfNewerVersion,
    Manifest,
    read_manifest,
    restore_backup,
    write_manifest,
)
from tests.operations.house import REPO, House, new_house
from tests.seeds import seed

DRILLS = int(os.environ.get("PUHUI_DRILLS", "2"))  # 20 before a release
SEED = seed()
WRITERS = ("a", "b")


def puhui(house: House, *command: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "puhui.site.command", *command]
    return subprocess.run(line, cwd=REPO, env=house.env, capture_output=True, text=True, check=False)


class Writer:
    """A writing process, and the number of its newest commit."""

    def __init__(self, house: House, name: str, count: int = 100_000) -> None:
        line = [sys.executable, "-u", "-m", "tests.operations.writer", str(count), name]
        self.process = subprocess.Popen(line, cwd=REPO, env=house.env, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.said = [self.process.stdout.readline()]
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        self.said.extend(self.process.stdout or [])

    @property
    def committed(self) -> int:
        return int(self.said[-1]) + 1

    def end(self) -> None:
        """Kill it in the middle of whatever it does."""
        self.process.kill()
        self.process.wait()
        self.reader.join()


@dataclass(frozen=True)
class Holdings:
    """What a house holds."""

    chain: bool  # whether the audit chain is whole
    done: int  # orders that the worker has done
    written: dict[str, int]  # commits by writer


def holdings(house: House) -> Holdings:
    line = [sys.executable, "-m", "tests.operations.writer", "check"]
    done = subprocess.run(line, cwd=REPO, env=house.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (ok, count), *writers = (one.split() for one in done.stdout.splitlines())
    return Holdings(ok == "True", int(count), {name: int(number) for name, number in writers})


def keys_of(source: House, target: House) -> None:
    """The keys travel apart from the backup, as in life."""
    shutil.copytree(source.folder / "secrets", target.folder / "secrets", dirs_exist_ok=True)


def needs_tools() -> None:
    if connection.vendor != "sqlite":
        assert shutil.which("pg_dump"), (
            "pg_dump is missing; install it with: apt-get install postgresql-client"
        )


@pytest.mark.django_db(transaction=True)
def test_drills_lose_nothing_committed(tmp_path: Path) -> None:
    needs_tools()
    print(f"PUHUI_SEED={SEED}")
    chance = random.Random(SEED)
    (tmp_path / "a").mkdir()
    with new_house(tmp_path / "a") as house:
        writers = {name: Writer(house, name) for name in WRITERS}
        worker = house.start("work", "0.01", "60", "forever")
        try:
            for number in range(DRILLS):
                time.sleep(chance.uniform(0.05, 0.6))
                folder = tmp_path / f"drill{number}"
                folder.mkdir()
                committed = {name: one.committed for name, one in writers.items()}
                found = drill(house, folder, committed, bare=number % 2 == 1)
                processes = [worker, *(one.process for one in writers.values())]
                assert all(one.poll() is None for one in processes), "somebody no longer wrote or worked"
                shutil.rmtree(folder)
                print(f"drill {number}: {found}")
            assert found.done > 0, "the worker worked meanwhile"
        finally:
            for one in writers.values():
                one.end()
            worker.send_signal(signal.SIGTERM)
            worker.communicate(timeout=60)


def drill(house: House, folder: Path, committed: dict[str, int], *, bare: bool) -> Holdings:
    """Back up and restore into a house of its own, `bare` of tables or not; `committed` before it began."""
    done = puhui(house, "backup", "--to", str(folder / "backups"))
    assert done.returncode == 0, done.stderr
    [backup] = (folder / "backups").iterdir()
    (folder / "copy").mkdir()
    with new_house(folder / "copy", migrated=not bare) as copy:
        keys_of(house, copy)
        restored = puhui(copy, "restore", "--from", str(backup))
        assert restored.returncode == 0, restored.stderr
        found = holdings(copy)
        assert found.chain
        for name, least in committed.items():
            assert found.written[name] >= least, (name, found)
    return found


@pytest.mark.django_db(transaction=True)
def test_bad_backups_are_refused_and_change_nothing(tmp_path: Path) -> None:
    needs_tools()
    (tmp_path / "a").mkdir()
    with new_house(tmp_path / "a") as house:
        writer = Writer(house, "a", 5)
        writer.process.wait()
        assert puhui(house, "backup", "--to", str(tmp_path / "backups")).returncode == 0
        [folder] = (tmp_path / "backups").iterdir()
        assert "holds data" in puhui(house, "restore", "--from", str(folder)).stderr
        half = shutil.copytree(folder, tmp_path / "half")
        (half / "manifest.json").unlink()
        assert "no finished backup" in puhui(house, "restore", "--from", str(half), "--replace").stderr
        cut = shutil.copytree(folder, tmp_path / "cut")
        [database] = cut.glob("database.*")
        database.write_bytes(database.read_bytes()[:-100])
        assert "damaged: database." in puhui(house, "restore", "--from", str(cut), "--replace").stderr
        assert holdings(house) == Holdings(True, 0, {"a": 5})
        replaced = puhui(house, "restore", "--from", str(folder), "--replace")
        assert replaced.returncode == 0, replaced.stderr
        assert holdings(house) == Holdings(True, 0, {"a": 5})
        if connection.vendor != "sqlite":  # SQLite's is one file, put in place whole
            write_manifest(folder=cut, manifest=read_manifest(folder=folder))
            assert puhui(house, "restore", "--from", str(cut), "--replace").returncode == 1
            assert holdings(house) == Holdings(True, 0, {"a": 5}), (
                "a restore that fails halfway changes nothing"
            )
        full = puhui(house, "backup", "--to", "/dev/null/backups")
        assert full.returncode == 1 and "--to" in full.stderr and "Traceback" not in full.stderr


def _cut(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])


def _flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def _unlink(path: Path, chance: random.Random) -> None:
    path.unlink()


def _grow(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes() + b" ")


def synthetic(folder: Path) -> Path:
    """A folder laid out as a backup; what is checked does not depend on what the files hold."""
    (folder / "blobs/ab").mkdir(parents=True)
    files = {"database.x": b"rows " * 100, "blobs/ab/one": b"sealed one", "blobs/ab/two": b"sealed two"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    write_manifest(
        folder=folder,
        manifest=Manifest(
            format=FORMAT, version="0.1.0", engine=connection.vendor, written_at="2026-11-21T00:00:00+00:00",
            rows={"runtime_work": 100}, files={},
        ),
    )  # fmt: skip
    return folder


@pytest.mark.parametrize("number", range(40))
def test_any_alteration_is_refused(number: int, tmp_path: Path) -> None:
    chance = random.Random(f"{SEED} {number}")
    print(f"PUHUI_SEED={SEED}")
    folder = synthetic(tmp_path / "backup")
    read_manifest(folder=folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    alter: Callable[[Path, random.Random], None] = chance.choice((_cut, _flip, _unlink, _grow))
    path = chance.choice(files)
    alter(path, chance)
    with pytest.raises((BackupMissing, BackupDamaged, BackupOfNewerVersion)):
        read_manifest(folder=folder)


def test_a_manifest_that_was_edited_is_refused(tmp_path: Path) -> None:
    folder = synthetic(tmp_path / "backup")
    manifest = folder / "manifest.json"
    for change in (
        {"rows": {}},
        {"files": {}},
        {"version": "0.0.1"},
        {"written_at": "2020-01-01T00:00:00+00:00"},
    ):
        text = manifest.read_text()
        manifest.write_text(json.dumps(json.loads(text) | change))
        with pytest.raises(BackupDamaged):
            read_manifest(folder=folder)
        manifest.write_text(text)
    read_manifest(folder=folder)


def test_a_file_that_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    folder = synthetic(tmp_path / "backup")
    (folder / "blobs/ab/three").write_bytes(b"slipped in")
    with pytest.raises(BackupDamaged):
        restore_backup(folder=folder, replace=True, say=print)
