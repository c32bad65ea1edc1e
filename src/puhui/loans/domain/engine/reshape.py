"""Restructures: re-age, re-amortise, charge-off that accelerates. What was paid stays where it was paid; what is open
moves into new or later instalments, and no minor unit is lost on the way.
"""

from __future__ import annotations

from puhui.loans.domain.engine.book import (
    K_EVERY,
    K_PARTS_ALONE,
    K_RECALC,
    K_UNIT,
    S_BALANCE,
    S_FRESH,
    S_ROW,
    Book,
    gone_of,
    insert_row,
    remove_row,
)
from puhui.loans.domain.engine.calendar import add_period, civil
from puhui.loans.domain.engine.charges import end_charges, place_charges, spread_charge
from puhui.loans.domain.engine.codes import Component, ReAgeInterest, Recalculation, RowKind, Unit
from puhui.loans.domain.engine.interest import half_even
from puhui.loans.domain.engine.level import set_level
from puhui.loans.domain.engine.rows import work_out


def owed_to(b: Book, day: int) -> tuple[int, int, int]:
    """This function will return principal owed, interest open to the day and interest open in all, minor units."""
    work_out(b, day, 0)
    work_out(b, day, day)
    principal = b.s[S_BALANCE]
    to_date, whole = 0, 0
    for row in range(b.s[S_ROW]):
        paid = b.paid[4 * row + 2] + b.waived[4 * row + 2]
        whole += max(0, b.interest[row] - paid)
        borne = (
            b.interest[row]
            if b.k[K_RECALC] == Recalculation.NONE and b.due[row] <= day
            else b.at_interest[row]
        )
        to_date += max(0, borne - paid)
    return principal, to_date, whole


def close_row(b: Book, row: int) -> None:
    """This function will leave an instalment with what was paid of it, its charges apart."""
    b.kind[row] = RowKind.CLOSED
    b.principal[row] = b.paid[4 * row + 3] + b.waived[4 * row + 3]
    b.interest[row] = b.paid[4 * row + 2] + b.waived[4 * row + 2]
    b.emi[row] = b.principal[row] + b.interest[row]
    b.credit_interest[row] = b.base[row] = (
        0  # what was put back of the principal stays: it was owed from then on
    )


def cut_at(b: Book, day: int) -> None:
    """This function will end the table on `day`: past instalments are closed, the running one ends on the day and takes
    what was paid ahead, the others go.
    """
    last = -1
    for row in range(b.s[S_ROW]):
        if b.start[row] < day or b.due[row] <= day:
            last = row
    if last < 0 and b.s[S_ROW]:
        last = 0
        b.due[0] = day
    for row in range(b.s[S_ROW] - 1, last, -1):
        b.early[last] += b.early[row]
        b.late[last] += b.late[row]
        b.credit_principal[last] += b.credit_principal[row]
        for part in range(4):
            b.paid[4 * last + part] += b.paid[4 * row + part]
            b.waived[4 * last + part] += b.waived[4 * row + part]
        remove_row(b, row)
    b.due[last] = min(b.due[last], day) if b.start[last] < day else b.due[last]
    for row in range(b.s[S_ROW]):
        close_row(b, row)


def re_age(
    b: Book, day: int, first_due: int, count: int, every: int, unit: int, interest: int, used: list[int]
) -> None:
    """This function will put what is owed on `day` into `count` new instalments from `first_due` on, and add what was moved
    to `used`, by component. Dated charges move where the instalments are split evenly; else each stays on its day.
    """
    principal, to_date, whole = owed_to(b, day)
    moved = to_date
    if interest == ReAgeInterest.SPLIT_ALL:
        moved = whole
    elif interest == ReAgeInterest.WAIVE:
        moved = 0
    cut_at(b, day)
    b.k[K_UNIT], b.k[K_EVERY] = unit, every
    seed = civil(first_due)[2]
    begin = b.s[S_ROW]
    before = max(b.due[begin - 1], day)
    for number in range(count):
        due = add_period(first_due, unit, every * number, seed)
        row = b.s[S_ROW]
        insert_row(b, row, RowKind.REGULAR, before, due)
        b.whole[row] = due - add_period(due, unit, -every, seed) if unit in (Unit.MONTH, Unit.YEAR) else 0
        before = due
    used[2], used[3] = moved, principal
    if interest == ReAgeInterest.DEFAULT:
        b.base[begin] = moved
        set_level(b, begin, day)
    else:
        for part in (Component.PENALTY, Component.FEE):
            used[part] = end_charges(b, part)
        split_evenly(b, begin, used)
        work_out(b, day, 0)
    place_charges(b)
    if b.s[S_FRESH] != day:
        work_out(b, day, 0)


