"""Loans on which nothing happens but one payout, payments of what is due and perhaps one change of the rate, or one re-age: worked out
without a book, by the same rules.

Until a day a loan is a balance, the interest that the running period has borne, and the instalments from the first that
is not settled on (the front). What those before it were does not matter to any figure: they are paid. What lies ahead
is followed once, at the end. Whatever is not so simple (a payment ahead of an equal instalment, a paid-out loan near its end,
any other event) is given back to `run`, which starts anew.
"""

from __future__ import annotations

from puhui.loans.domain.engine.annuity import level_equal
from puhui.loans.domain.engine.book import (
    K_METHOD,
    MOST_STRAIGHT,
    W_ACC,
    W_ACCRUED,
    W_AT,
    W_BALANCE,
    W_BASE,
    W_CARRY,
    W_CHANGED,
    W_COUNT,
    W_DUE,
    W_EMI,
    W_FRONT,
    W_INTEREST,
    W_LATE,
    W_LEFT,
    W_LENT,
    W_MONTH,
    W_MONTHS,
    W_NEXT_AMOUNT,
    W_NEXT_DUE,
    W_OLD_EMI,
    W_PAID_INTEREST,
    W_RATE,
    W_ROW,
    W_SEED,
    W_SINCE,
    W_START,
    W_SWITCH,
    W_TODAY,
    Book,
)
from puhui.loans.domain.engine.calendar import civil
from puhui.loans.domain.engine.codes import Method
from puhui.loans.domain.engine.interest import (
    PPM,
    TWELVE_PPM,
    WIDEST_BALANCE,
    WIDEST_DAYS,
    WIDEST_FACTOR,
    WIDEST_WEIGHT,
    by_months,
    half_even,
)
from puhui.loans.domain.engine.level import level_again
from puhui.loans.domain.engine.rows import round_level
from puhui.loans.domain.engine.straight_begin import due_in


def close_due(b: Book, day: int) -> int:
    """This function will bring every instalment that is due by `day` to its end, and return the first that is not. Kept of
    each: its period's interest (`raw`), its due date (`mark`), what is paid of its interest (`held`) and principal (`kept`).
    """
    w, row, count, due = b.w, b.w[W_ROW], b.w[W_COUNT], b.w[W_DUE]
    if row == count or due > day:
        return row
    start, month = w[W_START], w[W_MONTH]
    whole = by_months(w[W_BALANCE] * w[W_RATE] * w[W_MONTHS])  # of each period but the first, at most
    b.raw[row] = whole
    if w[W_AT] != start or w[W_BASE] != due - start:
        borne = w[W_ACC] + w[W_BALANCE] * w[W_RATE] * (due - w[W_AT])
        b.raw[row] = half_even(borne * w[W_MONTHS], TWELVE_PPM * w[W_BASE])
    while due <= day:
        b.mark[row] = start = due
        row += 1
        if row == count:
            break
        b.raw[row] = whole
        b.held[row] = b.kept[row] = 0
        month += w[W_MONTHS]
        due = due_in(b, month)
    w[W_ROW], w[W_START], w[W_AT], w[W_ACC] = row, start, start, 0
    w[W_DUE], w[W_BASE], w[W_MONTH] = due, due - start, month
    return row


def part_of(b: Book, row: int, found: int, left: int) -> tuple[int, int]:
    """This function will split an instalment that is not settled into interest and principal, as `rows.split_row` does."""
    paid_interest, paid_principal = b.held[row], b.kept[row]
    if row == b.w[W_COUNT] - 1:
        return max(found, paid_interest), max(left, paid_principal)
    emi = b.w[W_OLD_EMI] if row < b.w[W_SWITCH] else b.w[W_EMI]
    if b.k[K_METHOD] == Method.EQUAL_PRINCIPAL:
        return max(found, paid_interest), max(min(left, emi), paid_principal)
    interest = min(found, emi)
    if paid_principal > emi - interest:
        interest = paid_interest
    interest = max(interest, paid_interest)
    return interest, max(min(max(0, emi - interest), left), paid_principal)


def move_balance(b: Book, day: int, amount: int) -> None:
    """This function will let less principal be owed from `day` on; what it bore until then is kept."""
    w = b.w
    w[W_ACC] += w[W_BALANCE] * w[W_RATE] * (day - w[W_AT])
    w[W_AT] = day
    w[W_BALANCE] -= amount


