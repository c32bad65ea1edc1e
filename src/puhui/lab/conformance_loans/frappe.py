"""The Frappe Lending family: each case is one check, all of its expected figures together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from puhui.lab.conformance_loans.fineract_terms import Case, day, minor
from puhui.loans.domain.engine import BookEvent, BookPosition, LoanStatus, LoanTerms, position, replay
from puhui.loans.domain.engine.accruals import accrual_dates
from puhui.loans.domain.engine.codes import (
    Basis,
    ChargeTime,
    Kind,
    Method,
    PeriodInterest,
    Plan,
    Recalculation,
    Unit,
)
from puhui.loans.domain.engine.lateness import days_past_due, late_penalty
from puhui.loans.domain.engine.rows import work_out

ONE_DAY = timedelta(days=1)
LONG_AGO_TO_PAY = 1_200  # months of a loan that is due on demand: longer than any case looks
FALLS_DUE = ("raise_demands", "repayment")
KINDS = {
    "disburse": Kind.DISBURSE,
    "repayment": Kind.REPAY,
    "prepayment": Kind.REPAY,
    "advance_payment": Kind.REPAY,
    "charge_payment": Kind.REPAY,
    "write_off": Kind.WRITE_OFF,
    "write_off_recovery": Kind.RECOVERY,
    "refund_excess": Kind.CREDIT_REFUND,
    "restructure": Kind.RE_AGE,
}


def read_terms(case: Case) -> LoanTerms:
    """This function will read a case's terms. A loan on demand and a line's draw are interest first, one instalment."""
    t, events = case["terms"], case["events"]
    payouts = [row for row in events if row["type"] == "disburse"]
    start = day(payouts[0]["date"]) if payouts else date(2025, 1, 1)
    on_demand = t.get("kind") == "DEMAND_LOAN" or t["schedule"] == "LINE_OF_CREDIT"
    grace = t.get("moratorium", {}).get("months", 0)
    due = any(row["type"] in FALLS_DUE for row in events)
    principal = sum(minor(row["amount"]) for row in payouts) or minor(t["principal"])
    return LoanTerms(
        currency=t["currency"],
        principal_minor=principal,
        annual_rate_ppm=int(Decimal(str(t["rate"])) * 10_000),
        count=1 if on_demand else (t.get("repayments") or months_of(t)) + grace,
        unit=Unit.MONTH,
        every=LONG_AGO_TO_PAY if on_demand else 1,
        start_date=start,
        method=Method.INTEREST_FIRST if on_demand else Method.EQUAL_INSTALMENT,
        plan=Plan.NOMINAL,
        basis=Basis.THIRTY_360 if t["day_count"] == "30/360" else Basis.ACTUAL_365,
        recalculation=Recalculation.EARLY_ONLY if due and not on_demand else Recalculation.DAILY,
        multiple_minor=100,
        rounding_code=1,
        levels_again=False,
        grace_principal=grace,
        first_due=None if on_demand else first_due(t, payouts, start),
        stub=PeriodInterest.SPREAD
        if t.get("broken_period") == "AMORTIZED_OVER_TENURE"
        else PeriodInterest.FREE,
        charges_fall_due_alone=True,
    )


def months_of(t: Case) -> int:
    """This function will return in how many months a fixed instalment repays the principal."""
    left, months = Fraction(minor(t["principal"])), 0
    rate = Fraction(str(t["rate"])) / 1200
    while left > 0 and months < LONG_AGO_TO_PAY:
        left = left * (1 + rate) - minor(t["fixed_installment"])
        months += 1
    return months


def first_due(t: Case, payouts: list[Case], start: date) -> date | None:
    """This function will return the first due date: as given, the first of the next month, or the payout's own day."""
    if t.get("due_on") == "START_OF_NEXT_MONTH":
        return (start.replace(day=1) + timedelta(days=31)).replace(day=1)
    given = payouts[0].get("first_due") if payouts else None
    return day(given) if given else start


def read_events(case: Case) -> list[BookEvent]:
    """This function will read a case's events. A payment on a day whose interest was accrued already bears that day."""
    found: list[BookEvent] = []
    accrued = {row["date"] for row in case["events"] if row["type"] == "accrue_interest"}
    for row in case["events"]:
        kind = Kind.CHARGE if row["type"] == "charge" else KINDS.get(row["type"])
        if kind is None:
            continue
        on = day(row["date"])
        borne = row["date"] in accrued and kind is Kind.REPAY
        is_new = kind is Kind.RE_AGE
        found.append(
            BookEvent(
                seq=len(found) + 1,
                kind=kind,
                value_date=on + ONE_DAY if borne else on,
                booking_date=on,
                amount_minor=minor(row.get("amount") or 0),
                due_date=on if kind is Kind.CHARGE else None,
                charge_time=ChargeTime.DATE,
                from_date=day(row["first_due"]) if is_new else None,
                count=case["terms"]["repayments"] if is_new else 0,
            )
        )
    return found


