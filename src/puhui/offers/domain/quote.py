"""A quote as a pure value: everything that is promised, and nothing that can change afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from puhui.core.calendars import HolidayCalendar
from puhui.core.canonical import content_hash, plain
from puhui.core.rounding import Rounding, divide
from puhui.core.time import business_date, start_of
from puhui.products.domain import (
    AllInCost,
    CapBasis,
    CapRule,
    FeeItem,
    FittedSchedule,
    MerchantMissing,
    Method,
    Product,
    ScheduleRow,
    all_in_cost,
    check_draw,
    fit_under_cap,
    move_schedule,
    pays_merchant,
)
from puhui.products.domain.cost import lower_to_cap
from puhui.products.domain.options import LoanOptions, options_from_plain, without_options


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What a loan pays for, where the money goes to a merchant."""

    merchant_id: str  # who sells
    merchant_name_en: str  # his English name
    merchant_name_zh: str  # his Chinese name
    account_tail: str  # last digits of the account that is paid
    invoice: str  # number of his invoice or order


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A binding offer to one customer."""

    id: str  # 26 characters
    number: str  # short form that people read aloud ("Q-7F3A-20"); not unique
    customer_id: str  # to whom it is made
    line_id: str  # the line that it draws on
    decision_id: str  # the decision that set its price
    product_id: str  # product, by name
    product_version: str  # version of the product file
    product_hash: str  # SHA-256 of the product file
    product_name_en: str  # product's English name
    product_name_zh: str  # product's Chinese name
    currency: str  # ISO 4217
    amount_minor: int  # principal paid out, minor units
    months: int  # number of instalments
    method: Method  # how the principal comes back
    annual_rate_ppm: int  # contract rate a year, ppm
    penalty_daily_rate_ppm: int  # penalty a day on late principal, ppm; never on fees or interest
    value_date: date  # stated date of disbursement
    due_day: int | None  # chosen due day 1–28, None = the value date's day
    instalment_rounding: Rounding  # how the level instalment is rounded
    rows: tuple[ScheduleRow, ...]  # instalment table for the stated date
    fees: tuple[FeeItem, ...]  # every fee item, the zero ones too
    all_in: AllInCost  # all-in cost of the table
    cap: CapRule  # the house's cap that it was fitted under
    withdrawal_days: int  # calendar days after disbursement within which she may withdraw
    issued_at: datetime  # instant of issue
    valid_until: datetime  # last instant at which it can be signed: the end of the last day, local time
    input_hash: str  # SHA-256 of the inputs: the same inputs make the same quote
    semantics_version: int  # rules that will compute the loan
    options: LoanOptions | None = None  # what else the product chose; None = version 1, which has none
    purchase: Purchase | None = None  # what it pays for; None = the money goes to her own account

    @property
    def first_due_date(self) -> date:
        """Due date of the first instalment."""
        return self.rows[0].due_date


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedQuote:
    """A quote that its customer accepted."""

    quote: Quote  # what was accepted
    quote_sha256: str  # canonical hash of the quote at that instant
    signer_customer_id: str  # who signed; always the quote's own customer
    code_id: str | None  # one-time code that she confirmed with
    language: str  # language of the text she read ("zh-hans", "en")
    contract_sha256: str  # content hash of the contract text she read
    signed_at: datetime  # instant of signing


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedQuote:
    """A quote that was issued, and whether it was accepted."""

    quote: Quote  # what was offered
    signed: bool  # whether its customer signed it


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One line of "what it costs": the lines add up to the total cost."""

    code: str  # "interest" or the fee's code
    name_en: str  # English name
    name_zh: str  # Chinese name
    party_en: str  # who receives it, English
    party_zh: str  # who receives it, Chinese
    third_party: bool  # whether the receiver is someone else than the lender
    each_minor: int  # per instalment, minor units; 0 for interest, which differs by instalment
    count: int  # number of instalments with it
    amount_minor: int  # total of the line, minor units; 0 for an item shown as zero


