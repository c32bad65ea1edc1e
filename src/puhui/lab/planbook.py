"""Every plan that can be signed in a run, worked out by the loan's own rules and laid out as columns.

A loan of a world is paid up to the due date of day 0, which is missed. A plan depends on the day of asking, so the book
holds plans for some days of asking; a household that asks later than one of them gets that day's plans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from puhui.core.periods import add_months
from puhui.core.rounding import Rounding
from puhui.loans.domain import ContractTerms, EventKind, LoanEvent
from puhui.products.domain import CapBasis, CapRule, LoanOptions, Method, fit_under_cap
from puhui.relief.domain import ReliefGrid, ReliefLoan, ReliefPlan, plans_of, relief_loan

ASK_DAYS = (1, 12, 34, 64)  # days of asking for which plans are worked out
NEVER = 1 << 20  # a day that does not come
CAP = CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE)  # as the shipped house policy has it


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanShape:
    """One kind of loan that falls behind."""

    name: str  # as the world's file calls it
    principal_minor: int  # lent
    months: int  # instalments
    annual_rate_ppm: int  # contract rate
    penalty_daily_ppm: int  # on late principal
    paid: int  # instalments that were paid on their days before
    weight: int  # how many beside the others


def contract_of(shape: LoanShape, *, value_date: date) -> ContractTerms:
    """This function will make the contract of a shape, paid out on `value_date`, by the product's own schedule."""
    fitted = fit_under_cap(
        principal_minor=shape.principal_minor, annual_rate_ppm=shape.annual_rate_ppm, months=shape.months,
        method=Method.EQUAL_INSTALMENT, value_date=value_date, cap=CAP, options=LoanOptions(),
    )  # fmt: skip
    return ContractTerms(
        semantics_version=2, currency="CNY", principal_minor=shape.principal_minor,
        annual_rate_ppm=fitted.annual_rate_ppm, penalty_daily_rate_ppm=shape.penalty_daily_ppm, months=shape.months,
        method=Method.EQUAL_INSTALMENT, instalment_rounding=Rounding.HALF_EVEN, value_date=value_date, due_day=None,
        rows=fitted.rows, cap=CAP, withdrawal_days=14, options=LoanOptions(),
    )  # fmt: skip


def history_of(terms: ContractTerms, *, paid: int, loan_id: str) -> tuple[LoanEvent, ...]:
    """This function will write the payout and `paid` instalments on their days."""
    found = [_event(loan_id, 1, EventKind.DISBURSE, terms.value_date, terms.principal_minor)]
    for number, row in enumerate(terms.rows[:paid]):
        found.append(_event(loan_id, number + 2, EventKind.REPAY, row.due_date, row.payment_minor))
    return tuple(found)


