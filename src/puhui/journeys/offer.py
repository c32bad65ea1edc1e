"""She turns a part of her line into a binding quote, or only looks what it would cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from puhui.core.ids import derive_id
from puhui.core.refusals import Refusal
from puhui.decisions.domain.values import Approved, Declined
from puhui.decisions.queries import get_decision
from puhui.journeys import house
from puhui.journeys.once import keep, recall
from puhui.lines.domain import Line, check_draw_on
from puhui.lines.queries import find_line
from puhui.loans.domain import LoanState
from puhui.loans.queries import get_position, list_loans
from puhui.offers import operations as offers
from puhui.offers.domain import Quote, build_quote
from puhui.offers.domain.affordable import check_affordable
from puhui.offers.queries import get_quote
from puhui.products.domain import CapBasis, CapRule, Method, largest_draw
from puhui.runtime.transactions import transaction


class LineMissing(Refusal):
    """There is no line to draw on."""

    field = "line"
    status = 409


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
        return _build(id, customer_id, asked, now)
    body = {"customer_id": customer_id, "asked": asked}
    with transaction():
        if recall(scope="offer.quote", key=key, body=body, now=now) is not None:
            return get_quote(id=id)
        issued = offers.issue_quote(quote=_build(id, customer_id, asked, now), now=now)
        keep(scope="offer.quote", key=key, body=body, answer={"quote_id": id}, now=now)
    return issued


def get_most(*, customer_id: str, months: int, now: datetime) -> int:
    """This function will return the largest amount that line and decision allow for a term, minor units, 0 if none."""
    line = find_line(customer_id=customer_id)
    if line is None or not line.is_open(house.today(now)):
        return 0
    granted = _granted(line)
    bears = [one.amount_minor for one in granted.capacities if one.months == months]
    return largest_draw(product=house.product(now), at_most_minor=min(line.available_minor, *bears))


def _granted(line: Line) -> Approved:
    match get_decision(line.decision_id).decision.verdict:
        case Approved() as granted:
            return granted
        case Declined(smaller=Approved() as smaller):
            return smaller
    raise AssertionError("a line comes from a decision that granted one")


def _build(id: str, customer_id: str, asked: _Asked, now: datetime) -> Quote:
    line = find_line(customer_id=customer_id)
    if line is None:
        raise LineMissing()
    policy = house.policy(now)
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
        annual_rate_ppm=line.annual_rate_ppm,
        penalty_daily_rate_ppm=policy.penalty_daily_rate_ppm,
        cap=CapRule(cap_ppm=policy.apr_cap_ppm, basis=CapBasis(policy.apr_cap_basis)),
        withdrawal_days=policy.withdrawal_days,
        valid_days=policy.quote_valid_days,
        issued_at=now,
        zone=house.lender().zone,
        due_day=asked.due_day,
    )
    check_affordable(
        quote=built,
        affordable_minor=_granted(line).affordable_minor,
        committed_minor=_committed(customer_id, now),
    )
    return built


def _committed(customer_id: str, now: datetime) -> int:
    """What her running loans ask for in a month."""
    running = [
        one
        for one in list_loans(customer_id=customer_id)
        if one.state in (LoanState.ACTIVE, LoanState.PENDING)
    ]
    positions = [get_position(loan_id=one.id, as_of=house.today(now)) for one in running]
    return sum([one.next_due_minor for one in positions])
