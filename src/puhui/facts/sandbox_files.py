"""What the sandbox bureau is made from: the applicants' file, and the demo's directory that points numbers at rows.

It stands beside the gateway, not in it, because the demo loader may prepare the bureau but, like everybody outside the
journeys, may not ask it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

DIRECTORY = "sandbox_bureau.json"  # in VAR_DIR, written by the demo loader
MINOR_PER_DOLLAR = (
    150  # fen for a 2016 dollar: a factor that makes the file's incomes plausible here, not a rate
)
COUNTS = (
    "delinq_2yrs", "inq_last_6mths", "acc_now_delinq", "open_il_6m", "open_il_12m", "open_il_24m", "inq_fi",
    "inq_last_12m", "num_il_tl",
)  # fmt: skip
AMOUNTS = ("total_bal_il", "delinq_amnt", "total_il_high_credit_limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where a directory points a number."""

    row: int  # `row` of the file
    hit: str | None = None  # "hit", "thin" or "none"; None lets the number's hash decide


def key_of(number: str) -> str:
    """This function will return the key under which a directory knows an identity number: its salted SHA-256."""
    return hashlib.sha256(f"puhui-sandbox-bureau:{number}".encode()).hexdigest()


def fields_of_row(row: Mapping[str, str]) -> dict[str, int | str]:
    """This function will turn a row of the file into a report's columns: counts, fen, tenths of a percent, percent."""
    fields: dict[str, int | str] = {name: int(row[name]) for name in COUNTS}
    fields |= {f"{name}_minor": int(row[name]) * MINOR_PER_DOLLAR for name in AMOUNTS}
    whole, _, part = row["revol_util"].partition(".")
    fields["revol_util_permille"] = int(whole) * 10 + int((part + "0")[0])
    fields["all_util_percent"] = int(row["all_util"])
    return fields


def read_directory() -> Mapping[str, Entry]:
    """This function will read the demo's directory from VAR_DIR, empty when there is none; read again when it changed."""
    path = Path(settings.VAR_DIR) / DIRECTORY
    return _read_directory(path, path.stat().st_mtime_ns) if path.exists() else {}


@lru_cache(maxsize=2)
def _read_directory(path: Path, changed_ns: int) -> Mapping[str, Entry]:
    found = json.loads(path.read_text(encoding="utf-8"))
    return {key: Entry(row=row, hit=hit) for key, (row, hit) in found.items()}


def write_directory(entries: Mapping[str, Entry]) -> None:
    """This function will add entries (by `key_of`) to the demo's directory in VAR_DIR; an old key is replaced."""
    path = Path(settings.VAR_DIR) / DIRECTORY
    merged = {**read_directory(), **entries}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(
        json.dumps({key: [one.row, one.hit] for key, one in sorted(merged.items())}), encoding="utf-8"
    )
    fresh.replace(path)
