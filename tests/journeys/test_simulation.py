"""Borrowers book loans with no staff step, the rail misbehaves, two workers work and one is killed 20 times."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

LOANS = int(os.environ.get("PUHUI_SIMULATION", "50"))
KILLS = 20


def test_one_effect_a_key_and_books_that_tie_out_whatever_dies(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PUHUI_", "DJANGO_"))}
    environment = kept | {
        "PUHUI_VAR": str(tmp_path),
        "PUHUI_LOG_LEVEL": "CRITICAL",
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "puhui.lab.simulation", "--loans", str(LOANS), "--kills", str(KILLS)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:] + ran.stdout[-4000:]
    found = json.loads(ran.stdout.splitlines()[-1])
    print(found)
    assert found["loans"] >= LOANS and found["kills"] >= KILLS
    assert found["decisions"] >= LOANS and found["orders"] > LOANS
    assert found["failed"] > 0 or LOANS < 200, "a rail that refuses one in twenty was asked"
