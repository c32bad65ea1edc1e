"""Facts from files, databases and pages over HTTP: what passes, what is set aside with its number, what holds the whole."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from puhui.core.refusals import Refusal
from puhui.customers.queries import find_by_number
from puhui.facts import intake_reading
from puhui.facts.gateways import sources
from puhui.facts.intake import (
    AsideCode,
    Intake,
    IntakeAlreadyTaken,
    IntakeState,
    SourceChanged,
    SourceColumnsDiffer,
    SourceUnknown,
    SourceUnreadable,
    parse_source,
)
from puhui.facts.models import FactRow, IntakeAsideRow
from puhui.facts.queries import (
    find_last_intake,
    get_facts,
    get_source,
    list_aside,
    list_intakes,
    list_origins,
)
from puhui.journeys import consent, take_facts
from puhui.lab import demo_payroll
from puhui.lab.people import invent_person
from puhui.protection.domain.strict import PolicyInvalid
from puhui.runtime.queries import list_audit
from puhui.site.management.commands import facts as facts_command
from puhui.web.shared.refusals import refused
from tests.journeys.world import World

HEAD = ["resident_number", "paid_on", "net_salary", "months_employed", "employer_kind", "fund_rate"]
STRANGER = invent_person(seed=99, index=9).resident_number


@pytest.fixture
def world(db: None) -> Iterator[World]:
    made = World(start=date(2026, 11, 23))
    for index in (0, 1):
        borrower = made.borrower(index)
        borrower.register(made.now)
        borrower.say_who(made.now)
    yield made
    made.check()
    made.close()


@contextmanager
def refuses(kind: type[Refusal], **facts: object) -> Iterator[None]:
    """The act is refused as `kind`, with these facts among others, and with a sentence in both languages."""
    with pytest.raises(kind) as found:
        yield
    assert facts.items() <= found.value.facts.items(), found.value.facts
    for language in ("zh-hans", "en"):
        sentence = refused(found.value, language=language, currency="CNY", zone="Asia/Shanghai").sentence
        assert "{" not in sentence and sentence


def customer_of(world: World, index: int = 0) -> str:
    found = find_by_number(number(world, index))
    assert found is not None
    return found.id


def number(world: World, index: int = 0) -> str:
    return world.person(index).resident_number


def rows_of(world: World) -> list[list[str]]:
    """Two months of two people of ours, and one of nobody's."""
    return [
        [number(world), "2026-10-15", "8,200.50", "30", "private", "12"],
        [number(world), "2026-11-15", "8200.50", "31", "private", "12.0"],
        [number(world, 1), "2026-11-15", "5000", "4", "", ""],
        [STRANGER, "2026-11-15", "7000", "9", "public", "7"],
    ]


def csv_file(folder: Path, rows: list[list[str]], *, head: list[str] = HEAD, name: str = "pay.csv") -> str:
    quoted = [",".join(f'"{cell}"' for cell in row) for row in [head, *rows]]
    (folder / name).write_text("\n".join(quoted) + "\n", encoding="utf-8")
    return str(folder / name)


def take(world: World, place: str, **more: Any) -> Intake:
    return take_facts.take(source="payroll", place=place, by="luo", now=world.now, **more)


def test_what_belongs_to_customers_is_kept_with_its_row(world: World, tmp_path: Path) -> None:
    done = take(world, csv_file(tmp_path, rows_of(world)))
    assert (done.state, done.rows, done.place) == (IntakeState.DONE, 4, "pay.csv")
    assert done.report["aside"] == {"NOBODY": 1} and done.report["customers"] == 2
    customer = customer_of(world)
    known = get_facts(customer, known_at=world.now)
    assert {name: one.value for name, one in known.items() if name.startswith("payroll.")} == {
        "payroll.net_salary_minor": 820_050,
        "payroll.months_employed": 31,
        "payroll.employer_kind": "private",
        "payroll.fund_rate_permille": 120,
    }
    assert known["payroll.months_employed"].source == "payroll"
    assert list_origins(customer)["payroll.months_employed", world.now][0] == done.id
    assert {line for _, line in list_origins(customer).values()} <= {2, 3}
    assert not FactRow.objects.filter(value_json__contains=STRANGER).exists()
    assert not IntakeAsideRow.objects.exists()  # about nobody nothing is kept but a count
    kinds = [one.action for one in list_audit(f"intake:{done.id}")]
    assert kinds == ["facts.done"]


