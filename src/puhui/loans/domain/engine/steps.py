"""What each kind of event does to the book: one function a kind, and the table that finds it."""

from __future__ import annotations

from puhui.loans.domain.engine.allocate import pay, settle_rows
from puhui.loans.domain.engine.book import (
    FAULT_EVENT,
    K_CHARGE_OFF,
    K_PLAN,
    L_AMOUNT,
    L_BALANCE,
    L_DATE,
    L_EVENT,
    L_KIND,
    L_OVER,
    L_PENALTY,
    LINE_WIDTH,
    S_BALANCE,
    S_CHANGE,
    S_CHARGED_OFF,
    S_CREDIT,
    S_FAULT,
    S_LINE,
    S_OWED,
    S_RECOVERED,
    S_ROW,
    S_SOLD,
    S_STOP,
    S_TODAY,
    S_WAIVED,
    S_WRITTEN_OFF,
    Book,
    clear,
    move_principal,
    open_of,
)
from puhui.loans.domain.engine.charges import (
    add_charge,
    charge_by,
    charge_late,
    charge_of,
    extra_row,
    place_charges,
    waive_charge,
)
from puhui.loans.domain.engine.codes import (
    LAST_PAYMENT,
    TAKEN_BACK,
    ChargeTime,
    Component,
    Kind,
    PaymentPurpose,
    Plan,
    RowKind,
)
from puhui.loans.domain.engine.front import freshen, leave_front, pay_somehow
from puhui.loans.domain.engine.level import set_level
from puhui.loans.domain.engine.penalty import bear_penalty, freeze_penalty, thaw_penalty
from puhui.loans.domain.engine.reshape import accelerate, re_age, re_amortise
from puhui.loans.domain.engine.rows import down_part, work_out
from puhui.loans.domain.engine.schedule import (
    add_row,
    change_rate,
    first_after,
    move_due,
    pause_interest,
    pay_out,
)
from puhui.loans.domain.engine.uses import pay_for, waive

(
    E_SEQ, E_KIND, E_DATE, E_BOOKED, E_AMOUNT, E_OF, E_RATE, E_FROM, E_TO, E_COUNT, E_EVERY, E_UNIT, E_INTEREST,
    E_DUE, E_PENALTY, E_TIME, E_BASIS, E_PPM, E_USE, E_COMPONENT, E_REFUNDS,
    E_DOWN, E_WIDTH,
) = range(23)  # fmt: skip

ACCELERATES, STOPS_INTEREST = 1, 2
NEVER = 3_000_000  # an ordinal past every date
MOVES_TODAY = (
    Kind.DISBURSE,
    Kind.CREDIT_REFUND,
    Kind.CHARGEBACK,
    Kind.WRITE_OFF,
    Kind.CHARGE_OFF,
    Kind.RE_AGE,
    Kind.RE_AMORTISE,
    Kind.TERMINATE,
    Kind.WAIVE,
    Kind.SALE,
    Kind.CAPITALISE,
    Kind.CAPITALISE_ADJUSTMENT,
)


def step(b: Book, e: list[int]) -> None:
    """This function will let one event happen to the book."""
    kind = e[E_KIND]
    if kind <= LAST_PAYMENT and kind != Kind.RECOVERY and e[E_USE] == PaymentPurpose.AHEAD:
        freshen(b, e[E_DATE])
    else:
        leave_front(b)
    turns = kind in (Kind.PENALTY_FREEZE, Kind.PENALTY_THAW)  # they decide of their own day already
    bear_penalty(b, e[E_DATE] - 1 if turns else e[E_DATE])
    charge_late(b, e[E_DATE])
    if kind <= LAST_PAYMENT:
        step_payment(b, e)
    elif kind in (Kind.DISBURSE, Kind.CAPITALISE, Kind.CREDIT_REFUND, Kind.CHARGEBACK):
        step_money_out(b, e)
    elif kind in (Kind.CAPITALISE_ADJUSTMENT, Kind.FEE_BUYDOWN, Kind.FEE_BUYDOWN_ADJUSTMENT):
        step_beside(b, e)
    elif kind in (Kind.CHARGE, Kind.CHARGE_WAIVER):
        step_charge(b, e)
    elif kind in (Kind.WRITE_OFF, Kind.CHARGE_OFF, Kind.SALE):
        step_loss(b, e)
    elif kind in (Kind.PENALTY_FREEZE, Kind.PENALTY_THAW, Kind.WAIVE):
        step_leniency(b, e)
    else:
        step_terms(b, e)
    if kind <= LAST_PAYMENT or kind in MOVES_TODAY:
        b.s[S_TODAY] = max(b.s[S_TODAY], e[E_DATE])


