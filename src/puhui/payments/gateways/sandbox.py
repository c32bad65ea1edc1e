"""A payment rail that misbehaves on purpose, for the demo, the tests and the simulations.

It keeps its own SQLite file, so that what it did stays done when our transaction rolls back or our process dies, as
with a real rail. Its promises are a rail's: one key is one effect, whoever submits it and how often; a repeated key gets
the first answer; a body shorter than its declared length is refused, and that refusal is the key's final answer.
Its faults are functions of (seed, key), see `fates`; its clock is the caller's.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from puhui.core.canonical import canonical_bytes
from puhui.payments.domain import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    AccountNumberInvalid,
    Direction,
    Flow,
    RailBodyDiffers,
    RailCallback,
    RailNews,
    RailOutcome,
    RailStatementNotReady,
    RailUnknown,
    RailView,
    StatementLine,
    SubmitState,
    Submitted,
    callback_body,
    parse_account_number,
    sign_callback,
    write_statement,
)
from puhui.payments.domain.statements import flow_of, total_statement
from puhui.payments.gateways.fates import Fate, fate_of, parse_faults

UNKNOWN_TO_BANK = "000000"  # account numbers with this beginning belong to nobody
TRUNCATED = "body_truncated"  # a body shorter (or longer) than declared; the final answer of its key
RETURN_REASON = "account_closed"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS request (
    key TEXT PRIMARY KEY, body_hash TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
    answers_at INTEGER NOT NULL, failed TEXT NOT NULL, failed_at INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lost (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS movement (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, direction TEXT, flow TEXT NOT NULL, outcome TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), currency TEXT NOT NULL, tail TEXT NOT NULL,
    memo TEXT NOT NULL, reference TEXT UNIQUE, at INTEGER NOT NULL, day TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS movement_day ON movement (day);
CREATE INDEX IF NOT EXISTS movement_key ON movement (key);
CREATE TABLE IF NOT EXISTS callback (
    id INTEGER PRIMARY KEY, callback_id TEXT NOT NULL, body BLOB NOT NULL, due_at INTEGER NOT NULL,
    acked INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS callback_due ON callback (due_at, id) WHERE acked = 0;
CREATE INDEX IF NOT EXISTS callback_name ON callback (callback_id) WHERE acked = 0;
"""
_MOVEMENT = (
    "INSERT OR IGNORE INTO movement (key, direction, flow, outcome, amount_minor, currency, tail, memo, reference, at, "
    "day) VALUES (:key, :direction, :flow, :outcome, :amount_minor, :currency, :tail, :memo, :reference, :at, :day)"
)
# The movements are counted, not keyed: were a key ever taken twice, the second effect would show in the statement.


