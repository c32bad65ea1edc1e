"""She turns a part of her line into a binding quote, or only looks what it would cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from puhui.core.ids import derive_id
from puhui.journeys import house
from puhui.journeys.once import keep, recall
from puhui.journeys.standing import LineMissing as LineMissing
from puhui.journeys.standing import OwnStanding, get_standing
from puhui.lines.domain import check_draw_on
from puhui.offers import operations as offers
from puhui.offers.domain import Purchase, Quote, build_quote
from puhui.offers.domain.affordable import check_affordable
from puhui.offers.queries import get_quote
from puhui.products.domain import Method, Product, parse_invoice, pays_merchant
from puhui.products.queries import get_merchant
from puhui.runtime.transactions import transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What she chose on the dials."""

    amount_minor: int  # to be paid out, minor units
    months: int  # number of instalments
    method: Method  # how the principal comes back
    due_day: int | None  # chosen due day, None = the value date's day
    product_id: str  # which of the house's products
    merchant_id: str  # whom the money pays, "" = herself
    invoice: str  # number of his invoice or order, as typed


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
    merchant_id: str = "",
    invoice: str = "",
) -> Quote:
    """This function will make a binding quote inside her line; with `preview` the same quote, unsaved, for which the
    invoice may be missing yet.

    Raises: LineMissing, LineClosed, LineFrozen, LineExpired, LineExceeded, AmountNotOffered, TermNotOffered,
    MethodNotOffered, DueDayNotOffered, MerchantMissing, InvoiceMissing, CostAboveCap, DrawNotAffordable, KeyReusedWithOtherBody.
    """
    asked = _Asked(
        amount_minor=amount_minor,
        months=months,
        method=method,
        due_day=due_day,
        product_id=product_id,
        merchant_id=merchant_id,
        invoice=(invoice.strip() or "–") if preview else invoice,
    )
    id = derive_id("quote", customer_id, key)
    if preview:
        return _build(id, customer_id, asked, now)[0]
    body = {"customer_id": customer_id, "asked": asked}
    with transaction():
        if recall(scope="offer.quote", key=key, body=body, now=now) is not None:
            return get_quote(id=id)
        built, own = _build(id, customer_id, asked, now)
        issued = offers.issue_quote(
            quote=built, held_by=own.price.held_by, policy_sha256=own.policy_sha256, now=now
        )
        keep(scope="offer.quote", key=key, body=body, answer={"quote_id": id}, now=now)
    return issued


def _build(id: str, customer_id: str, asked: _Asked, now: datetime) -> tuple[Quote, OwnStanding]:
    """The quote, and what it was built from."""
    own = get_standing(customer_id=customer_id, now=now)
    policy, line, terms = house.policy(now), own.line, own.standing
    check_draw_on(line, amount_minor=asked.amount_minor, on_date=house.today(now))
    product = house.product(now, asked.product_id)
    built = build_quote(
        id=id,
        customer_id=customer_id,
        line_id=line.id,
        decision_id=line.decision_id,
        product=product,
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
        holidays=house.holidays(),
        purchase=_purchase(product, asked, now),
    )
    check_affordable(quote=built, affordable_minor=terms.payment_minor, committed_minor=0)
    return built, own


def _purchase(product: Product, asked: _Asked, now: datetime) -> Purchase | None:
    if not pays_merchant(product.options):
        return None
    merchant = get_merchant(id=asked.merchant_id, product_id=product.id, on_date=house.today(now))
    return Purchase(
        merchant_id=merchant.id,
        merchant_name_en=merchant.name_en,
        merchant_name_zh=merchant.name_zh,
        account_tail=merchant.account_number[-4:],
        invoice=parse_invoice(asked.invoice),
    )
