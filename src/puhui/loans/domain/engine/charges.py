"""Charges: fees and penalties, and the instalment that collects each."""

from __future__ import annotations

from puhui.loans.domain.engine.book import (
    S_CHARGE,
    S_LENT,
    S_OVERDUE,
    S_ROW,
    S_STOP,
    Book,
    insert_row,
    open_of,
)
from puhui.loans.domain.engine.codes import ChargeBasis, ChargeTime, Component, RowKind
from puhui.loans.domain.engine.interest import PPM, half_even
from puhui.loans.domain.engine.penalty import frozen_days, late_penalty_of
from puhui.loans.domain.engine.rows import work_out


def add_charge(
    b: Book, seq: int, due: int, amount: int, penalty: int, time: int, basis: int, value: int
) -> None:
    """This function will add a charge and put it into the instalment in whose period it falls due."""
    n = b.s[S_CHARGE]
    b.s[S_CHARGE] = n + 1
    b.charge_due[n] = due
    b.charge_amount[n] = amount
    b.charge_penalty[n] = penalty
    b.charge_row[n] = -1
    b.charge_paid[n] = b.charge_waived[n] = 0
    b.charge_time[n] = time
    b.charge_basis[n] = basis
    b.charge_value[n] = value
    b.charge_seq[n] = seq
    if time == ChargeTime.OVERDUE:
        b.s[S_OVERDUE] += 1
    place_charges(b)


def charge_late(b: Book, day: int) -> None:
    """This function will add, for each charge for being late, its amount of what is open of principal and interest of each
    instalment that is late on `day`, once an instalment. Days without penalty do not make one late.
    """
    if b.s[S_OVERDUE] == 0 or b.s[S_STOP]:
        return
    work_out(b, day, 0)
    for c in range(b.s[S_CHARGE]):
        if b.charge_time[c] != ChargeTime.OVERDUE:
            continue
        for row in range(b.s[S_ROW]):
            due = b.due[row]
            left = open_of(b, row, Component.PRINCIPAL) + open_of(b, row, Component.INTEREST)
            if due >= day or left <= 0 or is_charged_late(b, c, due) or day - due <= frozen_days(b, due, day):
                continue
            amount = late_charge(b, c, row)
            flat = ChargeBasis.FLAT
            add_charge(b, -b.charge_seq[c], due, amount, b.charge_penalty[c], ChargeTime.DATE, flat, amount)


def is_charged_late(b: Book, charge: int, due: int) -> bool:
    """This function will tell whether a charge for being late was made of the instalment due on `due`."""
    for c in range(b.s[S_CHARGE]):
        if b.charge_seq[c] == -b.charge_seq[charge] and b.charge_due[c] == due:
            return True
    return False


def late_charge(b: Book, charge: int, row: int) -> int:
    """This function will return what a charge for being late is of an instalment, minor units."""
    value, basis, of = b.charge_value[charge], b.charge_basis[charge], 0
    if basis == ChargeBasis.FLAT:
        return value
    if basis != ChargeBasis.INTEREST:
        of += open_of(b, row, Component.PRINCIPAL)
    if basis != ChargeBasis.AMOUNT:
        of += open_of(b, row, Component.INTEREST)
    return half_even(of * value, PPM)


def charge_by(b: Book, seq: int) -> int:
    """This function will return the charge that event `seq` made, −1 if none."""
    for c in range(b.s[S_CHARGE]):
        if b.charge_seq[c] == seq:
            return c
    return -1


