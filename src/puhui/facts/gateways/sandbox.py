"""A credit bureau for the demo and the tests: real columns of real people elsewhere, about nobody here.

Each identity number is given one row of data/lending_club_applicants.csv by its hash, so the same number always gets
the same report. Some numbers are unknown to it and some have a thin file, for a house that only ever meets full files
learns nothing about the others. A directory can point chosen numbers at chosen rows (the demo loads people that way).
It can answer late, and it can fail to answer. `addr_state` never leaves the file. See data/README.md for the columns.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from puhui.core.canonical import content_hash, plain
from puhui.facts.domain import BureauAnswer, BureauConsentMissing, BureauHit, BureauUnavailable
from puhui.facts.sandbox_files import Entry, fields_of_row, key_of, read_directory

SOURCE = "sandbox-bureau"
FILE = "lending_club_applicants.csv"
NONE_PERCENT = 6  # of numbers that nobody has
THIN_PERCENT = 10  # of numbers with a short file
THIN = ("delinq_2yrs", "acc_now_delinq", "inq_last_6mths", "inq_last_12m")  # all that a short file holds


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[tuple[int, ...], dict[int, dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as source:
        rows = {int(row["row"]): row for row in csv.DictReader(source)}
    return tuple(rows), rows


class SandboxBureau:
    """Answers like a bureau: by number, under a consent, sometimes late, sometimes not at all."""

    source = SOURCE

    def __init__(
        self,
        *,
        file: Path | None = None,
        directory: Mapping[str, Entry] | None = None,
        latency_seconds: float = 0.0,
        unavailable_percent: int = 0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._file = file or Path(settings.DATA_DIR) / FILE
        self._directory = directory  # None: whatever stands in VAR_DIR when asked
        self._latency_seconds = latency_seconds
        self._unavailable_percent = unavailable_percent
        self._sleep = sleep

    def report(self, *, number: str, consent_id: str, now: datetime) -> BureauAnswer:
        """This function will answer about the person of an identity number.

        Raises: BureauConsentMissing without a consent; BureauUnavailable for a share of (number, minute) pairs, so
        that asking again later helps.
        """
        if not consent_id:
            raise BureauConsentMissing()
        if self._latency_seconds:
            self._sleep(self._latency_seconds)
        key = key_of(number)
        minute = plain(now)[:16]
        if self._unavailable_percent > _percent(content_hash([key, minute])):
            raise BureauUnavailable("the sandbox bureau does not answer this minute")
        order, rows = _read(self._file)
        entry = (read_directory() if self._directory is None else self._directory).get(key)
        chosen = entry.row if entry else order[int(key[:12], 16) % len(order)]
        hit = BureauHit(entry.hit) if entry and entry.hit else _hit_of(key)
        fields = fields_of_row(rows[chosen])
        known = {BureauHit.HIT: tuple(fields), BureauHit.THIN: THIN, BureauHit.NONE: ()}[hit]
        return BureauAnswer(
            hit=hit,
            fields={name: fields[name] for name in known},
            report_id=f"SB-{content_hash([key, consent_id, minute])[:12].upper()}",
        )


def _percent(digest: str) -> int:
    return int(digest[-8:], 16) % 100


def _hit_of(key: str) -> BureauHit:
    place = _percent(key)
    if place < NONE_PERCENT:
        return BureauHit.NONE
    return BureauHit.THIN if place < NONE_PERCENT + THIN_PERCENT else BureauHit.HIT