def write_line(b: Book, e: list[int], kind: int, amount: int, used: list[int], over: int) -> None:
    """This function will add one line to the statement. Its parts add up: amount = Σ used + over."""
    balance = max(0, owed_on(b, e[E_DATE]))
    at = LINE_WIDTH * b.s[S_LINE]
    b.s[S_LINE] += 1
    b.line[at + L_EVENT] = e[E_SEQ]
    b.line[at + L_DATE] = e[E_DATE]
    b.line[at + L_KIND] = kind
    b.line[at + L_AMOUNT] = amount
    for part in range(4):
        b.line[at + L_PENALTY + part] = used[part]
    b.line[at + L_OVER] = over
    b.line[at + L_BALANCE] = balance


def owed_on(b: Book, day: int) -> int:
    """This function will return the principal owed at the end of a day, minor units."""
    balance = b.s[S_BALANCE]
    for i in range(b.s[S_CHANGE] - 1, -1, -1):
        if b.change_date[i] > day:
            balance -= b.change_amount[i]
    return balance


def step_payment(b: Book, e: list[int]) -> None:
    """This function will allocate a payment, or what counts as one, and keep what is left over as a credit."""
    used = b.used
    clear(used)
    if e[E_KIND] == Kind.RECOVERY:
        over = recover(b, e[E_AMOUNT], used)
    elif e[E_USE] != PaymentPurpose.AHEAD:
        over = pay_for(b, e[E_KIND], e[E_USE], e[E_DATE], e[E_AMOUNT], used)
    else:
        over = pay_somehow(b, e[E_KIND], e[E_DATE], e[E_AMOUNT], used)
    b.s[S_CREDIT] += over
    write_line(b, e, e[E_KIND], e[E_AMOUNT], used, over)


def recover(b: Book, amount: int, used: list[int]) -> int:
    """This function will set a recovery off against what was written off, principal first, oldest instalment first, and
    return what is left over.
    """
    for part in (Component.PRINCIPAL, Component.INTEREST, Component.FEE, Component.PENALTY):
        for row in range(b.s[S_ROW]):
            take = min(amount, b.waived[4 * row + part])
            b.waived[4 * row + part] -= take
            b.paid[4 * row + part] += take
            used[part] += take
            amount -= take
    b.s[S_RECOVERED] += used[Component.PRINCIPAL]
    return amount


def step_money_out(b: Book, e: list[int]) -> None:
    """This function will pay money out: a part of the principal, a credit, or a payment that is charged back."""
    kind, amount = e[E_KIND], e[E_AMOUNT]
    if kind == Kind.DISBURSE:
        step_disburse(b, e)
        return
    if kind == Kind.CAPITALISE:
        step_capitalise(b, e)
        return
    if kind == Kind.CREDIT_REFUND:
        step_credit_refund(b, e, amount)
        return
    step_chargeback(b, e, amount)


def step_disburse(b: Book, e: list[int]) -> None:
    """This function will pay out principal, settle from a credit what it can, and take the down payment."""
    down = pay_out(b, e[E_DATE], e[E_AMOUNT], True)
    place_charges(b)
    from_credit = min(b.s[S_CREDIT], e[E_AMOUNT])
    if from_credit:
        settle_rows(b, e[E_DATE])
        over = pay(b, Kind.REPAY, e[E_DATE], from_credit, b.spare)
        b.s[S_CREDIT] += over - from_credit
    write_line(b, e, Kind.DISBURSE, e[E_AMOUNT], b.zero, from_credit)
    if down > from_credit and e[E_DOWN] and b.k[K_PLAN] == Plan.ANNUITY:
        step_down_payment(b, e)
    settle_rows(b, e[E_DATE])