def place_charges(b: Book) -> None:
    """This function will put every charge into its instalment anew; one past maturity gets an instalment of its own."""
    if b.s[S_CHARGE] == 0:
        return  # fees come from charges alone, and penalties of late principal are added where they arise
    last, latest = 0, 0
    for row in range(b.s[S_ROW]):
        if b.kind[row] != RowKind.EXTRA:
            last = max(last, b.due[row])
    for c in range(b.s[S_CHARGE]):
        if b.charge_time[c] == ChargeTime.DATE and b.charge_due[c] > last:
            latest = max(latest, b.charge_due[c])
    if latest and b.s[S_ROW]:
        extra_row(b, latest)
    for row in range(b.s[S_ROW]):
        b.fee[row], b.penalty[row] = 0, late_penalty_of(b, row)
    for c in range(b.s[S_CHARGE]):
        if b.charge_time[c] == ChargeTime.DATE:
            place_dated(b, c)
        elif b.charge_time[c] == ChargeTime.INSTALMENT:
            place_everywhere(b, c)
    for part in (Component.PENALTY, Component.FEE):
        follow_charges(b, part)


def follow_charges(b: Book, part: int) -> None:
    """This function will let what was paid or waived of a charge follow it: an instalment that it left, when the table was
    cut or dates moved, would have more paid than is due, and what it went to would ask for it again.
    """
    for row in range(b.s[S_ROW]):
        if open_of(b, row, part) < 0:
            hand_over(b, row, part, 1)
            hand_over(b, row, part, 0)


def hand_over(b: Book, row: int, part: int, noted: int) -> None:
    """This function will move what an instalment has too much: with `noted` only to where the charges went on which it is
    noted, else to whatever is open, in their order.
    """
    over, to = -open_of(b, row, part), 0
    while over > 0 and to < b.s[S_ROW]:
        take = min(over, max(0, open_of(b, to, part)))
        paid = min(take, b.paid[4 * row + part])
        if noted:
            paid = min(paid, lacks(b, to, part, b.charge_paid, b.paid))
        waived = min(take - paid, b.waived[4 * row + part])
        if noted:
            waived = min(waived, lacks(b, to, part, b.charge_waived, b.waived))
        b.paid[4 * row + part] -= paid
        b.paid[4 * to + part] += paid
        b.waived[4 * row + part] -= waived
        b.waived[4 * to + part] += waived
        over, to = over - paid - waived, to + 1


def lacks(b: Book, row: int, part: int, of_charges: list[int], of_rows: list[int]) -> int:
    """This function will return how much less an instalment carries of what was paid, or waived, than its charges do."""
    noted = 0
    for c in range(b.s[S_CHARGE]):
        if b.charge_row[c] == row and b.charge_penalty[c] == (1 if part == Component.PENALTY else 0):
            noted += of_charges[c]
    return max(0, noted - of_rows[4 * row + part])


def place_dated(b: Book, charge: int) -> None:
    """This function will put a charge with a due date of its own into its instalment."""
    row = row_of(b, b.charge_due[charge])
    b.charge_row[charge] = row
    if b.charge_basis[charge] != ChargeBasis.FLAT and not b.charge_paid[charge]:
        b.charge_amount[charge] = charge_of(b, b.charge_basis[charge], b.charge_value[charge])
    if row < 0:
        return
    open_amount = b.charge_amount[charge]
    if b.charge_penalty[charge]:
        b.penalty[row] += open_amount
    else:
        b.fee[row] += open_amount


def place_everywhere(b: Book, charge: int) -> None:
    """This function will put a charge of every instalment into each of them."""
    total = 0
    for row in range(b.s[S_ROW]):
        if b.kind[row] in (RowKind.DOWN_PAYMENT, RowKind.EXTRA) or b.start[row] == b.due[row]:
            continue
        amount = instalment_charge(b, charge, row)
        total += amount
        if b.charge_penalty[charge]:
            b.penalty[row] += amount
        else:
            b.fee[row] += amount
    b.charge_amount[charge] = total


def instalment_charge(b: Book, charge: int, row: int) -> int:
    """This function will return what a charge of every instalment is in one of them, minor units."""
    value, basis = b.charge_value[charge], b.charge_basis[charge]
    if basis == ChargeBasis.FLAT:
        return value
    of = 0
    if basis in (ChargeBasis.AMOUNT, ChargeBasis.AMOUNT_AND_INTEREST):
        of += b.principal[row]
    if basis in (ChargeBasis.INTEREST, ChargeBasis.AMOUNT_AND_INTEREST):
        of += b.interest[row]
    return half_even(of * value, PPM)