def build_quote(
    *,
    id: str,
    customer_id: str,
    line_id: str,
    decision_id: str,
    product: Product,
    amount_minor: int,
    months: int,
    method: Method,
    annual_rate_ppm: int,
    penalty_daily_rate_ppm: int,
    cap: CapRule,
    withdrawal_days: int,
    valid_days: int,
    issued_at: datetime,
    zone: str,
    value_date: date | None = None,
    due_day: int | None = None,
    holidays: HolidayCalendar | None = None,
    purchase: Purchase | None = None,
) -> Quote:
    """This function will build the quote for these terms, its table fitted under the cap on the exact cash flows.

    `value_date` is the stated disbursement date, by default the business date of issue. The quote holds until the
    end of the day `valid_days` after the date of issue, in `zone`, last day inclusive. The rate may come out lower
    than `annual_rate_ppm`, never higher. A product that pays merchants needs a `purchase`, another one takes none.
    Raises: the refusals of `products.check_draw`; MerchantMissing; CostAboveCap.
    """
    issued_on = business_date(issued_at, zone=zone)
    stated = value_date or issued_on
    assert stated >= issued_on, "a quote does not promise a payout in the past"
    check_draw(product=product, amount_minor=amount_minor, months=months, method=method, due_day=due_day)
    _check_purchase(product, purchase)
    asked = _Asked(amount_minor, _rate_of(product, annual_rate_ppm), months, method, stated, due_day, cap)
    fitted, bought = _fit(product, asked, holidays), [content_hash(plain(purchase))] if purchase else []
    inputs = [customer_id, line_id, decision_id, product.hash, *asked, penalty_daily_rate_ppm]
    inputs += [withdrawal_days, valid_days, issued_at, zone, *bought]
    return Quote(
        id=id,
        number=_number(id, stated),
        customer_id=customer_id,
        line_id=line_id,
        decision_id=decision_id,
        product_id=product.id,
        product_version=product.version,
        product_hash=product.hash,
        product_name_en=product.name_en,
        product_name_zh=product.name_zh,
        currency=product.currency,
        amount_minor=amount_minor,
        months=months,
        method=method,
        annual_rate_ppm=fitted.annual_rate_ppm,
        penalty_daily_rate_ppm=penalty_daily_rate_ppm,
        value_date=stated,
        due_day=due_day,
        instalment_rounding=product.instalment_rounding,
        rows=fitted.rows,
        fees=product.fees,
        all_in=all_in_cost(principal_minor=amount_minor, value_date=stated, rows=fitted.rows),
        cap=cap,
        withdrawal_days=withdrawal_days,
        issued_at=issued_at,
        valid_until=_end_of(issued_on + timedelta(days=valid_days), zone),
        input_hash=content_hash(inputs),
        semantics_version=product.semantics_version,
        options=product.options,
        purchase=purchase,
    )


def _check_purchase(product: Product, purchase: Purchase | None) -> None:
    if pays_merchant(product.options) and purchase is None:
        raise MerchantMissing()
    assert purchase is None or pays_merchant(product.options), (
        "what she buys is asked only where a merchant is paid"
    )


def _rate_of(product: Product, annual_rate_ppm: int) -> int:
    own = product.options.fixed_rate_ppm if product.options else None
    return annual_rate_ppm if own is None else min(own, annual_rate_ppm)


class _Asked(NamedTuple):
    """The terms that were asked for."""

    amount_minor: int
    annual_rate_ppm: int
    months: int
    method: Method
    value_date: date
    due_day: int | None
    cap: CapRule


def _fit(product: Product, asked: _Asked, holidays: HolidayCalendar | None) -> FittedSchedule:
    return fit_under_cap(
        principal_minor=asked.amount_minor,
        annual_rate_ppm=asked.annual_rate_ppm,
        months=asked.months,
        method=asked.method,
        value_date=asked.value_date,
        cap=asked.cap,
        due_day=asked.due_day,
        fee_minor=product.fee_per_instalment_minor,
        rounding=product.instalment_rounding,
        first_period_min_days=product.first_period_min_days,
        options=product.options,
        holidays=holidays,
    )


def _number(id: str, stated: date) -> str:
    return f"Q-{id[:4].upper()}-{stated.day:02d}"


def _end_of(day: date, zone: str) -> datetime:
    """The last instant of local `day`, so that a page that prints it prints that day and 23:59."""
    return start_of(day + timedelta(days=1), zone=zone) - timedelta(microseconds=1)


def rows_for_value_date(
    *, principal_minor: int, rows: tuple[ScheduleRow, ...], value_date: date, to_date: date, cap: CapRule
) -> tuple[ScheduleRow, ...]:
    """This function will return the table for a payout on `to_date`: no day dearer than quoted, and under the cap."""
    moved = move_schedule(rows=rows, value_date=value_date, to_date=to_date)
    interest = sum(row.interest_minor for row in moved)
    found = lower_to_cap(
        principal_minor=principal_minor, value_date=to_date, rows=moved, cap=cap, at_most_minor=interest
    )
    if (
        found is None
    ):  # fees alone stood at the cap and a shorter month carries them over it: the house bears all
        return tuple(replace(row, interest_minor=0, fee_minor=0) for row in moved)
    return found[0]


