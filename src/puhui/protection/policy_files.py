"""Policy files read once: a published file is never edited, so what was parsed stays until the folder changes.

Reading happens in every request, so the warm path is one `stat` of the folder (a new file changes it). Every
RECHECK_EVERY calls the files themselves are looked at (time of change, size); what changed there is parsed again when
its content hash is another one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from django.conf import settings

from puhui.core.canonical import content_hash
from puhui.protection.domain.strict import PolicyInvalid

RECHECK_EVERY = 256  # calls between two looks at every file

T = TypeVar("T")
Marks = tuple[tuple[str, int, int], ...]


@dataclass(slots=True, kw_only=True)
class _Kept(Generic[T]):
    """What was parsed of one policies folder, and how its files looked then."""

    value: T
    folder_marks: tuple[int, int]  # times of change of the first folder and of what the house published, ns
    marks: Marks  # path, time of change (ns) and size of each file
    hash: str  # over all texts
    calls: int  # since the last look at every file


class PolicyFiles(Generic[T]):
    """The parsed content of `folders/*.toml` below settings.POLICIES_DIR and settings.PUBLISHED_DIR."""

    def __init__(self, *folders: str, load: Callable[[Mapping[str, str]], T]) -> None:
        self._folders = folders
        self._load = load  # {"house/cn-2026-11-01.toml": text} → value; raises PolicyInvalid
        self._kept: dict[str, _Kept[T]] = {}

    def get(self) -> T:
        """Return the parsed content. Raises: PolicyInvalid as `load` does."""
        root, published = settings.POLICIES_DIR, settings.PUBLISHED_DIR
        kept = self._kept.get(f"{root}:{published}")
        folder_marks = (_mark(f"{root}/{self._folders[0]}"), _mark(f"{published}"))
        if kept is not None and kept.folder_marks == folder_marks and kept.calls < RECHECK_EVERY:
            kept.calls += 1
            return kept.value
        return self._refresh((Path(root), Path(published)), kept, folder_marks)

    def texts(self) -> dict[str, str]:
        """Return the texts themselves, by their path below the folders."""
        return self._read((Path(settings.POLICIES_DIR), Path(settings.PUBLISHED_DIR)))

    def get_with(self, name: str, text: str) -> T:
        """Return what would be parsed if this text were published, too. Raises: PolicyInvalid as `load` does."""
        found = self.texts()
        if name in found:
            raise PolicyInvalid("a text of this name holds already; give it a later first day", file=name)
        return self._load(found | {name: text})

    def _paths(self, roots: tuple[Path, Path]) -> list[tuple[Path, Path]]:
        return [
            (root, path)
            for root in roots
            for folder in self._folders
            for path in sorted((root / folder).glob("*.toml"))
        ]

    def _read(self, roots: tuple[Path, Path]) -> dict[str, str]:
        found: dict[str, str] = {}
        for root, path in self._paths(roots):
            name, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
            if found.setdefault(name, text) != text:
                raise PolicyInvalid(
                    "the installation and the house have different texts of this name", file=name
                )
        return found

    def _refresh(self, roots: tuple[Path, Path], kept: _Kept[T] | None, folder_marks: tuple[int, int]) -> T:
        marks = tuple(
            (str(path), path.stat().st_mtime_ns, path.stat().st_size) for _, path in self._paths(roots)
        )
        if kept is not None and kept.marks == marks:
            kept.calls, kept.folder_marks = 0, folder_marks
            return kept.value
        texts = self._read(roots)
        digest = content_hash(texts)
        same = kept is not None and kept.hash == digest
        value = kept.value if kept is not None and same else self._load(texts)
        self._kept[f"{roots[0]}:{roots[1]}"] = _Kept(
            value=value, folder_marks=folder_marks, marks=marks, hash=digest, calls=0
        )
        return value


def _mark(folder: str) -> int:
    """When a folder changed, 0 when there is none."""
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116 - half the cost of Path.stat
    except FileNotFoundError:
        return 0