def pay_straight(b: Book, day: int, amount: int) -> bool:
    """This function will allocate a payment to what is due, oldest first, interest before principal; where interest comes on
    top of principal the next instalment takes the rest. It tells whether that was all.
    """
    w, end = b.w, close_due(b, day)
    if amount <= 0 or amount > WIDEST_BALANCE or end >= b.w[W_COUNT] - 1:
        return False
    carry, left, moved, open_principal, is_whole = w[W_CARRY], w[W_LEFT], 0, 0, True
    for row in range(w[W_FRONT], end):
        found = b.raw[row] + carry
        interest, principal = part_of(b, row, found, left)
        open_interest, more = interest - b.held[row], principal - b.kept[row]
        open_principal += more
        one = min(amount, open_interest)
        other = min(amount - one, more)
        amount -= one + other
        b.held[row] += one
        b.kept[row] += other
        w[W_PAID_INTEREST] += one
        moved += other
        carry = 0 if b.k[K_METHOD] == Method.EQUAL_PRINCIPAL else max(0, found - interest)
        left -= principal
        is_whole = is_whole and one == open_interest and other == more
        if is_whole:
            w[W_FRONT], w[W_CARRY], w[W_LEFT] = row + 1, carry, left
    if w[W_BALANCE] <= open_principal:
        return False
    if moved:
        move_balance(b, day, moved)
    w[W_TODAY] = day
    if amount == 0:
        return True
    return pay_next(b, day, amount, end, left)


def pay_next(b: Book, day: int, amount: int, row: int, left: int) -> bool:
    """This function will let the running instalment take what is left of a payment, interest to the day first, and tell
    whether that does not settle it.
    """
    w, held, kept = b.w, b.held[row], b.kept[row]
    borne = w[W_ACC] + w[W_BALANCE] * w[W_RATE] * (day - w[W_AT])
    to_day = half_even(borne * w[W_MONTHS], TWELVE_PPM * w[W_BASE]) + w[W_CARRY]
    if b.k[K_METHOD] == Method.EQUAL_PRINCIPAL:
        interest, principal = max(0, to_day - held), max(0, min(left, w[W_EMI]) - kept)
    else:  # as `rows.interest_to` does: where principal was paid in its place interest is handed on
        most = held if kept > max(0, w[W_EMI] - to_day) else w[W_EMI]
        interest = max(0, min(to_day, most) - held)
        principal = max(0, w[W_EMI] - held - interest - kept)
    if principal >= w[W_BALANCE] or amount >= principal + interest:
        return False
    one = min(amount, interest)
    b.held[row] += one
    w[W_PAID_INTEREST] += one
    if amount > one:
        b.kept[row] += amount - one
        move_balance(b, day, amount - one)
    return True


def change_straight(b: Book, day: int, rate: int) -> bool:
    """This function will let another rate count from `day` on and level what is still to come. It tells whether it could:
    once, and of equal instalments only where nothing fell due since the last payment and nothing is paid ahead.
    """
    w, turn, by_principal = b.w, day - 1, b.k[K_METHOD] == Method.EQUAL_PRINCIPAL
    if w[W_CHANGED] or day <= w[W_TODAY] or not 0 < rate <= PPM or w[W_LENT] * rate > WIDEST_FACTOR:
        return False
    if w[W_DUE] < day and not by_principal:
        return False
    row = close_due(b, turn)
    count, carry, left = w[W_COUNT] - row, w[W_CARRY], w[W_LEFT]
    for r in range(w[W_FRONT], row):
        found = b.raw[r] + carry
        interest, principal = part_of(b, r, found, left)
        carry = 0 if by_principal else max(0, found - interest)
        left -= principal
    if left <= 0 or count < 2 or (not by_principal and b.held[row] + b.kept[row]):
        return False
    emi = round_level(b, left, count) if by_principal else level_from(b, turn, rate, carry, left)
    move_balance(b, turn, 0)
    w[W_RATE], w[W_SWITCH], w[W_OLD_EMI], w[W_EMI], w[W_CHANGED] = rate, row, w[W_EMI], emi, 1
    return emi > 0 and (not by_principal or emi * (count - 1) < left)


def level_from(b: Book, turn: int, rate: int, carry: int, left: int) -> int:
    """This function will return the level payment of `left` from the running instalment on, another rate bearing after the
    day `turn`; 0 where there is none.
    """
    w, start, due = b.w, b.w[W_START], b.w[W_DUE]
    since, count, yearly = max(w[W_TODAY], start), w[W_COUNT] - w[W_ROW], w[W_MONTHS] * rate
    borne = w[W_ACC] + w[W_BALANCE] * w[W_RATE] * (since - w[W_AT])
    borne += left * (w[W_RATE] * (turn - since) + rate * (due - turn))
    found = half_even(borne * w[W_MONTHS], TWELVE_PPM * w[W_BASE]) + carry
    up = (w[W_RATE] * (turn - start) + rate * (due - turn)) * w[W_MONTHS]
    if turn <= start and w[W_BASE] == due - start:
        emi = level_equal(b, yearly, 12, count, yearly, left)
    else:
        emi = level_equal(b, up, 12 * w[W_BASE], count, yearly, left)
    return level_again(b, count, emi, found, left, left, yearly)