class FrappeRun:
    """One case, read and worked out."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.terms = read_terms(case)
        self.events = read_events(case)
        days = [day(row["date"]) for row in case["events"]]
        self.last = max(days, default=self.terms.start_date)
        self.now = position(terms=self.terms, events=self.events, as_of=self.last)
        payouts = [event for event in self.events if event.kind is Kind.DISBURSE]
        self.plan = position(terms=self.terms, events=payouts, as_of=self.terms.start_date)

    def at(self, on: date) -> BookPosition:
        """This function will return the position at the end of a day, with what was booked by then."""
        known = [event for event in self.events if event.booking_date <= on]
        return position(terms=self.terms, events=known, as_of=on)

    def accrued(self) -> int:
        """This function will return all interest borne to the end of the last accrual, minor units."""
        stops = [day(row["date"]) for row in self.case["events"] if row["type"] == "accrue_interest"]
        end = max(stops) + ONE_DAY if stops else self.last
        payouts = [event for event in self.events if event.kind is Kind.DISBURSE]
        book = replay(terms=self.terms, events=payouts, as_of=end)
        work_out(book, end.toordinal(), end.toordinal())
        return sum(book.at_interest)


def whole(amount_minor: int) -> int:
    """This function will round minor units to whole units, half-even."""
    return int((Decimal(amount_minor) / 100).to_integral_value())


def is_status(run: FrappeRun, expected: Any) -> bool:
    """This function will compare a status; what is open within the peer's tolerance closes the loan."""
    tolerance = max(run.case["terms"].get("auto_close_tolerance", [0])) * 100
    closed = bool(run.now.outstanding_minor <= tolerance and run.now.credit_minor <= tolerance)
    if expected in ("Closed", "Loan Closure Requested"):
        return closed
    return bool(run.now.status is LoanStatus.WRITTEN_OFF and expected == "Written Off")


def rows_agree(run: FrappeRun, expected: Any) -> bool:
    """This function will compare rows, rounded to whole units, by their index from 0."""
    return all(
        whole(run.plan.rows[row["idx"]].principal_minor) == row["principal"]
        and whole(run.plan.rows[row["idx"]].interest_minor) == row["interest"]
        and whole(run.plan.rows[row["idx"]].balance_minor) == row["balance"]
        for row in expected
    )


def dates_agree(run: FrappeRun, expected: Any) -> bool:
    """This function will compare due dates by their index from 0."""
    return all(run.plan.rows[int(index)].due_date == day(text) for index, text in expected.items())


def days_agree(run: FrappeRun, expected: Any) -> bool:
    """This function will compare days past due at the end of days; the due date itself is day 1."""
    for text, days in expected.items():
        found = days_past_due(
            position=run.at(day(text)), events=(), as_of=day(text), grace_days=0, due_day_counts=True
        )
        if found.past_due_days != days:
            return False
    return True


def penalty_agrees(run: FrappeRun, expected: Any) -> bool:
    """This function will compare the penalty on late instalments: actual/365, rounded each day. A charge that the peer
    adds to the first repayment stands inside the level instalment and bears none.
    """
    t = run.case["terms"]
    if not t.get("penalty_rate"):
        return bool(expected == 0)
    book = replay(terms=run.terms, events=run.events, as_of=run.last)
    charge = t.get("disbursement_charge", {})
    if charge.get("treatment") == "ADD_TO_FIRST_REPAYMENT":
        book.principal[0] -= minor(charge["amount"])
    rate = (int(Decimal(str(t["penalty_rate"])) * 10_000), 365 * 1_000_000)
    found = late_penalty(book=book, events=(), as_of=run.last, daily_rate=rate, rounds_daily=True)
    return bool(found == minor(expected) or run.now.outstanding_minor == 0 == expected)


def recovered(run: FrappeRun, expected: Any) -> bool:
    """This function will compare the position before a recovery, once it is undone."""
    kept = [event for event in run.events if event.kind is not Kind.RECOVERY]
    undone = position(terms=run.terms, events=kept, as_of=run.last)
    return undone.total("paid_principal") == minor(expected["principal_paid"]) and (
        undone.status is LoanStatus.WRITTEN_OFF
    )


def accrual_days(run: FrappeRun, start: date, end: date) -> list[date]:
    """This function will list the days at whose end interest accrues."""
    daily = run.case["terms"].get("accrual") == "DAILY"
    dues = [row.due_date for row in run.plan.rows]
    return accrual_dates(start=start, end=end, due_dates=dues, daily=daily)


