"""Connectors: the rows of a CSV file, a Parquet file, a database's answer or pages over HTTP, one at a time with numbers.

All of them stream: a source of ten million rows needs no more memory than one of ten thousand. A place that says a
password is never printed: `scrubbed` is what may be shown. Each yields the columns' names first, so that a source with
other columns is refused before its first row.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from decimal import Decimal
from http.client import HTTPException
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from puhui.facts.intake import FactSource, SourceUnreadable

Row = tuple[
    int, Mapping[str, object] | None
]  # number and cells by column; None where cells and columns do not match
BATCH = 4_096  # rows that a database or a Parquet file hands over at once
TRIES = 5  # of one page
FIRST_WAIT_SECONDS = 0.5  # before the second try; doubles
LONGEST_WAIT_SECONDS = 60.0  # however long the other side asks us to wait
PATIENCE_SECONDS = 30.0  # to connect, and between two pieces of an answer
MOST_PAGE_BYTES = 64 * 1024 * 1024  # of one page over HTTP
LONGEST_CELL = 10_000  # characters of one cell of a CSV file


def scrubbed(place: str) -> str:
    """This function will return what may be shown of a place: no user, no password, no query of an address."""
    if "://" not in place:
        return Path(place).name
    parts = urlsplit(place)
    host = f"{parts.hostname or ''}:{parts.port}" if parts.port else parts.hostname or ""
    return f"{parts.scheme}://{host}{parts.path}"


def open_rows(
    place: str, *, source: FactSource, token: str = "", sleep: Callable[[float], None] = time.sleep
) -> tuple[list[str], Iterator[Row]]:
    """This function will open a place and return its columns and its rows.

    `place` is a path (.csv, .parquet), sqlite:///PATH, postgresql://…, or http(s)://…. `token` goes into the header of
    HTTP requests as a bearer token. Raises: SourceUnreadable, also while rows are read.
    """
    if place.startswith(("http://", "https://")):
        return _from_http(place, token=token, sleep=sleep)
    if place.startswith("sqlite:///"):
        return _from_sqlite(Path(place.removeprefix("sqlite:///")), source)
    if place.startswith(("postgresql://", "postgres://")):
        return _from_postgres(place, source, sleep=sleep)
    path = Path(place)
    if not path.is_file():
        raise SourceUnreadable(place=scrubbed(place), problem="there is no such file")
    if path.suffix.lower() == ".csv":
        return _from_csv(path, source)
    if path.suffix.lower() == ".parquet":
        return _from_parquet(path)
    raise SourceUnreadable(
        place=scrubbed(place), problem="write .csv, .parquet, sqlite:///, postgresql:// or https://"
    )


def _from_csv(path: Path, source: FactSource) -> tuple[list[str], Iterator[Row]]:
    encoding = "utf-8-sig" if source.encoding == "utf-8" else source.encoding
    csv.field_size_limit(LONGEST_CELL)

    def refuse(error: Exception, line: int) -> SourceUnreadable:
        problem = f"not {source.encoding} text" if isinstance(error, UnicodeError) else str(error)
        return SourceUnreadable(place=path.name, problem=f"after line {line}: {problem}")

    def lines() -> Iterator[tuple[int, list[str]]]:
        with path.open(encoding=encoding, newline="") as opened:
            reader = csv.reader(opened, strict=True)
            while True:
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except (UnicodeError, csv.Error) as error:
                    raise refuse(error, reader.line_num) from None
                yield reader.line_num, cells

    rows = lines()
    _, named = next(rows, (1, []))

    def cells() -> Iterator[Row]:
        for line, found in rows:
            if found:
                yield line, dict(zip(named, found, strict=True)) if len(found) == len(named) else None

    return named, cells()


def _from_parquet(path: Path) -> tuple[list[str], Iterator[Row]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        opened = pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        raise SourceUnreadable(place=path.name, problem="not a whole Parquet file") from None

    def cells() -> Iterator[Row]:
        line = 0
        batches = opened.iter_batches(batch_size=BATCH)
        with opened:
            try:
                for line, row in enumerate(chain.from_iterable(map(pa.RecordBatch.to_pylist, batches)), 1):
                    yield line, row
            except (pa.ArrowException, OSError):
                raise SourceUnreadable(place=path.name, problem=f"damaged after row {line}") from None

    return list(opened.schema_arrow.names), cells()


def _asked(source: FactSource) -> str:
    if not source.query:
        raise SourceUnreadable(place=source.name, problem="its description has no query for a database")
    return source.query


def _from_sqlite(path: Path, source: FactSource) -> tuple[list[str], Iterator[Row]]:
    query = _asked(source)
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        cursor = database.execute(query)
    except sqlite3.Error as error:
        raise SourceUnreadable(place=path.name, problem=str(error)) from None
    named = [one[0] for one in cursor.description or ()]

    def cells() -> Iterator[Row]:
        with closing(database):
            line = 0
            try:
                for line, row in enumerate(cursor, 1):
                    yield line, dict(zip(named, row, strict=True))
            except sqlite3.Error as error:
                raise SourceUnreadable(place=path.name, problem=f"after row {line}: {error}") from None

    return named, cells()


def _from_postgres(
    place: str, source: FactSource, *, sleep: Callable[[float], None]
) -> tuple[list[str], Iterator[Row]]:
    """A connection that drops in the middle is made again, and what was read is read past if it is still the same."""
    import psycopg

    query = _asked(source)

    def refuse(problem: str, line: int) -> SourceUnreadable:
        return SourceUnreadable(place=scrubbed(place), problem=f"after row {line}: {problem}")

    def said(error: psycopg.Error) -> str:
        return getattr(error.diag, "message_primary", None) or type(error).__name__

    def ask() -> tuple[psycopg.Connection[Any], psycopg.ServerCursor[Any]]:
        database = psycopg.connect(place, connect_timeout=int(PATIENCE_SECONDS))
        database.read_only = True
        cursor = database.cursor(name="intake")
        cursor.itersize = BATCH
        cursor.execute(query.encode())
        return database, cursor

    try:
        database, cursor = ask()
    except psycopg.Error as error:
        raise refuse(said(error), 0) from None
    named = [one.name for one in cursor.description or ()]
    past = _Past()

    def rest() -> Iterator[tuple[Any, ...]]:
        with closing(database):
            yield from past.new(cursor)

    def cells() -> Iterator[Row]:
        nonlocal database, cursor
        faults = 0
        while True:
            line = past.line
            try:
                for row in rest():
                    faults = 0
                    yield past.line, dict(zip(named, row, strict=True))
                return
            except _OtherRows:
                raise refuse(
                    "asked again, it gave other rows; let its query order them by a key", line
                ) from None
            except psycopg.Error as error:
                faults += 1
                if not (database.closed or database.broken) or faults == TRIES:
                    raise refuse(said(error), past.line) from None
                sleep(FIRST_WAIT_SECONDS * 2 ** (faults - 1))
            with suppress(psycopg.Error):  # who cannot connect stays closed, which the next turn counts
                database, cursor = ask()

    return named, cells()


class _OtherRows(Exception):
    """A query that was asked again did not begin with the rows that it gave before."""


class _Past:
    """Which rows of a query were handed on, so that another asking goes on after them."""

    def __init__(self) -> None:
        self.line, self._told = 0, hashlib.sha256()

    def new(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows that were not handed on. Raises: _OtherRows."""
        before, known, again, seen = self.line, self._told.digest(), hashlib.sha256(), 0
        for seen, row in enumerate(rows, 1):
            mark = repr(row).encode()
            if seen > before:
                self.line = seen
                self._told.update(mark)
                yield row
                continue
            again.update(mark)
            if seen == before and again.digest() != known:
                raise _OtherRows
        if seen < before:
            raise _OtherRows


