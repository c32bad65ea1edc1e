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

RECHECK_EVERY = 256  # calls between two looks at every file

T = TypeVar("T")
Marks = tuple[tuple[str, int, int], ...]


@dataclass(slots=True, kw_only=True)
class _Kept(Generic[T]):
    """What was parsed of one policies folder, and how its files looked then."""

    value: T
    folder_mark: int  # time of change of the first folder, ns
    marks: Marks  # path, time of change (ns) and size of each file
    hash: str  # over all texts
    calls: int  # since the last look at every file


class PolicyFiles(Generic[T]):
    """The parsed content of `folders/*.toml` below settings.POLICIES_DIR."""

    def __init__(self, *folders: str, load: Callable[[Mapping[str, str]], T]) -> None:
        self._folders = folders
        self._load = load  # {"house/cn-2026-11-01.toml": text} → value; raises PolicyInvalid
        self._kept: dict[str, _Kept[T]] = {}

    def get(self) -> T:
        """Return the parsed content. Raises: PolicyInvalid as `load` does."""
        root = settings.POLICIES_DIR
        kept = self._kept.get(str(root))
        folder_mark = os.stat(f"{root}/{self._folders[0]}").st_mtime_ns  # noqa: PTH116 - half the cost of Path.stat
        if kept is not None and kept.folder_mark == folder_mark and kept.calls < RECHECK_EVERY:
            kept.calls += 1
            return kept.value
        return self._refresh(Path(root), kept, folder_mark)

    def _refresh(self, root: Path, kept: _Kept[T] | None, folder_mark: int) -> T:
        paths = [path for folder in self._folders for path in sorted((root / folder).glob("*.toml"))]
        marks = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in paths)
        if kept is not None and kept.marks == marks:
            kept.calls, kept.folder_mark = 0, folder_mark
            return kept.value
        texts = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}
        digest = content_hash(texts)
        same = kept is not None and kept.hash == digest
        value = kept.value if kept is not None and same else self._load(texts)
        self._kept[str(root)] = _Kept(value=value, folder_mark=folder_mark, marks=marks, hash=digest, calls=0)
        return value
