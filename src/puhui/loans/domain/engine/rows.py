"""What each instalment consists of on a day: the interest of its period, the principal that its payment leaves, and the
interest that it could not hold and hands on.

The one idea: until today the principal that is really owed bears interest, day by day; from today on what is due is
taken as paid and the plan goes on. So a payment, a delay and a preview are the same calculation.
"""

from __future__ import annotations

from puhui.loans.domain.engine.book import (
    FAULT_WIDE,
    K_BASIS,
    K_DIGITS,
    K_DOWN_PPM,
    K_EVERY,
    K_FLAT,
    K_METHOD,
    K_MULTIPLE,
    K_PERIOD_INTEREST,
    K_RECALC,
    K_ROUND,
    K_UNIT,
    S_BALANCE,
    S_CHANGE,
    S_FAULT,
    S_FRONT,
    S_FRONT_CARRY,
    S_FRONT_LEFT,
    S_FRONT_OPEN,
    S_FRONT_PLANNED,
    S_MIXED,
    S_OWED,
    S_PAUSE,
    S_RATE,
    S_ROW,
    S_TILL,
    Book,
    gone_level,
    gone_of,
)
from puhui.loans.domain.engine.codes import Basis, Method, Recalculation, RowKind, Unit
from puhui.loans.domain.engine.interest import (
    PPM,
    WIDEST_BALANCE,
    WIDEST_DAYS,
    WIDEST_FACTOR,
    WIDEST_WEIGHT,
    by_daily,
    by_months,
    first_base,
    half_even,
    stretch,
    total_of,
)

ROUND_HALF_EVEN, ROUND_UP, ROUND_DOWN = 0, 1, 2