def re_age_straight(b: Book, day: int, first_due: int, count: int) -> bool:
    """This function will put what is owed on `day` into `count` new instalments of the contract's periods from `first_due` on,
    with the interest to the day in the first of them. It tells whether it could: once, and not later than 366 days on.
    """
    w = b.w
    days = first_due - day
    if w[W_CHANGED] or day < w[W_TODAY] or not 2 <= count <= MOST_STRAIGHT or not 0 < days <= WIDEST_DAYS:
        return False
    if days * w[W_MONTHS] > WIDEST_WEIGHT or not end_straight(b, day):
        return False
    year, month, seed = civil(first_due)
    w[W_MONTH], w[W_SEED], w[W_DUE] = 12 * year + month - 1, seed, first_due
    w[W_BASE] = first_due - due_in(b, w[W_MONTH] - w[W_MONTHS])
    moved, balance = w[W_ACCRUED], w[W_BALANCE]
    w[W_FRONT] = w[W_ROW] = w[W_ACC] = w[W_SWITCH] = 0
    w[W_START] = w[W_AT] = w[W_TODAY] = day
    w[W_COUNT], w[W_LEFT], w[W_CARRY], w[W_CHANGED] = count, balance, moved, 1
    b.held[0] = b.kept[0] = 0
    if b.k[K_METHOD] == Method.EQUAL_PRINCIPAL:
        w[W_EMI] = round_level(b, balance, count)
        return 0 < w[W_EMI] * (count - 1) < balance
    w[W_EMI] = level_from(b, day, w[W_RATE], moved, balance)
    return w[W_EMI] > 0


def end_straight(b: Book, day: int) -> bool:
    """This function will bring a loan to the end of `day`, write its figures into `w`, and tell whether that was possible."""
    w, end, count = b.w, close_due(b, day), b.w[W_COUNT]
    w[W_INTEREST] = w[W_LATE] = w[W_SINCE] = w[W_NEXT_DUE] = w[W_NEXT_AMOUNT] = 0
    carry, left, open_principal = w[W_CARRY], w[W_LEFT], 0
    for row in range(w[W_FRONT], end):
        found = b.raw[row] + carry
        interest, principal = part_of(b, row, found, left)
        open_interest, more = interest - b.held[row], principal - b.kept[row]
        w[W_INTEREST] += open_interest
        open_principal += more
        carry = 0 if b.k[K_METHOD] == Method.EQUAL_PRINCIPAL else max(0, found - interest)
        left -= principal
        if open_interest + more > 0:
            note_open(b, b.mark[row], day, open_interest + more)
    w[W_ACCRUED], w[W_TODAY] = w[W_INTEREST], day
    if end == count:
        return True
    return end_running(b, end, day, carry, left, w[W_BALANCE] - open_principal)


def note_open(b: Book, due: int, day: int, amount: int) -> None:
    """This function will note what is open of an instalment: late, or to come next."""
    w = b.w
    if due < day:
        w[W_LATE] += amount
        w[W_SINCE] = w[W_SINCE] if w[W_SINCE] else due
    elif w[W_NEXT_DUE] == 0:
        w[W_NEXT_DUE], w[W_NEXT_AMOUNT] = due, amount


def end_running(b: Book, row: int, day: int, carry: int, left: int, balance: int) -> bool:
    """This function will work out the running instalment, of which `balance` bears interest after `day`, and those ahead."""
    w, is_last, by_principal = b.w, row == b.w[W_COUNT] - 1, b.k[K_METHOD] == Method.EQUAL_PRINCIPAL
    due = w[W_DUE]
    borne = w[W_ACC] + w[W_BALANCE] * w[W_RATE] * (day - w[W_AT])
    to_day = half_even(borne * w[W_MONTHS], TWELVE_PPM * w[W_BASE]) + carry
    borne += max(0, balance) * w[W_RATE] * (due - day)
    found = half_even(borne * w[W_MONTHS], TWELVE_PPM * w[W_BASE]) + carry
    if left <= 0 or (not is_last and not by_principal and to_day > w[W_EMI]):
        return False
    interest, principal = part_of(b, row, found, left)
    open_amount = interest + principal - b.held[row] - b.kept[row]
    if open_amount <= 0:
        return False
    w[W_ACCRUED] += max(0, to_day - b.held[row])
    w[W_INTEREST] += interest - b.held[row]
    note_open(b, due, day, open_amount)
    if principal > left:
        return False
    if not is_last:
        carry = 0 if by_principal else max(0, found - interest)
        w[W_INTEREST] += interest_ahead(b, row + 1, carry, left - principal)
    return True


def interest_ahead(b: Book, row: int, carry: int, left: int) -> int:
    """This function will follow the plan from an instalment that has not begun to the last one, `left` being its principal,
    and return its interest.
    """
    total, emi, yearly = 0, b.w[W_EMI], b.w[W_RATE] * b.w[W_MONTHS]
    if b.k[K_METHOD] == Method.EQUAL_PRINCIPAL:
        for _ in range(row, b.w[W_COUNT]):
            total += by_months(left * yearly)
            left -= min(left, emi)
        return total
    last = b.w[W_COUNT] - 1
    while (
        row < last and carry == 0
    ):  # as nearly always: each payment holds its interest, and leaves principal
        found = by_months(left * yearly)
        if found > emi or emi - found > left:
            break
        total += found
        left = left - emi + found
        row += 1
    for _ in range(row, last):
        found = by_months(left * yearly) + carry
        interest = min(found, emi)
        carry = found - interest
        total += interest
        left -= min(emi - interest, left)
    return total + by_months(left * yearly) + carry
