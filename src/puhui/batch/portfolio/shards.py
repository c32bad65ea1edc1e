"""Portfolios on disk: Parquet shards, a manifest that says what must be in them, and a publish that is all or nothing.

A portfolio is a folder. Loans are spread over shards by a hash of their id; closed ones lie apart, because a run over
open loans need not read them. A folder that has no manifest is not a portfolio: everything is written under another
name first and renamed once it is complete.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from puhui.batch.portfolio.columns import LAYOUT, SEMANTICS
from puhui.batch.portfolio.refusals import (
    DiskFull,
    PortfolioBusy,
    PortfolioExists,
    PortfolioMissing,
    SemanticsUnknown,
    ShardDamaged,
)
from puhui.loans.domain.engine.reading import TERMS_WIDTH

MANIFEST = "manifest.json"
PART = ".part"  # end of a name that readers ignore
LOCK = ".puhui-lock"
FORMAT = 2  # of the manifest: 2 is for shards whose lists may be left out; those of 1 are read as well
DAYS = ("past_due_since", "days_past_due", "next_due")  # figures of few values
SELDOM = (  # figures that nearly all loans have none of
    "fee_minor", "penalty_minor", "credit_minor", "paid_other_minor", "waived_minor", "written_off_minor",
    "recovered_minor", "sold_minor",
)  # fmt: skip
READ_LAYOUTS = tuple(str(one + 1) for one in range(LAYOUT))  # of shards of events
WRITTEN_AT_ONCE = 32_768  # values


@dataclass(frozen=True, slots=True)
class ShardEntry:
    """What a manifest says of one shard."""

    name: str  # file, within the folder
    loans: int  # rows
    events: int  # of all its loans
    amount_minor: int  # sum of all events' amounts, minor units
    bytes: int  # of the file
    sha256: str  # of the file


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a portfolio."""

    kind: str  # "events" or "figures"
    semantics: int  # version of the rules that compute a loan
    made_of: dict[str, Any]  # from what it was made: database, mix, or portfolio and date
    shards: tuple[ShardEntry, ...]  # its files
    totals: dict[str, int]  # control totals over all shards

    def text(self) -> str:
        """This function will write the manifest as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """This function will read the manifest of a portfolio.

    Raises: PortfolioMissing; ShardDamaged if it is no manifest or contradicts itself; SemanticsUnknown.
    """
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_bytes())
        written_as = raw.get("format")
        found = Manifest(
            kind=raw["kind"],
            semantics=raw["semantics"],
            made_of=raw["made_of"],
            shards=tuple(ShardEntry(**one) for one in raw["shards"]),
            totals=raw["totals"],
        )
    except FileNotFoundError:
        raise PortfolioMissing(folder=str(folder)) from None
    except (ValueError, KeyError, TypeError) as error:
        raise ShardDamaged(file=str(path), expected="a manifest", found=str(error)) from None
    if written_as not in range(1, FORMAT + 1):
        raise SemanticsUnknown(
            file=str(path), expected=f"format up to {FORMAT}", found=f"format {written_as}"
        )
    if found.semantics != SEMANTICS:
        raise SemanticsUnknown(file=str(path), expected=SEMANTICS, found=found.semantics)
    for name in ("loans", "events", "amount_minor"):
        total = sum(getattr(shard, name) for shard in found.shards)
        if found.kind == "events" and found.totals.get(name) != total:
            raise ShardDamaged(file=str(path), expected=f"{name} {found.totals.get(name)}", found=str(total))
    return found


def file_hash(path: Path) -> str:
    """This function will return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def entry_of(path: Path, table: pa.Table) -> ShardEntry:
    """This function will count what is in a shard that was written."""
    return ShardEntry(
        name=path.name,
        loans=table.num_rows,
        events=int(pc.sum(pc.list_value_length(table["amount_minor"])).as_py() or 0),
        amount_minor=int(pc.sum(pc.list_flatten(table["amount_minor"])).as_py() or 0),
        bytes=path.stat().st_size,
        sha256=file_hash(path),
    )


def check_shard(folder: Path, entry: ShardEntry) -> Path:
    """This function will return a shard's path once its bytes are what the manifest says.

    Raises: ShardDamaged naming the file, what was expected and what was found.
    """
    path = folder / entry.name
    if Path(entry.name).name != entry.name:
        raise ShardDamaged(file=entry.name, expected="a name within the folder", found=entry.name)
    if not path.is_file():
        raise ShardDamaged(file=str(path), expected="a file", found="nothing")
    if path.stat().st_size != entry.bytes:
        raise ShardDamaged(file=str(path), expected=f"{entry.bytes} bytes", found=str(path.stat().st_size))
    found = file_hash(path)
    if found != entry.sha256:
        raise ShardDamaged(file=str(path), expected=f"sha256 {entry.sha256}", found=found)
    return path