def step_capitalise(b: Book, e: list[int]) -> None:
    """This function will add an amount to the principal that is not paid out: a fee that is financed."""
    clear(b.parts)
    b.parts[Component.PRINCIPAL] = e[E_AMOUNT]
    pay_out(b, e[E_DATE], e[E_AMOUNT], False)
    place_charges(b)
    write_line(b, e, Kind.CAPITALISE, e[E_AMOUNT], b.parts, 0)
    clear(b.parts)
    settle_rows(b, e[E_DATE])


def step_beside(b: Book, e: list[int]) -> None:
    """This function will take a financed amount back like a payment, or note what a third party pays the lender for a
    lower rate, which changes nothing that is owed.
    """
    used, over = b.used, e[E_AMOUNT]
    clear(used)
    if e[E_KIND] == Kind.CAPITALISE_ADJUSTMENT:
        over = pay(b, TAKEN_BACK, e[E_DATE], e[E_AMOUNT], used)
        b.s[S_CREDIT] += over
    write_line(b, e, e[E_KIND], e[E_AMOUNT], used, over)


def step_down_payment(b: Book, e: list[int]) -> None:
    """This function will take the down payment of a payout."""
    leave_front(b)
    down = down_part(b, e[E_AMOUNT])
    used = b.used
    clear(used)
    over = pay(b, Kind.DOWN_PAYMENT, e[E_DATE], down, used)
    b.s[S_CREDIT] += over
    write_line(b, e, Kind.DOWN_PAYMENT, down, used, over)


def step_credit_refund(b: Book, e: list[int], amount: int) -> None:
    """This function will pay a credit back; what exceeds it becomes principal again."""
    from_credit = min(amount, b.s[S_CREDIT])
    b.s[S_CREDIT] -= from_credit
    over = amount - from_credit
    clear(b.parts)
    if over:
        b.parts[3] = amount
        row = put_back(b, e[E_DATE], b.parts)
        b.paid[4 * row + Component.PRINCIPAL] += from_credit
        b.change_amount[b.s[S_CHANGE] - 1] -= from_credit
        b.change_sum[b.s[S_CHANGE] - 1] -= from_credit
        b.s[S_BALANCE] -= from_credit
        if e[E_DATE] < b.due[row]:
            b.early[row] += from_credit
        settle_rows(b, e[E_DATE])
    clear(b.parts)
    b.parts[3] = over
    write_line(b, e, Kind.CREDIT_REFUND, amount, b.parts, from_credit)


def put_back(b: Book, day: int, parts: list[int]) -> int:
    """This function will put amounts, by component, back upon the instalment that runs on `day`, or after maturity, and
    return that instalment.
    """
    row = running_row(b, day)
    if row < 0:
        row = extra_row(b, day)
    if b.kind[row] == RowKind.REGULAR:
        b.credit_principal[row] += parts[3]
        b.credit_interest[row] += parts[2]
    else:
        b.principal[row] += parts[3]
        b.interest[row] += parts[2]
        b.emi[row] += parts[3] + parts[2]
        b.credit_principal[row] += parts[3]
    for part in (Component.PENALTY, Component.FEE):
        if parts[part]:
            add_charge(
                b, 0, b.due[row], parts[part], 1 if part == Component.PENALTY else 0, ChargeTime.DATE, 0, 0
            )
    b.s[S_OWED] += parts[3]
    move_principal(b, day, parts[3], 0)
    settle_rows(b, day)
    return row


def running_row(b: Book, day: int) -> int:
    """This function will return the instalment that falls due next after `day`, the last one on its due date."""
    last = -1
    for row in range(b.s[S_ROW]):
        if b.kind[row] in (RowKind.DOWN_PAYMENT, RowKind.CLOSED):
            continue
        if b.due[row] > day:
            return row
        last = row
    return last if last >= 0 and b.due[last] == day else -1