def test_bad_rows_are_set_aside_with_number_column_and_code(world: World, tmp_path: Path) -> None:
    her = number(world)
    bad = [
        (["", "2026-11-15", "1", "1", "", ""], HEAD[0], AsideCode.MISSING),
        (["1234", "2026-11-15", "1", "1", "", ""], HEAD[0], AsideCode.TYPE),
        ([her, "2026-02-30", "1", "1", "", ""], HEAD[1], AsideCode.TYPE),
        ([her, "2026-11-24", "1", "1", "", ""], HEAD[1], AsideCode.FUTURE),
        ([her, "2026-11-14", "", "1", "", ""], HEAD[2], AsideCode.MISSING),
        ([her, "2026-11-14", "NaN", "1", "", ""], HEAD[2], AsideCode.TYPE),
        ([her, "2026-11-14", "1e400", "1", "", ""], HEAD[2], AsideCode.TYPE),
        ([her, "2026-11-14", "1.005", "1", "", ""], HEAD[2], AsideCode.TYPE),
        ([her, "2026-11-14", "-1", "1", "", ""], HEAD[2], AsideCode.RANGE),
        ([her, "2026-11-14", "1", "721", "", ""], HEAD[3], AsideCode.RANGE),
        ([her, "2026-11-14", "1", "1", "church", ""], HEAD[4], AsideCode.CHOICE),
        ([her, "2026-11-14", "1", "1", ""], "", AsideCode.SHORT_ROW),
    ]
    good = [
        [her, f"2025-{month:02}-{day:02}", "9000", "1", "", ""]
        for month in range(1, 13)
        for day in range(1, 29)
    ]
    more = [
        [her, f"2024-{month:02}-{day:02}", "9000", "1", "", ""]
        for month in range(1, 13)
        for day in range(1, 29)
    ]
    rows = [row for row, _, _ in bad] + good + more + good
    done = take(world, csv_file(tmp_path, [*rows, [her, "2025-01-01", "1", "", "", ""]]))
    assert done.state is IntakeState.HELD  # 12 + of 1,021 rows lack a salary: more than one in a hundred
    places = [(one.line, one.column, one.code) for one in list_aside(done.id)]
    assert places == [(2 + at, column, code) for at, (_, column, code) in enumerate(bad)]
    assert not FactRow.objects.filter(source="payroll").exists()
    again = [
        [her, f"2023-{month:02}-{day:02}", "9000", "1", "", ""]
        for month in range(1, 13)
        for day in range(1, 29)
    ]
    done = take(world, csv_file(tmp_path, [*rows, *again, [her, "2025-01-01", "1", "1", "", ""]]))
    assert done.state is IntakeState.DONE
    assert done.report["aside"] == {
        "MISSING": 2, "TYPE": 5, "FUTURE": 1, "RANGE": 2, "CHOICE": 1, "SHORT_ROW": 1, "TWICE": 1,
    }  # fmt: skip
    assert {one.line: one.code for one in list_aside(done.id)}[len(rows) + len(again) + 2] is AsideCode.TWICE


def test_without_her_consent_nothing_is_kept_and_the_refusal_is_logged(world: World, tmp_path: Path) -> None:
    customer = customer_of(world)
    place = csv_file(tmp_path, rows_of(world))
    consent.withdraw(customer_id=customer, purpose="service", key="w", now=world.now)
    world.now += timedelta(minutes=1)
    done = take(world, place)
    assert done.report["aside"] == {"CONSENT_MISSING": 2, "NOBODY": 1}
    assert not FactRow.objects.filter(customer_id=customer, source="payroll").exists()
    logged = [one for one in list_audit(f"customer:{customer}") if one.action == "facts.refused"]
    assert len(logged) == 1


