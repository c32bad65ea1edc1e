"""A portfolio valued on a date: every shard through the shard task, in threads, streaming and resumable; published whole or
not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from puhui.batch.portfolio.columns import SEMANTICS
from puhui.batch.portfolio.refusals import DiskFull, LoansNotValued, ShardDamaged
from puhui.batch.portfolio.shard_task import kernel, value_shard, value_table
from puhui.batch.portfolio.shards import (
    PART,
    Manifest,
    ShardEntry,
    check_shard,
    entry_of,
    file_hash,
    publishing,
    read_manifest,
    write_manifest,
)
from puhui.loans.domain.engine.book import FAULT_EVENT, FAULT_FULL, FAULT_REFUND
from puhui.loans.domain.engine.figures import ACTIVE

ROW_GROUP = 40_000  # loans of a row group at least, where a shard has so many: each has a cost of its own
MOST_WAITING = 400_000  # loans that wait in memory for a row group of their shard
NOT_VALUED = "not_valued.csv"
NAMED = 20  # loans that a refusal names itself
REASONS = {
    FAULT_FULL: "too_many_instalments",
    FAULT_REFUND: "refund_gives_interest_back",
    FAULT_EVENT: "event_refers_to_none",
}
Say = Callable[[str], None]


def value_portfolio(
    *, source: Path, target: Path, as_of: date, threads: int, say: Say, without_unvalued: bool = False
) -> Manifest:
    """This function will value the portfolio of events `source` on `as_of` into the new folder `target`, and return its
    manifest. A run that was interrupted goes on where it stopped, if it is for the same events and date. Loans that
    cannot be worked out stop it before anything is published; `without_unvalued` publishes all the same. Either way
    they are listed, with the reason, in `not_valued.csv`.

    Raises: PortfolioMissing, PortfolioBusy, PortfolioExists, ShardDamaged, SemanticsUnknown, DiskFull, LoansNotValued.
    """
    events = read_manifest(source)
    made_of = {
        "as_of": as_of.isoformat(),
        "events": file_hash(source / "manifest.json"),
        "kernel": kernel().key,
    }
    with publishing(target) as work:
        entries, totals = _value_all(source, events, work, made_of, threads, say)
        if totals.get("not_valued"):
            _list_unvalued(work, entries, totals["not_valued"], without_unvalued)
        manifest = Manifest(
            kind="figures", semantics=SEMANTICS, made_of=made_of, shards=tuple(entries), totals=totals
        )
        write_manifest(work, manifest)
        for receipt in work.glob("*.receipt"):
            receipt.unlink()
    return manifest


def _list_unvalued(work: Path, entries: list[ShardEntry], count: int, without_unvalued: bool) -> None:
    """Write down which loans have no figures, and stop unless that was asked for."""
    lines, first = ["loan_id,reason"], []
    for entry in entries:
        table = pq.read_table(work / entry.name, columns=["loan_id", "fault"])
        for one in table.filter(pc.field("fault") != 0).to_pylist():
            lines.append(f"{one['loan_id']},{REASONS.get(one['fault'], 'several')}")
            first.append(one["loan_id"])
    path = work / NOT_VALUED
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if not without_unvalued:
        named = ", ".join(first[:NAMED]) + (f" and {count - NAMED} more" if count > NAMED else "")
        raise LoansNotValued(count=count, loans=named, list=str(path))


def _value_all(
    source: Path, events: Manifest, work: Path, made_of: dict[str, str], threads: int, say: Say
) -> tuple[list[ShardEntry], dict[str, int]]:
    """Value every shard, and hold the number of loans against the manifest's."""
    entries: list[ShardEntry] = []
    totals: dict[str, int] = {"loans": 0}
    with ThreadPoolExecutor(threads) as pool:
        # One thread is the caller's own, whose working memory and allocator are warm from what it did before.
        each = map if threads == 1 else pool.map
        for entry, found in each(lambda one: _value_one(source, one, work, made_of), events.shards):
            entries.append(entry)
            totals |= {name: totals.get(name, 0) + amount for name, amount in found.items()}
            said = f"{totals['loans']} of {events.totals['loans']} loans"
            say(f"{len(entries)}/{len(events.shards)} shards, {said}")
    if totals["loans"] != events.totals["loans"]:
        raise ShardDamaged(
            file=str(source), expected=f"{events.totals['loans']} loans", found=str(totals["loans"])
        )
    return entries, totals


