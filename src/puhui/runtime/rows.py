"""Single rows by equality, and inserts whose key decides, without the ORM's cost of building each statement.

A borrower's act reads and writes a few dozen single rows. The statement for "this model where these columns equal these
values" is built once and kept; that takes a fifth of the time of a query set. Anything with a join, a range or an
aggregate is a query set.

Inserts: new rows are stored, known ones are left, and the caller learns which. One statement on both databases. On
PostgreSQL it waits for an open transaction that holds the same key, so of two simultaneous acts one stores and the
other sees what was stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from threading import local
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState

from puhui.runtime.databases.direct import DirectWrapper

Row = TypeVar("Row", bound=models.Model)
Convert = Callable[[Any, Any, BaseDatabaseWrapper], Any]
Prepare = Callable[[Any, BaseDatabaseWrapper], Any]

# Values of these types go to the database as they are, in columns of these fields.
PLAIN_TYPES = frozenset({str, int, type(None)})
PLAIN_FIELDS = (models.CharField, models.TextField, models.IntegerField)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What is worked out once for each model."""

    table: str  # its table
    columns: dict[str, str]  # column by attribute name, in the table's order
    attributes: list[str]  # attribute names, in the table's order
    prepare: dict[str, Prepare]  # how a value becomes the database's, by attribute name
    inserted: dict[
        str, bool
    ]  # attributes that an insert names (not numbers that the database gives): whether plain
    key: str  # attribute of the primary key
    defaults: dict[str, Any]  # what a new row holds where nothing is said


@lru_cache(maxsize=256)
def _shape(model: type[models.Model]) -> _Shape:
    fields = model._meta.concrete_fields
    assert model._meta.pk is not None
    return _Shape(
        table=model._meta.db_table,
        columns={field.attname: str(field.column) for field in fields},
        attributes=[field.attname for field in fields],
        prepare={field.attname: _prepare_for(field) for field in fields},
        inserted={
            field.attname: isinstance(_kept(field), PLAIN_FIELDS)
            for field in fields
            if not isinstance(field, models.AutoField)
        },
        key=model._meta.pk.attname,
        defaults={field.attname: field.get_default() for field in fields if _has_default(field)},
    )


def _has_default(field: models.Field[Any, Any]) -> bool:
    """Whether a column has one value for every new row where nothing is said."""
    if field.has_default():
        return not callable(field.default)
    return field.null or isinstance(field, models.AutoField)


def _kept(field: models.Field[Any, Any]) -> models.Field[Any, Any]:
    """The field whose values a column holds: of a foreign key, the key that it points to."""
    return field.target_field if isinstance(field, models.ForeignKey) else field


def _prepare_for(field: models.Field[Any, Any]) -> Prepare:
    """How a value of a column becomes the database's: by Django's own way, or round it where it changes nothing."""
    kept = _kept(field)
    if isinstance(kept, PLAIN_FIELDS):
        return partial(_prepare_plain, field)
    return (
        partial(_prepare_instant, field) if isinstance(kept, models.DateTimeField) else field.get_db_prep_save
    )


def _prepare_plain(field: models.Field[Any, Any], value: Any, database: BaseDatabaseWrapper) -> Any:
    return value if type(value) in PLAIN_TYPES else field.get_db_prep_save(value, database)


def _prepare_instant(field: models.Field[Any, Any], value: Any, database: BaseDatabaseWrapper) -> Any:
    if value is None:
        return None
    if type(value) is datetime and value.tzinfo is not None and isinstance(database, DirectWrapper):
        return database.instant(value)
    return field.get_db_prep_save(value, database)


class _Held(local):
    """The connection in which this thread has an act open."""

    wrapper: DirectWrapper | None = None


_held = _Held()


def direct() -> DirectWrapper:
    """This function will return this thread's connection itself: each use of Django's proxy looks it up again."""
    return _held.wrapper or _look_up_connection()


def _look_up_connection() -> DirectWrapper:
    found = connections[DEFAULT_DB_ALIAS]
    assert isinstance(found, DirectWrapper), "settings.database names the engines of this project"
    return found


def holds_connection() -> bool:
    """This function will tell whether this thread has an act open that holds its connection."""
    return _held.wrapper is not None


def hold_connection() -> DirectWrapper | None:
    """This function will remember this thread's connection for the length of an act, and return what it remembered."""
    before = _held.wrapper
    _held.wrapper = before or _look_up_connection()
    return before


def let_connection_go(before: DirectWrapper | None) -> None:
    """This function will end what `hold_connection` began, given what that returned."""
    _held.wrapper = before


@lru_cache(maxsize=256)
def _converters(model: type[models.Model], vendor: str) -> tuple[tuple[int, Convert, Any], ...]:
    """Which columns of a fetched row need a Python value made of the database's, by position."""
    database = direct()
    found: list[tuple[int, Convert, Any]] = []
    for position, field in enumerate(model._meta.concrete_fields):
        column = field.get_col(model._meta.db_table)
        converters = (*database.ops.get_db_converters(column), *field.get_db_converters(database))
        if vendor == "sqlite" and isinstance(field, models.DateTimeField) and database.timezone is UTC:
            converters = (_in_utc,)
        found += [(position, convert, column) for convert in converters]
    return tuple(found)


