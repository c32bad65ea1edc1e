"""Level payments: the annuity over unequal periods, levelled again, and what each instalment then consists of."""

from __future__ import annotations

from puhui.loans.domain.engine.annuity import SCALE, after_first, level_by, of_equal, scaled
from puhui.loans.domain.engine.book import (
    FAULT_WIDE,
    K_BASIS,
    K_CENT,
    K_EVERY,
    K_METHOD,
    K_MULTIPLE,
    K_PLAN,
    K_RELEVEL,
    K_UNIT,
    S_BALANCE,
    S_CHANGE,
    S_FAULT,
    S_FRESH,
    S_FRESH_FROM,
    S_OWED,
    S_ROW,
    Book,
    gone_level,
)
from puhui.loans.domain.engine.codes import Basis, Method, Plan, RowKind, Unit
from puhui.loans.domain.engine.interest import (
    PPM,
    WIDEST_BALANCE,
    WIDEST_DAYS,
    WIDEST_FACTOR,
    WIDEST_WEIGHT,
    by_months,
    first_base,
    half_even,
    rate_on,
    stretch,
)
from puhui.loans.domain.engine.rows import (
    counted_day,
    down_part,
    equal_months,
    is_whole,
    one_rate,
    period_interest,
    round_level,
    rounded,
    work_out,
)

WIDEST_FLAT = 9 * 10**18  # numerator of the interest of all periods


def level_payment(b: Book, begin: int, balance: int) -> int:
    """This function will return the level payment that repays `balance` over the instalments that share it from `begin`
    on: P / Σ Π 1 / (1 + f), rounded.
    """
    return level_by(b, factors(b, begin), balance)


def factors(b: Book, begin: int) -> int:
    """This function will add up the discount factors of the instalments that share a level payment from `begin` on."""
    discount, total = SCALE, 0
    for row in range(begin, b.s[S_ROW]):
        if not shares_level(b, row):
            continue
        up, second, base = factor(b, row)
        if second:
            up, base = up * 366 + second * base, base * 366
        discount = scaled(b, discount, base * PPM, base * PPM + up)
        total += discount
    return total


def remembered(b: Book, first: int, count: int, yearly: int) -> int:
    """This function will return the sum of the discount factors of `count` instalments from `first` on, all but the first
    whole periods of `yearly` / 12 ppm each. Where the first is one, too, the sum depends on nothing else and is worked
    out once for many loans.
    """
    days, months = b.due[first] - b.start[first], equal_months(b)
    is_equal = is_whole(b, first) and 0 < days <= WIDEST_DAYS and days * months <= WIDEST_WEIGHT
    if is_equal and one_rate(b, b.start[first], b.due[first]) * months == yearly:
        return of_equal(b, count, yearly)
    up, _, base = factor(b, first)
    return after_first(b, up, base, count, yearly)


def shares_level(b: Book, row: int) -> bool:
    """This function will tell whether an instalment shares the level payment: a regular one that bears principal."""
    return b.kind[row] == RowKind.REGULAR and not b.grace[row]


def factor(b: Book, row: int) -> tuple[int, int, int]:
    """This function will return a period's factor as two numerators (ppm) and the base of the first: the true period's,
    or an equal one where the plan is nominal.
    """
    if b.k[K_PLAN] == Plan.ANNUITY:
        up, second = stretch(b, row, 1, b.start[row], b.due[row])
        return up, second, first_base(b, row)
    every, rate = b.k[K_EVERY], rate_on(b, b.start[row] + 1)
    unit = b.k[K_UNIT]
    if unit == Unit.MONTH:
        return rate * every, 0, 12
    if unit == Unit.YEAR:
        return rate * every, 0, 1
    return rate * every * (7 if unit == Unit.WEEK else 1), 0, 365