def step_chargeback(b: Book, e: list[int], amount: int) -> None:
    """This function will put a payment that was charged back upon the loan again, credit first, then by the contract's
    order of what that payment had settled; without an order, or beyond it, as principal.
    """
    from_credit = min(amount, b.s[S_CREDIT])
    b.s[S_CREDIT] -= from_credit
    left, parts, taken = amount - from_credit, b.parts, b.used
    clear(parts)
    taken_of(b, e[E_OF], taken)
    for i in range(4):
        part = b.credit[i]
        if part >= 0:
            parts[part] = min(left, max(0, taken[part]))
            left -= parts[part]
    parts[3] += left
    put_back(b, e[E_DATE], parts)
    write_line(b, e, Kind.CHARGEBACK, amount, parts, from_credit)


def taken_of(b: Book, seq: int, found: list[int]) -> None:
    """This function will write into `found` what a payment settled, by component. A payment may be charged back more
    than once.
    """
    clear(found)
    for n in range(b.s[S_LINE]):
        at = LINE_WIDTH * n
        if b.line[at + L_EVENT] == seq:
            for part in range(4):
                found[part] += b.line[at + L_PENALTY + part]


def step_charge(b: Book, e: list[int]) -> None:
    """This function will add a charge, or waive what is open of one."""
    if e[E_KIND] == Kind.CHARGE:
        value = e[E_AMOUNT] if e[E_BASIS] == 0 else e[E_PPM]
        amount = charge_of(b, e[E_BASIS], value) if e[E_TIME] == ChargeTime.DATE else 0
        add_charge(b, e[E_SEQ], e[E_DUE], amount, e[E_PENALTY], e[E_TIME], e[E_BASIS], value)
        settle_rows(b, max(b.s[S_TODAY], e[E_DATE]))
        if b.s[S_CREDIT]:
            use_credit(b, max(b.s[S_TODAY], e[E_DATE]))
        return
    charge = charge_by(b, e[E_OF])
    if charge < 0:
        b.s[S_FAULT] |= FAULT_EVENT
        return
    amount = waive_charge(b, charge)
    b.s[S_WAIVED] += amount
    day = min(e[E_DATE], b.charge_due[charge]) if b.charge_due[charge] else e[E_DATE]
    settle_rows(b, day)
    write_line(b, e, Kind.CHARGE_WAIVER, amount, b.zero, 0)
    b.line[LINE_WIDTH * b.s[S_LINE] - LINE_WIDTH + L_DATE] = day


def use_credit(b: Book, day: int) -> None:
    """This function will settle from a credit what is open now, and show it on the payment that left the credit."""
    used = b.used
    clear(used)
    over = pay(b, Kind.REPAY, day, b.s[S_CREDIT], used)
    taken, b.s[S_CREDIT] = b.s[S_CREDIT] - over, over
    for n in range(b.s[S_LINE] - 1, -1, -1):
        at = LINE_WIDTH * n
        if taken and b.line[at + L_KIND] <= LAST_PAYMENT and b.line[at + L_OVER] >= taken:
            b.line[at + L_OVER] -= taken
            for part in range(4):
                b.line[at + L_PENALTY + part] += used[part]
            return


def step_leniency(b: Book, e: list[int]) -> None:
    """This function will free days from penalty, or give up an amount of one component."""
    kind, part = e[E_KIND], e[E_COMPONENT]
    if kind == Kind.PENALTY_FREEZE:
        freeze_penalty(b, e[E_FROM], e[E_TO])
    elif kind == Kind.PENALTY_THAW:
        thaw_penalty(b, e[E_DATE])
    else:
        used = b.used
        clear(used)
        work_out(b, e[E_DATE], 0)
        used[part] = waive(b, part, e[E_DATE], e[E_AMOUNT])
        b.s[S_WAIVED] += used[part]
        settle_rows(b, e[E_DATE])
        write_line(b, e, Kind.WAIVE, used[part], used, e[E_AMOUNT] - used[part])