def _event(loan_id: str, seq: int, kind: EventKind, day: date, amount_minor: int) -> LoanEvent:
    at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    return LoanEvent(
        id=f"{loan_id}-{seq}", loan_id=loan_id, seq=seq, kind=kind, value_date=day, booking_date=day, booked_at=at,
        amount_minor=amount_minor, payload={},
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BookCase:
    """A loan on one day of asking, with nothing paid since day 0."""

    loan: int  # index of its shape
    asked_day: int  # days since the missed due date
    relief: ReliefLoan  # as the solver takes it
    plans: tuple[ReliefPlan, ...]  # every plan of the grid, no change first
    first: int  # index of the first of them in the columns


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBook:
    """The columns. Row p is a plan, column k its k-th payment; minor units, days since day 0."""

    shapes: tuple[LoanShape, ...]  # kinds of loans
    terms: tuple[ContractTerms, ...]  # contract of each shape
    contract: NDArray[np.int64]  # of each shape: row of the contract as signed
    instalment: NDArray[np.int64]  # of each shape: what a month asks for
    cases: tuple[BookCase, ...]  # by shape and day of asking
    case_of: NDArray[np.int64]  # shape, index into ASK_DAYS: which case
    due_day: NDArray[np.int64]  # p, k: day on which it is due, NEVER past the last one
    until: NDArray[np.int64]  # p, k: all that is to pay before payment k; the last column is all
    principal_until: NDArray[np.int64]  # the same of principal
    penalty_in: NDArray[np.int64]  # p: penalty that the payments hold
    waives_penalty: NDArray[np.bool_]  # p: whether what was borne is given up
    first_payment: NDArray[np.int64]  # p: least regular payment, for "has paid an instalment"
    longest: int  # day of the last payment of any plan that does not wait
    waited: NDArray[np.int64]  # w, p, k: day on which it is due after w months of waiting; [0] is `due_day`

    def case(self, loan: int, day: int) -> BookCase:
        """Return the case of the latest day of asking of the book that is not after `day`."""
        place = max(0, sum(one <= day for one in ASK_DAYS) - 1)
        return self.cases[int(self.case_of[loan, place])]


def make_book(
    shapes: Sequence[LoanShape],
    grid: ReliefGrid,
    *,
    day_zero: date,
    signed: Sequence[ContractTerms] = (),
    waits_most: int = 0,
) -> PlanBook:
    """This function will work out contract and plans of every shape; `day_zero` is the due date that is missed.

    `signed` are real contracts of the shapes, () = made here; `waits_most` is how many months a payment may wait.
    """
    rows: list[list[tuple[int, int, int]]] = []
    terms: list[ContractTerms] = []
    cases: list[BookCase] = []
    penalty: list[int] = []
    waives: list[bool] = []
    zeros: list[date] = []  # day 0 of each row
    for place, shape in enumerate(shapes):
        given = signed[place] if signed else None
        made = given or contract_of(shape, value_date=add_months(day_zero, -(shape.paid + 1)))
        terms.append(made)
        left = made.rows[shape.paid :]
        zero = left[0].due_date
        rows.append([((r.due_date - zero).days, r.payment_minor, r.principal_minor) for r in left])
        penalty.append(0)
        waives.append(False)
        history = history_of(made, paid=shape.paid, loan_id=f"lab-{shape.name}")
        for day in ASK_DAYS:
            relief = relief_loan(terms=made, events=history, asked_on=zero + timedelta(days=day))
            plans = plans_of(relief, grid)
            cases.append(BookCase(loan=place, asked_day=day, relief=relief, plans=plans, first=len(rows)))
            for plan in plans:
                rows.append(_payments(plan, relief, zero))
                gone = plan.choice.waiver != "none"
                waives.append(gone)
                penalty.append(0 if gone else relief.now.penalty_outstanding_minor)
        zeros += [zero] * (len(rows) - len(zeros))
    return _columns(shapes, terms, cases, rows, penalty, waives, waited_days(rows, zeros, waits_most))


def waited_days(
    rows: Sequence[Sequence[tuple[int, int, int]]], zeros: Sequence[date], waits_most: int
) -> NDArray[np.int64]:
    """This function will return the days on which payments are due after 0 to `waits_most` months of waiting: shape
    (waits_most + 1, rows, longest row and one), NEVER past the last payment.
    """
    width = max(len(row) for row in rows) + 1
    found = np.full((waits_most + 1, len(rows), width), NEVER, np.int64)
    later: dict[tuple[date, int], list[int]] = {}
    for place, (row, zero) in enumerate(zip(rows, zeros, strict=True)):
        for column, (day, _, _) in enumerate(row):
            if (zero, day) not in later:
                due = zero + timedelta(days=day)
                later[zero, day] = [(add_months(due, w) - zero).days for w in range(waits_most + 1)]
            found[:, place, column] = later[zero, day]
    return found


def _payments(plan: ReliefPlan, relief: ReliefLoan, zero: date) -> list[tuple[int, int, int]]:
    """The payments of a plan; what stays late keeps the day on which it was due."""
    late = [row.due_date for row in relief.now.rows if row.open_minor and row.due_date < relief.asked_on]
    now = [one for one in plan.payments if one.due_date == relief.asked_on]
    found = []
    for number, one in enumerate(plan.payments):
        keeps = one.due_date == relief.asked_on and len(now) == len(late)
        due = late[number] if keeps else one.due_date
        found.append(((due - zero).days, one.amount_minor, one.principal_minor))
    return found


def _columns(
    shapes: Sequence[LoanShape],
    terms: Sequence[ContractTerms],
    cases: Sequence[BookCase],
    rows: Sequence[Sequence[tuple[int, int, int]]],
    penalty: Sequence[int],
    waives: Sequence[bool],
    waited: NDArray[np.int64],
) -> PlanBook:
    width = max(len(row) for row in rows) + 1
    due = waited[0]
    until = np.zeros((len(rows), width), np.int64)
    principal = np.zeros((len(rows), width), np.int64)
    least = np.zeros(len(rows), np.int64)
    for place, row in enumerate(rows):
        _, amounts, parts = (np.array(column, np.int64) for column in zip(*row, strict=True))
        until[place, 1 : len(row) + 1] = np.cumsum(amounts)
        until[place, len(row) + 1 :] = until[place, len(row)]
        principal[place, 1 : len(row) + 1] = np.cumsum(parts)
        principal[place, len(row) + 1 :] = principal[place, len(row)]
        least[place] = int(amounts[: max(1, len(row) - 1)].min())
    contract = [0]
    for shape in range(1, len(shapes)):
        last = cases[shape * len(ASK_DAYS) - 1]
        contract.append(last.first + len(last.plans))
    return PlanBook(
        shapes=tuple(shapes), terms=tuple(terms), contract=np.array(contract, np.int64),
        instalment=np.array([one.rows[0].payment_minor for one in terms], np.int64), cases=tuple(cases),
        case_of=np.arange(len(cases), dtype=np.int64).reshape(len(shapes), len(ASK_DAYS)), due_day=due, until=until,
        principal_until=principal, penalty_in=np.array(penalty, np.int64),
        waives_penalty=np.array(waives, np.bool_), first_payment=least,
        longest=int(due[due < NEVER].max()), waited=waited,
    )  # fmt: skip