def _in_utc(value: datetime, column: Any, database: BaseDatabaseWrapper) -> datetime:
    """SQLite gives an instant without its zone; instants are stored in UTC."""
    return value.replace(tzinfo=UTC)


@lru_cache(maxsize=512)
def _select(
    model: type[models.Model],
    names: tuple[str, ...],
    nulls: tuple[bool, ...],
    order: tuple[str, ...],
    lock: str,
) -> str:
    shape = _shape(model)
    wanted = " AND ".join(
        f"{shape.columns[name]} IS NULL" if null else f"{shape.columns[name]} = %s"
        for name, null in zip(names, nulls, strict=True)
    )
    ordered = ", ".join(
        f"{shape.columns[name.lstrip('-')]} DESC" if name[0] == "-" else shape.columns[name] for name in order
    )
    sql = f"SELECT {', '.join(shape.columns.values())} FROM {shape.table} WHERE {wanted}"
    return sql + (f" ORDER BY {ordered}" if ordered else "") + lock


def list_rows(model: type[Row], *, order: Sequence[str] = (), lock: bool = False, **equal: Any) -> list[Row]:
    """This function will return the rows of `model` whose columns (attribute names) equal the given values.

    `order` names columns, with "-" for descending. `lock` holds the rows until commit (PostgreSQL; on SQLite the
    transaction itself is the lock). One query.
    """
    database = direct()
    sql, values = _selection(database, model, order, lock, equal)
    return _fetch(database, model, sql, values)


def _selection(
    database: DirectWrapper,
    model: type[models.Model],
    order: Sequence[str],
    lock: bool,
    equal: Mapping[str, Any],
) -> tuple[str, list[Any]]:
    """The statement of `list_rows`, and its values."""
    prepare = _shape(model).prepare
    nulls = tuple([value is None for value in equal.values()])
    locking = " FOR UPDATE" if lock and database.features.has_select_for_update else ""
    values = [prepare[name](value, database) for name, value in equal.items() if value is not None]
    return _select(model, tuple(equal), nulls, tuple(order), locking), values


def list_rows_where(model: type[Row], where: str, values: Sequence[Any], *, ending: str = "") -> list[Row]:
    """This function will return the rows of `model` for which the SQL condition `where` holds.

    `where` and `ending` (order, limit, lock) are text of the program, never of a person; instants in `values` are
    prepared by `prepared`. One query.
    """
    shape = _shape(model)
    columns = ", ".join(shape.columns.values())
    return _fetch(direct(), model, f"SELECT {columns} FROM {shape.table} WHERE {where} {ending}", values)


def in_utc(value: datetime) -> datetime:
    """This function will return an instant that a hand-written statement found, with its zone: SQLite keeps none."""
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def prepared(at: datetime) -> Any:
    """This function will return an instant as the database takes it in a hand-written condition."""
    return direct().instant(at)


def _fetch(database: DirectWrapper, model: type[Row], sql: str, values: Sequence[Any]) -> list[Row]:
    return _rows(model, database.fetch(sql, values))


def _rows(model: type[Row], fetched: list[tuple[Any, ...]]) -> list[Row]:
    if not fetched:
        return []
    database = direct()
    attributes = _shape(model).attributes
    converters = _converters(model, database.vendor)
    found: list[Row] = []
    for raw in fetched:
        cells = list(raw)
        for position, convert, column in converters:
            if cells[position] is not None:
                cells[position] = convert(cells[position], column, database)
        row = model.__new__(model)
        row.__dict__.update(zip(attributes, cells, strict=True), _state=_stored(database.alias))
        found.append(row)
    return found


def _stored(alias: str) -> ModelState:
    """The state of a row that stands in the database. `Model.from_db` makes it by way of `__init__` and its signals, of
    which this project has none, in more time than the query takes.
    """
    state = ModelState()
    state.adding, state.db = False, alias
    return state


def find_row(model: type[Row], *, lock: bool = False, **equal: Any) -> Row | None:
    """This function will return the one row whose columns equal the given values, or None. The columns are unique."""
    found = list_rows(model, lock=lock, **equal)
    assert len(found) <= 1, f"{model.__name__} is not unique by {', '.join(equal)}"
    return found[0] if found else None


def new_row(model: type[Row], **values: Any) -> Row:
    """This function will make a row that is not stored yet, as `model(**values)` does, at a fraction of its cost.

    Columns that are not named hold their default. Raises: KeyError when one without a default is not named.
    """
    shape = _shape(model)
    cells = {**shape.defaults, **values}
    row = model.__new__(model)
    row.__dict__.update({name: cells[name] for name in shape.attributes}, _state=ModelState())
    return row


