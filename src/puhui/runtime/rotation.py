"""Moving sealed values to the newest key, in place, while the house is open.

Every update names the old token, so that a value which a journey changes at the same moment is left to the journey.
Append-only tables refuse it: their old tokens stay readable as long as their key stays listed, and are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import DatabaseError, connection

from puhui.runtime import blobs
from puhui.runtime.sealing import current_key_id, key_id_of, reseal, seal_bytes, unseal_bytes
from puhui.runtime.transactions import transaction

CHUNK = 500  # values of one commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What was done to one column, or to the blob files."""

    where: str  # "table.column", or "blobs"
    resealed: int  # values now under the newest key that were not before
    kept: dict[str, int]  # values still under an older key, by key id (append-only tables)


def rotate_column(*, table: str, pk: str, column: str) -> Rotation:
    """This function will reseal every value of one sealed column that is not under the newest key.

    Commits in chunks; may be stopped and run again. Raises: SealBroken for a value that no listed key opens.
    """
    resealed, kept = 0, Counter[str]()
    last: str | int | None = None
    while rows := _older(table, pk, column, last):
        last = rows[-1][0]
        try:
            resealed += _reseal_rows(table, pk, column, rows)
        except DatabaseError as error:
            if "append-only" not in str(error):
                raise
            kept.update(key_id_of(token) for _, token in rows)
    return Rotation(where=f"{table}.{column}", resealed=resealed, kept=dict(kept))


def _older(table: str, pk: str, column: str, last: str | int | None) -> list[tuple[str | int, str]]:
    after = f'AND "{pk}" > %s' if last is not None else ""
    sql = (
        f'SELECT "{pk}", "{column}" FROM "{table}" WHERE "{column}" LIKE \'%%:%%\' AND "{column}" NOT LIKE %s {after} '
        f'ORDER BY "{pk}" LIMIT {CHUNK}'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [f"{current_key_id()}:%", *([last] if last is not None else [])])
        return [(row[0], str(row[1])) for row in cursor.fetchall()]


def _reseal_rows(table: str, pk: str, column: str, rows: Sequence[tuple[str | int, str]]) -> int:
    changed = 0
    sql = f'UPDATE "{table}" SET "{column}" = %s WHERE "{pk}" = %s AND "{column}" = %s'
    with transaction(), connection.cursor() as cursor:
        for key, token in rows:
            cursor.execute(sql, [reseal(token), key, token])
            changed += int(cursor.rowcount)
    return changed


def rotate_blobs() -> Rotation:
    """This function will reseal every blob file that is not under the newest key."""
    resealed = 0
    for path in _blob_files():
        sealed = path.read_bytes()
        if sealed.partition(b":")[0].decode("ascii", "replace") == current_key_id():
            continue
        name = path.parent.name + path.name
        blobs.replace_file(path, seal_bytes(unseal_bytes(sealed, context=name), context=name))
        resealed += 1
    return Rotation(where="blobs", resealed=resealed, kept={})


def _blob_files() -> Iterator[Path]:
    yield from sorted(path for path in blobs.folder().glob("??/*") if not path.name.startswith("."))
