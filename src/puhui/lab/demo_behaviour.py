"""How invented customers pay over the months: on time, late, early, off, back, not at all, or asking for help.

A plan is a function of (seed, loan, the file's outcome): the same loan always behaves alike, so a load that was
interrupted goes on where it stopped. Customers with autopay leave the paying to the product's own schedules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

from puhui.core.time import instant_at
from puhui.lab.borrower import draw
from puhui.loans.domain import ContractTerms


class Act(Enum):
    """What a customer does on one day of her loan."""

    PAY_DUE = "pay_due"  # pays all that is due, by herself
    PREPAY = "prepay"  # pays a part early
    PAY_OFF = "pay_off"
    WITHDRAW = "withdraw"  # takes the loan back within the house's days
    STOP_AUTOPAY = "stop_autopay"
    ASK_HELP = "ask_help"
    COMPLAIN = "complain"
    QUESTION = "question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One act of one customer at an instant."""

    at: datetime  # UTC
    act: Act  # what she does
    loan_id: str  # on which loan
    name: str  # makes its idempotency key


def make_plan(
    *, loan_id: str, terms: ContractTerms, autopay: bool, went_bad: bool, row: int, seed: int, zone: str
) -> list[Planned]:
    """This function will return what the customer of a loan will do, in no order."""
    kind = draw(seed, "behaviour", row) % 1000
    dues = [item.due_date for item in terms.rows]
    signed = terms.value_date
    plan = _Plan(loan_id=loan_id, row=row, seed=seed, zone=zone)
    if kind < 25:
        plan.add(signed + timedelta(days=3 + kind % 10), Act.WITHDRAW)
        return plan.found
    stops = _stops_at(kind, went_bad, len(dues), row, seed)
    if autopay and stops is not None:
        plan.add((dues[stops - 1] if stops else signed) + timedelta(days=2), Act.STOP_AUTOPAY)
    by_hand = dues if not autopay else dues[stops:] if stops is not None else []
    for number, due in enumerate(dues):
        if due in by_hand:
            _pay_by_hand(plan, number, due, stops, went_bad, kind)
    if 25 <= kind < 95 and len(dues) > 3:
        plan.add(dues[len(dues) // 3] + timedelta(days=6), Act.PREPAY)
    elif 95 <= kind < 185 and len(dues) > 2:
        plan.add(dues[len(dues) // 2] + timedelta(days=9), Act.PAY_OFF)
    elif 185 <= kind < 205:
        plan.add(dues[0] + timedelta(days=4), Act.QUESTION)
    elif 205 <= kind < 222:
        plan.add(dues[0] + timedelta(days=11), Act.COMPLAIN)
    return plan.found


class _Plan:
    """A plan while it is made."""

    def __init__(self, *, loan_id: str, row: int, seed: int, zone: str) -> None:
        self.loan_id = loan_id  # whose
        self.row = row  # row of the file, the source of chance
        self.seed = seed  # of the demo
        self.zone = zone  # local times
        self.found: list[Planned] = []  # so far

    def add(self, day: date, act: Act) -> None:
        """She does `act` on `day`, between nine in the morning and nine in the evening."""
        name = f"{act.value}:{day.isoformat()}"
        minutes = draw(self.seed, "minute", self.row, name) % 720
        at = instant_at(day, time(9, 0), zone=self.zone) + timedelta(minutes=minutes)
        self.found.append(Planned(at=at, act=act, loan_id=self.loan_id, name=name))


def _stops_at(kind: int, went_bad: bool, count: int, row: int, seed: int) -> int | None:
    """Index of the first instalment that she misses, None if she never does."""
    if went_bad:
        return draw(seed, "stops", row) % max(1, count // 2)
    if kind >= 910:  # misses one or two and then makes up for it
        return draw(seed, "stumbles", row) % max(1, count - 1)
    return None


def _pay_by_hand(plan: _Plan, number: int, due: date, stops: int | None, went_bad: bool, kind: int) -> None:
    if stops is not None and number >= stops:
        _after_the_stop(plan, number, due, stops, went_bad, kind)
        return
    place = draw(plan.seed, "punctual", plan.row, number) % 100
    if place < 45:
        plan.add(due, Act.PAY_DUE)
    elif place < 80:
        plan.add(due - timedelta(days=place % 3), Act.PAY_DUE)
    else:
        plan.add(due + timedelta(days=1 + place % 6), Act.PAY_DUE)


def _after_the_stop(plan: _Plan, number: int, due: date, stops: int, went_bad: bool, kind: int) -> None:
    """What a missed instalment leads to: silence, help, or a cure weeks later."""
    if number == stops and kind % 3 == 0:
        plan.add(due + timedelta(days=2 + kind % 9), Act.ASK_HELP)
    if went_bad and kind % 4:
        return
    if number > stops:
        plan.add(due + timedelta(days=kind % 5), Act.PAY_DUE)
    elif number == stops:
        plan.add(due + timedelta(days=9 + kind % 24), Act.PAY_DUE)
