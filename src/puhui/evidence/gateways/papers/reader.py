"""Reads a paper in a process of its own, with bounded memory, time and no files: whatever a file does, only it suffers."""

from __future__ import annotations

import base64
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from puhui.evidence.domain import (
    PaperContent,
    PaperLine,
    PaperReaderMissing,
    PaperRefused,
    PaperSignature,
)

MOST_SECONDS = 60  # of processor time for one paper
MOST_WAIT = 180  # seconds on the clock
MOST_BYTES = 3 * 2**30  # of address space: the models and libraries take a third of it
CHILD = "puhui.evidence.gateways.papers.child"


class PaperDesk:
    """The reader of this machine; `isolated=False` reads in this process, for measuring many papers."""

    def __init__(
        self, *, roots: Sequence[Path] | None = None, isolated: bool = True, most_bytes: int = MOST_BYTES
    ) -> None:
        self._roots = list(settings.EVIDENCE_ROOTS) if roots is None else list(roots)
        self._isolated = isolated
        self._most_bytes = most_bytes

    def content(self, data: bytes, *, at: datetime) -> PaperContent:
        """This function will read a file; its signature is judged at an instant. Raises: PaperRefused, PaperReaderMissing."""
        texts = [path.read_bytes() for path in self._roots]
        if not self._isolated:
            from puhui.evidence.gateways.papers.child import read_bytes

            return read_bytes(data, roots=texts, at=at)
        asked = {"roots": [text.decode() for text in texts], "at": at.isoformat()}
        return _answer(_run(json.dumps(asked).encode() + b"\n" + data, self._most_bytes))


def _run(given: bytes, most_bytes: int) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", CHILD],
            input=given,
            capture_output=True,
            timeout=MOST_WAIT,
            preexec_fn=_bounds(most_bytes),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PaperRefused("TOO_MUCH_WORK") from None
    if done.returncode != 0:
        if b"ModuleNotFoundError" in done.stderr:
            raise PaperReaderMissing("install puhui[documents] to read papers here")
        raise PaperRefused("TOO_MUCH_WORK")  # it ran out of what it was given
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _bounds(most_bytes: int) -> Callable[[], None]:
    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return bound


def _answer(found: dict[str, Any]) -> PaperContent:
    if "refused" in found:
        raise PaperRefused(str(found["refused"]))
    return PaperContent(
        sha256=found["sha256"],
        pages=found["pages"],
        lines=tuple(PaperLine(**one) for one in found["lines"]),
        by_sight=found["by_sight"],
        signature=PaperSignature(found["signature"]),
        signer=found["signer"],
        marks=tuple(found["marks"]),
        view=base64.b64decode(found["view"]),
    )
