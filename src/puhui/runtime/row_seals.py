"""Row seals: whoever changes a stored row outside the house leaves a row whose seal does not fit.

Append-only tables refuse changes and the audit chain links what was done; both say nothing of a state row that
somebody edits by hand. So every row of ours has a seal: a keyed hash of all its columns, kept in `runtime_seal` by
triggers. Only a session that holds the key (`puhui.runtime.databases`) can fire them: with any other the database
refuses the write, and a write past lifted triggers leaves an unsealed row, a broken seal or a seal without its row.
`UNSEALED_TABLES` in the settings names the tables that have none, and why.

What a seal cannot tell: a row put back together with its own earlier seal. Events, orders and entries are
append-only, so a replay of the loan finds an older state beside newer events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from django.apps import apps
from django.conf import settings
from django.db import connection, models

from puhui.runtime.transactions import transaction

MOST_NAMED = 50  # rows that a check names; it counts all
COLUMNS = "columns:"  # ids of rows in runtime_seal that say which columns a table's seals cover


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCheck:
    """What a check of all seals found."""

    tables: int  # tables whose rows are sealed
    count: int  # rows looked at
    bad: tuple[str, ...]  # "table:key" of rows that do not fit their seal, at most MOST_NAMED
    bad_count: int  # how many there are

    @property
    def ok(self) -> bool:
        """Whether every row fits its seal."""
        return self.bad_count == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """One sealed table."""

    name: str  # in the database
    key: str  # column of the primary key
    columns: tuple[tuple[str, str], ...]  # (column, kind of field), in the model's order

    @property
    def signature(self) -> str:
        """What the seals cover, as a text."""
        return ",".join(f"{name} {kind}" for name, kind in self.columns)


@lru_cache(maxsize=1)
def _tables() -> tuple[_Table, ...]:
    found = []
    for model in apps.get_models():
        meta = model._meta
        ours = model.__module__.startswith("puhui.") and meta.db_table not in settings.UNSEALED_TABLES
        if not meta.managed or not (ours or meta.db_table in settings.SEALED_LIBRARY_TABLES):
            continue
        assert meta.pk is not None and meta.pk.column is not None
        columns = tuple((str(one.column), _kind(one)) for one in meta.concrete_fields)
        found.append(_Table(name=meta.db_table, key=meta.pk.column, columns=columns))
    return tuple(sorted(found, key=lambda one: one.name))


def _kind(field: models.Field[object, object]) -> str:
    return str(field.get_internal_type())


def list_sealed_columns() -> dict[str, tuple[str, ...]]:
    """This function will return the columns that are sealed, by table."""
    return {one.name: tuple(name for name, _kind in one.columns) for one in _tables()}


def _row_id(table: _Table, row: str) -> str:
    return f"'{table.name}:' || CAST({row}.\"{table.key}\" AS TEXT)"


def _seal(table: _Table, row: str) -> str:
    """The expression that seals a row: the table's name and every column, unambiguous and independent of the session."""
    if connection.vendor == "sqlite":
        values = ", ".join(f'{row}."{name}"' for name, _kind in table.columns)
        return f"puhui_seal('{table.name}', {values})"
    values = ", ".join(_plain(f'{row}."{name}"', kind) for name, kind in table.columns)
    return f"puhui_seal(ROW('{table.name}', {values})::text)"


def _plain(column: str, kind: str) -> str:
    """An instant and a date as numbers: their text would depend on settings of the session."""
    return {
        "DateTimeField": f"extract(epoch FROM {column})",
        "DateField": f"({column} - DATE '2000-01-01')",
    }.get(kind, column)


def _sqlite_triggers(table: _Table) -> Iterator[str]:
    put = (
        f"INSERT INTO runtime_seal (id, seal) VALUES ({_row_id(table, 'NEW')}, {_seal(table, 'NEW')}) "
        "ON CONFLICT (id) DO UPDATE SET seal = excluded.seal;"
    )
    drop = f"DELETE FROM runtime_seal WHERE id = {_row_id(table, 'OLD')} AND puhui_seal('') IS NOT NULL;"
    moved = f'OLD."{table.key}" <> NEW."{table.key}"'
    name = table.name
    yield f"CREATE TRIGGER {name}_seal_insert AFTER INSERT ON {name} BEGIN {put} END"
    yield f"CREATE TRIGGER {name}_seal_update AFTER UPDATE ON {name} BEGIN {put} END"
    yield f"CREATE TRIGGER {name}_seal_moved AFTER UPDATE ON {name} WHEN {moved} BEGIN {drop} END"
    yield f"CREATE TRIGGER {name}_seal_delete AFTER DELETE ON {name} BEGIN {drop} END"


POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION puhui_seal(content text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE key bytea := decode(current_setting('puhui.seal_key'), 'hex');
BEGIN
    IF length(key) <> 32 THEN
        RAISE EXCEPTION 'this session does not hold the key of the row seals' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN encode(sha256(key || sha256(key || convert_to(content, 'UTF8'))), 'hex');
END $$
"""


def _postgres_triggers(table: _Table) -> Iterator[str]:
    yield f"""
CREATE OR REPLACE FUNCTION {table.name}_seal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM puhui_seal('');
        DELETE FROM runtime_seal WHERE id = {_row_id(table, "OLD")};
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD."{table.key}" <> NEW."{table.key}" THEN
        DELETE FROM runtime_seal WHERE id = {_row_id(table, "OLD")};
    END IF;
    INSERT INTO runtime_seal (id, seal) VALUES ({_row_id(table, "NEW")}, {_seal(table, "NEW")})
        ON CONFLICT (id) DO UPDATE SET seal = excluded.seal;
    RETURN NULL;
END $$"""
    yield (
        f"CREATE TRIGGER {table.name}_sealed AFTER INSERT OR UPDATE OR DELETE ON {table.name} "
        f"FOR EACH ROW EXECUTE FUNCTION {table.name}_seal()"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trigger:
    """A seal trigger that is there."""

    table: str  # it stands on
    name: str  # of the trigger
    statement: str  # that makes it
    columns: tuple[str, ...] = ()  # of the table, when the trigger was lifted


def lift() -> tuple[_Trigger, ...]:
    """This function will take the triggers away, so that a migration may rebuild tables, and return them for `put_back`.

    Rows keep their seals.
    """
    found = _standing()
    columns = _columns({one.table for one in found})
    with connection.cursor() as cursor:
        for one in found:
            on = f" ON {one.table}" if connection.vendor != "sqlite" else ""
            cursor.execute(f"DROP TRIGGER {one.name}{on}")
    return tuple(replace(one, columns=columns[one.table]) for one in found)


def put_back(lifted: tuple[_Trigger, ...]) -> None:
    """This function will put back the triggers that were lifted for a migration that did not finish, on every table that
    is as it was: else the release before would go on writing rows whose seals no longer fit.
    """
    with transaction(), connection.cursor() as cursor:
        there = {one.name for one in _standing()}
        columns = _columns({one.table for one in lifted})
        for one in lifted:
            if one.name not in there and columns[one.table] == one.columns:
                cursor.execute(one.statement)


def are_standing() -> bool:
    """This function will tell whether every sealed table has its triggers."""
    return {one.name for one in _tables()} <= {one.table for one in _standing()}


def _columns(tables: set[str]) -> dict[str, tuple[str, ...]]:
    """The columns of tables of the database, () for one that is not there."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        read = connection.introspection.get_table_description
        return {
            one: tuple(column.name for column in read(cursor, one)) if one in there else () for one in tables
        }


def _standing() -> tuple[_Trigger, ...]:
    """Every seal trigger that is there."""
    statement = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_seal\\_%' ESCAPE '\\'"
    if connection.vendor != "sqlite":
        statement = (
            "SELECT relname, tgname, pg_get_triggerdef(pg_trigger.oid) "
            "FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE NOT tgisinternal AND tgname LIKE '%\\_sealed' AND tgparentid = 0"
        )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return tuple(
            _Trigger(table=str(table), name=str(name), statement=str(made))
            for table, name, made in cursor.fetchall()
        )


def install() -> dict[str, int]:
    """This function will put the triggers on every sealed table, and seal what lies there without a seal that fits its columns.

    Returns how many rows were sealed afresh, by table: none but on the first run and after a table changed its columns.
    """
    with transaction(), connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        if "runtime_seal" not in there:
            return {}
        lift()
        if connection.vendor != "sqlite":
            cursor.execute(POSTGRES_FUNCTION)
        make = _sqlite_triggers if connection.vendor == "sqlite" else _postgres_triggers
        sealed = {}
        for table in _tables():
            if table.name not in there:
                continue
            for statement in make(table):
                cursor.execute(statement)
            if count := _seal_rows(table):
                sealed[table.name] = count
        return sealed


def _sign(table: _Table) -> str:
    """The seal of what the table's seals cover."""
    text = _Table(name=COLUMNS, key="s", columns=(("s", "TextField"),))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_seal(text, 'x')} FROM (SELECT CAST(%s AS TEXT) AS s) x", [table.signature])
        return str(cursor.fetchone()[0])


