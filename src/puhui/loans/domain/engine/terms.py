"""The terms of a contract of semantics version 2: a product's choices as data, no code.

What version 1 fixed in code (monthly, twelfths, oldest first) is a value here. Every choice has a default of ours; where
a peer's convention differs, an option reproduces it (`docs/reference/loans.md` lists which is which and why).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from puhui.loans.domain.engine.codes import (
    Ahead,
    Basis,
    Component,
    DueState,
    Kind,
    Method,
    PeriodInterest,
    Plan,
    Recalculation,
    Unit,
)

ORDER = (Component.PENALTY, Component.FEE, Component.INTEREST, Component.PRINCIPAL)
DEFAULT_ORDER = tuple((state, part) for state in DueState for part in ORDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationOrder:
    """What a payment of some kind settles, and in which order."""

    order: tuple[tuple[DueState, Component], ...] = DEFAULT_ORDER  # all twelve, each once
    ahead: Ahead = Ahead.NEXT  # which future instalment first


@dataclass(frozen=True, slots=True, kw_only=True)
class Tranche:
    """A part of the principal that is expected to be paid out later."""

    value_date: date  # on which day
    amount_minor: int  # minor units


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One instalment of a table that was signed. The plan is this table; only what happens changes it."""

    due_date: date  # when it is due
    principal_minor: int  # principal part, minor units
    interest_minor: int  # interest part, minor units
    fee_minor: int  # fees collected with it, minor units
    interest_days: int  # it bears interest_days / period_days of a regular period's interest
    period_days: int  # see above; both 0 = one whole period


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanTerms:
    """What was agreed, as the engine reads it."""

    currency: str  # ISO 4217
    decimals: int = 2  # of the currency
    principal_minor: int  # agreed principal, minor units
    annual_rate_ppm: int  # contract rate a year, ppm
    count: int  # number of regular instalments
    every: int = 1  # units in a period
    unit: Unit = Unit.MONTH  # of a period
    start_date: date  # day from which periods are counted
    method: Method = Method.EQUAL_INSTALMENT  # how the principal comes back
    plan: Plan = Plan.ANNUITY  # how the level payment is found
    basis: Basis = Basis.THIRTY_360  # day count
    year_turns_on_31_december: bool = True  # actual/actual: the peers' split of the year; False = 1 January
    recalculation: Recalculation = Recalculation.DAILY  # what early and late payments do to interest
    rests_at_period_end: bool = False  # a payment lowers interest from the end of its period on
    whole_periods: bool = False  # interest by whole periods, not by days
    multiple_minor: int = 0  # a level payment is a multiple of it; 0 = of one minor unit
    rounding_code: int = 0  # of a level payment: 0 half-even, 1 up, 2 down
    levels_again: bool = True  # spread the last instalment's difference
    down_payment_ppm: int = 0  # share of each payout that is due at once, ppm
    pays_down_payment: bool = False  # the down payment is taken at payout
    charges_fall_due_alone: bool = False  # a charge is due on its own date, not with its instalment
    vertical: bool = False  # allocation by component over all instalments
    grace_principal: int = 0  # first instalments without principal ("3+9")
    fixed_length: int = 0  # units from the start to the last due date if fixed, else 0
    overflows_month: bool = False  # a due day that a month lacks: first of the next month, else its last
    counts_from_start: bool = False  # periods count from start_date whenever the money went out
    daily_digits: int = 0  # a half is decided by daily interest of so many digits (a peer's); 0 = half-even
    full_term_tranches: bool = False  # every payout runs for the full number of instalments
    accelerates: bool = False  # a charge-off makes everything due
    stops_interest: bool = False  # a charge-off ends interest
    parts_alone: bool = (
        False  # interest spread by a re-amortisation: each part rounded alone, no rest in the last
    )
    refunds_interest: tuple[Kind, ...] = ()  # refund kinds that give back the interest on what is refunded
    allocations: dict[Kind, AllocationOrder] = field(default_factory=dict)  # by payment kind; REPAY = default
    credit_order: tuple[Component, ...] = ()  # how a chargeback is put back; () = as it was paid
    tranches: tuple[Tranche, ...] = ()  # expected payouts, for a plan without events
    first_due: date | None = None  # a first due date of its own; the others follow it
    stub: PeriodInterest = PeriodInterest.CHARGED  # interest of the days before the first regular period
    table: tuple[TableRow, ...] = ()  # the instalments as signed; () = worked out from the terms
    penalty_daily_ppm: int = 0  # penalty a day on late principal, ppm
    fees_end_with_payoff: bool = False  # a payoff does not pay fees of instalments that are not due yet
