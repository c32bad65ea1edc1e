"""The kernel's own source in plain Python, for the loans that compiled code hands back: amounts beyond 63 bits, very long
histories, refunds that give interest back.
"""

from __future__ import annotations

from typing import Any

from puhui.batch.portfolio.columns import Columns
from puhui.loans.domain.engine import figures
from puhui.loans.domain.engine.book import EVENT_WIDTH, FAULT_FULL, FAULT_WIDE, K_WIDTH, BookSize, new_book
from puhui.loans.domain.engine.reading import HAS_DETAIL


def value_plainly(columns: Columns, loan: int, day: int) -> list[int]:
    """This function will work out the figures of one loan of some columns on a day, without any limit of size. A fault
    stays in V_FAULT where a refund gives interest back, or an event refers to one that is not there.
    """
    begin, end = int(columns.starts[loan]), int(columns.starts[loan + 1])
    details = slice(int(columns.detail_starts[loan]), int(columns.detail_starts[loan + 1]))
    signed = slice(int(columns.signed_starts[loan]), int(columns.signed_starts[loan + 1]))
    arguments: list[Any] = [
        columns.table.tolist(),
        *([int(column[loan])] for column in columns.loans),
        [0, end - begin],
        columns.value_date[begin:end].tolist(),
        columns.amount[begin:end].tolist(),
        *own_lists(columns, loan),
        [0, details.stop - details.start],
        columns.detail[details].tolist(),
        [0, signed.stop - signed.start],
        columns.signed[signed].tolist(),
    ]
    codes = room_codes(columns, loan)
    count, settled = end - begin, 64 + 8 * (end - begin)
    while True:
        rows = int(columns.loans[2][loan]) * (count + 1) + codes + signed.stop - signed.start + count + 2
        size = BookSize(
            rows=rows,
            changes=4 * count + 4,
            rates=count + 2,
            pauses=count + 2,
            charges=2 * count + 2 + rows,
            settled=settled,
            lines=3 * count + 2,
            events=2 * count + 2,
        )
        books = [new_book([0] * K_WIDTH, [0] * 108, [0] * 9, [0] * 4, size)]
        out = [0] * figures.V_WIDTH
        events = [0] * EVENT_WIDTH * (count + 1)
        figures.value_loans(*[books, events, *arguments, day, 0, 1, out, 1, FAULT_WIDE])
        if not out[figures.V_FAULT] & FAULT_FULL or settled > 10**7:
            return out
        settled *= 4


def own_lists(columns: Columns, loan: int) -> list[list[int]]:
    """This function will list what one loan has of its own kinds, booking dates and references: starts and values of each."""
    found: list[list[int]] = []
    for starts, values in columns.own:
        mine = values[int(starts[loan]) : int(starts[loan + 1])].tolist()
        found += [[0, len(mine)], mine]
    return found


def room_codes(columns: Columns, loan: int) -> int:
    """This function will return how many instalments a loan's events can add at most: no number in its details is a
    count above MOST_ADDED.
    """
    kinds = own_lists(columns, loan)[1]
    return sum(1 for kind in kinds if kind & HAS_DETAIL) * MOST_ADDED


MOST_ADDED = 600  # instalments that one event may add