def _value_one(
    source: Path, entry: ShardEntry, work: Path, made_of: dict[str, str]
) -> tuple[ShardEntry, dict[str, int]]:
    """Value one shard, or take what an earlier run left if its receipt says that it is for the same input and whole."""
    target, receipt = work / entry.name, work / (entry.name + ".receipt")
    key = {**made_of, "shard": entry.sha256}
    if receipt.is_file() and target.is_file():
        try:
            said = json.loads(receipt.read_bytes())
            if said["key"] == key and said["entry"]["sha256"] == file_hash(target):
                return ShardEntry(**said["entry"]), said["totals"]
        except (ValueError, KeyError, TypeError):
            pass  # a receipt that cannot be read is none: the shard is valued again
    path = check_shard(source, entry)
    totals = value_shard(str(path), str(target), made_of["as_of"])
    if totals["loans"] != entry.loans:
        raise ShardDamaged(file=str(path), expected=f"{entry.loans} loans", found=str(totals["loans"]))
    found = ShardEntry(
        name=entry.name,
        loans=totals["loans"],
        events=0,
        amount_minor=totals["outstanding_minor"],
        bytes=target.stat().st_size,
        sha256=file_hash(target),
    )
    temporary = receipt.with_name(receipt.name + PART)
    said = {"key": key, "entry": {name: getattr(found, name) for name in found.__slots__}, "totals": totals}
    temporary.write_text(json.dumps(said), encoding="utf-8")
    temporary.replace(receipt)
    return found, totals


def write_portfolio(
    *,
    tables: Iterable[pa.Table],
    target: Path,
    shards: int,
    made_of: dict[str, object],
    as_of: date | None,
    say: Say,
) -> Manifest:
    """This function will write tables of loans as a portfolio of events: by a hash of the loan id into `shards` shards,
    and loans that are closed on `as_of` into shards of their own.

    Raises: PortfolioBusy, PortfolioExists, DiskFull.
    """
    with publishing(target) as work:
        for old in work.glob("*.parquet*"):
            old.unlink()
        parts = _write_parts(tables, work, shards, as_of, say)
        entries = []
        for name in parts:
            path = work / name
            path.with_name(name + PART).replace(path)
            entries.append(entry_of(path, pq.read_table(path, columns=["amount_minor"])))
        totals = {
            key: sum(getattr(entry, key) for entry in entries) for key in ("loans", "events", "amount_minor")
        }
        manifest = Manifest(
            kind="events", semantics=SEMANTICS, made_of=made_of, shards=tuple(entries), totals=totals
        )
        write_manifest(work, manifest)
    return manifest


def _write_parts(
    tables: Iterable[pa.Table], work: Path, shards: int, as_of: date | None, say: Say
) -> list[str]:
    """Write every table's loans to the shards that they belong to, and return the shards' names."""
    writers: dict[str, pq.ParquetWriter] = {}
    waiting: dict[str, list[pa.Table]] = {}
    count = 0
    try:
        for table in tables:
            for name, part in _spread(table, shards, as_of):
                waiting.setdefault(name, []).append(part)
            for name in _ready(waiting):
                _append(writers, work, name, waiting.pop(name))
            count += table.num_rows
            say(f"{count} loans")
        for name, parts in waiting.items():
            _append(writers, work, name, parts)
        for writer in writers.values():
            writer.close()
    except OSError as error:
        raise DiskFull(file=str(work), found=str(error.strerror or error)) from None
    return sorted(writers)


def _ready(waiting: dict[str, list[pa.Table]]) -> list[str]:
    """The shards of which a row group may be written: those with enough loans, or all where too many wait."""
    sizes = {name: sum(part.num_rows for part in parts) for name, parts in waiting.items()}
    enough = ROW_GROUP if sum(sizes.values()) < MOST_WAITING else 0
    return [name for name, size in sizes.items() if size >= enough]


def _append(writers: dict[str, pq.ParquetWriter], work: Path, name: str, parts: list[pa.Table]) -> None:
    """Write loans as one row group of a shard."""
    if name not in writers:
        path = work / (name + PART)
        schema = parts[0].schema
        repeat = [_leaf(field) for field in schema if field.name != "loan_id"]  # each id is there once
        # The quickest to read: as small as Snappy makes it, and opened in half the time.
        writers[name] = pq.ParquetWriter(path, schema, compression="lz4", use_dictionary=repeat)
    whole = pa.concat_tables(parts)
    writers[name].write_table(whole, row_group_size=max(1, whole.num_rows))


def _leaf(field: pa.Field) -> str:
    """The path of a column's values in a Parquet file."""
    return f"{field.name}.list.element" if pa.types.is_list(field.type) else str(field.name)


def _spread(table: pa.Table, shards: int, as_of: date | None) -> Iterable[tuple[str, pa.Table]]:
    """The loans of a table by shard; which one follows from the id alone."""
    place = [int.from_bytes(_digest(one), "big") % shards for one in table["loan_id"].to_pylist()]
    closed = [False] * table.num_rows
    if as_of is not None:
        closed = [status != ACTIVE for status in value_table(table, as_of)["status"].to_pylist()]
    for shard in range(shards):
        for is_closed in (False, True):
            mine = [i for i in range(table.num_rows) if place[i] == shard and closed[i] == is_closed]
            if mine:
                name = f"{'closed' if is_closed else 'open'}-{shard:04d}.parquet"
                yield name, pc.take(table, pa.array(mine))


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8).digest()
