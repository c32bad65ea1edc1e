"""She turns a part of her line into a binding quote, or only looks what it would cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from puhui.core.ids import derive_id
from puhui.journeys import house
from puhui.journeys.once import keep, recall
from puhui.journeys.standing import LineMissing as LineMissing
from puhui.journeys.standing import get_standing, granted_of
from puhui.lines.domain import check_draw_on
from puhui.lines.queries import find_line
from puhui.offers import operations as offers
from puhui.offers.domain import Quote, build_quote
from puhui.offers.domain.affordable import check_affordable
from puhui.offers.queries import get_quote
from puhui.products.domain import Method, largest_draw
from puhui.runtime.transactions import transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What she chose on the dials."""

    amount_minor: int  # to be paid out, minor units
    months: int  # number of instalments
    method: Method  # how the principal comes back
    due_day: int | None  # chosen due day, None = the value date's day
    product_id: str  # which of the house's products


def quote(
    *,
    customer_id: str,
    amount_minor: int,
    months: int,
    method: Method,
    key: str,
    now: datetime,
    due_day: int | None = None,
    preview: bool = False,
    product_id: str = house.PRODUCT,
) -> Quote:
    """This function will make a binding quote inside her line; with `preview` the same quote, unsaved.

    Raises: LineMissing, LineClosed, LineFrozen, LineExpired, LineExceeded, AmountNotOffered, TermNotOffered,
    MethodNotOffered, DueDayNotOffered, CostAboveCap, DrawNotAffordable, KeyReusedWithOtherBody.
    """
    asked = _Asked(
        amount_minor=amount_minor, months=months, method=method, due_day=due_day, product_id=product_id
    )
    id = derive_id("quote", customer_id, key)
    if preview:
        return _build(id, customer_id, asked, now)[0]
    body = {"customer_id": customer_id, "asked": asked}
    with transaction():
        if recall(scope="offer.quote", key=key, body=body, now=now) is not None:
            return get_quote(id=id)
        built, held_by = _build(id, customer_id, asked, now)
        issued = offers.issue_quote(quote=built, held_by=held_by, now=now)
        keep(scope="offer.quote", key=key, body=body, answer={"quote_id": id}, now=now)
    return issued


def get_most(*, customer_id: str, months: int, now: datetime) -> int:
    """This function will return the largest amount that line and decision allow for a term, minor units, 0 if none."""
    line = find_line(customer_id=customer_id)
    if line is None or not line.is_open(house.today(now)):
        return 0
    granted = granted_of(line)
    bears = [one.amount_minor for one in granted.capacities if one.months == months]
    return largest_draw(product=house.product(now), at_most_minor=min(line.available_minor, *bears))


def _build(id: str, customer_id: str, asked: _Asked, now: datetime) -> tuple[Quote, str]:
    """The quote, and the earlier promise that holds its price ("" where it is the decision's own)."""
    own = get_standing(customer_id=customer_id, now=now)
    policy, line, terms = house.policy(now), own.line, own.standing
    check_draw_on(line, amount_minor=asked.amount_minor, on_date=house.today(now))
    built = build_quote(
        id=id,
        customer_id=customer_id,
        line_id=line.id,
        decision_id=line.decision_id,
        product=house.product(now, asked.product_id),
        amount_minor=asked.amount_minor,
        months=asked.months,
        method=asked.method,
        annual_rate_ppm=terms.concessions.lower(
            own.price.base_rate_ppm, months=asked.months, amount_minor=asked.amount_minor
        ),
        penalty_daily_rate_ppm=policy.penalty_daily_rate_ppm,
        cap=terms.cap,
        withdrawal_days=policy.withdrawal_days,
        valid_days=policy.quote_valid_days,
        issued_at=now,
        zone=house.lender().zone,
        due_day=asked.due_day,
    )
    check_affordable(quote=built, affordable_minor=terms.payment_minor, committed_minor=0)
    return built, own.price.held_by
