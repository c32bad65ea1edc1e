"""Write verbs of lines. Each locks the line, reads it again, refuses, and writes row and history together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from puhui.lines import domain
from puhui.lines.domain import Line, LineAct, LineState, next_state
from puhui.lines.models import LineEventRow, LineRow
from puhui.lines.queries import LineNotFound
from puhui.runtime.rows import find_row, insert_row, list_rows, update_row
from puhui.runtime.transactions import require_transaction


def grant_line(
    *,
    id: str,
    customer_id: str,
    product_id: str,
    decision_id: str,
    limit_minor: int,
    currency: str,
    grade: str,
    annual_rate_ppm: int,
    expires_on: date,
    now: datetime,
) -> Line:
    """This function will grant a new line. The caller has decided; `decision_id` may grant once."""
    require_transaction()
    assert limit_minor > 0, "a line is granted with a positive limit"
    row = LineRow(
        id=id,
        customer_id=customer_id,
        product_id=product_id,
        decision_id=decision_id,
        currency=currency,
        limit_minor=limit_minor,
        used_minor=0,
        annual_rate_ppm=annual_rate_ppm,
        grade=grade,
        granted_at=now,
        expires_on=expires_on,
        state=LineState.ACTIVE.value,
    )
    insert_row(row)
    line = row.to_domain()
    _append(
        line, LineAct.GRANT, amount_minor=limit_minor, source=f"decision:{decision_id}", reason="", now=now
    )
    return line


def regrant_line(
    *,
    line_id: str,
    decision_id: str,
    limit_minor: int,
    grade: str,
    annual_rate_ppm: int,
    source: str,
    now: datetime,
) -> Line:
    """This function will give a line the terms of another decision, once per `source`; what is drawn stays drawn.

    The line keeps its id, so quotes on it stay good. Raises: LineNotFound.
    """
    require_transaction()
    assert limit_minor > 0, "a line is granted with a positive limit"
    line = _lock(line_id)
    if _happened(line_id, LineAct.GRANT, source):
        return line
    changed = replace(
        line, decision_id=decision_id, limit_minor=limit_minor, grade=grade, annual_rate_ppm=annual_rate_ppm
    )
    row = LineRow(
        id=line_id,
        decision_id=decision_id,
        limit_minor=limit_minor,
        grade=grade,
        annual_rate_ppm=annual_rate_ppm,
    )
    update_row(row, ["decision_id", "limit_minor", "grade", "annual_rate_ppm"])
    _append(changed, LineAct.GRANT, amount_minor=limit_minor, source=source, reason="proofs", now=now)
    return changed


def use_line(*, line_id: str, amount_minor: int, on_date: date, source: str, now: datetime) -> Line:
    """This function will draw from a line, once per `source`; a repeated source changes nothing.

    `on_date` is the business date of the draw. Raises: LineNotFound, LineClosed, LineFrozen, LineExpired, LineExceeded.
    """
    require_transaction()
    line = _lock(line_id)
    if _happened(line_id, LineAct.USE, source):
        return line
    return _store(
        domain.use(line, amount_minor=amount_minor, on_date=on_date),
        LineAct.USE,
        amount_minor,
        source,
        "",
        now,
    )


def restore_line(*, line_id: str, amount_minor: int, source: str, now: datetime) -> Line:
    """This function will give repaid principal back to a line, once per `source`. Raises: LineNotFound."""
    require_transaction()
    line = _lock(line_id)
    if _happened(line_id, LineAct.RESTORE, source):
        return line
    return _store(
        domain.restore(line, amount_minor=amount_minor), LineAct.RESTORE, amount_minor, source, "", now
    )


def reuse_line(*, line_id: str, amount_minor: int, source: str, now: datetime) -> Line:
    """This function will take restored principal away again when the repayment behind it was returned, once per source.

    It never refuses: the money is owed whatever the line says, and used may exceed the limit then. Raises: LineNotFound.
    """
    require_transaction()
    line = _lock(line_id)
    if _happened(line_id, LineAct.USE, source):
        return line
    return _store(
        replace(line, used_minor=line.used_minor + amount_minor),
        LineAct.USE,
        amount_minor,
        source,
        "returned",
        now,
    )


def freeze_line(*, line_id: str, source: str, reason: str, now: datetime) -> Line:
    """This function will stop further draws. Raises: LineNotFound, LineActNotAllowed."""
    return _move(line_id, LineAct.FREEZE, source, reason, now)


def release_line(*, line_id: str, source: str, reason: str, now: datetime) -> Line:
    """This function will allow draws again on a frozen line. Raises: LineNotFound, LineActNotAllowed."""
    return _move(line_id, LineAct.RELEASE, source, reason, now)


def close_line(*, line_id: str, source: str, reason: str, now: datetime) -> Line:
    """This function will close a line for good. Raises: LineNotFound, LineActNotAllowed."""
    return _move(line_id, LineAct.CLOSE, source, reason, now)


def _move(line_id: str, act: LineAct, source: str, reason: str, now: datetime) -> Line:
    require_transaction()
    line = _lock(line_id)
    if _happened(line_id, act, source):
        return line
    return _store(replace(line, state=next_state(line.state, act)), act, 0, source, reason, now)


def _lock(line_id: str) -> Line:
    row = find_row(LineRow, lock=True, id=line_id)
    if row is None:
        raise LineNotFound()
    return row.to_domain()


def _happened(line_id: str, act: LineAct, source: str) -> bool:
    return bool(list_rows(LineEventRow, line_id=line_id, act=act.value, source=source))


def _store(line: Line, act: LineAct, amount_minor: int, source: str, reason: str, now: datetime) -> Line:
    update_row(
        LineRow(id=line.id, used_minor=line.used_minor, state=line.state.value), ["used_minor", "state"]
    )
    _append(line, act, amount_minor=amount_minor, source=source, reason=reason, now=now)
    return line


def _append(line: Line, act: LineAct, *, amount_minor: int, source: str, reason: str, now: datetime) -> None:
    event = LineEventRow(
        line_id=line.id,
        act=act.value,
        amount_minor=amount_minor,
        used_after_minor=line.used_minor,
        source=source,
        reason=reason,
        at=now,
    )
    insert_row(event)
