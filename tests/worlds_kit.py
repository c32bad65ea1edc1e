"""Small worlds for tests: the shipped files with one short loan, few households and a small grid of plans."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from puhui.lab.simulate.run import Tables, newest_relief_policy
from puhui.lab.worlds.values import World, read_world
from tests.relief_kit import SMALL

ROOT = Path(__file__).parents[1]
WORLDS = ROOT / "data" / "worlds"
NAMES = ("towns", "downturn", "newcomers", "zero-effect")
SEED = 20261122


@lru_cache
def world(name: str, *, size: int = 300) -> World:
    """This function will read a shipped world and make it small."""
    read = read_world(WORLDS / f"{name}.toml")
    short = replace(read.shapes[0], months=6, paid=1)
    return replace(read, size=size, shapes=(short,))


@lru_cache
def tables() -> Tables:
    """This function will return tables of the newest shipped relief policy with a small grid."""
    return Tables(policy=replace(newest_relief_policy(ROOT / "policies" / "relief"), grid=SMALL))