def test_other_columns_stop_it_before_anything(world: World, tmp_path: Path) -> None:
    renamed = [*HEAD[:2], "salary", *HEAD[3:]]
    with refuses(SourceColumnsDiffer, missing="net_salary", strange="salary"):
        take(world, csv_file(tmp_path, rows_of(world), head=renamed))
    with refuses(SourceColumnsDiffer, twice="paid_on"):
        take(world, csv_file(tmp_path, rows_of(world), head=["paid_on", *HEAD[1:]]))
    (tmp_path / "empty.csv").write_bytes(b"")
    with refuses(SourceColumnsDiffer):
        take(world, str(tmp_path / "empty.csv"))
    with refuses(SourceUnknown):
        take_facts.take(source="nothing", place="x", by="luo", now=world.now)
    assert list_intakes() == []


def test_what_cannot_be_read_says_where(world: World, tmp_path: Path) -> None:
    whole = csv_file(tmp_path, rows_of(world))
    raw = Path(whole).read_bytes()
    (tmp_path / "gb.csv").write_bytes(raw.replace(b"private", "私企".encode("gb18030")))
    with refuses(SourceUnreadable, place="gb.csv"):
        take(world, str(tmp_path / "gb.csv"))
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and no more")
    for name in ("cut.parquet", "none.csv", "pay.xls"):
        with refuses(SourceUnreadable):
            take(world, str(tmp_path / name))
    (tmp_path / "quote.csv").write_bytes(raw + b'"half')
    with refuses(SourceUnreadable):
        take(world, str(tmp_path / "quote.csv"))
    with refuses(SourceUnreadable):
        take(world, f"sqlite:///{tmp_path / 'none.db'}")
    assert list_intakes() == []


def test_the_same_content_is_taken_once_and_a_cut_one_goes_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_reading, "PIECE", 1)
    place = csv_file(tmp_path, rows_of(world))
    began = world.now

    def cut(part: str, rows: int) -> None:
        if part == "keep" and rows == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(world, place, progress=cut)
    kept = FactRow.objects.filter(source="payroll").count()
    assert kept == 4 and list_intakes()[0].state is IntakeState.STARTED
    world.now += timedelta(hours=3)
    done = take(world, place)
    assert (done.state, done.started_at, done.ended_at) == (IntakeState.DONE, began, world.now)
    assert FactRow.objects.filter(source="payroll").count() == done.report["facts"] == 10
    with refuses(IntakeAlreadyTaken, intake=done.id):
        take(world, place)
    assert FactRow.objects.filter(source="payroll").count() == 10


def test_a_source_that_changes_between_the_readings_is_found(world: World, tmp_path: Path) -> None:
    rows = rows_of(world)
    place = csv_file(tmp_path, rows)

    def edit(part: str, count: int) -> None:
        if part == "check":
            csv_file(tmp_path, [*rows[:1], [*rows[1][:2], "99999", *rows[1][3:]]])

    with refuses(SourceChanged, line=2):
        take(world, place, progress=edit)
    assert not FactRow.objects.filter(source="payroll").exists()


