"""Reads the terms of a Fineract case as terms of ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from puhui.loans.domain.engine.codes import (
    Ahead,
    Basis,
    Component,
    DueState,
    Kind,
    Method,
    Plan,
    Recalculation,
    Unit,
)
from puhui.loans.domain.engine.terms import AllocationOrder, LoanTerms, Tranche

Case = Mapping[str, Any]
MOST_REPAYMENTS = 600  # instalments of a contract

UNITS = {"DAYS": Unit.DAY, "WEEKS": Unit.WEEK, "MONTHS": Unit.MONTH, "YEARS": Unit.YEAR}
PER_YEAR = {"YEAR": 1, "MONTH": 12}
UNITS_A_YEAR = {"DAYS": 365, "WEEKS": 52, "MONTHS": 12, "YEARS": 1}
STATES = {"PAST_DUE": DueState.PAST_DUE, "DUE": DueState.DUE, "IN_ADVANCE": DueState.AHEAD}
AHEAD = {
    "NEXT_INSTALLMENT": Ahead.NEXT,
    "LAST_INSTALLMENT": Ahead.LAST,
    "REAMORTIZATION": Ahead.SPREAD,
    "NEXT_LAST_INSTALLMENT": Ahead.NEXT_LAST,
}
PAYMENTS = {
    "DEFAULT": Kind.REPAY,
    "REPAYMENT": Kind.REPAY,
    "DOWN_PAYMENT": Kind.DOWN_PAYMENT,
    "GOODWILL_CREDIT": Kind.GOODWILL,
    "MERCHANT_ISSUED_REFUND": Kind.MERCHANT_REFUND,
    "PAYOUT_REFUND": Kind.PAYOUT_REFUND,
    "INTEREST_REFUND": Kind.INTEREST_REFUND,
    "INTEREST_PAYMENT_WAIVER": Kind.INTEREST_WAIVER,
    "CHARGE_ADJUSTMENT": Kind.CHARGE_ADJUSTMENT,
    "CAPITALIZED_INCOME_ADJUSTMENT": Kind.CAPITALISE_ADJUSTMENT,
}
# Named strategies of the peer → order when due, order ahead.
STRATEGIES = {
    "PENALTIES_FEES_INTEREST_PRINCIPAL_ORDER": ("PFIR", "PFIR"),
    "INTEREST_PRINCIPAL_PENALTIES_FEES_ORDER": ("IRPF", "IRPF"),
    "PRINCIPAL_INTEREST_PENALTIES_FEES_ORDER": ("RIPF", "RIPF"),
    "DUE_PENALTY_INTEREST_PRINCIPAL_FEE_IN_ADVANCE_PENALTY_INTEREST_PRINCIPAL_FEE": ("PIRF", "PIRF"),
    "DUE_PENALTY_FEE_INTEREST_PRINCIPAL_IN_ADVANCE_PRINCIPAL_PENALTY_FEE_INTEREST": ("PFIR", "RPFI"),
}
LETTERS = {
    "P": Component.PENALTY,
    "F": Component.FEE,
    "I": Component.INTEREST,
    "R": Component.PRINCIPAL,
}


# Terms that we know only some values of; another one is a feature that we do not have. None stands for an absent term.
KNOWN: Mapping[str, tuple[Any, ...]] = {
    "schedule_type": ("PROGRESSIVE", "CUMULATIVE"),
    "interest_type": ("DECLINING_BALANCE", "FLAT"),
    "interest_calc_period": ("DAILY", "SAME_AS_REPAYMENT_PERIOD"),
    "amortization": ("EQUAL_INSTALLMENTS", "EQUAL_PRINCIPAL"),
    "days_in_month": ("ACTUAL", "30"),
    "days_in_year": ("ACTUAL", "360", "364", "365"),
    "days_in_year_custom": (None, "FEB_29_PERIOD_ONLY"),
    "strategy": (None, "ADVANCED_PAYMENT_ALLOCATION", *STRATEGIES),
    "schedule_processing": (None, "HORIZONTAL", "VERTICAL"),
    "repayment_start": (None, "DISBURSEMENT_DATE", "SUBMITTED_ON_DATE"),
    "month_end_due": (None, "LAST_DAY_OF_MONTH", "FIRST_DAY_OF_NEXT_MONTH"),
    "charge_off_behaviour": (None, "REGULAR", "ZERO_INTEREST", "ACCELERATE_MATURITY"),
    "rounding_mode": (None, "HALF_EVEN"),
    "last_installment_threshold_pct": (None, "50"),
    "grace_interest": (None, "0"),
    "grace_interest_charged": (None, "0"),
    "arrears_tolerance": (None, "0"),
}
KNOWN_RECALC: Mapping[str, tuple[Any, ...]] = {
    "rest": ("DAILY", "SAME_AS_REPAYMENT"),
    "rest_interval": (None, "1"),
    "preclose": ("TILL_PRE_CLOSE_DATE", "TILL_REST_FREQUENCY_DATE"),
    "compounding": (None, "NONE"),
    "advance_payment_strategy": (
        None, "ADJUST_LAST_UNPAID_PERIOD", "REDUCE_EMI_AMOUNT", "REDUCE_NUMBER_OF_INSTALLMENTS",
    ),
}  # fmt: skip


class FeatureUnsupported(Exception):
    """An event or an option that we do not have; the message names it."""


def minor(amount: Any, decimals: int = 2) -> int:
    """This function will turn a JSON amount into minor units, exactly. Raises: FeatureUnsupported for parts of one."""
    units = Decimal(str(amount)) * Decimal(10) ** decimals
    if units != units.to_integral_value():
        raise FeatureUnsupported(f"an amount of {amount} in {decimals} decimals")
    return int(units)


def refuse_unknown(t: Case) -> None:
    """This function will refuse terms that we would misread. Raises: FeatureUnsupported naming the term and its value."""
    recalc = t.get("recalc") or {}
    for name, values, of in (
        *((name, values, t) for name, values in KNOWN.items()),
        *((name, values, recalc) for name, values in KNOWN_RECALC.items() if recalc),
    ):
        found = of.get(name)
        if (found if found is None else str(found)) not in values:
            raise FeatureUnsupported(f"{name} {found}")
    if not 1 <= int(t["repayments"]) <= MOST_REPAYMENTS:
        raise FeatureUnsupported(f"{t['repayments']} repayments")
    for name in t.get("payment_allocation") or {}:
        if name not in PAYMENTS:
            raise FeatureUnsupported(f"payment_allocation {name}")


def day(text: str) -> date:
    """This function will read an ISO date."""
    return date.fromisoformat(text)


def read_terms(case: Case) -> LoanTerms:
    """This function will read a case's terms."""
    t = case["terms"]
    refuse_unknown(t)
    decimals = decimals_of(t)
    progressive = t["schedule_type"] == "PROGRESSIVE"
    seed = t["submitted"] if t.get("repayment_start") == "SUBMITTED_ON_DATE" else t["expected_disbursement"]
    start = day(seed)
    rate = yearly(t) * 10_000
    down = t.get("down_payment")
    return LoanTerms(
        currency=t.get("currency") or "EUR",
        decimals=decimals,
        principal_minor=minor(t["principal"], decimals),
        annual_rate_ppm=int(rate),
        count=t["repayments"],
        every=t["repay_every"],
        unit=UNITS[t["repay_unit"]],
        start_date=start,
        method=method_of(t),
        plan=Plan.ANNUITY if progressive else Plan.NOMINAL,
        basis=basis_of(t),
        year_turns_on_31_december=not t.get("interest_recognition_from_disbursement"),
        recalculation=recalculation_of(t),
        rests_at_period_end=bool(t.get("recalc") and t["recalc"]["preclose"] == "TILL_REST_FREQUENCY_DATE"),
        whole_periods=(
            progressive
            and t["interest_calc_period"] == "SAME_AS_REPAYMENT_PERIOD"
            and not t.get("partial_period_interest")
        ),
        multiple_minor=minor(t.get("installment_multiple_of") or 0, decimals),
        levels_again=progressive,
        parts_alone=progressive,
        down_payment_ppm=int(Decimal(str(down["percent"])) * 10_000) if down else 0,
        pays_down_payment=bool(down and down["auto"]),
        charges_fall_due_alone=(t.get("strategy") or "").startswith("DUE_PENALTY_FEE"),
        vertical=t.get("schedule_processing") == "VERTICAL",
        grace_principal=t.get("grace_principal") or 0,
        fixed_length=t.get("fixed_length_days") or 0,
        overflows_month=t.get("month_end_due") == "FIRST_DAY_OF_NEXT_MONTH",
        counts_from_start=t.get("repayment_start") == "SUBMITTED_ON_DATE",
        daily_digits=19 if progressive else 0,
        full_term_tranches=bool(t.get("full_term_tranche")),
        accelerates=t.get("charge_off_behaviour") == "ACCELERATE_MATURITY",
        stops_interest=t.get("charge_off_behaviour") == "ZERO_INTEREST",
        refunds_interest=tuple(PAYMENTS[name] for name in t.get("interest_refund_types") or ()),
        allocations=allocations_of(t),
        credit_order=credit_of(t),
        tranches=tuple(
            Tranche(value_date=day(x["date"]), amount_minor=minor(x["amount"], decimals))
            for x in t.get("expected_tranches") or ()
        ),
    )


