"""The suites that touch the database pass on PostgreSQL too: row locks, which SQLite lacks, are real there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgres.cluster import temporary_postgres

pytestmark = pytest.mark.release


REPO = Path(__file__).resolve().parents[2]


@pytest.mark.postgres
def test_operations_and_journeys_pass_on_postgres() -> None:
    with temporary_postgres() as url:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "0", "tests/operations", "tests/journeys", "-m", "not sqlite"],
            cwd=REPO, env=os.environ | {"PUHUI_DATABASE_URL": url}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    print(done.stdout.splitlines()[-1])