def set_level(b: Book, first: int, today: int) -> None:
    """This function will work out the payments of the instalments from `first` on, by the contract's method."""
    if set_untouched(b, first, today):
        return
    regular, bearing = 0, 0
    for r in range(first, b.s[S_ROW]):
        if b.kind[r] == RowKind.REGULAR:
            regular += 1
            bearing += 0 if b.grace[r] else 1
    if regular == 0:
        return
    work_out(b, today, 0)
    balance = b.s[S_OWED]
    for r in range(b.s[S_ROW]):
        if r < first or b.kind[r] != RowKind.REGULAR:
            balance -= b.principal[r]
        else:
            balance -= b.credit_principal[r]  # asked for on top of the level payment
    method = b.k[K_METHOD]
    if method == Method.FLAT:
        set_flat(b, first, regular, balance)
    elif method == Method.INTEREST_FIRST or method == Method.EQUAL_PRINCIPAL:
        set_principal(b, first, bearing, balance)
    elif bearing:
        set_annuity(b, first, bearing, balance, today)
    work_out(b, today, 0)
    if method == Method.EQUAL_PRINCIPAL:
        b.s[S_FRESH], b.s[S_FRESH_FROM] = today, b.s[S_ROW]


def set_untouched(b: Book, first: int, today: int) -> bool:
    """This function will set the level payment where nothing is paid yet of any instalment from `first` on and all of them
    but the first are whole equal periods: only the last payment is then needed to level again, so the plan is followed
    without being written down. It tells whether that was so; if not, nothing is decided yet.
    """
    months = equal_months(b)
    if b.k[K_METHOD] != Method.EQUAL_INSTALMENT or not months or not is_untouched(b, first, today, months):
        return False
    n = b.s[S_ROW]
    before, planned, latest, left, carry = 0, 0, 0, b.s[S_OWED], 0
    if first:
        work_out(b, today, 0)
        for r in range(first):
            carry = b.carry[r] if b.kind[r] == RowKind.REGULAR else carry
            before += b.principal[r] - b.paid[4 * r + 3] - b.waived[4 * r + 3]
            planned += b.principal[r]
            latest = max(latest, b.due[r])
        left -= planned
    found = period_interest(b, first, today, 0, months, before, planned, latest) + b.base[first] + carry
    count, balance = n - first, b.s[S_BALANCE] - before
    if left <= 0 or balance <= 0 or balance > WIDEST_BALANCE:
        return False
    yearly = months * one_rate(b, b.start[n - 1], b.due[n - 1])
    total = remembered(b, first, count, yearly) if yearly > 0 else factors(b, first)
    emi = level_by(b, total, left)
    emi = level_again(b, count, emi, found, left, balance, yearly)
    if emi <= 0:
        return False
    follow(b, first, emi, found, left, balance, yearly)
    b.s[S_FRESH], b.s[S_FRESH_FROM] = today, first
    return True


def follow(b: Book, first: int, emi: int, found: int, left: int, balance: int, yearly: int) -> None:
    """This function will write a plan down as `work_out` would: `emi` from instalment `first` on, the last one takes what
    is left.
    """
    last = b.s[S_ROW] - 1
    for row in range(first, last):
        part = emi - found
        b.emi[row] = b.level[row] = emi
        b.interest[row], b.principal[row] = found, part
        b.carry[row] = b.met[row] = 0
        left -= part
        balance -= part
        found = by_months(balance * yearly)
    b.level[last], b.emi[last] = emi, left + found
    b.interest[last], b.principal[last] = found, left
    b.carry[last] = b.met[last] = 0


def is_untouched(b: Book, first: int, today: int, months: int) -> bool:
    """This function will tell whether instalments from `first` on are regular, unpaid, and, but for the first, whole
    periods to come in which principal does not move.
    """
    n, changes = b.s[S_ROW], b.s[S_CHANGE]
    if first > n - 2 or b.k[K_PLAN] != Plan.ANNUITY or b.due[first] < today:
        return False
    if changes == 0 or b.change_date[changes - 1] > b.due[first]:
        return False
    rate = one_rate(b, b.due[first], b.due[n - 1])
    if rate < 0 or rate > PPM or b.s[S_BALANCE] * rate > WIDEST_FACTOR:
        return False
    for row in range(first):
        if b.due[row] > b.start[first]:
            return False
    return are_whole(b, first, months)