def step_loss(b: Book, e: list[int]) -> None:
    """This function will write the loan off, sell it, or charge it off."""
    used = b.used
    clear(used)
    if e[E_KIND] == Kind.CHARGE_OFF:
        work_out(b, e[E_DATE], 0)
        charge_off(b, e[E_DATE], used)
    else:
        write_off(b, e[E_DATE], used)
        if e[E_KIND] == Kind.SALE:
            b.s[S_WRITTEN_OFF] -= used[Component.PRINCIPAL]
            b.s[S_SOLD] += used[Component.PRINCIPAL]
    write_end(b, e, used)


def write_end(b: Book, e: list[int], used: list[int]) -> None:
    """This function will add the line of an event that moves no money: its amount is what it concerns, after it nothing
    is shown as owed.
    """
    write_line(b, e, e[E_KIND], used[0] + used[1] + used[2] + used[3], used, 0)
    b.line[LINE_WIDTH * b.s[S_LINE] - LINE_WIDTH + L_BALANCE] = 0


def write_off(b: Book, day: int, used: list[int]) -> None:
    """This function will give up what is open, as it was last worked out, and add it to `used` by component."""
    work_out(b, b.s[S_TODAY], 0)
    for row in range(b.s[S_ROW]):
        for part in range(4):
            left = open_of(b, row, part)
            used[part] += left
            b.waived[4 * row + part] += left
        b.met[row] = b.met[row] if b.met[row] else day
    b.s[S_WRITTEN_OFF] += used[Component.PRINCIPAL]
    b.s[S_STOP] = day


def charge_off(b: Book, day: int, used: list[int]) -> None:
    """This function will mark the loan as charged off; by its contract everything becomes due, or interest ends. What is
    open is added to `used` by component.
    """
    b.s[S_CHARGED_OFF] = day
    if b.k[K_CHARGE_OFF] == ACCELERATES:
        accelerate(b, day)
    elif b.k[K_CHARGE_OFF] == STOPS_INTEREST:
        pause_interest(b, day + 1, NEVER, day)
        place_charges(b)
    settle_rows(b, day)
    add_open(b, used)


def add_open(b: Book, used: list[int]) -> None:
    """This function will add what is open of all instalments to `used`, by component."""
    for row in range(b.s[S_ROW]):
        for part in range(4):
            used[part] += open_of(b, row, part)


def step_reshape(b: Book, e: list[int]) -> None:
    """This function will re-age, re-amortise or end the contract early."""
    day, used = e[E_DATE], b.used
    clear(used)
    if e[E_KIND] == Kind.RE_AGE:
        re_age(b, day, e[E_FROM], e[E_COUNT], e[E_EVERY], e[E_UNIT], e[E_INTEREST], used)
    elif e[E_KIND] == Kind.RE_AMORTISE:
        used[2], used[3] = re_amortise(b, day, e[E_INTEREST])
    else:
        accelerate(b, day)
        add_open(b, used)
    settle_rows(b, day)
    write_end(b, e, used)


def step_terms(b: Book, e: list[int]) -> None:
    """This function will change the terms from a day on: rate, due dates, length, pauses."""
    kind, day = e[E_KIND], e[E_DATE]
    if kind in (Kind.RE_AGE, Kind.RE_AMORTISE, Kind.TERMINATE):
        step_reshape(b, e)
    elif kind == Kind.RATE_CHANGE:
        change_rate(b, day, e[E_RATE])
    elif kind == Kind.INTEREST_PAUSE:
        pause_interest(b, e[E_FROM], e[E_TO], max(day, b.s[S_TODAY]))
    elif kind == Kind.MOVE_DUE:
        move_due(b, e[E_FROM], e[E_TO], day)
    elif kind == Kind.EXTEND:
        for _ in range(e[E_COUNT]):
            add_row(b)
        set_level(b, first_after(b, (e[E_FROM] if e[E_FROM] else day) - 1), day)
    elif kind != Kind.DELINQUENCY_PAUSE and kind != Kind.DELINQUENCY_RESUME:  # these count days, no money
        b.s[S_FAULT] |= FAULT_EVENT