def read_shard(path: Path) -> Iterator[pa.Table]:
    """This function will yield the row groups of a shard of events.

    Raises: ShardDamaged if it cannot be read; SemanticsUnknown if it was written for other rules.
    """
    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            metadata = file.schema_arrow.metadata or {}
            version = metadata.get(b"puhui.semantics", b"none").decode()
            if version != str(SEMANTICS):
                raise SemanticsUnknown(file=str(path), expected=SEMANTICS, found=version)
            check_terms(path, metadata)
            layout = metadata.get(b"puhui.layout", b"1").decode()
            if layout not in READ_LAYOUTS:
                raise SemanticsUnknown(
                    file=str(path), expected=f"layout {' or '.join(READ_LAYOUTS)}", found=f"layout {layout}"
                )
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise ShardDamaged(file=str(path), expected="a Parquet file", found=str(error)) from None


def check_terms(path: Path, metadata: Mapping[bytes, bytes]) -> None:
    """This function will refuse a shard whose table of terms this code would misread: it was written by a release whose
    contracts had fewer or more choices.
    """
    try:
        widths = {len(line) for line in json.loads(metadata.get(b"puhui.terms", b""))}
    except (ValueError, TypeError) as error:
        raise ShardDamaged(file=str(path), expected="a table of terms", found=str(error)) from None
    if widths - {TERMS_WIDTH}:
        found = ", ".join(str(one) for one in sorted(widths))
        raise SemanticsUnknown(file=str(path), expected=f"terms of {TERMS_WIDTH} numbers", found=found)


def figures_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """This function will open a file of figures, each column written in the way that is quickest for what it holds: days in few
    values as a dictionary, amounts as differences, which is smaller than compressing them, and what is nothing for nearly all
    loans as it is, compressed. No statistics, for a hash spreads loans and every row group holds every value.
    """
    days = [name for name in DAYS if name in schema.names]
    amounts = [field.name for field in schema if pa.types.is_int64(field.type) and field.name not in SELDOM]
    return pq.ParquetWriter(
        path,
        schema,
        compression={name: "none" if name in amounts else "lz4" for name in schema.names},
        use_dictionary=days,
        write_statistics=False,
        column_encoding=dict.fromkeys(amounts, "DELTA_BINARY_PACKED"),
        write_batch_size=WRITTEN_AT_ONCE,
    )


def write_tables(path: Path, tables: Iterator[pa.Table]) -> None:
    """This function will write tables of figures as the row groups of one Parquet file, each as it comes: under a name that
    readers ignore, forced to the disk, then renamed. Without a table there is no file.

    Raises: DiskFull, and what `tables` raises; then nothing is left.
    """
    first = next(tables, None)
    if first is None:
        return
    temporary = path.with_name(path.name + PART)
    try:
        with figures_writer(temporary, first.schema) as writer:
            for table in chain([first], tables):
                writer.write_table(table, row_group_size=max(1, table.num_rows))
        _force(temporary)
        temporary.replace(path)
    except OSError as error:
        raise DiskFull(file=str(path), found=str(error.strerror or error)) from None
    finally:
        temporary.unlink(missing_ok=True)


def _force(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """This function will write a manifest: from then on the folder is a portfolio.

    Raises: DiskFull.
    """
    temporary = folder / (MANIFEST + PART)
    try:
        temporary.write_text(manifest.text(), encoding="utf-8")
        _force(temporary)
        temporary.replace(folder / MANIFEST)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise DiskFull(file=str(folder / MANIFEST), found=str(error.strerror or error)) from None


@contextmanager
def publishing(folder: Path) -> Iterator[Path]:
    """This context will yield the folder in which a run works, beside the one it will publish, and publish it at the end
    by one rename. What an interrupted run left stays there, for the next one to go on from.

    Raises: PortfolioBusy if another run holds it; PortfolioExists if `folder` is there already; DiskFull.
    """
    if folder.exists():
        raise PortfolioExists(folder=str(folder))
    work = folder.with_name(folder.name + PART)
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock = (work / LOCK).open("a+b")
    except OSError as error:
        raise DiskFull(file=str(work), found=str(error.strerror or error)) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise PortfolioBusy(folder=str(folder)) from None
        if folder.exists():  # the run that held the lock has published
            shutil.rmtree(work)
            raise PortfolioExists(folder=str(folder))
        yield work
        (work / LOCK).unlink()
        work.rename(folder)
