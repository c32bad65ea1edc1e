"""The solver: she asks for a lower price, a higher limit or other dates, and gets trades that bind, cheapest first.

Terms come from here and from nowhere else (guarantee G10). A trade is a choice that she could take at once, priced by the
same functions as a quote. Where nothing meets what she asks for, the nearest that can be had is the answer: never a bare
refusal. What is left out is named with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from puhui.core.rounding import Rounding
from puhui.decisions.domain.capacity import Terms, find_capacity
from puhui.evidence.domain import Dial
from puhui.offers.domain.concessions import Concessions
from puhui.products.domain import (
    AllInCost,
    CapRule,
    CostAboveCap,
    FittedSchedule,
    Method,
    Product,
    all_in_cost,
    check_draw,
    fit_under_cap,
    largest_draw,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is taken: everything that she decides about a quote."""

    amount_minor: int  # paid out, minor units
    months: int  # number of instalments
    method: Method  # how the principal comes back
    due_day: int | None  # chosen due day 1–28, None = the value date's day


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What binds and bounds us today; the only things that a price may depend on beside the choice."""

    product: Product  # what can be lent
    concessions: Concessions  # what a choice takes off
    base_rate_ppm: int  # contract rate before concessions
    limit_minor: int  # most that can be drawn today, minor units
    payment_minor: int  # highest payment that her month still bears, minor units
    cap: CapRule  # the house's cap on the all-in cost
    value_date: date  # stated date of disbursement


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What she asks for. Unset parts are None; `words` are kept for the record and are never read."""

    dial: Dial  # which one she moved
    apr_at_most_ppm: int | None = None  # price: all-in cost (nominal) not above this
    amount_minor: int | None = None  # limit: at least this amount
    payment_at_most_minor: int | None = None  # repayment: no payment above this
    months: int | None = None  # repayment: exactly so many instalments
    due_day: int | None = None  # repayment: due on this day of the month
    words: str = ""  # what she said beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One choice with its price, exactly as a quote would state it."""

    choice: Choice  # what is taken
    annual_rate_ppm: int  # contract rate
    all_in: AllInCost  # what it costs in all
    first_minor: int  # first payment, minor units
    highest_minor: int  # highest payment, minor units
    last_minor: int  # last payment, minor units
    changed: tuple[
        str, ...
    ]  # parts of the choice that differ from today's, of "amount", "months", "method", "due_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeMissing:
    """A choice that was looked at and is not offered, with its reason."""

    trade: Trade  # what it would have been
    reason: str  # "payment" (more than her month bears) or "short" (not what she asked for)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeAnswer:
    """The solver's answer."""

    now: Trade  # what she has today
    trades: tuple[Trade, ...]  # meet what she asks for, cheapest for her household first
    nearest: Trade | None  # the nearest that can be had where nothing meets it, else None
    left: tuple[TradeMissing, ...]  # looked at and not offered, the nearest first


def nearest_choice(*, product: Product, amount_minor: int, months: int) -> Choice:
    """This function will return the choice of a product nearest to an amount and a term, by its usual method."""
    term = min(product.terms, key=lambda one: (abs(one - months), one))
    return Choice(
        amount_minor=largest_draw(product=product, at_most_minor=amount_minor) or product.amount_min_minor,
        months=term,
        method=next(one.method for one in product.methods if term <= one.max_months),
        due_day=None,
    )


def price_choice(choice: Choice, *, standing: Standing, now: Choice | None = None) -> Trade:
    """This function will price a choice as a quote would, without making one.

    Raises: the refusals of `products.check_draw`; CostAboveCap.
    """
    product = standing.product
    check_draw(
        product=product,
        amount_minor=choice.amount_minor,
        months=choice.months,
        method=choice.method,
        due_day=choice.due_day,
    )
    rate = rate_of(choice, standing=standing)
    fitted = _fitted(choice, rate, standing)
    rows = fitted.rows
    changed = (
        ()
        if now is None
        else tuple(
            name
            for name in ("amount_minor", "months", "method", "due_day")
            if getattr(choice, name) != getattr(now, name)
        )
    )
    return Trade(
        choice=choice,
        annual_rate_ppm=fitted.annual_rate_ppm,
        all_in=all_in_cost(principal_minor=choice.amount_minor, value_date=standing.value_date, rows=rows),
        first_minor=rows[0].payment_minor,
        highest_minor=max(row.payment_minor for row in rows),
        last_minor=rows[-1].payment_minor,
        changed=tuple(one.removesuffix("_minor") for one in changed),
    )


def rate_of(choice: Choice, *, standing: Standing) -> int:
    """This function will return the contract rate (ppm) of a choice, before it is fitted under the cap."""
    return standing.concessions.lower(
        standing.base_rate_ppm, months=choice.months, amount_minor=choice.amount_minor
    )


def _fitted(choice: Choice, rate_ppm: int, standing: Standing) -> FittedSchedule:
    product = standing.product
    return _fit(
        choice,
        rate_ppm,
        standing.cap,
        standing.value_date,
        product.fee_per_instalment_minor,
        product.instalment_rounding,
        product.first_period_min_days,
    )