def are_whole(b: Book, first: int, months: int) -> bool:
    """This function will tell whether instalments from `first` on are regular and unpaid, nothing put upon them, and their
    periods whole and without gaps. All of it is gathered before anything is decided: that is quickest.
    """
    n = b.s[S_ROW]
    odd, least, most = 0, WIDEST_DAYS, 1
    for row in range(first, n):
        odd |= b.kind[row] | b.grace[row] | b.credit_principal[row] | b.credit_interest[row]
    for row in range(first + 1, n):
        days = b.due[row] - b.start[row]
        least, most = min(least, days), max(most, days)
        odd |= b.span[row] | b.part[row] | (b.whole[row] * (b.whole[row] ^ days))
        odd |= b.base[row] | (b.start[row] ^ b.due[row - 1])
    for at in range(4 * first, 4 * n):
        odd |= b.paid[at] | b.waived[at]
    return odd == 0 and least > 0 and most <= WIDEST_DAYS and most * months <= WIDEST_WEIGHT


def level_again(b: Book, count: int, emi: int, found: int, left: int, balance: int, yearly: int) -> int:
    """This function will level again what the last of `count` instalments differs by, as `set_annuity` does, and return
    the payment, 0 where the plan cannot be followed.
    """
    last = last_payment(count, emi, found, left, balance, yearly)
    for _ in range(3 if b.k[K_RELEVEL] else 0):
        gap = last - emi
        if last <= 0 or abs(gap) * 100 <= count // 2 * b.k[K_CENT]:
            break
        changed = round_level(b, emi + half_even(gap, count), 1)
        if changed == emi:
            break
        other = last_payment(count, changed, found, left, balance, yearly)
        if other <= 0:
            return 0
        if abs(other - changed) >= abs(gap):
            break
        emi, last = changed, other
    return emi if last > 0 else 0


def last_payment(count: int, emi: int, found: int, left: int, balance: int, yearly: int) -> int:
    """This function will return the last of `count` payments of `emi`, `found` being the first one's interest, or 0 where
    interest does not fit into a payment or nothing is left for the last one.
    """
    for _ in range(count - 1):
        part = emi - found
        left -= part
        balance -= part
        if part < 0 or left <= 0 or balance < 0:
            return 0
        found = by_months(balance * yearly)
    return left + found


def set_principal(b: Book, first: int, bearing: int, balance: int) -> None:
    """This function will set the principal of each instalment: the same for all, or none before the last."""
    if b.k[K_METHOD] == Method.INTEREST_FIRST:
        for r in range(first, b.s[S_ROW]):
            if b.kind[r] == RowKind.REGULAR:
                b.emi[r] = 0
    elif bearing:
        part = round_level(b, balance, bearing)
        for r in range(first, b.s[S_ROW]):
            if shares_level(b, r):
                b.emi[r] = part


def set_flat(b: Book, first: int, regular: int, balance: int) -> None:
    """This function will set payments with interest on what was lent, in every period: principal and interest of the
    instalments still to come, levelled. A nominal plan levels interest over all instalments, paid ones too.
    """
    if b.k[K_PLAN] == Plan.NOMINAL:
        set_flat_nominal(b, first)
        return
    if b.s[S_BALANCE] <= 0:  # paid off: interest that was not asked for stays so
        return
    whole = balance
    for r in range(first, b.s[S_ROW]):
        if b.kind[r] == RowKind.REGULAR:
            b.base[r] = flat_interest(b, r)
            whole += b.base[r]
    level = round_level(b, whole, regular)
    for r in range(first, b.s[S_ROW]):
        if b.kind[r] == RowKind.REGULAR:
            b.emi[r] = level