def round_level(b: Book, numerator: int, denominator: int) -> int:
    """This function will round a payment by the contract's mode to its multiple, to cents where that gives nothing."""
    return round_parts(b, numerator // denominator, numerator % denominator, denominator)


def round_parts(b: Book, whole: int, rest: int, denominator: int) -> int:
    """This function will round whole + rest / denominator, 0 ≤ rest < denominator, like `round_level`."""
    found = 0
    if b.k[K_MULTIPLE]:
        found = round_to(b.k[K_ROUND], whole, rest, denominator, b.k[K_MULTIPLE])
    return found if found else round_to(b.k[K_ROUND], whole, rest, denominator, 1)


def round_to(mode: int, whole: int, rest: int, denominator: int, multiple: int) -> int:
    """This function will round whole + rest / denominator to a multiple, by mode. Only sums and differences of what is
    given are formed, so that nothing leaves 63 bits.
    """
    steps, over = whole // multiple, whole % multiple
    if mode == ROUND_DOWN or (over == 0 and rest == 0):
        return steps * multiple
    if mode == ROUND_UP:
        return (steps + 1) * multiple
    half = 2 * over - multiple  # the sign of half + 2 × rest / denominator decides
    side = half if half else (1 if rest else 0)
    if half == -1:
        side = 1 if rest > denominator - rest else (0 if rest == denominator - rest else -1)
    if side > 0 or (side == 0 and steps & 1):
        steps += 1
    return steps * multiple


def down_part(b: Book, amount: int) -> int:
    """This function will return the part of a payout that is due at once, rounded like a level payment."""
    return round_level(b, amount * b.k[K_DOWN_PPM], PPM) if b.k[K_DOWN_PPM] else 0


def by_principal(b: Book, row: int) -> bool:
    """This function will tell whether the payment of an instalment is its principal, interest coming on top."""
    return b.grace[row] == 1 or b.k[K_METHOD] in (Method.EQUAL_PRINCIPAL, Method.INTEREST_FIRST)


def level_of(b: Book, row: int) -> int:
    """This function will return an instalment's level payment with what was put back upon it, minor units."""
    return b.emi[row] + b.credit_principal[row] + b.credit_interest[row]


def is_full(b: Book, row: int) -> bool:
    """This function will tell whether an instalment's level payment is paid. One without a level payment is never full:
    its interest goes on as long as principal is owed.
    """
    if by_principal(b, row):
        return False
    return gone_level(b, row) >= level_of(b, row)


def last_open(b: Book) -> int:
    """This function will return the last regular instalment that is not paid, −1 if none."""
    n = b.s[S_ROW]
    for row in range(n - 1, -1, -1):
        if b.kind[row] == RowKind.REGULAR and not is_full(b, row):
            return row
    left = b.s[S_OWED]
    for row in range(n):
        left -= b.paid[4 * row + 3] + b.waived[4 * row + 3]
    return last_regular(b) if left > 0 else -1


def last_regular(b: Book) -> int:
    """This function will return the last regular instalment, −1 if none."""
    for row in range(b.s[S_ROW] - 1, -1, -1):
        if b.kind[row] == RowKind.REGULAR:
            return row
    return -1


def work_out(b: Book, today: int, till: int) -> None:
    """This function will work out every instalment's interest and principal, as known on `today`; those that are settled
    for good (`S_FRONT`) stay.

    With `till` > 0 only the interest to that day is worked out, into `at_interest`; nothing else changes.
    """
    n, last, left = b.s[S_ROW], last_open(b), b.s[S_OWED]
    begin, carry, before, planned, latest = 0, 0, 0, 0, 0
    if b.s[S_FRONT] > 0:
        begin, carry, left = b.s[S_FRONT], b.s[S_FRONT_CARRY], b.s[S_FRONT_LEFT]
        before, planned, latest = b.s[S_FRONT_OPEN], b.s[S_FRONT_PLANNED], b.due[begin - 1]
    left -= settled_principal(b, begin, n)
    months = equal_months(b)
    for row in range(begin, n):
        if b.kind[row] != RowKind.REGULAR:
            b.at_interest[row] = b.interest[row]
        else:
            found = period_interest(b, row, today, till, months, before, planned, latest)
            carry, left = work_row(b, row, found, till, left, carry, last)
        before += b.principal[row] - b.paid[4 * row + 3] - b.waived[4 * row + 3]
        planned += b.principal[row]
        latest = max(latest, b.due[row])


def settled_principal(b: Book, begin: int, end: int) -> int:
    """This function will return the principal that is not free for what instalments leave: of those by agreement all of
    it, of the others what is paid. What is paid of a later one is therefore never left to an earlier one.
    """
    found = 0
    for row in range(begin, end):
        found += b.principal[row] if b.kind[row] != RowKind.REGULAR else gone_of(b, row, 3)
    return found


def work_row(b: Book, row: int, found: int, till: int, left: int, carry: int, last: int) -> tuple[int, int]:
    """This function will split a regular instalment's payment, or with `till` keep its interest to that day, and return
    the interest that it hands on and the principal that it leaves.
    """
    found += carry + (0 if b.k[K_FLAT] else b.base[row])
    if till:
        return interest_to(b, row, found), left
    if is_full(b, row) and row != last:
        b.carry[row] = split_full(b, row, found)
        return b.carry[row], left
    b.carry[row] = split_row(b, row, found, left, row == last)
    return b.carry[row], left + gone_of(b, row, 3) - b.principal[row]


def equal_months(b: Book) -> int:
    """This function will return the months of a period where a whole one bears the same share of a year whatever its days,
    and nothing but the principal moves its interest; 0 elsewhere.
    """
    k = b.k
    if k[K_FLAT] or k[K_DIGITS] or k[K_PERIOD_INTEREST] or k[K_RECALC] == Recalculation.NONE:
        return 0
    if b.s[S_PAUSE] or b.s[S_TILL] or b.s[S_MIXED]:
        return 0
    if k[K_BASIS] != Basis.THIRTY_360 and k[K_BASIS] != Basis.ANNUAL:
        return 0
    if k[K_UNIT] == Unit.MONTH:
        return k[K_EVERY]
    return 12 * k[K_EVERY] if k[K_UNIT] == Unit.YEAR else 0


def one_rate(b: Book, start: int, end: int) -> int:
    """This function will return the rate of all of (start, end], −1 if it changes within."""
    n = b.s[S_RATE]
    if n == 1 or b.rate_date[1] - 1 >= end:
        return b.rate[0]
    return b.rate[n - 1] if b.rate_date[n - 1] <= start + 1 else -1


def is_whole(b: Book, row: int) -> bool:
    """This function will tell whether the days of an instalment are those of one regular period."""
    if b.span[row] or b.part[row]:
        return False
    return b.whole[row] == 0 or b.whole[row] == b.due[row] - b.start[row]


def of_whole_period(b: Book, row: int, balance: int, months: int) -> int:
    """This function will return the interest of `balance` over a whole period of equal months: the days cancel out.
    −1 where they do not, or where the numbers are too wide for it.
    """
    days, rate = b.due[row] - b.start[row], one_rate(b, b.start[row], b.due[row])
    if not is_whole(b, row) or rate < 0 or rate > PPM:
        return -1
    if balance > WIDEST_BALANCE or balance * rate > WIDEST_FACTOR or days > WIDEST_DAYS:
        return -1
    return -1 if days * months > WIDEST_WEIGHT else by_months(balance * rate * months)


def interest_to(b: Book, row: int, found: int) -> int:
    """This function will keep the interest of an instalment to a day, and return what it hands on."""
    paid = gone_of(b, row, 2)
    if is_full(b, row):
        b.at_interest[row] = paid
    else:
        found += b.credit_interest[row]
        limit = found if by_principal(b, row) else level_of(b, row)
        if hands_on(b, row, found):
            limit = paid
        b.at_interest[row] = max(paid, min(found, limit))
    return max(0, found - b.at_interest[row])


def hands_on(b: Book, row: int, found: int) -> bool:
    """This function will tell whether more principal is paid of an instalment than its interest leaves room for: then
    its interest stays as it was paid, and what accrued since goes to the next one.
    """
    if b.k[K_RECALC] == Recalculation.NONE or by_principal(b, row):
        return False
    return gone_of(b, row, 3) > max(0, level_of(b, row) - found)


def split_full(b: Book, row: int, found: int) -> int:
    """This function will leave a paid instalment as it was paid, and hand the interest that accrued since on."""
    b.interest[row], b.principal[row] = gone_of(b, row, 2), gone_of(b, row, 3)
    if b.k[K_RECALC] == Recalculation.NONE:
        return 0
    return max(0, found + b.credit_interest[row] - b.interest[row])


def split_row(b: Book, row: int, found: int, left: int, is_last: bool) -> int:
    """This function will split an instalment's payment into interest and principal, with `left` principal to come, and
    return the interest that it could not hold.
    """
    paid_interest, paid_principal = gone_of(b, row, 2), gone_of(b, row, 3)
    left += paid_principal
    found += b.credit_interest[row]
    if is_last:
        b.principal[row] = max(left, paid_principal)
        b.interest[row] = max(found, paid_interest)
        b.emi[row] = b.principal[row] + b.interest[row] - b.credit_principal[row] - b.credit_interest[row]
        return 0
    if by_principal(b, row):
        b.principal[row] = max(min(left, b.emi[row] if not b.grace[row] else 0), paid_principal)
        b.interest[row] = max(found, paid_interest)
        return 0
    emi = level_of(b, row)
    interest = paid_interest if hands_on(b, row, found) else min(found, emi)
    b.interest[row] = max(interest, paid_interest)
    b.principal[row] = max(min(max(0, emi - b.interest[row]), left), paid_principal)
    return max(0, found - b.interest[row])


def period_interest(
    b: Book, row: int, today: int, till: int, months: int, before: int, planned: int, latest: int
) -> int:
    """This function will return the interest of an instalment's period, or of its days to `till`, minor units. `months`
    as of `equal_months`; of the instalments before it what is open of their principal (`before`), their principal
    (`planned`) and their latest due date.
    """
    start, end = b.start[row], b.due[row]
    if till and (till <= start or not b.s[S_TILL]):
        end = min(end, till)
    if end <= start:
        return 0
    if b.k[K_FLAT]:
        if end == b.due[row]:
            return b.base[row]
        return half_even(b.base[row] * (end - start), b.due[row] - start)
    if b.k[K_RECALC] == Recalculation.NONE:
        first, second = planned_interest(b, row, start, end)
        return rounded(b, row, first, second, end - start)
    if months and end == b.due[row] and latest <= start and (today <= start or today >= end):
        found = quiet_interest(b, row, today, months, before, planned)
        if found >= 0:
            return found
    first, second, at = 0, 0, start
    known = min(end, today)
    if known > start:
        first, second = real_interest(b, row, start, known, planned, latest)
        at = known
    if end > at:
        stays = b.k[K_RECALC] == Recalculation.PERIOD or (b.s[S_TILL] == 1 and till > start)
        balance = known_balance(b, at) if stays and at > start else future_balance(b, row, at, before, latest)
        more, other = future_interest(b, row, balance, at, end)
        first, second = first + more, second + other
    return rounded(b, row, first, second, end - start)


def quiet_interest(b: Book, row: int, today: int, months: int, before: int, planned: int) -> int:
    """This function will return the interest of a whole period that is all over or all to come, and in which principal
    does not move; −1 where it does.
    """
    n = b.s[S_CHANGE]
    if n and b.change_date[n - 1] > b.start[row]:
        return -1
    if today <= b.start[row]:
        return of_whole_period(b, row, max(0, b.s[S_BALANCE] - before), months)
    lent = b.change_lent[n - 1] if n else 0
    return of_whole_period(b, row, bearing(b, b.s[S_BALANCE], lent - planned), months)


def rounded(b: Book, row: int, first: int, second: int, days: int) -> int:
    """This function will round a period's interest to minor units, by the contract's rule for halves."""
    base = first_base(b, row)
    if b.k[K_DIGITS] and second == 0:
        if 2 * (first % (base * PPM)) == base * PPM:
            b.s[S_FAULT] |= FAULT_WIDE  # a half to so many digits needs more than 63 bits
        return by_daily(first, base, days, b.k[K_DIGITS])
    return total_of(first, base, second)


def counted_day(b: Book, row: int, change: int) -> int:
    """This function will return the day from which a movement of principal counts in a period: its own, or, where
    interest is by whole periods, a payout's period's first.
    """
    day = b.change_date[change]
    if b.k[K_PERIOD_INTEREST] and b.change_kind[change] and b.start[row] < day < b.due[row]:
        return b.start[row]
    return day


def in_order(b: Book) -> bool:
    """This function will tell whether movements of principal stand, and count, in the order of their days."""
    return b.s[S_MIXED] == 0 and b.k[K_PERIOD_INTEREST] == 0


def changes_to(b: Book, day: int) -> int:
    """This function will return how many movements of principal, in order, lie on `day` or before it."""
    low, high = 0, b.s[S_CHANGE]
    while low < high:
        middle = (low + high) // 2
        if b.change_date[middle] <= day:
            low = middle + 1
        else:
            high = middle
    return low


def known_balance(b: Book, day: int) -> int:
    """This function will return the principal owed after everything that happened, later payouts left out."""
    balance = b.s[S_BALANCE]
    if in_order(b) and (b.s[S_CHANGE] == 0 or b.change_date[b.s[S_CHANGE] - 1] <= day):
        return balance
    for i in range(b.s[S_CHANGE]):
        if b.change_kind[i] and b.change_date[i] > day:
            balance -= b.change_amount[i]
    return balance


def future_interest(b: Book, row: int, balance: int, start: int, end: int) -> tuple[int, int]:
    """This function will add up interest on `balance` over (start, end], payouts on the way included."""
    first, second, at, n = 0, 0, start, b.s[S_CHANGE]
    if in_order(b) and (n == 0 or b.change_date[n - 1] <= start):
        return stretch(b, row, max(0, balance), start, end)
    for i in range(changes_to(b, start) if in_order(b) else 0, n):
        day = counted_day(b, row, i)
        if b.change_kind[i] and start < day < end:
            more, other = stretch(b, row, max(0, balance), at, day)
            first, second, at = first + more, second + other, day
            balance += b.change_amount[i] - down_part(b, b.change_amount[i])
    more, other = stretch(b, row, max(0, balance), at, end)
    return first + more, second + other


def future_balance(b: Book, row: int, day: int, before: int, latest: int) -> int:
    """This function will return the principal that bears interest after `day` if all due by then is paid on it. `before`
    is what is open of the principal of all instalments before, `latest` the last of their due dates.
    """
    balance = known_balance(b, max(day, b.start[row]))
    if latest <= max(day, b.start[row]):
        return max(0, balance - before)
    for r in range(row):
        if b.due[r] <= max(day, b.start[row]):
            balance -= b.principal[r] - b.paid[4 * r + 3] - b.waived[4 * r + 3]
    return max(0, balance)


def real_interest(b: Book, row: int, start: int, end: int, planned: int, latest: int) -> tuple[int, int]:
    """This function will add up interest on the principal that was really owed on each day of (start, end]. `planned` is
    the principal of all instalments before, `latest` the last of their due dates.
    """
    balance, lent, at, first, second = 0, 0, start, 0, 0
    if latest <= start:
        lent -= planned
    else:
        lent -= planned_to(b, row, start)
    skipped, ordered = 0, in_order(b)
    if ordered:
        skipped = changes_to(b, start)
        if skipped:
            balance, lent = b.change_sum[skipped - 1], lent + b.change_lent[skipped - 1]
    for i in range(skipped, b.s[S_CHANGE]):
        day = counted_day(b, row, i)
        if ordered and day >= end:
            break
        if at < day < end:
            more, other = stretch(b, row, bearing(b, balance, lent), at, day)
            first, second, at = first + more, second + other, day
        if day < end:
            balance += b.change_amount[i]
            lent += b.change_amount[i] if b.change_kind[i] else 0
    more, other = stretch(b, row, bearing(b, balance, lent), at, end)
    return first + more, second + other


def planned_to(b: Book, row: int, day: int) -> int:
    """This function will return the principal of the instalments before `row` that are due by `day`."""
    found = 0
    for r in range(row):
        if b.due[r] <= day:
            found += b.principal[r]
    return found


def bearing(b: Book, balance: int, planned: int) -> int:
    """This function will return which principal bears interest: the real one, or, where late principal bears none, the
    planned one if that is less.
    """
    if b.k[K_RECALC] == Recalculation.EARLY_ONLY:
        return max(0, min(balance, planned))
    return max(0, balance)


def planned_interest(b: Book, row: int, start: int, end: int) -> tuple[int, int]:
    """This function will add up interest on the principal as planned, payments made on their due dates."""
    balance, at, first, second = 0, start, 0, 0
    for r in range(row):
        if b.kind[r] != RowKind.DOWN_PAYMENT:
            balance -= b.principal[r] - b.credit_principal[r]
    for i in range(b.s[S_CHANGE]):
        day = counted_day(b, row, i)
        if not b.change_kind[i]:
            continue
        if at < day < end:
            more, other = stretch(b, row, max(0, balance), at, day)
            first, second, at = first + more, second + other, day
        if day < end:
            balance += b.change_amount[i] - down_part(b, b.change_amount[i])
    more, other = stretch(b, row, max(0, balance), at, end)
    return first + more, second + other
