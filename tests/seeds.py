"""The seed of a test that draws its own chances: the same in every plain run, another in each long run of a release."""

from __future__ import annotations

import os
import random


def seed() -> int:
    """Return `PUHUI_SEED` where it is given, and print what is used, so that a failing run can be repeated."""
    plain = "0" if os.environ.get("PUHUI_RELEASE") == "1" else "20261122"
    found = int(os.environ.get("PUHUI_SEED", plain)) or random.SystemRandom().randrange(1, 10**6)
    print(f"PUHUI_SEED={found}")
    return found