def for_value_date(*, quote: Quote, value_date: date) -> Quote:
    """This function will return the quote as it binds for a payout on `value_date`, at or after the stated date.

    Guarantee G4: same amount, rates, number of instalments and principal parts; a later date never costs more per
    day (see `products.move_schedule`) and stays under the cap.
    """
    rows = rows_for_value_date(
        principal_minor=quote.amount_minor,
        rows=quote.rows,
        value_date=quote.value_date,
        to_date=value_date,
        cap=quote.cap,
    )
    cost = all_in_cost(principal_minor=quote.amount_minor, value_date=value_date, rows=rows)
    return replace(quote, value_date=value_date, rows=rows, all_in=cost)


def cost_lines(quote: Quote) -> tuple[CostLine, ...]:
    """This function will list what the loan costs, interest first, then every fee item, the zero ones included.

    Their amounts add up to `quote.all_in.total_cost_minor`. After a late payout a fee's lines share what is charged.
    """
    lines = [
        CostLine(
            code="interest",
            name_en="Interest",
            name_zh="利息",
            party_en="the lender",
            party_zh="贷款人",
            third_party=False,
            each_minor=0,
            count=sum(1 for row in quote.rows if row.interest_minor),
            amount_minor=quote.all_in.interest_minor,
        )
    ]
    full = sum(fee.per_instalment_minor for fee in quote.fees) * len(quote.rows)
    left = quote.all_in.fee_minor
    for fee in sorted(quote.fees, key=lambda one: -one.per_instalment_minor):
        share = quote.all_in.fee_minor * fee.per_instalment_minor * len(quote.rows) // full if full else 0
        lines.append(
            CostLine(
                code=fee.code,
                name_en=fee.name_en,
                name_zh=fee.name_zh,
                party_en=fee.party_en,
                party_zh=fee.party_zh,
                third_party=fee.third_party,
                each_minor=fee.per_instalment_minor,
                count=len(quote.rows) if fee.per_instalment_minor else 0,
                amount_minor=share,
            )
        )
        left -= share
    if left:
        lines[1] = replace(lines[1], amount_minor=lines[1].amount_minor + left)
    return tuple(lines)


def subsidy_of(quote: Quote) -> int:
    """This function will return what the merchant pays the lender once for this loan, minor units."""
    share = quote.options.merchant_subsidy_ppm if quote.options else 0
    return divide(quote.amount_minor * share, 1_000_000, Rounding.HALF_EVEN)


def quote_sha256(quote: Quote) -> str:
    """This function will return the SHA-256 of the quote's canonical bytes: the quote's fingerprint."""
    return content_hash(quote_to_plain(quote))


def quote_to_plain(quote: Quote) -> dict[str, Any]:
    """This function will turn a quote into JSON's own types, canonical, for storing."""
    found = without_options(plain(quote))
    return {name: value for name, value in found.items() if name != "purchase" or value is not None}


def quote_from_plain(data: Mapping[str, Any]) -> Quote:
    """This function will read back what `quote_to_plain` wrote. Raises: AssertionError for other fields."""
    values = {"options": None, "purchase": None, **data}
    assert set(values) == {field.name for field in fields(Quote)}, "a stored quote has the fields of a quote"
    values["options"] = options_from_plain(values["options"])
    values["purchase"] = Purchase(**values["purchase"]) if values["purchase"] else None
    values["method"] = Method(values["method"])
    values["instalment_rounding"] = Rounding(values["instalment_rounding"])
    values["value_date"] = date.fromisoformat(values["value_date"])
    values["rows"] = tuple(row_from_plain(row) for row in values["rows"])
    values["fees"] = tuple(FeeItem(**fee) for fee in values["fees"])
    values["all_in"] = AllInCost(**values["all_in"])
    values["cap"] = cap_from_plain(values["cap"])
    values["issued_at"] = datetime.fromisoformat(values["issued_at"])
    values["valid_until"] = datetime.fromisoformat(values["valid_until"])
    return Quote(**values)


def row_from_plain(data: Mapping[str, Any]) -> ScheduleRow:
    """This function will read back one schedule row."""
    return ScheduleRow(**{**data, "due_date": date.fromisoformat(data["due_date"])})


def cap_from_plain(data: Mapping[str, Any]) -> CapRule:
    """This function will read back a cap rule."""
    return CapRule(cap_ppm=data["cap_ppm"], basis=CapBasis(data["basis"]))
