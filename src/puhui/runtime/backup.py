"""Back up and restore one deployment: the database and its blobs, whole or not at all.

A backup is a folder whose manifest is written last, under a name that readers ignore until then; every file in it is
named with its SHA-256, and so is the manifest itself. SQLite is copied through its backup interface and PostgreSQL through an exported snapshot, so
writers go on meanwhile and the copy is one instant. Blobs are copied after the database: content-addressed files are
never changed, so every blob that the copy names is there. Keys are not in a backup; keep them elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections, transaction

from puhui import __version__
from puhui.core.canonical import canonical_bytes, content_hash
from puhui.core.refusals import Refusal

FORMAT = 2
MANIFEST = "manifest.json"
Progress = Callable[[str], None]


class BackupMissing(Refusal):
    """There is no finished backup in that folder (no manifest: half written, or another folder)."""

    field = "from"


class BackupDamaged(Refusal):
    """A file of the backup is missing, cut short or changed since it was written."""

    field = "from"


class BackupOfOtherDatabase(Refusal):
    """The backup was made on the other kind of database."""

    field = "from"


class BackupOfNewerVersion(Refusal):
    """The backup was made by a newer release than this one."""

    field = "from"


class DatabaseNotEmpty(Refusal):
    """The database to restore into holds data."""

    field = "replace"


class ToolMissing(Refusal):
    """A program that PostgreSQL brings is not installed."""

    field = "program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds."""

    format: int  # version of this layout
    version: str  # release that wrote it
    engine: str  # sqlite or postgresql
    written_at: str  # UTC instant, ISO 8601
    rows: dict[str, int]  # table → number of rows in the copy
    files: dict[str, str]  # path in the folder → SHA-256
    sha256: str = ""  # of all the above


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files(folder: Path) -> dict[str, str]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: _hash(path) for name, path in named.items() if name != MANIFEST}


def _digest(manifest: Manifest) -> str:
    return content_hash(canonical_bytes(asdict(replace(manifest, sha256=""))))


def _text(manifest: Manifest) -> str:
    return json.dumps(asdict(manifest), indent=1, sort_keys=True)


def _tables() -> list[str]:
    return sorted(connection.introspection.table_names())