def insert_row(row: models.Model) -> None:
    """This function will insert one row. Raises: IntegrityError when a unique key of it is taken. One query."""
    _insert([row], "")


def insert_soon(row: models.Model, *, if_absent: bool = False) -> None:
    """This function will insert a row whose key is surely free (or, by `if_absent`, may be taken and is then left).

    It travels with the transaction's next statement, which raises what is wrong with it: see `DirectWrapper.write_soon`.
    """
    database, model = direct(), type(row)
    shape = _shape(model)
    values = _inserted(shape, row, database)
    sql = _insertion(model, 1, " ON CONFLICT DO NOTHING" if if_absent else "")
    database.write_soon(sql, values, certain="" if if_absent else "an insert writes a row")


def insert_all_if_absent(rows: Sequence[models.Model]) -> int:
    """This function will insert those of `rows` (of one model) whose unique keys are free, and return how many."""
    return _insert(rows, " ON CONFLICT DO NOTHING") if rows else 0


def insert_if_absent(row: models.Model) -> bool:
    """This function will insert `row` and return True, or return False when one of its unique keys is taken."""
    return insert_all_if_absent([row]) == 1


def upsert_rows(rows: Sequence[models.Model]) -> None:
    """This function will insert `rows` (of one model), or overwrite those whose primary key is there. One query."""
    if not rows:
        return
    shape = _shape(type(rows[0]))
    listed = ", ".join(
        f"{column} = EXCLUDED.{column}" for name, column in shape.columns.items() if name != shape.key
    )
    _insert(rows, f" ON CONFLICT ({shape.columns[shape.key]}) DO UPDATE SET {listed}")


@lru_cache(maxsize=512)
def _insertion(model: type[models.Model], count: int, ending: str) -> str:
    shape = _shape(model)
    columns = ", ".join(shape.columns[name] for name in shape.inserted)
    marks = ", ".join([f"({', '.join(['%s'] * len(shape.inserted))})"] * count)
    return f"INSERT INTO {shape.table} ({columns}) VALUES {marks}{ending}"


def _inserted(shape: _Shape, row: models.Model, database: DirectWrapper) -> list[Any]:
    """The values of a new row as the database takes them."""
    cells, prepare = row.__dict__, shape.prepare
    return [
        cells[name] if plain and type(cells[name]) in PLAIN_TYPES else prepare[name](cells[name], database)
        for name, plain in shape.inserted.items()
    ]


def _insert(rows: Sequence[models.Model], ending: str) -> int:
    model, database = type(rows[0]), direct()
    shape = _shape(model)
    values = [value for row in rows for value in _inserted(shape, row, database)]
    return database.change(_insertion(model, len(rows), ending), values)


def update_soon(model: type[models.Model], changed: Mapping[str, Any], *, certain: str, **equal: Any) -> None:
    """This function will write columns of the rows whose columns equal the given values, as `insert_soon` inserts.

    `certain` says why there surely is one. Raises: AssertionError with it, now or then, when there is none.
    """
    database, prepare = direct(), _shape(model).prepare
    values = [prepare[name](value, database) for name, value in (*changed.items(), *equal.items())]
    database.write_soon(_update(model, tuple(changed), tuple(equal)), values, certain=certain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look at the database that is still to be taken: several are taken in one round by `look_up`."""

    sql: str  # the statement
    values: Sequence[Any]  # of its marks
    read: Callable[[list[tuple[Any, ...]]], Any]  # what its rows mean


def look_up(*looks: Look) -> list[Any]:
    """This function will return what several looks find, each as its `read` says. One query each, in one round."""
    found = direct().fetch_all([(one.sql, one.values) for one in looks])
    return [one.read(rows) for one, rows in zip(looks, found, strict=True)]


def look_for_row(model: type[Row], *, lock: bool = False, **equal: Any) -> Look:
    """This function will return the look that `find_row` takes: at the one row with these values, or None."""
    sql, values = _selection(direct(), model, (), lock, equal)
    return Look(sql=sql, values=values, read=lambda rows: next(iter(_rows(model, rows)), None))


@lru_cache(maxsize=256)
def _update(model: type[models.Model], names: tuple[str, ...], equal: tuple[str, ...]) -> str:
    shape = _shape(model)
    listed = ", ".join(f"{shape.columns[name]} = %s" for name in names)
    wanted = " AND ".join(f"{shape.columns[name]} = %s" for name in equal)
    return f"UPDATE {shape.table} SET {listed} WHERE {wanted}"


def update_row(row: models.Model, names: Sequence[str]) -> None:
    """This function will write the named columns of `row`, found by its primary key.

    Raises: AssertionError when the row is gone. One query.
    """
    model, database = type(row), direct()
    prepare = _shape(model).prepare
    values = [prepare[name](getattr(row, name), database) for name in (*names, _shape(model).key)]
    changed = database.change(_update(model, tuple(names), (_shape(model).key,)), values)
    assert changed == 1, f"{_shape(model).table} has lost a row"
