"""Positions: what a contract and its events mean on a date. The values, and the one door to every semantics version.

A quote is the position of a contract with no events; a preview is the position with one event more; the future is
the position with each payment made on its day. All three go through the same function, so they cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum


class LoanState(Enum):
    """Where a loan stands."""

    PENDING = "pending"  # signed, not paid out
    ACTIVE = "active"  # paid out, something is still to pay
    CLOSED = "closed"  # everything is paid
    WITHDRAWN = "withdrawn"  # undone by the customer within the withdrawal days
    CANCELLED = "cancelled"  # no money went out, or it came back: it never was
    WRITTEN_OFF = "written_off"  # closed as a loss; a recovery may follow
    SOLD = "sold"  # it went to another lender


class RowState(Enum):
    """Where an instalment stands."""

    PAID = "paid"  # nothing is left to pay of it
    DUE = "due"  # due on the date or later
    LATE = "late"  # its due date has passed and something is unpaid
    PLANNED = "planned"  # assumed paid on its day, in a position of the future


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """One instalment on a date. Amounts in minor units."""

    number: int  # 1, 2, …
    due_date: date  # when it is due
    principal_minor: int  # principal part as scheduled now
    interest_minor: int  # interest part as scheduled now
    fee_minor: int  # fee part as scheduled now
    penalty_minor: int  # penalty so far
    paid_principal_minor: int  # principal paid
    paid_interest_minor: int  # interest paid
    paid_fee_minor: int  # fees paid
    paid_penalty_minor: int  # penalty paid
    prepaid_minor: (
        int  # principal paid beyond the instalments in its period, a payoff's included; not in payment_minor
    )
    paid_on: date | None  # day on which it was settled
    state: RowState  # paid, due, late or planned
    balance_minor: int  # scheduled principal after it

    @property
    def payment_minor(self) -> int:
        """All of it, penalty included, minor units."""
        return self.principal_minor + self.interest_minor + self.fee_minor + self.penalty_minor

    @property
    def paid_minor(self) -> int:
        """What was paid of it, minor units."""
        return (
            self.paid_principal_minor
            + self.paid_interest_minor
            + self.paid_fee_minor
            + self.paid_penalty_minor
        )

    @property
    def open_minor(self) -> int:
        """What is left to pay of it, minor units."""
        return self.payment_minor - self.paid_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What one payment was used for. The parts add up to the amount. Minor units; below zero = returned."""

    event_id: str  # the payment
    amount_minor: int  # what was paid
    penalty_minor: int  # to penalty
    fee_minor: int  # to fees
    interest_minor: int  # to interest; below zero where a payoff returns interest that was paid ahead
    principal_minor: int  # to principal
    credit_minor: int  # beyond what was owed, to be paid back


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What a loan means on a date. Amounts in minor units of `currency`."""

    as_of: date  # the date; everything of that day is counted
    semantics_version: int  # rules that computed it
    currency: str  # ISO 4217
    state: LoanState  # where it stands
    rows: tuple[PositionRow, ...]  # the instalment table
    allocations: tuple[Allocation, ...]  # what each payment was used for, in order of value date
    disbursed_on: date | None  # value date of the payout
    closed_on: date | None  # day on which it was closed, withdrawn or cancelled
    disbursed_minor: int  # principal paid out
    principal_outstanding_minor: int  # principal not yet repaid, late principal included
    interest_accrued_minor: int  # interest earned to date and unpaid, by days in the running period
    penalty_outstanding_minor: int  # penalty to date and unpaid
    due_minor: int  # to pay now: everything due on the date or before, penalty included
    late_minor: int  # of it, what was due before the date
    dpd_days: int  # days since the oldest unpaid due date, 0 = not late; a freeze does not stop it
    bucket: str  # M0 = not late, M1 = 1–30 days, M2 = 31–60, …, M6+ beyond 180
    payoff_minor: int  # what closes the loan on the date
    payoff_saves_minor: int  # what paying it off now saves against paying every instalment on its day
    withdrawal_minor: (
        int | None
    )  # what undoes the loan on the date; None where she may not withdraw (any more)
    withdrawal_until: date | None  # last day on which she may withdraw
    next_due_date: date | None  # next due date with something to pay, on the date or later
    next_due_minor: int  # what is to pay then, arrears not included
    credit_minor: int  # overpaid and not yet paid back
    frozen_until: date | None  # no penalty counts until this day (exclusive), where a freeze covers the date
    paid_principal_minor: int  # principal repaid to date
    paid_interest_minor: int  # interest paid to date
    paid_fee_minor: int  # fees paid to date
    paid_penalty_minor: int  # penalty paid to date
    payments_left: int  # instalments not settled
    waived_principal_minor: int = 0  # principal that the lender gave up at her side, outstanding no more
    waived_minor: int = 0  # interest, fees and penalties that were given up
    written_off_minor: int = 0  # principal written off and not recovered
    recovered_minor: int = 0  # principal that came back after a write-off; part of paid_principal_minor
    sold_minor: int = 0  # principal that went to another lender
    interest_refunded_minor: int = 0  # interest given back after a merchant return
    third_party_minor: int = (
        0  # what merchants, buyers and agencies owe us for it, less what was charged back
    )
    merchant_subsidy_minor: int = 0  # what the merchant pays for it once; nothing for what he took back
    sale_loss_minor: int = 0  # principal sold less the price; below zero for a gain
    charged_off: bool = False  # given up in the books while she still owes it
    restructured: bool = False  # its terms were eased because she could not pay

    @property
    def paid_minor(self) -> int:
        """Everything paid to date that was used, minor units; credit not included."""
        return (
            self.paid_principal_minor
            + self.paid_interest_minor
            + self.paid_fee_minor
            + self.paid_penalty_minor
        )


def bucket_of(dpd_days: int) -> str:
    """This function will name the lateness bucket of `dpd_days`: M0, M1 (1–30 days), M2 (31–60), … M6, M6+."""
    months = (dpd_days + 29) // 30
    return f"M{months}" if months <= 6 else "M6+"
