"""The engine's small integers: every choice that a contract or an event makes, as a code that the kernel compares.

The kernel works on lists of integers so that the same source can be compiled; the enumerations here are the only names
that the outside needs. Members are `IntEnum`, so a kernel compares them as plain integers.
"""

from __future__ import annotations

from enum import IntEnum


class Unit(IntEnum):
    """Of which a repayment period is a multiple."""

    DAY = 0
    WEEK = 1
    MONTH = 2
    YEAR = 3


class Method(IntEnum):
    """How the principal comes back."""

    EQUAL_INSTALMENT = 0  # 等额本息: level payment of principal and interest
    EQUAL_PRINCIPAL = 1  # 等额本金: level principal
    FLAT = 2  # interest on the original principal in every period, level payment (分期手续费)
    INTEREST_FIRST = 3  # 先息后本, and bullet with one instalment


class Basis(IntEnum):
    """How days become a share of a year."""

    THIRTY_360 = 0  # every month is a twelfth; a part of a period is its share of the period's days
    ACTUAL_ACTUAL = 1  # days / 366 in a leap year, / 365 in another, split at the turn of the year
    ACTUAL_365 = 2  # days / 365, in leap years too
    ACTUAL_360 = 3  # days / 360
    ACTUAL_364 = 4  # days / 364
    ACTUAL_FEBRUARY = 5  # days / 366 in a period that holds a 29 February, else / 365
    ANNUAL = 6  # months as twelfths, weeks as 7, days as 1 / 365: equal periods bear equal interest


class Plan(IntEnum):
    """How the level payment of a contract is found."""

    ANNUITY = 0  # the true periods stand inside the annuity, and what is left over is levelled again
    NOMINAL = 1  # a textbook annuity of equal periods; the last instalment takes what is left


class Recalculation(IntEnum):
    """What an early or late payment does to interest."""

    NONE = 0  # nothing: interest is as scheduled
    DAILY = 1  # the principal that is really owed bears interest, each day
    PERIOD = 2  # early payments count at once, late principal bears interest to the end of the period
    EARLY_ONLY = 3  # early payments count, late principal bears no further interest


class PeriodInterest(IntEnum):
    """What becomes of interest of the days before the first regular period."""

    CHARGED = 0  # with the first instalment
    SPREAD = 1  # evenly over the instalments
    FREE = 2  # not charged


class Component(IntEnum):
    """What an instalment is made of."""

    PENALTY = 0
    FEE = 1
    INTEREST = 2
    PRINCIPAL = 3


class DueState(IntEnum):
    """Where an instalment stands on the day of a payment."""

    PAST_DUE = 0
    DUE = 1
    AHEAD = 2


class Ahead(IntEnum):
    """Which future instalment a payment reaches first."""

    NEXT = 0
    LAST = 1
    SPREAD = 2  # the same part to each
    NEXT_LAST = 3  # the next one, then from the last one backwards


class Kind(IntEnum):
    """What an event is. Those up to LAST_PAYMENT are allocated like payments."""

    REPAY = 0
    DOWN_PAYMENT = 1
    GOODWILL = 2
    MERCHANT_REFUND = 3
    PAYOUT_REFUND = 4
    INTEREST_REFUND = 5
    INTEREST_WAIVER = 6  # a payment by the lender's waiver
    CHARGE_ADJUSTMENT = 7
    RECOVERY = 8  # a payment after write-off
    DISBURSE = 20
    CHARGE = 21
    CHARGE_WAIVER = 22
    CREDIT_REFUND = 23
    CHARGEBACK = 24
    CHARGE_OFF = 25
    WRITE_OFF = 26
    RATE_CHANGE = 27
    MOVE_DUE = 28
    EXTEND = 29
    INTEREST_PAUSE = 30
    RE_AGE = 31
    RE_AMORTISE = 32
    REVERSE = 33
    DAY_ROLL = 34
    DELINQUENCY_PAUSE = 35
    TERMINATE = 37
    CAPITALISE = 40  # a fee that is financed: principal that is not paid out
    CAPITALISE_ADJUSTMENT = 41  # less of it, allocated like a payment
    FEE_BUYDOWN = 42  # a third party pays for a lower rate; a line only
    FEE_BUYDOWN_ADJUSTMENT = 43  # less of that; a line only
    UNDO_CHARGE_OFF = 44
    DELINQUENCY_RESUME = 45
    PENALTY_FREEZE = 46  # no penalty for some days
    PENALTY_THAW = 47  # a freeze ends early
    WAIVE = 48  # the lender gives up an amount of one component
    SALE = 49  # the loan goes to another lender


LAST_PAYMENT = 8
PAYMENT_KINDS = 9
TAKEN_BACK = 8  # a recovery follows no order of allocation: its place holds that of CAPITALISE_ADJUSTMENT


class PaymentPurpose(IntEnum):
    """What a payment is for, beyond what is due."""

    AHEAD = 0  # instalments ahead, by the contract's order
    LEVEL = 1  # lowers the principal, and what remains is levelled again
    UNDO = 2  # takes the loan back: what is open of fees and penalties is not charged


class ChargeTime(IntEnum):
    """When a charge falls due."""

    DATE = 0
    INSTALMENT = 1  # with every instalment
    OVERDUE = 3  # with every instalment that is late, once


class ChargeBasis(IntEnum):
    """Of what a charge is an amount or a percentage."""

    FLAT = 0
    AMOUNT = 1
    INTEREST = 2
    AMOUNT_AND_INTEREST = 3


class RowKind(IntEnum):
    """What an instalment is."""

    REGULAR = 0
    DOWN_PAYMENT = 1
    EXTRA = 2  # after maturity: charges and what was charged back
    FIXED = 3  # principal and interest set by an agreement, no longer by the rate
    CLOSED = 4  # emptied by a re-age; kept so that what was paid stays where it was paid


class ReAgeInterest(IntEnum):
    """What becomes of interest when a loan is re-aged or re-amortised."""

    DEFAULT = 0
    SPLIT_PAYABLE = 1  # interest due until now is spread without interest upon it
    SPLIT_ALL = 2  # all interest still to come is spread
    WAIVE = 3