@lru_cache(maxsize=512)
def _fit(
    choice: Choice,
    rate_ppm: int,
    cap: CapRule,
    value_date: date,
    fee_minor: int,
    rounding: Rounding,
    first_period_min_days: int,
) -> FittedSchedule:
    """One choice is priced several times on its way to a page: in the answer, beside the dials, for each proof's worth."""
    return fit_under_cap(
        principal_minor=choice.amount_minor,
        annual_rate_ppm=rate_ppm,
        months=choice.months,
        method=choice.method,
        value_date=value_date,
        cap=cap,
        due_day=choice.due_day,
        fee_minor=fee_minor,
        rounding=rounding,
        first_period_min_days=first_period_min_days,
    )


def solve(ask: Ask, *, standing: Standing, now: Choice) -> TradeAnswer:
    """This function will answer what she asks for with everything that can be had for it.

    Only the figures of `ask` are read. Raises: the refusals of `price_choice` for today's own choice.
    """
    today = price_choice(now, standing=standing, now=now)
    others = [_priced(one, standing, now) for one in _candidates(ask, standing, now) if one != now]
    priced = [one for one in others if one is not None]
    bearable = [one for one in priced if one.highest_minor <= standing.payment_minor]
    found = sorted(
        [one for one in bearable if _distance(ask, one) == 0],
        key=lambda one: (one.all_in.total_cost_minor, one.choice.months, one.choice.method.value),
    )
    nearest = None
    if not found and _distance(ask, today) > 0:
        nearest = min([*bearable, today], key=lambda one: (_distance(ask, one), one.all_in.total_cost_minor))
    left = [
        TradeMissing(trade=one, reason="payment")
        for one in priced
        if one.highest_minor > standing.payment_minor
    ]
    left += [
        TradeMissing(trade=one, reason="short")
        for one in bearable
        if _distance(ask, one) > 0 and one != nearest
    ]
    left.sort(key=lambda one: (_distance(ask, one.trade), one.trade.all_in.total_cost_minor))
    return TradeAnswer(now=today, trades=tuple(found), nearest=nearest, left=tuple(left))


def _priced(choice: Choice, standing: Standing, now: Choice) -> Trade | None:
    """The price of a candidate; None where fees alone would carry so small a loan over the cap."""
    try:
        return price_choice(choice, standing=standing, now=now)
    except CostAboveCap:
        return None


def _distance(ask: Ask, trade: Trade) -> int:
    """How far a trade is from what she asks for, 0 where it meets it."""
    match ask.dial:
        case Dial.PRICE:
            return max(0, trade.all_in.apr_nominal_ppm - (ask.apr_at_most_ppm or 0))
        case Dial.LIMIT:
            return max(0, (ask.amount_minor or 0) - trade.choice.amount_minor)
        case Dial.REPAYMENT:
            far = 0
            if ask.payment_at_most_minor is not None:
                far += max(0, trade.highest_minor - ask.payment_at_most_minor)
            if ask.months is not None:
                far += abs(trade.choice.months - ask.months) * 100
            if ask.due_day is not None and trade.choice.due_day != ask.due_day:
                far += 1
            return far


def _candidates(ask: Ask, standing: Standing, now: Choice) -> list[Choice]:
    match ask.dial:
        case Dial.PRICE:
            found = [replace(now, months=months) for months in standing.product.terms if months < now.months]
            smaller = [one.at_most for one in standing.concessions.amounts if one.at_most < now.amount_minor]
            found += [
                replace(one, amount_minor=_down(amount, standing))
                for amount in smaller
                for one in (now, *found)
            ]
        case Dial.LIMIT:
            wanted = _down(min(max(ask.amount_minor or 0, now.amount_minor), standing.limit_minor), standing)
            amounts = {wanted, *(_most(months, wanted, standing) for months in standing.product.terms)}
            found = [
                replace(now, amount_minor=amount, months=months)
                for amount in sorted(amounts)
                for months in standing.product.terms
                if amount > now.amount_minor or months > now.months
            ]
        case Dial.REPAYMENT:
            day = ask.due_day if ask.due_day is not None else now.due_day
            found = [
                replace(now, months=months, method=one.method, due_day=day)
                for one in standing.product.methods
                for months in standing.product.terms
            ]
    return [one for one in _unique(found) if _is_offered(one, standing)]


def _down(amount: int, standing: Standing) -> int:
    step = standing.product.amount_step_minor
    return amount // step * step


def _most(months: int, wanted: int, standing: Standing) -> int:
    """The most that the payment bears over `months`, at most what is wanted; 0 if none."""
    product = standing.product
    terms = Terms(
        annual_rate_ppm=standing.base_rate_ppm,
        step_minor=product.amount_step_minor,
        max_minor=wanted,
        fee_minor=product.fee_per_instalment_minor,
        rounding=product.instalment_rounding,
    )
    return find_capacity(standing.payment_minor, months=months, terms=terms).amount_minor


def _unique(found: Iterable[Choice]) -> list[Choice]:
    return list(dict.fromkeys(found))


def _is_offered(choice: Choice, standing: Standing) -> bool:
    product = standing.product
    longest = {one.method: one.max_months for one in product.methods}
    return (
        product.amount_min_minor <= choice.amount_minor <= min(product.amount_max_minor, standing.limit_minor)
        and choice.amount_minor % product.amount_step_minor == 0
        and choice.months <= longest.get(choice.method, 0)
    )
