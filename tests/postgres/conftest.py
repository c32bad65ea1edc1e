"""One server for the tests of this folder, with one migrated database that each test copies."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from puhui.lab.postgres import temporary_postgres

REPO = Path(__file__).resolve().parents[2]
Run = Callable[..., str]


def environment(url: str, folder: Path) -> dict[str, str]:
    """The environment of a process on a database."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "puhui.site.settings",
        "PUHUI_DATABASE_URL": url,
        "PUHUI_VAR": str(folder),
        "PUHUI_LOG_LEVEL": "ERROR",
        "PYTHONPATH": os.pathsep.join([str(REPO / "src"), str(REPO), os.environ.get("PYTHONPATH", "")]),
    }


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A server; its URL names an empty database."""
    with temporary_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def migrated(server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a migrated database that nobody writes to."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    url = server.replace("/puhui?", "/migrated?")
    command = [sys.executable, "-m", "puhui.site.command", "migrate", "-v0"]
    folder = tmp_path_factory.mktemp("migrated")
    done = subprocess.run(command, cwd=REPO, env=environment(url, folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return url


@pytest.fixture
def copied(server: str, migrated: str) -> Iterator[str]:
    """The URL of a copy of the migrated database, thrown away after the test."""
    name = f"copy_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
        yield server.replace("/puhui?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def run(copied: str, tmp_path: Path) -> Run:
    """Run a module of the tests on the copy, and return the last line that it printed."""

    def go(module: str, *words: str, timeout: int = 480) -> str:
        line = [sys.executable, "-m", module, *words]
        env = environment(copied, tmp_path)
        done = subprocess.run(line, cwd=REPO, env=env, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
        return done.stdout.splitlines()[-1]

    return go
