"""Whether a loan goes straight on: its contract, its events one after the other, and its figures at the end."""

from __future__ import annotations

from puhui.loans.domain.engine.book import K_EVERY, K_UNIT, K_WIDTH, Book
from puhui.loans.domain.engine.codes import Ahead, Kind, ReAgeInterest
from puhui.loans.domain.engine.reading import HAS_DETAIL, TAKES_DOWN, TERMS_WIDTH, booked_of, kind_of
from puhui.loans.domain.engine.steps import E_COUNT, E_EVERY, E_FROM, E_INTEREST, E_RATE, E_UNIT
from puhui.loans.domain.engine.straight import change_straight, end_straight, pay_straight, re_age_straight
from puhui.loans.domain.engine.straight_begin import begin_straight, is_plain_contract
from puhui.loans.domain.engine.straight_usual import pay_usual


def may_go_straight(b: Book, table: list[int], number: int) -> bool:
    """This function will tell whether loans of line `number` of the table of terms, which stands in `b.k`, may go straight
    on: a contract without special features, and payments in the usual order.
    """
    at = TERMS_WIDTH * number + K_WIDTH
    for i in range(12):
        if table[at + 12 * Kind.REPAY + i] != i:
            return False
    return table[at + 108 + Kind.REPAY] == Ahead.NEXT and is_plain_contract(b.k)


def go_straight(
    b: Book,
    value_date: list[int],
    amount: list[int],
    kind: list[int],
    own_kind: int,
    booked: list[int],
    own_booked: int,
    detail: list[int],
    begin: int,
    end: int,
    at: int,
    rate: int,
    day: int,
) -> bool:
    """This function will work out a loan of a plain contract on `day` from its events `begin` to `end` − 1, and tell whether
    nothing else happened than what goes straight on. The loan's own kinds and booking dates begin at `own_kind` and
    `own_booked`, details at `at`.
    """
    if begin == end or (own_kind >= 0 and not is_straight_story(kind, own_kind, own_kind + end - begin)):
        return False
    before = int(value_date[begin])  # columns are narrower than what the kernel counts with
    if max(booked_of(booked, own_booked, 0, before), before) > day:
        return False
    if not begin_straight(b, int(rate), before, amount[begin]):
        return False
    n, count = 1, end - begin
    while n < count:
        usual = pay_usual(b, value_date, amount, kind, own_kind, booked, own_booked, begin, n, count, day)
        if usual > n:
            before, n = int(value_date[begin + usual - 1]), usual
            continue
        when, what = int(value_date[begin + n]), kind_of(kind, own_kind, n)
        since, brought, n = booked_of(booked, own_booked, n, when), amount[begin + n], n + 1
        if since > day or when > day:
            if what & HAS_DETAIL:
                return False
            continue
        if when < before:
            return False
        if what & ~TAKES_DOWN == Kind.REPAY:
            if not pay_straight(b, when, brought):
                return False
        elif brought or not change_terms(b, what & 255, when, detail, at):
            return False
        before = when
    return end_straight(b, day)


def is_straight_story(kind: list[int], begin: int, end: int) -> bool:
    """This function will tell whether the kinds are a payout's and then only such as a loan may go straight on with."""
    if kind[begin] & ~TAKES_DOWN != Kind.DISBURSE:
        return False
    for j in range(begin + 1, end):
        what = kind[j] & ~TAKES_DOWN
        if what != Kind.REPAY and what != Kind.RATE_CHANGE + HAS_DETAIL and what != Kind.RE_AGE + HAS_DETAIL:
            return False
    return True


def change_terms(b: Book, kind: int, day: int, detail: list[int], at: int) -> bool:
    """This function will let terms change of a loan that goes straight on, by the detail at `at`, and tell whether it still
    does.
    """
    if kind == Kind.RATE_CHANGE:
        return change_straight(b, day, detail[at])
    at -= E_RATE
    if detail[at + E_EVERY] != b.k[K_EVERY] or detail[at + E_UNIT] != b.k[K_UNIT]:
        return False
    if detail[at + E_INTEREST] != ReAgeInterest.DEFAULT:
        return False
    return re_age_straight(b, day, detail[at + E_FROM], detail[at + E_COUNT])
