"""The arithmetic of loan semantics, version 1: how days pass and how money is allocated.

A `Book` is the working figures of one loan while its events are walked in order of value date. It lives inside one
call and is never stored. Days are ordinals, amounts are minor units, all integers: the same source can later be
compiled over columns. Rounding is half-even and happens once per figure; what is carried is the exact numerator.

Rules (ADR 0011):
- An instalment's interest is its scheduled interest. It does not change when the instalment is late, nor when it is
  paid early by `repay`; only `prepay` and a payoff save interest.
- Part of a period: period interest × actual days / period days, weighted by balance after a prepayment in it.
- Late principal bears the daily penalty for every day after the due date until it is paid, frozen days excepted, and
  no other interest. Interest, fees and penalties bear nothing.
- Money goes to the oldest instalment first, in it to penalty, fee, interest, principal.
- A payment that reaches the payoff closes the loan, whatever it was meant for; what is beyond is a credit.
- At a payoff, interest counts to that day, fees of instalments not yet due are not charged, and interest and fees
  that were paid ahead reduce it (so on one day every order of payments costs the same).
"""

from __future__ import annotations

from collections.abc import Sequence

from puhui.loans.domain.terms import ContractTerms
from puhui.products.domain import ScheduleRow, split_principal

PPM = 1_000_000
YEAR_PPM = 12 * PPM

# What of a payment went to penalty, fee, interest, principal; a part is negative where a closing returns it.
Parts = tuple[int, int, int, int]


