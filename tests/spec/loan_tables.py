"""Read the tables that loan specs are drawn as: a head line, then rows; `-` or an empty cell is nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

from puhui.core.money import parse_minor
from puhui.loans.domain import ContractTerms, EventKind, LoanEvent, disbursement


def read(drawing: str) -> list[dict[str, str]]:
    """This function will read a drawn table into one dict a row."""
    lines = [
        line for line in drawing.strip().splitlines() if line.strip() and set(line.strip()) - set("|-+ ")
    ]
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    head, *rows = cells
    assert all(len(row) == len(head) for row in rows), drawing
    return [dict(zip(head, ("" if cell == "-" else cell for cell in row), strict=True)) for row in rows]


def yuan(text: str) -> int:
    """This function will read yuan into fen; nothing is zero."""
    return parse_minor(text.replace("−", "-"), "CNY") if text else 0


def events_of(terms: ContractTerms, drawing: str) -> list[LoanEvent]:
    """This function will read a table of events: `date | what | amount | note`, where the note is `through 3`,
    `until 2027-01-01` or `of 2` (the row that is reversed).
    """
    found: list[LoanEvent] = []
    for seq, row in enumerate(read(drawing), start=1):
        day = date.fromisoformat(row["date"])
        payload: dict[str, object] = {}
        word, _, value = row.get("note", "").partition(" ")
        if word == "through":
            payload["through"] = int(value)
        elif word == "until":
            payload |= {"from": day.isoformat(), "until": value}
        elif word == "of":
            payload["event_id"] = f"e{value}"
        event = LoanEvent(
            id=f"e{seq}",
            loan_id="l1",
            seq=seq,
            kind=EventKind(row["what"]),
            value_date=day,
            booking_date=day,
            booked_at=datetime(day.year, day.month, day.day, 4, tzinfo=UTC),
            amount_minor=yuan(row["amount"]),
            payload=payload,
        )
        found.append(disbursement(terms=terms, event=event))
    return found