def split_evenly(b: Book, begin: int, amounts: list[int]) -> None:
    """This function will split amounts, by component, evenly over the instalments from `begin` on: equal payments of all
    of it together, of which principal is what the other parts leave. The last instalment takes the rest of each.
    """
    count, last = b.s[S_ROW] - begin, b.s[S_ROW] - 1
    part = half_even(amounts[2], count)
    level = half_even(amounts[0] + amounts[1] + amounts[2] + amounts[3], count) - part
    for component in (Component.PENALTY, Component.FEE):
        level -= half_even(amounts[component], count)
        spread_charge(b, begin, component, amounts[component])
    for row in range(begin, last):
        b.kind[row] = RowKind.FIXED
        b.interest[row], b.principal[row] = part, level
    b.kind[last] = RowKind.FIXED
    b.interest[last] = amounts[2] - part * (count - 1)
    b.principal[last] = amounts[3] - level * (count - 1)


def re_amortise(b: Book, day: int, interest: int) -> tuple[int, int]:
    """This function will move what is past due on `day` into the instalments still to come, and return its interest and
    principal. Without one of these nothing moves.
    """
    work_out(b, day, 0)
    moved, principal = 0, 0
    begin = b.s[S_ROW]
    ahead = 0
    for row in range(b.s[S_ROW]):
        if b.kind[row] == RowKind.REGULAR and b.due[row] >= day:
            ahead += 1
    if ahead == 0:
        return 0, 0
    for row in range(b.s[S_ROW] - 1, -1, -1):
        if b.due[row] > day or (b.due[row] == day and b.kind[row] == RowKind.REGULAR):
            begin = row
            continue
        moved += b.interest[row] - b.paid[4 * row + 2] - b.waived[4 * row + 2]
        principal += b.principal[row] - b.paid[4 * row + 3] - b.waived[4 * row + 3]
        close_row(b, row)
    if spread_interest(b, begin, moved, interest):
        set_level(b, begin, day)
    return moved, principal


def spread_interest(b: Book, begin: int, moved: int, interest: int) -> bool:
    """This function will put interest that was moved upon the regular instalments from `begin` on, the first or all of
    them, and tell whether there are any.
    """
    count, first, last = 0, -1, -1
    for row in range(begin, b.s[S_ROW]):
        if b.kind[row] == RowKind.REGULAR:
            first = row if first < 0 else first
            count, last = count + 1, row
    if count == 0:
        return False
    if interest == ReAgeInterest.DEFAULT:
        b.base[first] += moved
        return True
    part = half_even(moved, count)
    for row in range(begin, b.s[S_ROW]):
        if b.kind[row] == RowKind.REGULAR:
            b.base[row] += part
    if not b.k[K_PARTS_ALONE]:
        b.base[last] += moved - part * count
    return True


def accelerate(b: Book, day: int) -> None:
    """This function will make everything owed due on `day`, with the interest to the day, in the running instalment."""
    principal, to_date, _ = owed_to(b, day)
    if not lies_ahead(b, day):
        return
    for r in range(b.s[S_ROW]):
        is_past = b.due[r] < day
        b.held[r] = max(0, b.at_interest[r] - gone_of(b, r, 2)) if is_past else 0
        b.kept[r] = b.principal[r] - gone_of(b, r, 3) if is_past else 0
    cut_at(b, day)
    last = b.s[S_ROW] - 1
    for row in range(last):
        b.kind[row] = RowKind.FIXED
        b.principal[row] += b.kept[row]
        b.interest[row] += b.held[row]
        principal -= b.kept[row]
        to_date -= b.held[row]
    b.kind[last] = RowKind.FIXED
    b.principal[last] += principal
    b.interest[last] += to_date
    place_charges(b)
    work_out(b, day, 0)


def lies_ahead(b: Book, day: int) -> bool:
    """This function will tell whether an instalment falls due after `day`, or the last one on it."""
    for row in range(b.s[S_ROW]):
        if b.due[row] > day:
            return True
    return b.due[b.s[S_ROW] - 1] == day