def half_even(numerator: int, denominator: int) -> int:
    """This function will divide two whole numbers (denominator above zero), rounded half to even."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient & 1))


class Book:
    """Working figures of one loan. One entry per instalment in every list; amounts in minor units."""

    __slots__ = (
        "credit",
        "day",
        "due",
        "fee",
        "fee_paid",
        "first",
        "freezes",
        "interest",
        "interest_paid",
        "paid_on",
        "penalty_paid",
        "penalty_ppm",
        "prepaid",
        "principal",
        "principal_paid",
        "rate_ppm",
        "rows",
        "run_balance",
        "run_base",
        "run_from",
        "run_interest",
        "run_row",
        "run_weight",
        "running",
        "start",
        "terms",
    )  # fmt: skip

    def __init__(
        self,
        terms: ContractTerms,
        rows: Sequence[ScheduleRow],
        start: int,
        freezes: Sequence[tuple[int, int]],
    ) -> None:
        count = len(rows)
        self.terms = terms  # the contract
        self.rows = rows  # its table, for dates and interest shares
        self.start = start  # day of disbursement
        self.freezes = freezes  # [from, until) days without penalty, apart from each other
        self.rate_ppm = terms.penalty_daily_rate_ppm  # penalty a day on late principal
        self.due = [row.due_date.toordinal() for row in rows]  # due days
        self.principal = [row.principal_minor for row in rows]  # principal part as scheduled now
        self.interest = [row.interest_minor for row in rows]  # interest part as scheduled now
        self.fee = [row.fee_minor for row in rows]  # fee part as scheduled now
        self.penalty_ppm = [0] * count  # penalty so far, exact: minor units × 1,000,000
        self.principal_paid = [0] * count
        self.interest_paid = [0] * count
        self.fee_paid = [0] * count
        self.penalty_paid = [0] * count
        self.prepaid = [0] * count  # principal paid beyond the instalments, in the period of this one
        self.paid_on = [0] * count  # day on which the instalment was settled, 0 = not yet
        self.first = 0  # the oldest instalment that is not settled
        self.running = 0  # the instalment whose period contains `day`: the first one due after it
        self.day = start  # penalties are counted up to and including this day
        self.credit = 0  # paid beyond what was owed
        self.run_row = -1  # the period in which a prepayment changed the balance, -1 = none
        self.run_interest = 0  # that period's interest on the balance at its start
        self.run_base = 0  # that balance
        self.run_balance = 0  # the balance now
        self.run_from = 0  # the day since which it is so
        self.run_weight = 0  # balance × days before that day

    def copy(self) -> Book:
        """This function will return a book with the same figures that changes by itself."""
        found = Book.__new__(Book)
        for name in Book.__slots__:
            value = getattr(self, name)
            setattr(found, name, value[:] if type(value) is list else value)
        return found


def settled(book: Book, row: int) -> bool:
    """This function will tell whether nothing is left to pay of an instalment."""
    return (
        book.principal[row] == book.principal_paid[row]
        and book.interest[row] == book.interest_paid[row]
        and book.fee[row] == book.fee_paid[row]
        and half_even(book.penalty_ppm[row], PPM) == book.penalty_paid[row]
    )


def frozen_days(freezes: Sequence[tuple[int, int]], after: int, until: int) -> int:
    """This function will count the frozen days x with after < x ≤ until."""
    return sum(max(0, min(until + 1, end) - max(after + 1, begin)) for begin, end in freezes)


def pass_days(book: Book, day: int) -> None:
    """This function will let the days pass up to and including `day`: late principal bears its penalty."""
    due, count = book.due, len(book.due)
    row = book.first
    while row < count and due[row] < day:
        late = book.principal[row] - book.principal_paid[row]
        if late:
            since = max(due[row], book.day)
            days = day - since - (frozen_days(book.freezes, since, day) if book.freezes else 0)
            book.penalty_ppm[row] += late * book.rate_ppm * days
        row += 1
    row = book.running
    while row < count and due[row] <= day:
        row += 1
    book.running = row
    book.day = day


def earned(book: Book) -> int:
    """This function will return the interest of the running period up to `book.day`, rounded once."""
    row, day = book.running, book.day
    begin = book.due[row - 1] if row else book.start
    days = book.due[row] - begin
    if row == book.run_row:
        weight = book.run_weight + book.run_balance * (day - book.run_from)
        return half_even(book.run_interest * weight, book.run_base * days)
    return half_even(book.interest[row] * (day - begin), days)


def closing_parts(book: Book) -> Parts:
    """This function will return what closes the loan on `book.day`, by component."""
    penalty = fee = interest = principal = 0
    running, count = book.running, len(book.due)
    for row in range(min(book.first, running), count):
        principal += book.principal[row] - book.principal_paid[row]
        interest -= book.interest_paid[row]
        fee -= book.fee_paid[row]
        if row < running:
            penalty += half_even(book.penalty_ppm[row], PPM) - book.penalty_paid[row]
            interest += book.interest[row]
            fee += book.fee[row]
    if running < count:
        interest += earned(book)
    return penalty, fee, interest, principal


def withdrawal_parts(book: Book) -> Parts:
    """This function will return what undoes the loan on `book.day`: principal and interest of the days, nothing else."""
    interest = sum(book.interest[: book.running]) - sum(book.interest_paid)
    if book.running < len(book.due):
        interest += earned(book)
    principal = sum(book.principal) - sum(book.principal_paid)
    return -sum(book.penalty_paid), -sum(book.fee_paid), interest, principal


def pay_instalments(book: Book, amount: int, last: int) -> tuple[Parts, int]:
    """This function will allocate `amount` to instalments up to index `last`, oldest first, in each one penalty,
    fee, interest, principal. It returns the parts and what is left of the amount.
    """
    penalty = fee = interest = principal = 0
    row = book.first
    while amount and row <= last:
        numerator = book.penalty_ppm[row]
        to_penalty = half_even(numerator, PPM) - book.penalty_paid[row] if numerator else 0
        to_fee = book.fee[row] - book.fee_paid[row]
        to_interest = book.interest[row] - book.interest_paid[row]
        to_principal = book.principal[row] - book.principal_paid[row]
        whole = amount >= to_penalty + to_fee + to_interest + to_principal
        if not whole:
            to_penalty = min(to_penalty, amount)
            to_fee = min(to_fee, amount - to_penalty)
            to_interest = min(to_interest, amount - to_penalty - to_fee)
            to_principal = amount - to_penalty - to_fee - to_interest
        book.penalty_paid[row] += to_penalty
        book.fee_paid[row] += to_fee
        book.interest_paid[row] += to_interest
        book.principal_paid[row] += to_principal
        penalty, fee, interest, principal = (
            penalty + to_penalty,
            fee + to_fee,
            interest + to_interest,
            principal + to_principal,
        )
        amount -= to_penalty + to_fee + to_interest + to_principal
        if whole:
            book.paid_on[row] = book.day
            row += 1
    book.first = row
    return (penalty, fee, interest, principal), amount


def close(book: Book, *, undo: bool) -> None:
    """This function will settle every instalment, as of `book.day`: the principal of later instalments is
    paid ahead in the running period, later instalments become empty. `undo` (withdrawal) also empties fees and penalties of the past.
    """
    running, count = book.running, len(book.due)
    for row in range(running):
        if undo:
            book.penalty_ppm[row] = book.penalty_paid[row] = book.fee[row] = 0
        else:
            book.penalty_paid[row] = half_even(book.penalty_ppm[row], PPM)
        book.principal_paid[row] = book.principal[row]
        book.interest_paid[row] = book.interest[row]
        book.fee_paid[row] = book.fee[row]
    if running < count:
        book.interest[running] = earned(book)
        book.principal_paid[running] = book.principal[running]
        for row in range(running, count):
            if row > running:
                book.prepaid[running] += book.principal[row] - book.principal_paid[row]
                book.principal[row] = book.principal_paid[row]
                book.interest[row] = 0
            book.interest_paid[row] = book.interest[row]
            book.fee[row] = book.fee_paid[row] = 0
    for row in range(book.first, count):
        book.paid_on[row] = book.day
    book.first = count


def prepay(book: Book, amount: int) -> Parts:
    """This function will lower the principal by `amount` (below the payoff, nothing due left) and level the rest
    again. Due dates and number of instalments stay; interest so far in the period is kept, exact.

    Interest that was paid ahead and is not owed any more at the lower balance lowers the principal too.
    """
    running, count = book.running, len(book.due)
    left = sum(book.principal[running:]) - sum(book.principal_paid[running:])
    taken = min(amount, left)
    _turn_to(book, running)
    balance = sum(book.principal[running:]) - taken
    returned = 0
    for row in range(running, count):
        if book.interest_paid[row]:
            owed = _interest_at(book, row, balance)
            if owed < book.interest_paid[row]:
                returned += book.interest_paid[row] - owed
                book.interest[row] = book.interest_paid[row] = owed
        balance = max(0, balance - book.principal[row])
    assert taken + returned <= left, "a payment below the payoff leaves the principal at or above zero"
    _level_again(book, left - taken - returned)
    book.prepaid[running] += taken + returned
    extra = amount - taken  # interest so far that the payment covers beyond the whole principal
    book.interest_paid[running] += extra
    while book.first < count and settled(book, book.first):
        book.paid_on[book.first] = book.paid_on[book.first] or book.day
        book.first += 1
    return 0, 0, extra - returned, taken + returned


def _turn_to(book: Book, row: int) -> None:
    """Start counting balance × days in the running period, or go on to today. On its first day nothing has passed
    and the plain month's interest on the new balance holds.
    """
    begin = book.due[row - 1] if row else book.start
    if book.run_row == row:
        book.run_weight += book.run_balance * (book.day - book.run_from)
        book.run_from = book.day
    elif book.day > begin:
        book.run_row, book.run_interest = row, book.interest[row]
        book.run_base = book.run_balance = sum(book.principal[row:])
        book.run_from, book.run_weight = book.day, book.run_base * (book.day - begin)


def _interest_at(book: Book, row: int, balance: int) -> int:
    """Interest of a period if its balance is `balance` from today on; never above the scheduled interest."""
    if row == book.run_row:
        begin = book.due[row - 1] if row else book.start
        weight = book.run_weight + balance * (book.due[row] - book.run_from)
        found = half_even(book.run_interest * weight, book.run_base * (book.due[row] - begin))
    else:
        share = book.rows[row]
        found = half_even(
            balance * book.terms.annual_rate_ppm * share.interest_days, YEAR_PPM * share.period_days
        )
    return min(found, book.interest[row])


def _level_again(book: Book, left: int) -> None:
    """Spread `left` over the instalments that are not settled, by the contract's method, and set their interest."""
    running, count = book.running, len(book.due)
    open_rows = [row for row in range(running, count) if not settled(book, row)]
    first_open = open_rows[0]
    parts = split_principal(
        principal_minor=left,
        annual_rate_ppm=book.terms.annual_rate_ppm,
        months=len(open_rows),
        method=book.terms.method,
        rounding=book.terms.instalment_rounding,
    )
    for row, part in zip(open_rows, parts, strict=True):
        book.principal[row] = book.principal_paid[row] + part
    balance = sum(book.principal[running:])
    book.run_balance = balance
    for row in range(running, count):
        if row >= first_open:
            book.interest[row] = max(_interest_at(book, row, balance), book.interest_paid[row])
            if not left:
                book.fee[row] = book.fee_paid[row]
        balance -= book.principal[row]
