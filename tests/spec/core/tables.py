"""Reads the drawn tables of these specifications."""

from __future__ import annotations


def rows(table: str) -> list[tuple[str, ...]]:
    """The rows below the heading, one tuple of stripped cells each; every row has the heading's number of cells."""
    lines = [line for line in table.strip().splitlines() if line.strip()]
    width = lines[0].count("|")
    assert all(line.count("|") == width for line in lines), "a cell is missing"
    return [tuple(cell.strip() for cell in line.split("|")) for line in lines[1:]]