def _from_http(place: str, *, token: str, sleep: Callable[[float], None]) -> tuple[list[str], Iterator[Row]]:
    """Pages {"rows": [{column: value}], "next": address or null}; the next page must be on the same host."""
    first = _page(place, token=token, sleep=sleep)
    opening = first["rows"]
    named = list(opening[0]) if opening else []

    def cells() -> Iterator[Row]:
        line, page, at, seen = 0, first, place, {place}
        while True:
            for row in page["rows"]:
                line += 1
                yield line, row if row.keys() == set(named) else None
            if not page.get("next"):
                return
            follow = urljoin(at, str(page["next"]))
            if urlsplit(follow)[:2] != urlsplit(place)[:2] or follow in seen:
                raise SourceUnreadable(
                    place=scrubbed(place), problem=f"after row {line}: the next page leads elsewhere"
                )
            seen.add(follow)
            at, page = follow, _page(follow, token=token, sleep=sleep)

    return named, cells()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another place."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Follow none."""


def _page(place: str, *, token: str, sleep: Callable[[float], None]) -> dict[str, Any]:
    """Fetch one page, again after 429, 5xx and silence."""
    opener = urllib.request.build_opener(_NoRedirect)
    headers = {"Accept": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    wait, problem = FIRST_WAIT_SECONDS, ""
    for attempt in range(TRIES):
        if attempt:
            sleep(wait)
            wait *= 2
        try:
            with opener.open(
                urllib.request.Request(place, headers=headers), timeout=PATIENCE_SECONDS
            ) as answer:
                body = answer.read(MOST_PAGE_BYTES + 1)
            break
        except urllib.error.HTTPError as error:
            problem = f"it answered {error.code}"
            if error.code != 429 and error.code < 500:
                raise SourceUnreadable(place=scrubbed(place), problem=problem) from None
            asked = error.headers.get("Retry-After", "")
            if asked.isdigit():
                wait = min(float(asked), LONGEST_WAIT_SECONDS)
        except (OSError, HTTPException):
            problem = "no whole answer"
    else:
        raise SourceUnreadable(place=scrubbed(place), problem=f"{problem}, {TRIES} times")
    if len(body) > MOST_PAGE_BYTES:
        raise SourceUnreadable(place=scrubbed(place), problem="a page of more than 64 MiB")
    try:
        page = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        page = None
    if not isinstance(page, dict) or not isinstance(page.get("rows"), list):
        raise SourceUnreadable(
            place=scrubbed(place), problem="a page is an object with rows (a list) and next"
        )
    if not all(isinstance(row, dict) for row in page["rows"]):
        raise SourceUnreadable(place=scrubbed(place), problem="a row is no object")
    return page
