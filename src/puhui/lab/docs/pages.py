"""Every generated page, where it goes, and whether what stands there is what the code says."""

from __future__ import annotations

from pathlib import Path

from puhui.lab.docs import (
    commands,
    edges,
    events,
    house,
    ledger,
    packages,
    refusals,
    states,
    tables,
    variables,
)
from puhui.lab.docs.source import REPO

FOLDER = REPO / "docs" / "reference"


def make_pages() -> dict[str, str]:
    """This function will return {path below docs/reference: text} of every generated file."""
    return {
        "commands.md": commands.make_page(),
        "edges.md": edges.make_page(),
        "events.md": events.make_page(),
        "house-policies.md": house.make_page(),
        "ledger.md": ledger.make_page(),
        "packages.md": packages.make_page(),
        "refusals.md": refusals.make_page(),
        "settings.md": variables.make_page(),
        "tables.md": tables.make_page(),
        **states.make_pages(),
    }


def stale_pages(folder: Path = FOLDER, pages: dict[str, str] | None = None) -> list[str]:
    """This function will name every generated file that is missing, differs, or is no longer generated."""
    pages = pages or make_pages()
    stale = [
        name for name, text in pages.items() if not (folder / name).is_file() or _read(folder / name) != text
    ]
    orphans = [path.relative_to(folder).as_posix() for path in (folder / "states").glob("*.svg")]
    return sorted([*stale, *(name for name in orphans if name not in pages)])


def write_pages(folder: Path = FOLDER) -> list[str]:
    """This function will write every stale file, remove orphans, and return their names."""
    pages = make_pages()
    stale = stale_pages(folder, pages)
    for name in stale:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in pages:
            path.write_text(pages[name], encoding="utf-8")
        else:
            path.unlink()
    return stale


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