def yearly(t: Case) -> Decimal:
    """This function will return the rate in % a year."""
    rate = Decimal(str(t["rate"]))
    if t["rate_unit"] == "WHOLE_TERM":
        return Decimal(rate * UNITS_A_YEAR[t["repay_unit"]] / (t["repayments"] * t["repay_every"]))
    return rate * PER_YEAR[t["rate_unit"]]


def decimals_of(t: Case) -> int:
    """This function will return the decimals of the amounts; a currency in hundreds has −2."""
    decimals, multiple = int(t.get("decimals", 2)), int(t.get("currency_multiple_of") or 0)
    return decimals - (len(str(multiple)) - 1 if decimals == 0 and multiple > 1 else 0)


def method_of(t: Case) -> Method:
    """This function will read how the principal comes back."""
    if t["interest_type"] == "FLAT":
        return Method.FLAT
    return Method.EQUAL_PRINCIPAL if t["amortization"] == "EQUAL_PRINCIPAL" else Method.EQUAL_INSTALMENT


def basis_of(t: Case) -> Basis:
    """This function will read the day count."""
    if t["interest_calc_period"] == "SAME_AS_REPAYMENT_PERIOD":
        return Basis.ANNUAL
    if t["schedule_type"] == "CUMULATIVE" and t["days_in_year"] == "ACTUAL":
        return Basis.ACTUAL_365
    if t.get("days_in_year_custom") == "FEB_29_PERIOD_ONLY":
        return Basis.ACTUAL_FEBRUARY
    if str(t["days_in_month"]) == "30":
        return Basis.THIRTY_360
    named = {"360": Basis.ACTUAL_360, "364": Basis.ACTUAL_364, "365": Basis.ACTUAL_365}
    return named.get(str(t["days_in_year"]), Basis.ACTUAL_ACTUAL)


