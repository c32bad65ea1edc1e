"""Whether a loan goes straight on: its contract, its events one after the other, and its figures at the end."""

from __future__ import annotations

from puhui.loans.domain.engine.book import K_EVERY, K_UNIT, K_WIDTH, Book
from puhui.loans.domain.engine.codes import Ahead, Kind, ReAgeInterest
from puhui.loans.domain.engine.reading import HAS_DETAIL, TAKES_DOWN, TERMS_WIDTH
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
    kind: list[int],
    value_date: list[int],
    booked: list[int],
    amount: list[int],
    detail: list[int],
    begin: int,
    end: int,
    at: int,
    rate: int,
    day: int,
) -> bool:
    """This function will work out a loan of a plain contract on `day` from its events `begin` to `end` − 1, and tell whether
    nothing else happened than what goes straight on. Details begin at `at`.
    """
    if begin == end or not is_straight_story(kind, begin, end) or max(booked[begin], value_date[begin]) > day:
        return False
    before = int(value_date[begin])  # columns are narrower than what the kernel counts with
    if not begin_straight(b, int(rate), before, amount[begin]):
        return False
    j = begin + 1
    while j < end:
        usual = pay_usual(b, kind, value_date, booked, amount, j, end, day)
        if usual > j:
            before, j = int(value_date[usual - 1]), usual
            continue
        when, this, j = int(value_date[j]), j, j + 1
        if booked[this] > day or when > day:
            if kind[this] & HAS_DETAIL:
                return False
            continue
        if when < before:
            return False
        if kind[this] & ~TAKES_DOWN == Kind.REPAY:
            if not pay_straight(b, when, amount[this]):
                return False
        elif amount[this] or not change_terms(b, int(kind[this]) & 255, when, detail, at):
            return False
        before = when
    return end_straight(b, day)


def is_straight_story(kind: list[int], begin: int, end: int) -> bool:
    """This function will tell whether the events are a payout and then only such as a loan may go straight on with."""
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
