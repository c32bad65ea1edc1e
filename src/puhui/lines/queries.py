"""Read lines as values."""

from __future__ import annotations

from puhui.core.refusals import Refusal
from puhui.lines.domain import Line, LineEvent
from puhui.lines.models import LineEventRow, LineRow


class LineNotFound(Refusal):
    """There is no such line for this customer."""

    field = "line"
    status = 404


def get_line(*, id: str) -> Line:
    """This function will return one line. Raises: LineNotFound."""
    row = LineRow.objects.filter(id=id).first()
    if row is None:
        raise LineNotFound()
    return row.to_domain()


def find_line(*, customer_id: str) -> Line | None:
    """This function will return the customer's newest line, or None."""
    row = LineRow.objects.filter(customer_id=customer_id).order_by("-granted_at", "-id").first()
    return None if row is None else row.to_domain()


def list_lines(*, customer_id: str) -> list[Line]:
    """This function will return all lines of a customer, newest first."""
    return [
        row.to_domain()
        for row in LineRow.objects.filter(customer_id=customer_id).order_by("-granted_at", "-id")
    ]


def list_line_events(*, line_id: str) -> list[LineEvent]:
    """This function will return a line's history, oldest first."""
    return [row.to_domain() for row in LineEventRow.objects.filter(line_id=line_id).order_by("id")]
