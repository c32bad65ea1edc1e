"""A nightly run that mutates loans in PostgreSQL: the peer of `puhui portfolio value`. See README.md."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg

BATCH = 1_000  # loans of one transaction
YEAR_PPM = 360 * 1_000_000

CLAIM = """SELECT id, rate_ppm, lent_minor, run_to, paid_principal_minor, accrued_minor, credit_minor FROM loan
    WHERE run_to < %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"""
OPEN_ROWS = """SELECT loan_id, number, start_date, due_date, principal_minor, interest_minor, paid_principal_minor,
    paid_interest_minor FROM instalment WHERE loan_id = ANY(%s) AND is_open ORDER BY loan_id, number"""
WAITING = """SELECT id, loan_id, amount_minor FROM payment
    WHERE loan_id = ANY(%s) AND NOT is_settled AND value_date <= %s ORDER BY loan_id, value_date, id"""
WRITE_ROWS = """UPDATE instalment SET paid_principal_minor = n.principal, paid_interest_minor = n.interest,
    is_open = n.open FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::boolean[])
    AS n(loan_id, number, principal, interest, open)
    WHERE instalment.loan_id = n.loan_id AND instalment.number = n.number"""
WRITE_LOANS = """UPDATE loan SET run_to = %s, outstanding_minor = n.outstanding, paid_principal_minor = n.paid,
    accrued_minor = n.accrued, late_minor = n.late, dpd_days = n.dpd, payoff_minor = n.payoff, credit_minor = n.credit
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::bigint[],
    %s::bigint[]) AS n(id, outstanding, paid, accrued, late, dpd, payoff, credit) WHERE loan.id = n.id"""
SETTLE = "UPDATE payment SET is_settled = true WHERE id = ANY(%s)"
ACCRUE = """INSERT INTO accrual (loan_id, business_date, amount_minor)
    SELECT n.id, %s, n.amount FROM unnest(%s::bigint[], %s::bigint[]) AS n(id, amount)"""


@dataclass(slots=True)
class Row:
    """An open instalment."""

    number: int
    start: date
    due: date
    principal: int
    interest: int
    paid_principal: int
    paid_interest: int
    changed: bool = False

    def open(self) -> int:
        return self.principal + self.interest - self.paid_principal - self.paid_interest


@dataclass(slots=True)
class Loan:
    """A loan while it is brought to the date."""

    id: int
    rate: int
    lent: int
    run_to: date
    paid: int
    accrued: int
    credit: int
    rows: list[Row] = field(default_factory=list)

    def pay(self, amount: int) -> None:
        for row in self.rows:
            if amount == 0:
                return
            interest = min(amount, row.interest - row.paid_interest)
            row.paid_interest += interest
            amount -= interest
            principal = min(amount, row.principal - row.paid_principal)
            row.paid_principal += principal
            self.paid += principal
            amount -= principal
            row.changed = row.changed or interest > 0 or principal > 0
        self.credit += amount

    def figures(self, day: date) -> tuple[int, int, int, int, int]:
        """Outstanding, accrued, late, days past due, payoff."""
        outstanding, late, since, due_interest = 0, 0, None, 0
        accrued = 0
        for row in self.rows:
            left = row.open()
            outstanding += left
            if row.due < day and left > 0:
                late += left
                since = since or row.due
            if row.due <= day:
                accrued += row.interest - row.paid_interest
            elif row.start < day:
                days, whole = (day - row.start).days, (row.due - row.start).days
                accrued += max(0, row.interest * days // whole - row.paid_interest)
        late_days = (day - since).days if since else 0
        due_interest = late * self.rate * late_days // YEAR_PPM if late else 0
        accrued += due_interest
        return outstanding + due_interest, accrued, late, late_days, self.lent - self.paid + accrued


def run_batch(connection: psycopg.Connection[Any], day: date) -> int:
    """Bring at most BATCH loans to `day` in one transaction, and return how many."""
    with connection.transaction():
        loans = {one[0]: Loan(*one) for one in connection.execute(CLAIM, (day, BATCH))}
        if not loans:
            return 0
        ids = list(loans)
        for loan_id, *rest in connection.execute(OPEN_ROWS, (ids,)):
            loans[loan_id].rows.append(Row(*rest))
        settled = []
        for payment, loan_id, amount in connection.execute(WAITING, (ids, day)):
            loans[loan_id].pay(amount)
            settled.append(payment)
        write_back(connection, list(loans.values()), day)
        if settled:
            connection.execute(SETTLE, (settled,))
    return len(loans)


def write_back(connection: psycopg.Connection[Any], loans: list[Loan], day: date) -> None:
    figures = [one.figures(day) for one in loans]
    ids = [one.id for one in loans]
    earned = [found[1] - one.accrued for one, found in zip(loans, figures, strict=True)]
    changed = [(one.id, row) for one in loans for row in one.rows if row.changed]
    if changed:
        columns = [
            [loan_id for loan_id, _ in changed],
            [row.number for _, row in changed],
            [row.paid_principal for _, row in changed],
            [row.paid_interest for _, row in changed],
            [row.open() > 0 for _, row in changed],
        ]
        connection.execute(WRITE_ROWS, columns)
    outstanding, accrued, late, dpd, payoff = (list(one) for one in zip(*figures, strict=True))
    paid, credit = [one.paid for one in loans], [one.credit for one in loans]
    connection.execute(WRITE_LOANS, [day, ids, outstanding, paid, accrued, late, dpd, payoff, credit])
    connection.execute(ACCRUE, (day, ids, earned))


def main() -> int:
    parser = argparse.ArgumentParser(description="bring every loan to a business date, in place")
    parser.add_argument("database", help="URL of the database")
    parser.add_argument("day", type=date.fromisoformat, help="the business date, YYYY-MM-DD")
    chosen = parser.parse_args()
    done = 0
    with psycopg.connect(chosen.database, autocommit=True) as connection:
        while count := run_batch(connection, chosen.day):
            done += count
    print(done)
    return 0


if __name__ == "__main__":
    sys.exit(main())