def set_flat_nominal(b: Book, first: int) -> None:
    """This function will level interest and principal each over all instalments, and round their sum to its multiple;
    the last instalment takes the rest of both.
    """
    count, begin, last, lent = 0, -1, -1, b.s[S_OWED]
    for r in range(b.s[S_ROW]):
        if b.kind[r] == RowKind.REGULAR:
            begin = r if begin < 0 else begin
            count, last = count + 1, r
        else:
            lent -= b.principal[r]
    one, _ = stretch(b, begin, b.s[S_OWED], b.start[begin], b.due[begin])
    whole = half_even(one * count, first_base(b, begin) * PPM)
    if one > WIDEST_FLAT // max(1, count):
        b.s[S_FAULT] |= FAULT_WIDE
    if b.k[K_BASIS] == Basis.ACTUAL_365:
        one, _ = stretch(b, begin, b.s[S_OWED], b.start[begin], b.due[last])
        whole = half_even(one, 365 * PPM)
    interest = half_even(whole, count)
    principal = half_even(lent, count)
    for r in range(b.s[S_ROW]):
        if b.kind[r] == RowKind.REGULAR:
            b.base[r] = interest if r != last else whole - interest * (count - 1)
            if r >= first:
                level = principal + interest
                b.emi[r] = round_level(b, level, 1) if b.k[K_MULTIPLE] else level


def flat_interest(b: Book, row: int) -> int:
    """This function will return the interest of a period on all that was lent, repaid or not, minor units."""
    first, second, at, balance = 0, 0, b.start[row], 0
    for i in range(b.s[S_CHANGE]):
        if not b.change_kind[i]:
            continue
        day = counted_day(b, row, i)
        if at < day < b.due[row] and b.k[K_PLAN] == Plan.ANNUITY:
            more, other = stretch(b, row, balance, at, day)
            first, second, at = first + more, second + other, day
        if day < b.due[row] or b.k[K_PLAN] == Plan.NOMINAL:
            balance += b.change_amount[i] - down_part(b, b.change_amount[i])
    more, other = stretch(b, row, balance, at, b.due[row])
    return rounded(b, row, first + more, second + other, b.due[row] - b.start[row])


def set_annuity(b: Book, first: int, count: int, balance: int, today: int) -> None:
    """This function will set the level payment of `count` instalments from `first` on, then level again what the last
    one differs by: while it is more than half a cent an instalment, add its share, at most three times, and only if the
    difference shrinks. An instalment of which more is paid already keeps its payment.
    """
    emi, last = level_payment(b, first, balance), first
    for r in range(first, b.s[S_ROW]):
        b.held[r] = b.emi[r]
        if shares_level(b, r):
            last = r
    fixed = put_level(b, first, emi, today)
    if not b.k[K_RELEVEL]:
        return
    for _ in range(3):
        gap = b.emi[last] - emi
        if abs(gap) * 100 <= count // 2 * b.k[K_CENT]:
            return
        share = half_even(gap, max(1, count - fixed))
        changed = round_level(b, emi + share, 1)
        if changed == emi:
            return
        put_level(b, first, changed, today)
        if abs(b.emi[last] - changed) >= abs(gap):
            put_level(b, first, emi, today)
            return
        emi = changed


def put_level(b: Book, first: int, emi: int, today: int) -> int:
    """This function will give `emi` to each instalment from `first` on of which not more is paid, and return the number
    of the others; they keep what they had (`held`).
    """
    fixed = 0
    for r in range(first, b.s[S_ROW]):
        if not shares_level(b, r):
            continue
        if gone_level(b, r) > emi:
            b.emi[r] = b.held[r]
            fixed += 1
        else:
            b.emi[r] = emi
            b.level[r] = emi
    work_out(b, today, 0)
    return fixed