def _seal_rows(table: _Table) -> int:
    """Seal the rows that have no seal, or all of them when the columns are others than the seals cover."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seal FROM runtime_seal WHERE id = %s", [COLUMNS + table.name])
        known = cursor.fetchone()
        signature = _sign(table)
        same = known == (signature,)
        only = (
            f"WHERE NOT EXISTS (SELECT 1 FROM runtime_seal s WHERE s.id = {_row_id(table, 't')})"
            if same
            else ""
        )
        cursor.execute(f"SELECT COUNT(*) FROM {table.name} t {only}")
        count = int(cursor.fetchone()[0])
        if count:
            cursor.execute(
                f"INSERT INTO runtime_seal (id, seal) SELECT {_row_id(table, 't')}, {_seal(table, 't')} "
                f"FROM {table.name} t {only or 'WHERE true'} ON CONFLICT (id) DO UPDATE SET seal = excluded.seal"
            )
        if not same:
            cursor.execute(
                "INSERT INTO runtime_seal (id, seal) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET seal = excluded.seal",
                [COLUMNS + table.name, signature],
            )
        return count


def verify_rows() -> RowCheck:
    """This function will hold every sealed row against its seal: edited, added and removed rows are named.

    Two queries a table, three where something is wrong.
    """
    count = 0
    seals = _count_seals()
    stray = _verify_columns() + [
        f"{one}:" for one in sorted(set(seals) - {t.name for t in _tables()} - {COLUMNS[:-1]})
    ]
    bad, total = stray[:MOST_NAMED], len(stray)
    for table in _tables():
        rows, found = _verify(table, seals.get(table.name, 0))
        count += rows
        total += len(found)
        bad.extend(found[: MOST_NAMED - len(bad)])
    return RowCheck(tables=len(_tables()), count=count, bad=tuple(bad), bad_count=total)


def _verify_columns() -> list[str]:
    """What says which columns are covered is sealed itself: else its removal would have edited rows sealed again.

    A database that was emptied whole has none of these rows; one that lacks a single one was edited.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, seal FROM runtime_seal WHERE id LIKE %s", [COLUMNS + "%"])
        found = {str(id): str(seal) for id, seal in cursor.fetchall()}
    fitting = {COLUMNS + table.name: _sign(table) for table in _tables()} if found else {}
    return sorted(id for id in found.keys() | fitting.keys() if found.get(id) != fitting.get(id))


def _count_seals() -> dict[str, int]:
    table = "substr(id, 1, instr(id, ':') - 1)" if connection.vendor == "sqlite" else "split_part(id, ':', 1)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {table}, COUNT(*) FROM runtime_seal GROUP BY 1")
        return {str(name): int(count) for name, count in cursor.fetchall()}


def _verify(table: _Table, seals: int) -> tuple[int, list[str]]:
    id = _row_id(table, "t")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {id} FROM {table.name} t LEFT JOIN runtime_seal s ON s.id = {id} "
            f"WHERE s.seal IS NULL OR s.seal <> {_seal(table, 't')} ORDER BY 1"
        )
        bad = [str(row[0]) for row in cursor.fetchall()]
        cursor.execute(f"SELECT COUNT(*) FROM {table.name}")
        rows = int(cursor.fetchone()[0])
        if bad or seals != rows:
            cursor.execute(
                "SELECT s.id FROM runtime_seal s WHERE s.id LIKE %s "
                f"AND NOT EXISTS (SELECT 1 FROM {table.name} t WHERE {id} = s.id) ORDER BY 1",
                [f"{table.name}:%"],
            )
            bad.extend(str(row[0]) for row in cursor.fetchall())
    return rows, bad
