"""The changelog of a release, gathered from the fragments in `changes/`: one file a change, `AREA.SLUG.md`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from puhui.core.refusals import Refusal

FRAGMENT = re.compile(r"(?P<area>[a-z]+)\.(?P<slug>[a-z0-9-]+)\.md")
VERSION = re.compile(r"\d+\.\d+\.\d+")
HEADING = "# Changelog\n"
NEXT = "\nFragments of the next release are in [changes/](changes/).\n"
PLACES = (("pyproject.toml", 'version = "{}"'), ("src/puhui/__init__.py", '__version__ = "{}"'))


class VersionInvalid(Refusal):
    """A version is three numbers with points, such as 0.2.0, and above the one before."""

    field = "version"


class NothingChanged(Refusal):
    """There is no fragment in changes/, so there is nothing to release."""

    field = "version"


class FragmentInvalid(Refusal):
    """A fragment is named AREA.SLUG.md and holds a sentence."""

    field = "version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """One change."""

    area: str  # part of the product
    text: str  # for the person who deploys or uses it
    path: Path  # where it stands


def list_fragments(*, root: Path) -> list[Fragment]:
    """This function will read the fragments of the repository at `root`, by area. Raises: FragmentInvalid (names the file)."""
    found = []
    for path in sorted((root / "changes").glob("*.md")):
        if path.name == "README.md":
            continue
        name, text = FRAGMENT.fullmatch(path.name), " ".join(path.read_text(encoding="utf-8").split())
        if name is None or not text:
            raise FragmentInvalid(file=path.name)
        found.append(Fragment(area=name["area"], text=text, path=path))
    return found


def render(*, version: str, on_date: date, fragments: list[Fragment]) -> str:
    """This function will write the section of one release in Markdown."""
    lines = [f"- **{one.area}**: {one.text}" for one in fragments]
    return "\n".join([f"## {version}, {on_date.isoformat()}", "", *lines, ""])


def prepare(*, root: Path, version: str, on_date: date) -> list[str]:
    """This function will make the repository at `root` ready to be tagged `v`+`version`: the version where it stands,
    the changelog, and no fragments; it returns the files that changed.

    Raises: VersionInvalid, NothingChanged, FragmentInvalid; nothing is written then.
    """
    current = current_version(root=root)
    if not VERSION.fullmatch(version) or _parts(version) < _parts(current):
        raise VersionInvalid(version=version, current=current)
    fragments = list_fragments(root=root)
    if not fragments:
        raise NothingChanged()
    log = root / "CHANGELOG.md"
    older = log.read_text(encoding="utf-8").removeprefix(HEADING).removeprefix(NEXT).strip("\n")
    if re.search(rf"^## {re.escape(version)},", older, re.MULTILINE):
        raise VersionInvalid(version=version, current=version)
    changed = ["CHANGELOG.md"]
    for name, shape in PLACES:
        path = root / name
        text = path.read_text(encoding="utf-8")
        assert text.count(shape.format(current)) == 1, f"{name} names the version once"
        path.write_text(text.replace(shape.format(current), shape.format(version)), encoding="utf-8")
        changed.append(name)
    section = render(version=version, on_date=on_date, fragments=fragments)
    log.write_text(f"{HEADING}{NEXT}\n{section}" + (f"\n{older}\n" if older else ""), encoding="utf-8")
    for one in fragments:
        one.path.unlink()
        changed.append(f"changes/{one.path.name}")
    return changed


def current_version(*, root: Path) -> str:
    """This function will return the version that the repository at `root` names."""
    text = (root / "src/puhui/__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    assert found is not None, "src/puhui/__init__.py names the version"
    return found[1]


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
