"""The terms of a contract, as the position reads them: fixed at signing, never edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from puhui.core.canonical import plain
from puhui.core.rounding import Rounding
from puhui.offers.domain import Quote
from puhui.offers.domain.quote import cap_from_plain, row_from_plain, rows_for_value_date
from puhui.products.domain import CapRule, Method, ScheduleRow
from puhui.products.domain.options import LoanOptions, options_from_plain, without_options


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTerms:
    """What was signed."""

    semantics_version: int  # rules that compute every position of this contract
    currency: str  # ISO 4217
    principal_minor: int  # to be paid out, minor units
    annual_rate_ppm: int  # contract rate a year, ppm
    penalty_daily_rate_ppm: int  # penalty a day on late principal, ppm
    months: int  # number of instalments
    method: Method  # how the principal comes back
    instalment_rounding: Rounding  # how a level instalment is rounded when it is worked out again
    value_date: date  # stated date of disbursement
    due_day: int | None  # chosen due day, None = the value date's day
    rows: tuple[ScheduleRow, ...]  # instalment table for the stated date
    cap: CapRule  # the house's cap that the table keeps
    withdrawal_days: int  # calendar days after disbursement within which she may withdraw, last one inclusive
    options: LoanOptions | None = None  # what else the product chose; None = version 1, which has none


def from_quote(*, quote: Quote) -> ContractTerms:
    """This function will make the terms of the contract that a signed quote becomes, for its stated date."""
    return ContractTerms(
        semantics_version=quote.semantics_version,
        currency=quote.currency,
        principal_minor=quote.amount_minor,
        annual_rate_ppm=quote.annual_rate_ppm,
        penalty_daily_rate_ppm=quote.penalty_daily_rate_ppm,
        months=quote.months,
        method=quote.method,
        instalment_rounding=quote.instalment_rounding,
        value_date=quote.value_date,
        due_day=quote.due_day,
        rows=quote.rows,
        cap=quote.cap,
        withdrawal_days=quote.withdrawal_days,
        options=quote.options,
    )


def rows_paid_out_on(*, terms: ContractTerms, value_date: date) -> tuple[ScheduleRow, ...]:
    """This function will return the instalment table that binds for a payout on `value_date` (guarantee G4)."""
    return rows_for_value_date(
        principal_minor=terms.principal_minor,
        rows=terms.rows,
        value_date=terms.value_date,
        to_date=value_date,
        cap=terms.cap,
    )


def terms_to_plain(terms: ContractTerms) -> dict[str, Any]:
    """This function will turn terms into JSON's own types, canonical, for storing."""
    return without_options(plain(terms))


def terms_from_plain(data: Mapping[str, Any]) -> ContractTerms:
    """This function will read back what `terms_to_plain` wrote. Raises: AssertionError for other fields."""
    values = {"options": None, **data}
    assert set(values) == {field.name for field in fields(ContractTerms)}, (
        "stored terms have the fields of terms"
    )
    values["options"] = options_from_plain(values["options"])
    values["method"] = Method(values["method"])
    values["instalment_rounding"] = Rounding(values["instalment_rounding"])
    values["value_date"] = date.fromisoformat(values["value_date"])
    values["rows"] = tuple(row_from_plain(row) for row in values["rows"])
    values["cap"] = cap_from_plain(values["cap"])
    return ContractTerms(**values)
