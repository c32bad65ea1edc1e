"""The real journeys under the households of a world: what they do on the fast path, they do here, on a virtual clock.

The product decides everything that is the lender's: what is due, when a message goes out, what asking holds, what a
signed plan leaves to pay. The fast path is right where both say the same; how near is measured here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from puhui.contact.domain import MessageState
from puhui.contact.queries import list_messages
from puhui.core.ids import derive_id
from puhui.core.time import business_date
from puhui.journeys import ask_for_help, happen, house, repay
from puhui.lab.borrower import Borrower
from puhui.lab.observed import EventLog
from puhui.lab.planbook import PlanBook
from puhui.loans.domain import Loan, LoanState, Position
from puhui.loans.queries import get_loan, get_position, get_terms, list_events
from puhui.relief.domain import events_for, relief_loan, wait_events
from puhui.runtime.transactions import transaction

LATE = "payment_late"  # script of the messages about what is missing
Clock = Callable[
    [int, int], datetime
]  # day since day 0, hour → instant, with everything done that falls due before


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One account at noon of one day, before anybody acts. Minor units."""

    due_minor: int  # due and unpaid, penalty included
    dpd_days: int  # days past due
    paid_minor: int  # paid since day 0
    instalment_minor: int  # least payment of the schedule, the last one and empty ones apart
    state: LoanState  # of the loan


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One account of the sample after its days."""

    days: dict[int, Measured]  # by day since day 0
    messages: tuple[int, ...]  # days on which a message about what is missing was sent


def acts_of(log: EventLog, account: int) -> list[tuple[int, str, int, int]]:
    """This function will return what a household did on the fast path, in order: day, event, amount, plan."""
    found = []
    for day, event, who, amount, plan in log.kept:
        for place in (who == account).nonzero()[0].tolist():
            if event in ("paid", "asked", "signed", "waited"):
                found.append((day, event, int(amount[place]), int(plan[place])))
    return found


def drive(
    sample: Sequence[tuple[int, Borrower, Loan]],
    log: EventLog,
    book: PlanBook,
    *,
    clock: Clock,
    work: Callable[[datetime], None],
    days: int,
    measured: Sequence[int],
) -> list[Sampled]:
    """This function will let each borrower do on her loan what an account, given by number, did on the fast path.

    Loans must be paid out, with the terms of the book's only shape. A payment of all that was due is made as "all that
    is due", so that the product says how much that is; a part is paid in the same yuan and fen.
    """
    acts = [acts_of(log, account) for account, _, _ in sample]
    found: list[dict[int, Measured]] = [{} for _ in sample]
    for day in range(1, days + 1):
        now = clock(day, 12)
        if day in measured:
            for place, (_, _, loan) in enumerate(sample):
                found[place][day] = _measure(loan, now)
        for (_, borrower, loan), todo in zip(sample, acts, strict=True):
            today = [(place, one) for place, one in enumerate(todo) if one[0] == day]
            for place, (_, event, amount, plan) in today:
                _do(borrower, loan, event, amount, plan, book, f"{day}:{place}", now)
                work(now)
    zero = get_terms(loan_id=sample[0][2].id).rows[0].due_date
    return [
        Sampled(days=one, messages=_messages(loan, zero.toordinal()))
        for one, (_, _, loan) in zip(found, sample, strict=True)
    ]


def _do(
    borrower: Borrower,
    loan: Loan,
    event: str,
    amount: int,
    plan: int,
    book: PlanBook,
    name: str,
    now: datetime,
) -> None:
    key = borrower.key(f"world:{loan.id}:{name}:{event}")
    if event == "asked":
        ask_for_help.ask(customer_id=loan.customer_id, text="", key=key, now=now, loan_id=loan.id)
    elif event == "signed":
        _sign(loan, plan, book, key, now)
    elif event == "waited":
        _wait(loan, key, now)
    else:
        here = get_position(loan_id=loan.id, as_of=house.today(now))
        if here.state is not LoanState.ACTIVE:
            return
        whole = abs(amount - here.due_minor) * 50 < max(
            here.due_minor, 1
        )  # within two per cent: all that is due
        repay.start(
            customer_id=loan.customer_id, loan_id=loan.id, amount_minor=here.due_minor if whole else amount,
            intent="due" if here.due_minor else "prepay", key=key, now=now,
        )  # fmt: skip


def _sign(loan: Loan, plan: int, book: PlanBook, key: str, now: datetime) -> None:
    """Record the events that carry a plan out today; the choice is the plan's, the figures are the loan's own."""
    case = next(one for one in book.cases if one.first <= plan < one.first + len(one.plans))
    choice = case.plans[plan - case.first].choice
    today = house.today(now)
    here = relief_loan(
        terms=get_terms(loan_id=loan.id), events=tuple(list_events(loan_id=loan.id)), asked_on=today
    )
    with transaction():
        for number, event in enumerate(events_for(choice, here)):
            happen.record(
                id=derive_id("world", key, str(number)), loan=get_loan(id=loan.id), kind=event.kind, value_date=today,
                amount_minor=event.amount_minor, payload=event.payload, now=now,
            )  # fmt: skip


def _wait(loan: Loan, key: str, now: datetime) -> None:
    """Let the payments to come wait a month, by the events that the product records."""
    here = get_position(loan_id=loan.id, as_of=house.today(now))
    assert not here.late_minor, "what is late does not wait"
    due_day = max(row.due_date.day for row in here.rows if row.due_date > here.as_of)
    with transaction():
        for kind, payload in wait_events(here, due_day=due_day):
            happen.record(
                id=derive_id("world", key, kind.value), loan=get_loan(id=loan.id), kind=kind, value_date=here.as_of,
                amount_minor=0, payload=payload, now=now,
            )  # fmt: skip


def _measure(loan: Loan, now: datetime) -> Measured:
    here: Position = get_position(loan_id=loan.id, as_of=house.today(now))
    paid = (
        here.paid_principal_minor + here.paid_interest_minor + here.paid_fee_minor + here.paid_penalty_minor
    )
    asks = [row.principal_minor + row.interest_minor for row in here.rows[:-1]]
    least = min(one for one in asks if one)
    return Measured(
        due_minor=here.due_minor,
        dpd_days=here.dpd_days,
        paid_minor=paid,
        instalment_minor=least,
        state=here.state,
    )


def _messages(loan: Loan, zero: int) -> tuple[int, ...]:
    zone = house.lender().zone
    sent = [
        business_date(one.sent_at, zone=zone)
        for one in list_messages(loan.customer_id)
        if one.template == LATE and one.state is MessageState.SENT and one.sent_at is not None
    ]
    return tuple(sorted(day.toordinal() - zero for day in sent))
