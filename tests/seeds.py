"""The seed of a test that draws its own chances: the same in every plain run, another in each long run of a release."""

from __future__ import annotations

import os


def seed() -> int:
    """Return `PUHUI_SEED`, which a release's run draws (`tests/conftest.py`), and print it: a failing run can be repeated."""
    found = int(os.environ.get("PUHUI_SEED", "20261122"))
    print(f"PUHUI_SEED={found}")
    return found