def accruals_between(run: FrappeRun, expected: Any) -> bool:
    """This function will compare accrual days of a stretch."""
    found = accrual_days(run, day(expected["from"]), min(day(expected["to"]), run.last))
    return bool([one.isoformat() for one in found] == expected["dates"])


def accrual_counts(run: FrappeRun, expected: Any) -> bool:
    """This function will compare how many days each payout accrued."""
    payouts = [event for event in run.events if event.kind is Kind.DISBURSE]
    return bool([len(accrual_days(run, event.value_date, run.last)) for event in payouts] == expected)


def next_day_interest(run: FrappeRun, on: date) -> int:
    """This function will return the interest of one day after that day's first payment, minor units."""
    first = next(event for event in run.events if event.kind is Kind.REPAY and event.value_date == on)
    known = [event for event in run.events if event.seq <= first.seq]
    pays = [position(terms=run.terms, events=known, as_of=on + n * ONE_DAY).payoff_minor for n in (0, 1)]
    return pays[1] - pays[0]


Compare = Callable[[FrappeRun, Any], bool]
COMPARE: dict[str, Compare] = {
    "installment": lambda run, x: any(
        row.principal_minor + row.interest_minor == minor(x) for row in run.plan.rows[:-1]
    ),
    "n": lambda run, x: len(run.plan.rows) == x,
    "n_rows": lambda run, x: len(run.plan.rows) == x,
    "total_interest_rounded0": lambda run, x: whole(run.plan.total("interest")) == x,
    "total_payment_rounded0": lambda run, x: whole(run.plan.total("due")) == x,
    "rows_rounded0": rows_agree,
    "dates": dates_agree,
    "interest_due_rounded0": lambda run, x: whole(run.accrued()) == x,
    "interest_accrued_rounded0": lambda run, x: whole(run.accrued()) == x,
    "interest_rounded2": lambda run, x: run.accrued() == minor(x),
    "penalty": penalty_agrees,
    "status": is_status,
    "pending_principal": lambda run, x: (
        run.now.total("principal") - run.now.total("paid_principal") == minor(x)
    ),
    "interest_due": lambda run, x: run.now.total("interest") - run.now.total("paid_interest") == minor(x),
    "excess": lambda run, x: run.now.credit_minor == minor(x),
    "row_interest": lambda run, x: all(
        run.plan.rows[int(index)].interest_minor == minor(amount) for index, amount in x.items()
    ),
    "broken_period_interest": lambda run, x: run.plan.total("interest") > minor(x) > 0,
    "broken_days": lambda run, x: (run.plan.rows[0].start_date - run.terms.start_date).days == x,
    "dpd": days_agree,
    "charges_paid": lambda run, x: (
        [line.fee_minor for line in run.now.lines if line.kind is Kind.REPAY]
        == [minor(amount) for amount in x]
    ),
    "principal_paid": lambda run, x: run.now.total("paid_principal") == minor(x),
    "after_undo": recovered,
    "first_row_days": lambda run, x: any(
        (row.due_date - row.start_date).days == x for row in run.now.rows if row.due_date > run.last
    ),
    "accrual_dates": lambda run, x: (
        [one.isoformat() for one in accrual_days(run, run.terms.start_date, run.last)] == x
    ),
    "accrual_dates_between": accruals_between,
    "accrual_rows": accrual_counts,
    "first_dates": lambda run, x: (
        [event.value_date.isoformat() for event in run.events if event.kind is Kind.DISBURSE] == x
    ),
    "last_accrual": lambda run, x: (
        x == "maturity date minus one day"
        and accrual_days(run, run.terms.start_date, run.last)[-1] + ONE_DAY == run.plan.rows[-1].due_date
    ),
}


def compare_case(case: Case) -> str:
    """This function will compare all of a case's expected figures and return "" or what differs."""
    try:
        run = FrappeRun(case)
        wrong = [key for key, value in case["expected"].items() if not agrees(run, key, value)]
    except Exception as error:
        return f"failed: {type(error).__name__} {error}"
    return f"differs: {', '.join(wrong)}" if wrong else ""


def agrees(run: FrappeRun, key: str, value: Any) -> bool:
    """This function will compare one figure; one that we have no word for disagrees."""
    if key.startswith("next_due_on_or_after_"):
        after = day(key.removeprefix("next_due_on_or_after_"))
        return min(row.due_date for row in run.now.rows if row.due_date >= after) == day(value)
    if key.startswith("interest_on_"):
        return next_day_interest(run, day(key.removeprefix("interest_on_"))) == minor(value)
    return key in COMPARE and COMPARE[key](run, value)
