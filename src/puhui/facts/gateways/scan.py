"""The sources of the second scan, for the demo and the tests: everybody is who she was, nobody is listed, few owe elsewhere.

Chosen numbers can be given other answers; the source can answer late, and it can fail to answer for a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from puhui.core.canonical import content_hash, plain
from puhui.facts.domain import ScanReport, ScanSourceUnavailable
from puhui.facts.sandbox_files import key_of

SOURCE = "sandbox-scan"
CLEAR: dict[str, int | str] = {"scan.identity": "match", "scan.watch": "clear"}
FEW_LENDERS: dict[str, int | str] = {
    "scan.open_lenders": 1,
    "scan.new_lenders_30d": 0,
    "scan.requests_7d": 0,
}


class SandboxScan:
    """Answers like identity check, watch lists and lenders' exchange in one."""

    source = SOURCE

    def __init__(
        self,
        *,
        answers: Mapping[str, Mapping[str, int | str]] | None = None,
        latency_seconds: float = 0.0,
        unavailable_percent: int = 0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._answers = {key_of(number): dict(facts) for number, facts in (answers or {}).items()}
        self._latency_seconds = latency_seconds
        self._unavailable_percent = unavailable_percent
        self._sleep = sleep

    def look(self, *, number: str, lenders: bool, now: datetime) -> ScanReport:
        """This function will answer about the person of an identity number.

        Raises: ScanSourceUnavailable for a share of (number, minute) pairs, so that asking again later helps.
        """
        if self._latency_seconds:
            self._sleep(self._latency_seconds)
        key, minute = key_of(number), plain(now)[:16]
        digest = content_hash([key, minute])
        if self._unavailable_percent > int(digest[-8:], 16) % 100:
            raise ScanSourceUnavailable("the sandbox scan does not answer this minute")
        known = CLEAR | FEW_LENDERS | self._answers.get(key, {})
        asked = known if lenders else {name: value for name, value in known.items() if name in CLEAR}
        return ScanReport(facts=asked, report_id=f"SS-{digest[:12].upper()}")
