"""A release gathers its fragments, sets its version, and refuses what is not a release."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from django.test import Client

import puhui
from puhui.lab.release.changelog import (
    FragmentInvalid,
    NothingChanged,
    VersionInvalid,
    current_version,
    list_fragments,
    prepare,
)

REPO = Path(__file__).resolve().parents[2]
DAY = date(2026, 12, 1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with two fragments."""
    for name in ("pyproject.toml", "src/puhui/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPO / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\nFragments of the next release are in [changes/](changes/).\n"
    )
    (tmp_path / "changes").mkdir()
    (tmp_path / "changes/README.md").write_text("how\n")
    (tmp_path / "changes/web.pages.md").write_text("Pages\nload faster.\n")
    (tmp_path / "changes/loans.engine.md").write_text("More products.\n")
    return tmp_path


def test_fragments_become_the_changelog(root: Path) -> None:
    changed = prepare(root=root, version="0.2.0", on_date=DAY)
    assert (root / "CHANGELOG.md").read_text() == (
        "# Changelog\n\nFragments of the next release are in [changes/](changes/).\n\n"
        "## 0.2.0, 2026-12-01\n\n- **loans**: More products.\n- **web**: Pages load faster.\n"
    )
    assert sorted(path.name for path in (root / "changes").iterdir()) == ["README.md"]
    assert (
        current_version(root=root) == "0.2.0" and 'version = "0.2.0"' in (root / "pyproject.toml").read_text()
    )
    assert set(changed) >= {"CHANGELOG.md", "pyproject.toml", "src/puhui/__init__.py"}
    (root / "changes/web.more.md").write_text("More.\n")
    prepare(root=root, version="0.10.0", on_date=DAY)
    log = (root / "CHANGELOG.md").read_text()
    assert log.count("# Changelog") == 1 and log.index("## 0.10.0") < log.index("## 0.2.0")


@pytest.mark.parametrize("version", ["0.0.9", "1.0", "v0.2.0", "0.2.0rc1", ""])
def test_a_version_that_is_none_changes_nothing(root: Path, version: str) -> None:
    with pytest.raises(VersionInvalid):
        prepare(root=root, version=version, on_date=DAY)
    assert len(list_fragments(root=root)) == 2


def test_a_release_twice_or_of_nothing_is_refused(root: Path) -> None:
    prepare(root=root, version="0.2.0", on_date=DAY)
    with pytest.raises(NothingChanged):
        prepare(root=root, version="0.3.0", on_date=DAY)
    (root / "changes/web.more.md").write_text("More.\n")
    with pytest.raises(VersionInvalid):
        prepare(root=root, version="0.2.0", on_date=DAY)


def test_a_fragment_is_named_and_says_something(root: Path) -> None:
    (root / "changes/Web more.md").write_text("More.\n")
    with pytest.raises(FragmentInvalid):
        prepare(root=root, version="0.2.0", on_date=DAY)


def test_the_fragments_here_can_be_released() -> None:
    assert all(len(one.text) > 20 for one in list_fragments(root=REPO))
    assert current_version(root=REPO) == puhui.__version__
    named = re.search(r'^version = "([^"]+)"$', (REPO / "pyproject.toml").read_text(), re.MULTILINE)
    assert named is not None and named[1] == puhui.__version__


@pytest.mark.django_db
def test_healthz_names_the_release(client: Client) -> None:
    assert client.get("/healthz").json()["version"] == puhui.__version__
