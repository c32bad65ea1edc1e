"""`puhui lab simulate`: any world file prints the same table, logs hold what a lender saw, mistakes name line and remedy."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.core.management.base import CommandError

from puhui.lab.observed import COLUMNS, EVENTS
from puhui.lab.planbook import PlanBook
from puhui.lab.policies.arms import NoAction, Relief
from puhui.lab.policies.table import ReliefTable
from puhui.lab.simulate.command import read_log
from tests.relief_kit import FILE, text
from tests.worlds_kit import WORLDS

SMALL = {
    "due_moves_days = [0, 10]": "due_moves_days = [0]",
    "deferral_months = [0, 1, 3]": "deferral_months = [0, 3]",
    "extensions = [0, 6, 12, 24]": "extensions = [0, 6]",
    "interest_pauses = [false, true]": "interest_pauses = [false]",
    'waivers = ["none", "penalty", "penalty_interest"]': 'waivers = ["none"]',
}


@pytest.fixture(autouse=True)
def small_policy(settings: LazySettings, tmp_path: Path) -> None:
    """A relief policy with few plans."""
    few = text()
    for was, becomes in SMALL.items():
        assert was in few
        few = few.replace(was, becomes)
    path = tmp_path / "policies" / FILE
    path.parent.mkdir(parents=True)
    path.write_text(few, encoding="utf-8")
    settings.POLICIES_DIR = tmp_path / "policies"


def own_world(folder: Path, **changes: str) -> Path:
    """A world of one's own: the zero-effect file with another name, other figures and effects."""
    found = (WORLDS / "zero-effect.toml").read_text(encoding="utf-8")
    mine = {'name = "zero-effect"': 'name = "mine"', 'effect = "none"': 'effect = "some"', **changes}
    for was, becomes in mine.items():
        assert was in found, was
        found = found.replace(was, becomes, 1)
    path = folder / "mine.toml"
    path.write_text(found, encoding="utf-8")
    return path


def simulate(world: Path, out: Path, **options: object) -> str:
    """Run the command and return what it printed."""
    said = StringIO()
    chosen = {"policy": "all", "cohorts": 1, "size": 60, "seed": 5, "workers": 1, **options}
    call_command("lab", "simulate", world=world, out=out, stdout=said, **chosen)
    return said.getvalue()


def test_a_world_of_ones_own_prints_the_same_table(tmp_path: Path) -> None:
    path = own_world(tmp_path, **{"takes = { is = 0, source": "takes = { is = 1, source"})
    said = simulate(path, tmp_path / "a")
    heads = [line for line in said.splitlines() if line.startswith("| arm |")]
    shipped = simulate(WORLDS / "zero-effect.toml", tmp_path / "b", policy="reminders")
    assert heads == [line for line in shipped.splitlines() if line.startswith("| arm |")]
    for arm in ("no_action", "reminders", "menu_by_lender_value", "extend_everyone", "relief", "oracle"):
        assert f"\n| {arm} | " in said
    assert "cohort 1 of 1: relief" in said, "progress"
    assert "| no_action, every effect cut | +0.00 (+0.00 to +0.00) | " in said
    assert "With every effect cut (60 households of the first cohort): no gain, as it must be." in said
    assert (tmp_path / "a" / "report.md").read_text(encoding="utf-8") in said + "\n"
    assert json.loads((tmp_path / "a" / "summary.json").read_text())["world"] == "mine"
    assert "Zero-effect world: no gain, as it must be." in shipped


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(tmp_path: Path) -> None:
    path = own_world(tmp_path)
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        simulate(path, tmp_path / name, seed=seed, policy="extend_everyone")
    files = sorted(one.name for one in (tmp_path / "a").iterdir())
    assert files == ["log-extend_everyone.csv.gz", "log-no_action.csv.gz", "report.md", "summary.json"]
    for file in files:
        first = (tmp_path / "a" / file).read_bytes()
        assert first == (tmp_path / "b" / file).read_bytes(), file
        assert first != (tmp_path / "c" / file).read_bytes(), file


def test_a_log_has_the_columns_of_the_schema_and_the_events_of_the_list(tmp_path: Path) -> None:
    simulate(own_world(tmp_path), tmp_path / "a", policy="relief")
    rows = read_log(tmp_path / "a" / "log-relief.csv.gz")
    assert rows and all(tuple(row) == COLUMNS for row in rows)
    assert {row["event"] for row in rows} <= set(EVENTS)
    assert {"reminded", "asked", "paid"} <= {row["event"] for row in rows}


class Quiet(NoAction):
    """A policy of somebody else."""

    name = "quiet"


def make_quiet(book: PlanBook, table: ReliefTable) -> NoAction:
    """The factory that is named on the command line."""
    assert isinstance(table, ReliefTable) and book is table.book
    return Quiet()


class Shouting(Relief):
    """A policy that writes by a channel of which the world knows nothing."""

    name = "shouting"
    channel = "megaphone"


def make_shouting(book: PlanBook, table: ReliefTable) -> NoAction:
    """The factory of a policy that cannot run."""
    return Shouting(table)


def test_a_policy_of_ones_own_runs_beside_no_action_and_the_oracle(tmp_path: Path) -> None:
    said = simulate(own_world(tmp_path), tmp_path / "a", policy=f"{__name__}:make_quiet")
    found = json.loads((tmp_path / "a" / "summary.json").read_text())["arms"]
    assert set(found) == {"no_action", "quiet", "oracle"} and "| quiet | " in said
    assert np.isclose(found["quiet"]["npv"]["less_no_action"]["mean"], 0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"policy": "magic"}, "write all, one of no_action"),
        ({"policy": "no.such:thing"}, "the arms that are known are no_action, reminders"),
        ({"workers": -1}, "--workers -1: write 1 or more"),
        ({"size": 0}, "--size 0: write 1 or more"),
        ({"size": 2_000_000}, "write --size"),
        ({"cohorts": 0}, "--cohorts 0: write 1 or more"),
        ({"path": "journeys", "policy": "reminders"}, "the journeys know one arm; write relief"),
        ({"policy": f"{__name__}:make_shouting"}, "it knows app 08-12"),
    ],
)
def test_what_cannot_run_says_why(tmp_path: Path, options: dict[str, object], says: str) -> None:
    with pytest.raises(CommandError) as caught:
        simulate(own_world(tmp_path), tmp_path / "a", **options)
    assert says in str(caught.value)


def test_a_mistake_in_the_file_names_line_and_remedy(tmp_path: Path) -> None:
    path = own_world(tmp_path, **{"partial_daily = { is = 0.03": "partial_daily = { is = 3"})
    with pytest.raises(
        CommandError, match=r"mine\.toml:\d+: \[payment\] partial_daily: 3 is out of bounds; write"
    ):
        simulate(path, tmp_path / "a")
    assert not (tmp_path / "a").exists()
    with pytest.raises(CommandError, match="no such file"):
        simulate(tmp_path / "none.toml", tmp_path / "a")
