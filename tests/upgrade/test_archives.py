"""Every archived release, upgraded to the code of the day, still says the same: decisions, quotes, positions, postings."""

from __future__ import annotations

import hashlib
import json
import lzma
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import puhui
from puhui.lab.release.archive import (
    DATABASE,
    FIGURES,
    MANIFEST,
    ArchiveDamaged,
    environment,
    open_archive,
    read_archive,
    read_figures,
    run,
)
from puhui.lab.release.figures import AUDIT, DATED, compare_figures

REPO = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent / "archive"
ARCHIVES = sorted(path for path in FOLDER.iterdir() if path.is_dir())
LEAST = {"decision": 40, "quote": 10, "position": 10, "posting": 10, DATED: 10, AUDIT: 1}
PLACES = re.compile(rb"/(?:home|root|tmp|work|usr|var|Users|private|build)/|[A-Z]:\\\\")


def test_the_last_release_is_archived() -> None:
    """A release that was not archived could not be held to its figures."""
    released = re.findall(
        r"^## (\d+\.\d+\.\d+),", (REPO / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    wanted = set(released) or {puhui.__version__}
    assert wanted <= {path.name for path in ARCHIVES}, "run: puhui release archive --to tests/upgrade/archive"


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name)
def test_an_archive_is_whole_small_and_names_no_place(archive: Path) -> None:
    manifest = read_archive(archive=archive)
    assert manifest.version == archive.name and "MIT" in manifest.source
    for kind, least in LEAST.items():
        assert manifest.counts[kind] >= least, kind
    assert sum(path.stat().st_size for path in archive.iterdir()) < 1_000_000
    for name in (DATABASE, FIGURES):
        found = PLACES.search(lzma.decompress((archive / name).read_bytes()))
        assert found is None, (name, found)


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name)
def test_an_archive_upgraded_says_the_same(archive: Path, tmp_path: Path) -> None:
    """Copy, migrate, replay everything, compare field by field; then one figure of the book is changed, and it is named."""
    open_archive(archive=archive, folder=tmp_path)
    run(tmp_path, "migrate", "--verbosity", "0")
    run(tmp_path, "release", "figures", "--archive", str(archive))
    run(tmp_path, "audit_verify")
    spoilt = shutil.copytree(archive, tmp_path / "spoilt")
    figures = read_figures(archive=archive)
    loan = sorted(figures[DATED])[0]
    day = sorted(figures[DATED][loan])[-1]
    figures[DATED][loan][day]["payoff_minor"] += 1
    _rewrite(spoilt, figures)
    with pytest.raises(RuntimeError, match=rf"{loan} {day}\.payoff_minor: archived"):
        run(tmp_path, "release", "figures", "--archive", str(spoilt))


def _rewrite(archive: Path, figures: dict[str, Any]) -> None:
    content = lzma.compress(json.dumps(figures).encode())
    (archive / FIGURES).write_bytes(content)
    manifest = json.loads((archive / MANIFEST).read_text(encoding="utf-8"))
    manifest["files"][FIGURES] = hashlib.sha256(content).hexdigest()
    (archive / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    copy = shutil.copytree(ARCHIVES[0], tmp_path / "copy")
    content = bytearray((copy / DATABASE).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / DATABASE).write_bytes(content)
    with pytest.raises(ArchiveDamaged) as refused:
        open_archive(archive=copy, folder=tmp_path)
    assert refused.value.facts == {"file": DATABASE}
    line = [sys.executable, "-m", "puhui.site.command", "release", "check", "--archive", str(copy)]
    done = subprocess.run(line, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 1 and DATABASE in done.stderr and "Traceback" not in done.stderr


STORED = {"quote": {"q": {"amount_minor": 1, "rows": [{"due": "2026-01-01", "minor": 5}]}}}


@pytest.mark.parametrize(
    ("found", "paths"),
    [
        (STORED, []),
        ({"quote": {"q": {"amount_minor": 1, "new": 3, "rows": [{"due": "2026-01-01", "minor": 5, "x": 1}]}}}, []),
        ({"quote": {"q": {"amount_minor": 2, "rows": [{"due": "2026-01-01", "minor": 5}]}}}, ["amount_minor"]),
        ({"quote": {"q": {"rows": [{"due": "2026-01-01", "minor": 5}]}}}, ["amount_minor"]),
        ({"quote": {"q": {"amount_minor": True, "rows": [{"due": "2026-01-01", "minor": 6}]}}}, ["amount_minor", "rows[0].minor"]),
        ({"quote": {"q": {"amount_minor": 1, "rows": []}}}, ["rows[0]"]),
        ({"quote": {}}, [""]),
        ({}, [""]),
    ],
)  # fmt: skip
def test_what_is_a_difference(found: dict[str, Any], paths: list[str]) -> None:
    assert [one.path for _, _, one in compare_figures(archived=STORED, found=found)] == paths
