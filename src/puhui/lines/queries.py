"""Read lines as values."""

from __future__ import annotations

from puhui.core.refusals import Refusal
from puhui.lines.domain import Line, LineEvent
from puhui.lines.models import LineEventRow, LineRow
from puhui.runtime.rows import find_row, list_rows


class LineNotFound(Refusal):
    """There is no such line for this customer."""

    field = "line"
    status = 404


def get_line(*, id: str) -> Line:
    """This function will return one line. Raises: LineNotFound."""
    row = find_row(LineRow, id=id)
    if row is None:
        raise LineNotFound()
    return row.to_domain()


def find_line(*, customer_id: str) -> Line | None:
    """This function will return the customer's newest line, or None."""
    return next(iter(list_lines(customer_id=customer_id)), None)


def list_lines(*, customer_id: str) -> list[Line]:
    """This function will return all lines of a customer, newest first."""
    return [
        row.to_domain() for row in list_rows(LineRow, order=("-granted_at", "-id"), customer_id=customer_id)
    ]


def list_line_events(*, line_id: str) -> list[LineEvent]:
    """This function will return a line's history, oldest first."""
    return [row.to_domain() for row in list_rows(LineEventRow, order=("id",), line_id=line_id)]