def charge_of(b: Book, basis: int, value: int) -> int:
    """This function will return the amount of a dated charge, minor units."""
    if basis == ChargeBasis.FLAT:
        return value
    of = 0
    if basis in (ChargeBasis.AMOUNT, ChargeBasis.AMOUNT_AND_INTEREST):
        of += b.s[S_LENT]
    if basis in (ChargeBasis.INTEREST, ChargeBasis.AMOUNT_AND_INTEREST):
        for row in range(b.s[S_ROW]):
            of += b.interest[row]
    return half_even(of * value, PPM)


def row_of(b: Book, day: int) -> int:
    """This function will return the instalment in whose period a day lies: after its start, up to its due date."""
    first = True
    for row in range(b.s[S_ROW]):
        if b.kind[row] == RowKind.DOWN_PAYMENT:
            continue
        if (b.start[row] < day or first) and day <= b.due[row]:
            return row
        first = False
    return -1


def end_charges(b: Book, part: int) -> int:
    """This function will end every dated charge of one component where it was settled so far, and return what was open of
    them, minor units. It is for whom calls it to put that somewhere else.
    """
    total = 0
    for c in range(b.s[S_CHARGE]):
        if b.charge_time[c] != ChargeTime.DATE or b.charge_penalty[c] != (
            1 if part == Component.PENALTY else 0
        ):
            continue
        gone = b.charge_paid[c] + b.charge_waived[c]
        total += b.charge_amount[c] - gone
        b.charge_amount[c] = b.charge_value[c] = gone
        b.charge_basis[c] = ChargeBasis.FLAT
    return total


def spread_charge(b: Book, begin: int, part: int, amount: int) -> None:
    """This function will put an amount of one component evenly upon the instalments from `begin` on, the last one taking
    the rest.
    """
    share, penalty = half_even(amount, b.s[S_ROW] - begin), 1 if part == Component.PENALTY else 0
    for row in range(begin, b.s[S_ROW]):
        one = amount if row == b.s[S_ROW] - 1 else share
        amount -= one
        if one:
            add_charge(b, 0, b.due[row], one, penalty, ChargeTime.DATE, ChargeBasis.FLAT, one)


def extra_row(b: Book, day: int) -> int:
    """This function will return the instalment after maturity, made or moved so that it falls due on `day` or later."""
    last = b.s[S_ROW] - 1
    if last >= 0 and b.kind[last] == RowKind.EXTRA:
        b.due[last] = max(b.due[last], day)
        return last
    insert_row(b, last + 1, RowKind.EXTRA, b.due[last], day)
    return last + 1


def drop_fees(b: Book, day: int) -> int:
    """This function will waive what is open of charges whose instalment falls due after `day` (it may have been moved since
    they were agreed) and return it, minor units: what `payoff` leaves out.
    """
    total = 0
    for c in range(b.s[S_CHARGE]):
        if b.charge_row[c] >= 0 and b.due[b.charge_row[c]] > day:
            total += waive_charge(b, c)
    return total


def waive_charges(b: Book, row: int, part: int, amount: int) -> None:
    """This function will note what was waived of an instalment's fees or penalties on its charges, oldest first."""
    for c in range(b.s[S_CHARGE]):
        if b.charge_row[c] == row and b.charge_penalty[c] == (1 if part == 0 else 0):
            take = min(amount, b.charge_amount[c] - b.charge_paid[c] - b.charge_waived[c])
            b.charge_waived[c] += take
            amount -= take


def waive_charge(b: Book, charge: int) -> int:
    """This function will waive what is open of a dated charge and return it, minor units."""
    row = (
        b.charge_row[charge] if b.charge_row[charge] >= 0 else b.s[S_ROW] - 1
    )  # of every instalment: the last one
    amount = b.charge_amount[charge] - b.charge_paid[charge] - b.charge_waived[charge]
    b.charge_waived[charge] += amount
    b.waived[4 * row + (0 if b.charge_penalty[charge] else 1)] += amount
    return amount