class SandboxRail:
    """A rail in a file (or in memory). Safe for threads and for several processes on one file."""

    def __init__(
        self,
        *,
        path: str | None = None,
        secret: str | None = None,
        faults: str | None = None,
        zone: str | None = None,
        durable: bool = True,
    ) -> None:
        """This function will open the rail of this deployment; each argument replaces what the settings say.

        `path` ":memory:" keeps the rail in this process; not `durable` does not wait for the disk (demo loader only).
        """
        self._path = path or str(Path(settings.VAR_DIR) / "sandbox_rail.sqlite3")
        self._secret = settings.RAIL_CALLBACK_SECRET if secret is None else secret
        self._faults = parse_faults(settings.SANDBOX_RAIL if faults is None else faults)
        self._zone = ZoneInfo(settings.LENDER["zone"] if zone is None else zone)
        self._durable = durable
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._pid = 0

    def close(self) -> None:
        """This function will close the rail's connection; the next call opens it again."""
        with self._lock:
            if self._db is not None and self._pid == os.getpid():
                self._db.close()
            self._db = None

    # The rail's protocol ----------------------------------------------------------------------------------------

    def submit(
        self,
        *,
        key: str,
        direction: Direction,
        amount_minor: int,
        currency: str,
        account_number: str,
        now: datetime,
    ) -> Submitted:
        """This function will post one order to the rail. Raises: RailUnknown; RailBodyDiffers for a reused key."""
        body = canonical_bytes(
            {
                "direction": direction.value,
                "amount_minor": amount_minor,
                "currency": currency,
                "account_number": account_number,
            }
        )
        return self.submit_body(key=key, body=body, declared_length=len(body), now=now)

    def submit_body(self, *, key: str, body: bytes, declared_length: int, now: datetime) -> Submitted:
        """This function will take a request as it arrives on the wire: bytes, and the length that was declared.

        The request, its movements and its callbacks are written together, before the answer can get lost.
        Raises: RailUnknown when the connection drops; RailBodyDiffers.
        """
        fate = fate_of(self._faults, key)
        answer = Submitted(state=SubmitState.UNKNOWN)
        with self._write() as db:
            arrives = not (fate.lost and db.execute("INSERT OR IGNORE INTO lost VALUES (?)", (key,)).rowcount)
            row = self._request(db, key) if arrives else None
            if row is not None:
                answer = _answer(row)
            elif arrives:
                answer = self._take(db, key, body, declared_length, fate, now)
        if not arrives or (row is None and fate.dropped):
            raise RailUnknown(key)
        if row is not None and _differs(row, body, declared_length):
            raise RailBodyDiffers(key)
        return answer

    def query(self, *, key: str, now: datetime) -> RailView | None:
        """This function will tell what became of `key`; None: never heard of it. Raises: RailUnknown (not yet)."""
        at = _seconds(now)
        with self._read() as db:
            row = self._request(db, key)
            if row is None:
                return None
            moved = db.execute(
                "SELECT outcome, day FROM movement WHERE key = ? AND at <= ? ORDER BY at, id", (key, at)
            ).fetchall()
        if row["answers_at"] > at:
            raise RailUnknown(key)
        news = [
            RailNews(
                outcome=RailOutcome(one["outcome"]),
                settled_date=date.fromisoformat(one["day"]),
                reason=RETURN_REASON if one["outcome"] == RailOutcome.RETURNED else "",
            )
            for one in moved
        ]
        answer = _answer(row)
        failed = row["failed"] if row["failed"] and row["failed_at"] <= at else ""
        if failed or answer.state is SubmitState.REJECTED:
            news.append(
                RailNews(outcome=RailOutcome.FAILED, settled_date=None, reason=failed or answer.reason)
            )
        return RailView(key=key, submitted=answer, outcomes=tuple(news))

    def verify_account(self, *, number: str, name: str) -> bool:
        """This function will say yes to every well-formed number under any name, but those nobody holds."""
        try:
            digits = parse_account_number(number)
        except AccountNumberInvalid:
            return False
        return bool(name.strip()) and not digits.startswith(UNKNOWN_TO_BANK)

    def statement(self, *, day: date, now: datetime) -> bytes:
        """This function will return the file of `day` in the rail's zone. Raises: RailStatementNotReady."""
        if now.astimezone(self._zone).date() <= day:
            raise RailStatementNotReady(day.isoformat())
        with self._read() as db:
            rows = db.execute(
                "SELECT * FROM movement WHERE day = ? ORDER BY at, id", (day.isoformat(),)
            ).fetchall()
        lines = [_line(row, day) for row in rows]
        currency = lines[0].currency if lines else "CNY"
        return write_statement(total_statement(day=day, currency=currency, lines=lines))

    def due_callbacks(self, *, now: datetime) -> list[tuple[bytes, Mapping[str, str]]]:
        """This function will return the callbacks to deliver now, signed at `now`, until each copy is taken."""
        at = _seconds(now)
        with self._read() as db:
            rows = db.execute(
                "SELECT body FROM callback WHERE acked = 0 AND due_at <= ? ORDER BY due_at, id", (at,)
            ).fetchall()
        return [(bytes(row["body"]), self._headers(bytes(row["body"]), str(at))) for row in rows]

    def ack(self, *, callback_id: str) -> None:
        """This function will strike one copy of the callback off the list of those to deliver."""
        with self._write() as db:
            db.execute(
                "UPDATE callback SET acked = 1 WHERE id = "
                "(SELECT min(id) FROM callback WHERE callback_id = ? AND acked = 0)",
                (callback_id,),
            )

    # What only a sandbox can do -----------------------------------------------------------------------------------

    def deposit(
        self, *, reference: str, amount_minor: int, currency: str, account_tail: str, memo: str, now: datetime
    ) -> None:
        """This function will let money arrive that nobody ordered through us (once for each `reference`)."""
        at = _seconds(now)
        movement = {
            "key": "",
            "direction": None,
            "flow": Flow.IN.value,
            "outcome": RailOutcome.DONE.value,
            "amount_minor": amount_minor,
            "currency": currency,
            "tail": account_tail,
            "memo": memo,
            "reference": reference,
            "at": at,
            "day": self._day(at).isoformat(),
        }
        with self._write() as db:
            db.execute(_MOVEMENT, movement)

    def effects(self, *, key: str) -> list[tuple[RailOutcome, int]]:
        """This function will return (outcome, amount in minor units) of every movement under `key`, ever."""
        with self._read() as db:
            rows = db.execute(
                "SELECT outcome, amount_minor FROM movement WHERE key = ? ORDER BY at, id", (key,)
            ).fetchall()
        return [(RailOutcome(row["outcome"]), int(row["amount_minor"])) for row in rows]

    def keys(self) -> list[str]:
        """This function will return every key that was ever submitted and arrived."""
        with self._read() as db:
            return [str(row["key"]) for row in db.execute("SELECT key FROM request ORDER BY key")]

    # Inside -----------------------------------------------------------------------------------------------------

    def _take(
        self, db: sqlite3.Connection, key: str, body: bytes, declared_length: int, fate: Fate, now: datetime
    ) -> Submitted:
        at = _seconds(now)
        done_at = at + self._faults.delay
        said: dict[str, str | int] = {}
        refusal = TRUNCATED
        if len(body) == declared_length:
            said = json.loads(body)
            refusal = _refusal(said) or fate.rejected
        failed = "" if refusal else fate.failed
        state = SubmitState.REJECTED if refusal else SubmitState.ACCEPTED
        db.execute(
            "INSERT INTO request VALUES (:key, :body_hash, :state, :reason, :answers_at, :failed, :failed_at)",
            {
                "key": key,
                "body_hash": _hash(body),
                "state": state.value,
                "reason": refusal,
                "answers_at": done_at if fate.dropped else at,
                "failed": failed,
                "failed_at": done_at if failed else None,
            },
        )
        if state is SubmitState.ACCEPTED:
            self._settle(db, key, said, fate, done_at)
        return Submitted(state=state, reason=refusal)

    def _settle(
        self, db: sqlite3.Connection, key: str, said: Mapping[str, str | int], fate: Fate, done_at: int
    ) -> None:
        happenings: list[tuple[RailOutcome, int, str]] = [(RailOutcome.DONE, done_at, "")]
        if fate.failed:
            happenings = [(RailOutcome.FAILED, done_at, fate.failed)]
        elif fate.return_after:
            happenings.append((RailOutcome.RETURNED, done_at + fate.return_after, RETURN_REASON))
        for outcome, at, reason in happenings:
            day = None if outcome is RailOutcome.FAILED else self._day(at)
            if day is not None:
                self._move(db, key, said, outcome, at, day)
            late = outcome is RailOutcome.DONE and fate.return_first
            news = RailCallback(
                callback_id=_hash(f"{key}|{outcome.value}".encode())[:32],
                order_id=key,
                outcome=outcome,
                amount_minor=int(said["amount_minor"]),
                currency=str(said["currency"]),
                settled_date=day,
                reason=reason,
            )
            self._announce(db, news, at + (fate.return_after + 60 if late else 0), fate.copies)

    def _move(
        self,
        db: sqlite3.Connection,
        key: str,
        said: Mapping[str, str | int],
        outcome: RailOutcome,
        at: int,
        day: date,
    ) -> None:
        direction = Direction(str(said["direction"]))
        db.execute(
            _MOVEMENT,
            {
                "key": key,
                "direction": direction.value,
                "flow": flow_of(direction, outcome).value,
                "outcome": outcome.value,
                "amount_minor": said["amount_minor"],
                "currency": said["currency"],
                "tail": str(said["account_number"])[-4:],
                "memo": "",
                "reference": None,
                "at": at,
                "day": day.isoformat(),
            },
        )

    def _announce(self, db: sqlite3.Connection, news: RailCallback, due_at: int, copies: int) -> None:
        body = callback_body(news)
        for copy in range(copies):
            db.execute(
                "INSERT INTO callback (callback_id, body, due_at) VALUES (?, ?, ?)",
                (news.callback_id, body, due_at + 30 * copy),
            )

    def _request(self, db: sqlite3.Connection, key: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = db.execute("SELECT * FROM request WHERE key = ?", (key,)).fetchone()
        return row

    def _headers(self, body: bytes, timestamp: str) -> dict[str, str]:
        signature = sign_callback(body=body, timestamp=timestamp, secret=self._secret)
        return {SIGNATURE_HEADER: signature, TIMESTAMP_HEADER: timestamp}

    def _day(self, at: int) -> date:
        return datetime.fromtimestamp(at, UTC).astimezone(self._zone).date()

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._connection()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            db = self._connection()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        if self._db is None or self._pid != os.getpid():  # a fork must not share its parent's connection
            self._db = self._connect()
            self._pid = os.getpid()
        return self._db

    def _connect(self) -> sqlite3.Connection:
        if self._path == ":memory:":
            return self._prepare()
        Path(self._path).parent.mkdir(parents=True, exist_ok=True)
        # Two processes that turn a new file to WAL at once get "locked" whatever the timeout, so they take turns.
        with Path(f"{self._path}.opening").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            return self._prepare()

    def _prepare(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=20, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"PRAGMA synchronous={'FULL' if self._durable else 'OFF'}")
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        return db


def _seconds(now: datetime) -> int:
    assert now.tzinfo is not None, "an instant carries its zone"
    return (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _differs(row: sqlite3.Row, body: bytes, declared_length: int) -> bool:
    broken = len(body) != declared_length or row["reason"] == TRUNCATED
    return not broken and bool(row["body_hash"] != _hash(body))


def _answer(row: sqlite3.Row) -> Submitted:
    return Submitted(state=SubmitState(row["state"]), reason=str(row["reason"]))


def _refusal(said: Mapping[str, str | int]) -> str:
    if int(said["amount_minor"]) <= 0:
        return "amount_invalid"
    try:
        parse_account_number(str(said["account_number"]))
    except AccountNumberInvalid:
        return "account_invalid"
    return ""


def _line(row: sqlite3.Row, day: date) -> StatementLine:
    return StatementLine(
        line_id=f"M{row['id']:09d}",
        day=day,
        key=row["key"],
        direction=Direction(row["direction"]) if row["direction"] else None,
        flow=Flow(row["flow"]),
        outcome=RailOutcome(row["outcome"]),
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        account_tail=row["tail"],
        memo=row["memo"],
    )
