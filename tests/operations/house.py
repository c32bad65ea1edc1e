"""A house of its own for tests with several processes: a fresh database and folder, and actors that act in it.

SQLite's in-memory test database belongs to one process; here it is a file. On PostgreSQL it is a database beside the
test database, so that row locks and skip-locked leases are the real ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

REPO = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class House:
    """Where the actors live."""

    name: str  # of its database on PostgreSQL
    folder: Path  # VAR_DIR of the house, also where actors leave marks
    env: dict[str, str]  # environment of every process of the house

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start an actor (`tests/operations/actor.py`) and return its process; its output is line buffered text."""
        line = [sys.executable, "-u", "-m", "tests.operations.actor", *command]
        return subprocess.Popen(line, cwd=REPO, env=self.env, stdout=subprocess.PIPE, text=True)

    def ask(self, *command: str) -> list[str]:
        """Run an actor to its end and return its lines."""
        process = self.start(*command)
        out, _ = process.communicate(timeout=240)
        assert process.returncode == 0, (command, out)
        return out.splitlines()


@contextmanager
def new_house(folder: Path, *, migrated: bool = True) -> Iterator[House]:
    """Open a house with our tables, or with a database that has none yet."""
    name = f"house_{uuid.uuid4().hex[:12]}"
    sqlite = connection.vendor == "sqlite"
    url = f"sqlite://{folder / 'house.sqlite3'}"
    if not sqlite:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        here = settings.DATABASES["default"]
        url = f"postgres://{here['USER']}:{here['PASSWORD']}@:{here['PORT']}/{name}?host={here['HOST']}"
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "puhui.site.settings"),
        "PUHUI_DATABASE_URL": url,
        "PUHUI_VAR": str(folder),
        "PYTHONPATH": os.pathsep.join([str(REPO / "src"), str(REPO), os.environ.get("PYTHONPATH", "")]),
        "PUHUI_LOG_LEVEL": "ERROR",
    }
    try:
        house = House(name=name, folder=folder, env=env)
        if migrated:
            house.ask("migrate")
        yield house
    finally:
        if not sqlite:
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
