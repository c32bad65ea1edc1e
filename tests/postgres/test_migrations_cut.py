"""A migration that dies in the middle on PostgreSQL: nothing of it is kept, and the next run finishes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.postgres.conftest import REPO, environment

pytestmark = pytest.mark.postgres
KINDS = "SELECT relname, relkind FROM pg_class WHERE relname IN ('loans_event', 'runtime_audit') ORDER BY 1"


def test_a_migration_that_is_cut_off_is_run_again(copied: str, tmp_path: Path) -> None:
    def run(*line: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", *line]
        return subprocess.run(
            command, cwd=REPO, env=environment(copied, tmp_path), capture_output=True, text=True, timeout=240
        )

    def kinds() -> dict[str, str]:
        with psycopg.connect(copied) as connection:
            return {str(name): str(kind) for name, kind in connection.execute(KINDS).fetchall()}

    assert kinds() == {"loans_event": "p", "runtime_audit": "p"}
    back = run("puhui.site.command", "migrate", "loans", "0001", "-v0")
    assert back.returncode == 0, back.stderr
    assert kinds()["loans_event"] == "r"
    assert run("tests.operations.walk_migrations", "cut", "1").returncode == -9
    assert kinds()["loans_event"] == "r", "the transaction died with its process"
    refused = run("puhui.site.command", "worker", "--once")
    assert refused.returncode == 1 and "loans.0002_partitions" in refused.stderr
    again = run("puhui.site.command", "migrate", "-v0")
    assert again.returncode == 0 and kinds()["loans_event"] == "p", again.stderr
