"""Events of the general engine: what happened, from which date it counts, and when it was booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from puhui.loans.domain.engine.codes import (
    ChargeBasis,
    ChargeTime,
    Component,
    Kind,
    PaymentPurpose,
    ReAgeInterest,
    Unit,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEvent:
    """One event. Only the fields of its kind are set."""

    seq: int  # 1, 2, … in the order of booking
    kind: Kind  # what happened
    value_date: date  # from which day it counts
    booking_date: date  # business day on which it was booked
    amount_minor: int = 0  # money moved, minor units
    of_seq: int = 0  # event that it refers to: reversed, charged back, waived, adjusted
    annual_rate_ppm: int = 0  # RATE_CHANGE
    from_date: date | None = (
        None  # pauses: first day; MOVE_DUE: the due date moved; RE_AGE: first new due date
    )
    to_date: date | None = None  # pauses: last day; MOVE_DUE: the new due date
    count: int = 0  # EXTEND: more instalments; RE_AGE: new ones; REVERSE: 1 = only the payout's down payment
    every: int = 1  # RE_AGE: units in a period
    unit: Unit = Unit.MONTH  # RE_AGE: of a period
    interest: ReAgeInterest = ReAgeInterest.DEFAULT  # RE_AGE, RE_AMORTISE: what becomes of interest
    due_date: date | None = None  # CHARGE: when it falls due
    is_penalty: bool = False  # CHARGE: a penalty, not a fee
    charge_time: ChargeTime = ChargeTime.DATE  # CHARGE: what makes it due
    charge_basis: ChargeBasis = ChargeBasis.FLAT  # CHARGE: of what it is a share
    charge_ppm: int = 0  # CHARGE: the share, ppm
    refunds_interest: bool | None = None  # refunds: give interest back; None = as the contract says
    use: PaymentPurpose = PaymentPurpose.AHEAD  # payments: what is beyond what is due
    component: Component = Component.INTEREST  # WAIVE: of which component
    pays_down_payment: bool | None = None  # DISBURSE: take the down payment; None = as the contract says
