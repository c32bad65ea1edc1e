"""A portfolio is published whole or not at all, and what is wrong with one is said."""

from __future__ import annotations

import fcntl
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from puhui.batch.portfolio import refusals, shard_task, shards
from puhui.batch.portfolio.columns import TermsTable, pack, with_terms
from puhui.batch.portfolio.generate import AS_OF, Mix, generate
from puhui.batch.portfolio.shards import Manifest
from puhui.batch.portfolio.value import value_portfolio, write_portfolio
from puhui.core.refusals import Refusal
from puhui.loans.domain.engine import BookEvent, LoanTerms
from puhui.loans.domain.engine.codes import Kind
from tests.batch.kit import kernel


@pytest.fixture(autouse=True)
def _shared_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_task, "_kernel", [kernel()])


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A small portfolio of events."""
    tables = generate(Mix("demo", 300, 7), kernel())
    write_portfolio(
        tables=tables, target=tmp_path / "events", shards=3, made_of={}, as_of=date(2025, 9, 30), say=print
    )
    return tmp_path / "events"


def value(events: Path, name: str = "figures") -> Manifest:
    """Value it on the date on which everything has happened."""
    return value_portfolio(source=events, target=events.with_name(name), as_of=AS_OF, threads=2, say=print)


def test_totals_and_resume(events: Path) -> None:
    whole = value(events)
    assert whole.totals["loans"] == 300 and whole.totals["not_valued"] == 0
    assert (
        whole.totals["lent_minor"] == whole.totals["principal_minor"] + whole.totals["paid_principal_minor"]
    )
    target = events.with_name("again")
    work = target.with_name("again.part")
    value(events, "other")
    events.with_name("other").rename(work)  # as if it had stopped before publishing
    assert value(events, "again").totals == whole.totals
    names = sorted(path.name for path in target.iterdir())
    assert names == ["manifest.json", *sorted(entry.name for entry in whole.shards)]
    assert {entry.name[:6] for entry in whole.shards} <= {"open-0", "closed"}


def test_nothing_is_overwritten_and_one_run_at_a_time(events: Path) -> None:
    value(events)
    with pytest.raises(refusals.PortfolioExists):
        value(events)
    work = events.with_name("busy.part")
    work.mkdir()
    with (work / shards.LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(refusals.PortfolioBusy):
            value(events, "busy")


def test_damage_is_refused_and_nothing_published(events: Path) -> None:
    manifest = events / shards.MANIFEST
    text = manifest.read_text(encoding="utf-8")
    said = json.loads(text)
    shard = events / said["shards"][0]["name"]
    whole = shard.read_bytes()

    def refused(kind: type[Exception]) -> None:
        with pytest.raises(kind):
            value(events)
        assert not events.with_name("figures").exists()

    shard.write_bytes(whole[:-100])
    refused(refusals.ShardDamaged)
    shard.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused(refusals.ShardDamaged)
    shard.write_bytes(whole)
    said["totals"]["loans"] += 1
    manifest.write_text(json.dumps(said), encoding="utf-8")
    refused(refusals.ShardDamaged)
    manifest.write_text(text.replace('"semantics": 2', '"semantics": 3'), encoding="utf-8")
    refused(refusals.SemanticsUnknown)
    manifest.write_text(text.replace('"format": 2', '"format": 3'), encoding="utf-8")
    refused(refusals.SemanticsUnknown)
    manifest.unlink()
    refused(refusals.PortfolioMissing)
    manifest.write_text(text, encoding="utf-8")
    assert value(events).totals["loans"] == 300


@pytest.mark.parametrize(
    ("name", "said", "refusal"),
    [
        (b"puhui.semantics", b"1", refusals.SemanticsUnknown),
        (b"puhui.terms", b"[[1,2,3]]", refusals.SemanticsUnknown),  # of a release with fewer choices
        (b"puhui.terms", b"[[", refusals.ShardDamaged),
        (b"puhui.layout", b"3", refusals.SemanticsUnknown),  # of a release to come
    ],
)
def test_a_shard_of_other_rules(
    events: Path, tmp_path: Path, name: bytes, said: bytes, refusal: type[Refusal]
) -> None:
    shard = next(events.glob("*.parquet"))
    table = pq.read_table(shard)
    pq.write_table(
        table.replace_schema_metadata({**table.schema.metadata, name: said}), tmp_path / "old.parquet"
    )
    with pytest.raises(refusal):
        shard_task.value_shard(str(tmp_path / "old.parquet"), str(tmp_path / "x.parquet"), "2025-09-30")


def lists_of(table: pa.Table, name: str, lists: list[list[int]]) -> pa.Table:
    """The table with other lists in one column."""
    at = table.schema.get_field_index(name)
    field = table.schema.field(at)
    return table.set_column(at, field, pa.array(lists, field.type))


def test_lists_that_were_written_in_full_give_the_same_file(events: Path, tmp_path: Path) -> None:
    """Layout 1 wrote every list of every loan; such shards are read as they are."""
    shard = next(events.glob("open*.parquet"))
    table = pq.read_table(shard)
    days = table["value_date"].to_pylist()
    assert not any(table["kind"].to_pylist()) and not any(table["booking_date"].to_pylist())
    kinds = [[int(Kind.REPAY if n else Kind.DISBURSE) for n in range(len(one))] for one in days]
    old = lists_of(lists_of(table, "kind", kinds), "booking_date", days)
    old = lists_of(old, "of_seq", [[0] * len(one) for one in days])
    metadata = {name: said for name, said in table.schema.metadata.items() if name != b"puhui.layout"}
    pq.write_table(old.replace_schema_metadata(metadata), tmp_path / "old.parquet")
    for name in (tmp_path / "old.parquet", shard):
        shard_task.value_shard(str(name), str(tmp_path / f"{name.stem}.figures"), "2025-09-30")
    found = [path.read_bytes() for path in sorted(tmp_path.glob("*.figures"))]
    assert len(found) == 2 and found[0] == found[1]


@pytest.mark.parametrize("name", ["amount_minor", "kind", "booking_date", "of_seq"])
def test_lists_of_other_lengths_are_refused(events: Path, tmp_path: Path, name: str) -> None:
    """The kernel would read beyond their end."""
    table = pq.read_table(next(events.glob("open*.parquet")))
    lists = [list(one) for one in table["value_date"].to_pylist()]
    lists[3].pop()
    pq.write_table(lists_of(table, name, lists), tmp_path / "odd.parquet")
    with pytest.raises(refusals.ShardDamaged, match=name):
        shard_task.value_shard(str(tmp_path / "odd.parquet"), str(tmp_path / "x.parquet"), "2025-09-30")
    assert not list(tmp_path.glob("x.parquet*"))


@pytest.mark.skipif(
    not Path("/dev/full").exists(),
    reason="only Linux has /dev/full, which stands for a full disk; run it there",
)
def test_a_full_disk_leaves_nothing(events: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "_force", lambda path: Path("/dev/full").write_bytes(b"x"))
    with pytest.raises(refusals.DiskFull):
        value(events)
    assert not events.with_name("figures").exists()


def test_loans_without_figures_are_not_passed_over(tmp_path: Path) -> None:
    """A refund that gives interest back needs the book of another story, which a shard does not hold."""
    day = date(2025, 1, 1)
    contract = LoanTerms(
        currency="CNY", principal_minor=1_000_000, annual_rate_ppm=144_000, count=12, start_date=day
    )
    payout = BookEvent(seq=1, kind=Kind.DISBURSE, value_date=day, booking_date=day, amount_minor=1_000_000)
    refund = replace(payout, seq=2, kind=Kind.MERCHANT_REFUND, amount_minor=5_000, refunds_interest=True)
    terms = TermsTable()
    table = pack([("plain", contract, [payout]), ("refunded", contract, [payout, refund])], terms)
    events = tmp_path / "events"
    write_portfolio(
        tables=[with_terms(table, terms)], target=events, shards=2, made_of={}, as_of=None, say=print
    )
    with pytest.raises(refusals.LoansNotValued) as refused:
        value(events)
    assert refused.value.facts["loans"] == "refunded" and not (tmp_path / "figures").exists()
    whole = value_portfolio(
        source=events, target=tmp_path / "figures", as_of=AS_OF, threads=1, say=print, without_unvalued=True
    )
    assert whole.totals["not_valued"] == 1 and whole.totals["lent_minor"] == 1_000_000
    listed = (tmp_path / "figures" / "not_valued.csv").read_text(encoding="utf-8")
    assert listed == "loan_id,reason\nrefunded,refund_gives_interest_back\n"