def test_a_shape_that_shifts_is_reported_against_the_last_intake(world: World, tmp_path: Path) -> None:
    days = [f"2025-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 9)]
    first = [[number(world), day, str(5000 + place), "1", "", ""] for place, day in enumerate(days)]
    take(world, csv_file(tmp_path, first))
    world.now += timedelta(days=1)
    second = [
        [number(world), day.replace("2025", "2024"), str(5003 + place), "1", "", ""]
        for place, day in enumerate(days)
    ]
    same = take(world, csv_file(tmp_path, second))
    assert same.report["columns"]["payroll.net_salary_minor"]["shifted"] is False
    world.now += timedelta(days=1)
    third = [
        [number(world), day.replace("2025", "2023"), str(25000 + place), "1", "", ""]
        for place, day in enumerate(days)
    ]
    shifted = take(world, csv_file(tmp_path, third)).report["columns"]["payroll.net_salary_minor"]
    assert shifted["shifted"] is True and shifted["drift_ppm"] > 250_000
    last = find_last_intake("payroll")
    assert last is not None and last.report["compared_with"] == same.id


def test_the_same_rows_come_from_a_table_file_and_from_a_database(world: World, tmp_path: Path) -> None:
    rows = rows_of(world)
    frame = {name: [row[place] or None for row in rows] for place, name in enumerate(HEAD)}
    frame["months_employed"] = [int(row[3]) for row in rows]
    frame["net_salary"] = [8200.5, 8200.5, 5000.0, 7000.0]
    frame["paid_on"] = [date.fromisoformat(row[1]) for row in rows]
    pq.write_table(pa.table(frame), tmp_path / "pay.parquet")
    done = take(world, str(tmp_path / "pay.parquet"))
    assert done.report["facts"] == 10
    expected = {(one.name, one.value) for one in get_facts(customer_of(world), known_at=world.now).values()}
    world.now += timedelta(hours=1)
    with sqlite3.connect(tmp_path / "pay.db") as database:
        database.execute(f"CREATE TABLE salaries ({', '.join(HEAD)})")
        database.executemany(f"INSERT INTO salaries VALUES ({', '.join('?' * 6)})", rows)
    database.close()
    assert take(world, f"sqlite:///{tmp_path / 'pay.db'}").report["facts"] == 10
    found = get_facts(customer_of(world), known_at=world.now)
    assert {(one.name, one.value) for one in found.values()} == expected
    assert found["payroll.net_salary_minor"].known_at == world.now


class Payroll(BaseHTTPRequestHandler):
    """Two pages; the first try of the second is refused for a while."""

    pages: dict[str, Any] = {}
    tries: list[str] = []
    busy: dict[str, list[tuple[int, dict[str, str]]]] = {}

    def do_GET(self) -> None:
        type(self).tries.append(f"{self.path} {self.headers.get('Authorization')}")
        waiting = self.busy.get(self.path, [])
        status, headers = waiting.pop(0) if waiting else (200, {})
        body = json.dumps(self.pages.get(self.path, {})).encode() if status == 200 else b""
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def payroll() -> Iterator[str]:
    Payroll.pages, Payroll.tries, Payroll.busy = {}, [], {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Payroll)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_pages_over_http_are_asked_again_after_a_fault(
    world: World, payroll: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(
        take_facts, "open_rows", lambda *args, **more: sources.open_rows(*args, **more, sleep=waits.append)
    )
    found = [dict(zip(HEAD, row, strict=True)) for row in rows_of(world)]
    found[0]["net_salary"] = 8200.5  # type: ignore[assignment]
    Payroll.pages = {
        "/pay?from=a": {"rows": found[:2], "next": "/pay?from=b"},
        "/pay?from=b": {"rows": found[2:], "next": None},
    }
    Payroll.busy = {"/pay?from=b": [(503, {}), (429, {"Retry-After": "7"})]}
    done = take(world, f"{payroll}/pay?from=a", token="secret-token")
    assert done.report["facts"] == 10 and waits == [0.5, 7.0]
    assert "secret-token" not in json.dumps([done.place, done.report]) and "from=a" not in done.place
    assert all(one.endswith("Bearer secret-token") for one in Payroll.tries)
    for busy, problem in (
        ([(404, {})], "it answered 404"),
        ([(302, {"Location": "/x"})], "it answered 302"),
        ([(500, {})] * 5, "it answered 500, 5 times"),
    ):
        Payroll.busy = {"/pay?from=a": busy}
        with refuses(SourceUnreadable, problem=problem):
            take(world, f"{payroll}/pay?from=a")
    Payroll.busy = {}
    Payroll.pages["/pay?from=b"]["next"] = "http://localhost:1/elsewhere"
    with refuses(SourceUnreadable, problem="after row 4: the next page leads elsewhere"):
        take(world, f"{payroll}/pay?from=a")
    Payroll.pages["/pay?from=a"] = {"rows": "none"}
    with refuses(SourceUnreadable):
        take(world, f"{payroll}/pay?from=a")


def test_what_another_source_says_is_compared(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Path("policies/sources/payroll-2026-11-22.toml").read_text(encoding="utf-8")
    source = parse_source(
        text.replace("proof.income_monthly_minor", "payroll.net_salary_minor"),
        file="sources/payroll-2026-11-22.toml",
    )
    take(world, csv_file(tmp_path, rows_of(world)))
    world.now += timedelta(hours=1)
    monkeypatch.setattr(take_facts, "get_source", lambda name, on_date: source)
    far = take(
        world,
        csv_file(
            tmp_path,
            [
                [number(world), "2026-11-16", "20000", "31", "", ""],
                [number(world), "2026-11-17", "8000", "31", "", ""],
            ],
        ),
    )
    assert [(one.line, one.column, one.code) for one in list_aside(far.id)] == [
        (2, "net_salary", AsideCode.CONTRADICTS)
    ]
    assert far.report["facts"] == 4  # both were taken


def test_the_command_checks_and_takes(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts_command, "utc_now", lambda: world.now)
    place = csv_file(tmp_path, rows_of(world))
    call_command("facts", "check", "payroll", place)
    assert "nothing was kept" in capsys.readouterr().out and list_intakes() == []
    call_command("facts", "take", "payroll", place)
    assert "10 facts about 2 customers" in capsys.readouterr().out
    call_command("facts", "list")
    assert "done" in capsys.readouterr().out
    with pytest.raises(CommandError, match="taken before"):
        call_command("facts", "take", "payroll", place)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('fact = "payroll.net_salary_minor"', 'fact = "payroll.net_salary"', "must end in _minor"),
        ('type = "amount"', 'type = "money"', "not one of"),
        ("most = 100_000_000", "most = -1", "least is more than most"),
        ('name = "fund_rate"', 'name = "net_salary"', "described twice"),
        ('choices = ["public"', 'choice = ["public"', "unknown field"),
        ('purpose = "service"', 'purpose = "curiosity"', "not one of"),
        ("most_permille = 500", "most_permille = 0", "most_permille"),
    ],
)
def test_a_description_that_cannot_be_meant_is_refused(old: str, new: str, problem: str) -> None:
    text = Path("policies/sources/payroll-2026-11-22.toml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(PolicyInvalid, match=problem):
        parse_source(text.replace(old, new), file="sources/payroll-2026-11-22.toml")


def test_the_shipped_description_reads(db: None) -> None:
    source = get_source("payroll", on_date=date(2026, 11, 23))
    assert source.expected == frozenset(HEAD)


def test_the_demo_has_an_intake_with_flaws(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Salaries of customers and of strangers; before the source is described there are none."""
    numbers = [number(world, index) for index in (0, 1)]
    demo_payroll.take(numbers, now=world.now - timedelta(days=2), zone="Asia/Shanghai")
    assert list_intakes() == []
    monkeypatch.setattr(demo_payroll, "ENOUGH", 0)
    monkeypatch.setattr(demo_payroll, "STRANGERS", 40)
    for _ in range(2):
        demo_payroll.take(numbers, now=world.now, zone="Asia/Shanghai")
    (done,) = list_intakes()
    assert done.state is IntakeState.DONE and done.report["customers"] == 2
    assert done.report["aside"] == {"FUTURE": 1, "NOBODY": 240 - 2, "RANGE": 1}