def recalculation_of(t: Case) -> Recalculation:
    """This function will read what early and late payments do to interest."""
    recalc = t.get("recalc")
    if not t["interest_recalculation"] or not recalc:
        return Recalculation.NONE
    if recalc["no_calc_on_past_due"]:
        return Recalculation.EARLY_ONLY
    to_end = recalc["rest"] != "DAILY" and recalc["preclose"] == "TILL_REST_FREQUENCY_DATE"
    return Recalculation.PERIOD if to_end else Recalculation.DAILY


def allocations_of(t: Case) -> dict[Kind, AllocationOrder]:
    """This function will read the allocation orders, by kind of payment."""
    rules = t.get("payment_allocation")
    if rules:
        return {
            PAYMENTS[name]: AllocationOrder(
                order=tuple(pair_of(code) for code in rule["order"]), ahead=AHEAD[rule["future_rule"]]
            )
            for name, rule in rules.items()
        }
    due, ahead = STRATEGIES.get(t.get("strategy") or "", ("PFIR", "PFIR"))
    order = [(state, LETTERS[letter]) for state in (DueState.PAST_DUE, DueState.DUE) for letter in due]
    order += [(DueState.AHEAD, LETTERS[letter]) for letter in ahead]
    return {Kind.REPAY: AllocationOrder(order=tuple(order))}


def pair_of(code: str) -> tuple[DueState, Component]:
    """This function will read PAST_DUE_PENALTY and its like."""
    state, _, part = code.rpartition("_")
    return STATES[state], Component[part]


def credit_of(t: Case) -> tuple[Component, ...]:
    """This function will read how a chargeback is put back."""
    found = (t.get("credit_allocation") or {}) if isinstance(t.get("credit_allocation"), dict) else {}
    return tuple(Component[part] for part in found.get("CHARGEBACK", ()))
