"""Back up while a process writes, restore elsewhere: nothing committed before the backup began is lost."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from tests.operations.house import REPO, House, new_house

DRILLS = int(os.environ.get("PUHUI_DRILLS", "1"))


def puhui(house: House, *command: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "puhui.site.command", *command]
    return subprocess.run(line, cwd=REPO, env=house.env, capture_output=True, text=True, check=False)


def write(house: House, count: int) -> subprocess.Popen[str]:
    line = [sys.executable, "-u", "-m", "tests.operations.writer", str(count)]
    return subprocess.Popen(line, cwd=REPO, env=house.env, stdout=subprocess.PIPE, text=True)


def holdings(house: House) -> tuple[int, str, int]:
    line = [sys.executable, "-m", "tests.operations.writer", "check"]
    done = subprocess.run(line, cwd=REPO, env=house.env, capture_output=True, text=True, check=True)
    count, ok, chained = done.stdout.split()
    return int(count), ok, int(chained)


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
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    (tmp_path / "a").mkdir()
    with new_house(tmp_path / "a") as house:
        writer = write(house, 100_000)
        said: list[str] = [writer.stdout.readline()] if writer.stdout else []
        reader = threading.Thread(target=lambda: said.extend(writer.stdout or []), daemon=True)
        reader.start()
        try:
            for drill in range(DRILLS):
                time.sleep(chance.uniform(0.05, 0.6))
                committed = int(said[-1])  # the newest commit before the backup begins
                done = puhui(house, "backup", "--to", str(tmp_path / f"backups{drill}"))
                assert done.returncode == 0, done.stderr
                [folder] = (tmp_path / f"backups{drill}").iterdir()
                (tmp_path / f"b{drill}").mkdir()
                with new_house(tmp_path / f"b{drill}") as copy:
                    keys_of(house, copy)
                    restored = puhui(copy, "restore", "--from", str(folder))
                    assert restored.returncode == 0, restored.stderr
                    count, ok, chained = holdings(copy)
                    assert count > committed
                    assert ok == "True" and chained == count
        finally:
            writer.kill()
            writer.wait()
            reader.join()


@pytest.mark.django_db(transaction=True)
def test_bad_backups_are_refused_and_change_nothing(tmp_path: Path) -> None:
    needs_tools()
    (tmp_path / "a").mkdir()
    with new_house(tmp_path / "a") as house:
        write(house, 5).communicate()
        assert puhui(house, "backup", "--to", str(tmp_path / "backups")).returncode == 0
        [folder] = (tmp_path / "backups").iterdir()
        assert "holds data" in puhui(house, "restore", "--from", str(folder)).stderr
        half = shutil.copytree(folder, tmp_path / "half")
        (half / "manifest.json").unlink()
        assert "no finished backup" in puhui(house, "restore", "--from", str(half), "--replace").stderr
        cut = shutil.copytree(folder, tmp_path / "cut")
        [database] = cut.glob("database.*")
        database.write_bytes(database.read_bytes()[:-100])
        assert "cut short or changed" in puhui(house, "restore", "--from", str(cut), "--replace").stderr
        assert holdings(house) == (5, "True", 5)
        write(house, 0).communicate()
        replaced = puhui(house, "restore", "--from", str(folder), "--replace")
        assert replaced.returncode == 0, replaced.stderr
        assert holdings(house) == (5, "True", 5)