def _count(cursor: Any, tables: list[str]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for table in tables:
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")
        rows[table] = cursor.fetchone()[0]
    return rows


def _copy_sqlite(folder: Path) -> dict[str, int]:
    source = sqlite3.connect(f"file:{settings.DATABASES['default']['NAME']}?mode=ro", uri=True)
    target = sqlite3.connect(folder / "database.sqlite3")
    try:
        source.backup(target)  # in one step: between two, a writer elsewhere would make it begin again
        return _count(target.cursor(), _tables())
    finally:
        target.close()
        source.close()


def _as_us(program: str) -> tuple[list[str], dict[str, str]]:
    """The command line that runs one of PostgreSQL's own programs as our user, and its environment. Raises: ToolMissing."""
    if shutil.which(program) is None:
        raise ToolMissing(program=program)
    database = settings.DATABASES["default"]
    host, port = database["HOST"] or "localhost", str(database["PORT"] or "5432")
    line = [program, "-h", host, "-p", port, "-U", str(database["USER"])]
    return line, os.environ | {"PGPASSWORD": str(database["PASSWORD"])}


def _dump(*arguments: str) -> None:
    """Run pg_dump. Raises: ToolMissing, RuntimeError with its own words."""
    line, environment = _as_us("pg_dump")
    done = subprocess.run([*line, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pg_dump: {done.stderr.strip()}")


def _drops() -> str:
    """Statements that empty our schema: tables, views, sequences and functions, but for those of extensions.

    `pg_restore --clean` cannot: it drops the keys of a partition, which only go with the table that it is part of.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DROPS)
        return "".join(f"{statement};\n" for (statement,) in cursor.fetchall())


_DROPS = """
SELECT format('DROP %s IF EXISTS %s CASCADE',
              CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
              c.oid::regclass) AS statement
  FROM pg_class c
 WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT relispartition
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND (d.deptype = 'e' OR d.deptype = 'i' AND relkind = 'S'))
UNION ALL
SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure)
  FROM pg_proc p
 WHERE pronamespace = current_schema()::regnamespace
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


def _replace_postgres(dump: Path) -> None:
    """Put the tables of `dump` in the place of ours, all of it or nothing. Raises: ToolMissing, RuntimeError."""
    name = str(settings.DATABASES["default"]["NAME"])
    reader, _ = _as_us("pg_restore")
    line, environment = _as_us("psql")
    drops = _drops()
    connections.close_all()
    with tempfile.TemporaryFile("w+") as said:
        source = subprocess.Popen(
            [reader[0], "--no-owner", "-f", "-", str(dump)], stdout=subprocess.PIPE, stderr=said
        )
        target = subprocess.Popen(
            [*line, "-X", "-q", "-o", os.devnull, "-v", "ON_ERROR_STOP=1", "-d", name],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said,
        )  # fmt: skip
        assert source.stdout and target.stdin
        try:
            target.stdin.write(f"BEGIN;\nSET client_min_messages = warning;\n{drops}".encode())
            shutil.copyfileobj(source.stdout, target.stdin)
            if source.wait() == 0:  # else psql ends without a COMMIT, and nothing has happened
                target.stdin.write(b"\nCOMMIT;\n")
        except BrokenPipeError:
            source.kill()  # psql has stopped at an error
        finally:
            source.stdout.close()
            with suppress(BrokenPipeError):
                target.stdin.close()
        if any([source.wait(), target.wait()]):
            said.seek(0)
            raise RuntimeError(f"pg_restore: {said.read().strip()}")


def _copy_postgres(folder: Path) -> dict[str, int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        rows = _count(cursor, _tables())
        name = str(connection.settings_dict["NAME"])
        _dump("-Fc", f"--snapshot={snapshot}", "-f", str(folder / "database.dump"), name)
    return rows


def _blob_files() -> Iterator[Path]:
    root = Path(settings.VAR_DIR) / "blobs"
    if root.exists():
        yield from (
            path for path in sorted(root.rglob("*")) if path.is_file() and not path.name.startswith(".")
        )


def write_backup(*, directory: Path, now: datetime, say: Progress) -> Path:
    """This function will write a backup into a new folder of `directory` and return that folder.

    `now` names it. The folder has a `.partial` name until its manifest is on disk. Raises: ToolMissing; OSError when
    the disk is full (the partial folder is removed).
    """
    final = directory / f"puhui-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    partial = final.with_name(final.name + ".partial")
    partial.mkdir(parents=True)
    try:
        say(f"copying the {connection.vendor} database")
        rows = _copy_sqlite(partial) if connection.vendor == "sqlite" else _copy_postgres(partial)
        root = Path(settings.VAR_DIR) / "blobs"
        blobs = list(_blob_files())
        say(f"copying {len(blobs)} documents")
        for blob in blobs:
            target = partial / "blobs" / blob.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(blob, target)
        manifest = Manifest(
            format=FORMAT,
            version=__version__,
            engine=connection.vendor,
            written_at=now.isoformat(),
            rows=rows,
            files={},
        )
        write_manifest(folder=partial, manifest=manifest)
        partial.rename(final)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    say(f"{sum(rows.values())} rows and {len(blobs)} documents in {final}")
    return final


def write_manifest(*, folder: Path, manifest: Manifest) -> None:
    """This function will put `manifest` on disk, with the SHA-256 of every file in `folder` and of the manifest itself."""
    named = replace(manifest, files=_files(folder))
    with (folder / MANIFEST).open("w", encoding="utf-8") as out:
        out.write(_text(replace(named, sha256=_digest(named))))
        out.flush()
        os.fsync(out.fileno())


def read_manifest(*, folder: Path) -> Manifest:
    """This function will read a backup's manifest and check every file against it.

    Raises: BackupMissing, BackupDamaged (names the file), BackupOfOtherDatabase, BackupOfNewerVersion.
    """
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        manifest = Manifest(**json.loads(text))
        written_by_newer = manifest.format > FORMAT
    except (OSError, ValueError, TypeError):
        raise BackupMissing(folder=folder.name) from None
    if written_by_newer:
        raise BackupOfNewerVersion(version=manifest.version)
    if manifest.sha256 != _digest(manifest) or text != _text(manifest):
        raise BackupDamaged(file=MANIFEST)
    if manifest.engine != connection.vendor:
        raise BackupOfOtherDatabase(engine=manifest.engine, here=connection.vendor)
    found = _files(folder)
    for name in sorted(found | manifest.files):
        if found.get(name) != manifest.files.get(name):
            raise BackupDamaged(file=name)
    return manifest


def _holds_data() -> bool:
    """Whether any table of ours but the migrations' own has rows; seals are of rows in other tables."""
    own = [table for table in _tables() if not table.startswith(("django_", "auth_", "runtime_seal"))]
    with connection.cursor() as cursor:
        for table in own:
            cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")
            if cursor.fetchone():
                return True
    return False


def restore_backup(*, folder: Path, replace: bool, say: Progress) -> Manifest:
    """This function will restore a checked backup into this deployment's database and blob folder.

    Stop web and workers first. Nothing is touched before every file is checked. Raises: those of `read_manifest`;
    DatabaseNotEmpty unless `replace`; BackupDamaged when the restored tables do not have the rows that were copied.
    """
    say("checking every file")
    manifest = read_manifest(folder=folder)
    if not replace and _tables() and _holds_data():
        raise DatabaseNotEmpty()
    say(f"restoring {sum(manifest.rows.values())} rows")
    connections.close_all()
    if manifest.engine == "sqlite":
        target = Path(str(settings.DATABASES["default"]["NAME"]))
        draft = target.with_suffix(".restoring")
        shutil.copyfile(folder / "database.sqlite3", draft)
        for leftover in (target.with_name(target.name + "-wal"), target.with_name(target.name + "-shm")):
            leftover.unlink(missing_ok=True)
        draft.replace(target)
    else:
        _replace_postgres(folder / "database.dump")
    root = Path(settings.VAR_DIR) / "blobs"
    for file in sorted((folder / "blobs").rglob("*")) if (folder / "blobs").exists() else []:
        if file.is_file():
            kept = root / file.relative_to(folder / "blobs")
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, kept)
    with connection.cursor() as cursor:
        found = _count(cursor, sorted(manifest.rows))
    if found != manifest.rows:
        raise BackupDamaged(file="database")
    say("restored; start web and workers")
    return manifest
