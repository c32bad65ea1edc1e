"""Two draws on one line at the same instant: what does not fit is refused, whoever comes first; one source draws once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operations.house import REPO, new_house


@pytest.mark.django_db
def test_many_draws_at_once_never_pass_the_limit(tmp_path: Path) -> None:
    with new_house(tmp_path) as house:
        command = [sys.executable, "-m", "tests.operations.two_draws"]
        done = subprocess.run(command, cwd=REPO, env=house.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["first"] == ["LineExceeded"] * 5 + ["done"] * 3
    assert (found["used"], found["available"]) == (9_000_00, 1_000_00)
    assert found["second"] == ["done"] * 8 and found["used_after"] == 3_000_00
    assert found["events"] == 1 + 3 + 1 + 1  # granted, three draws, restored, one draw
