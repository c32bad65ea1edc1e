"""What the pages show of a quote: the figures of the quote itself, and the words for its shape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from puhui.journeys import house
from puhui.offers.domain import Quote, cost_lines, subsidy_of
from puhui.products.domain import Method, Product, ScheduleRow, pays_merchant
from puhui.products.queries import list_merchants
from puhui.web import charts, clock
from puhui.web.shared import formats


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """One line of "what it costs"."""

    name: str  # in the reader's language
    party: str  # who receives it, where that is somebody else
    amount_minor: int  # total
    css: str  # colour of its dot


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """A quote as the pages show it. Amounts in minor units."""

    quote: Quote  # the quote itself
    rows: tuple[ScheduleRow, ...]  # its instalments
    first_minor: int  # first payment
    last_minor: int  # last payment
    last_differs: bool  # whether the last one is worth a line of its own
    payment_label: str  # "12 payments of"
    payments_heading: str  # "12 payments of ¥1,807.51", and the last one where it differs
    total_minor: int  # paid back in all
    interest_minor: int  # of it, interest
    fee_minor: int  # of it, fees
    cost_minor: int  # interest and fees
    costs: tuple[CostRow, ...]  # line by line, zero ones too
    first_date: date  # first due date
    last_date: date  # last due date
    due_day: int  # day of the month
    name: str  # product, in the reader's language
    merchant: str  # whom the money pays, "" = herself
    subsidy_minor: int  # what he pays the lender for it


def view_of(quote: Quote) -> QuoteView:
    """This function will prepare a quote for a page, in the reader's language."""
    chinese = formats.is_chinese(get_language() or "")
    first, last = quote.rows[0], quote.rows[-1]
    label = _payment_label(quote)
    shown = formats.money(first.payment_minor, quote.currency)
    heading = _("%(label)s %(amount)s") % {"label": label, "amount": shown}
    last_differs = len(quote.rows) > 1 and last.payment_minor != first.payment_minor
    if last_differs:
        tail = formats.money(last.payment_minor, quote.currency)
        heading = _("%(payments)s, last one %(amount)s") % {"payments": heading, "amount": tail}
    return QuoteView(
        quote=quote,
        rows=quote.rows,
        first_minor=first.payment_minor,
        last_minor=last.payment_minor,
        last_differs=last_differs,
        payment_label=label,
        payments_heading=heading,
        total_minor=quote.all_in.total_minor,
        interest_minor=quote.all_in.interest_minor,
        fee_minor=quote.all_in.fee_minor,
        cost_minor=quote.all_in.total_cost_minor,
        costs=_costs(quote, chinese),
        first_date=first.due_date,
        last_date=last.due_date,
        due_day=last.due_date.day if quote.due_day is None else quote.due_day,
        name=quote.product_name_zh if chinese else quote.product_name_en,
        merchant=_merchant(quote, chinese),
        subsidy_minor=subsidy_of(quote),
    )


def _merchant(quote: Quote, chinese: bool) -> str:
    if quote.purchase is None:
        return ""
    return quote.purchase.merchant_name_zh if chinese else quote.purchase.merchant_name_en


def _payment_label(quote: Quote) -> str:
    count = {"n": len(quote.rows)}
    if len(quote.rows) == 1:
        return _("One payment of")
    if quote.options is not None and quote.options.interest_only:
        return _("%(n)d payments, interest first,") % count
    if quote.method in (Method.EQUAL_INSTALMENT, Method.FLAT):
        return _("%(n)d payments of") % count
    if quote.method is Method.EQUAL_PRINCIPAL:
        return _("%(n)d payments, falling from") % count
    return _("%(n)d payments, interest first,") % count


def _costs(quote: Quote, chinese: bool) -> tuple[CostRow, ...]:
    rate = formats.rate(quote.annual_rate_ppm)
    rows = []
    for line in cost_lines(quote):
        name = line.name_zh if chinese else line.name_en
        if line.code == "interest":
            name = _("Interest, %(rate)s a year") % {"rate": rate}
        elif line.count:
            each = formats.yuan(line.each_minor, quote.currency)
            name = _("%(name)s, %(each)s × %(count)d") % {"name": name, "each": each, "count": line.count}
        party = (line.party_zh if chinese else line.party_en) if line.third_party else ""
        css = "k1" if line.code == "interest" else ("k3" if line.amount_minor else "")
        rows.append(CostRow(name=name, party=party, amount_minor=line.amount_minor, css=css))
    return tuple(rows)


def methods_of(product: Product) -> list[dict[str, str]]:
    """This function will list the repayment methods on offer, with their names and what they mean."""
    words = {
        Method.EQUAL_INSTALMENT: (
            _("Same payment each month"),
            _("Principal and interest add up to one sum."),
        ),
        Method.EQUAL_PRINCIPAL: (
            _("Same principal each month"),
            _("Starts higher and falls. Least interest."),
        ),
        Method.INTEREST_FIRST: (
            _("Interest first"),
            _("Small payments, the whole principal at the end. Most interest."),
        ),
        Method.FLAT: (
            _("Same interest each month"),
            _("Interest counts on the whole amount until the end."),
        ),
        Method.BULLET: (
            _("Everything at the end"),
            _("One payment with all principal and interest."),
        ),
    }
    listed = []
    for terms in product.methods:
        name, hint = words[terms.method]
        if terms.max_months < product.terms[-1]:
            hint = _("%(hint)s Up to %(months)d months.") % {"hint": hint, "months": terms.max_months}
        listed.append({"value": terms.method.value, "name": name, "hint": hint})
    return listed


def product_choice(product: Product) -> dict[str, str]:
    """This function will name a product and say in one sentence what is special about it."""
    options = product.options
    hint = _("Cash for anything lawful")
    if options and options.merchant_subsidy_ppm and not options.fixed_rate_ppm:
        hint = _("Pay in a shop; no interest, the shop bears it")
    elif options and options.purpose:
        hint = _("For your home only; the builder is paid, first months interest only")
    elif not product.restores:
        hint = _("Large, over years; paid back once")
    elif options and options.fixed_rate_ppm is not None:
        hint = _("At most %(rate)s a year") % {"rate": formats.rate(options.fixed_rate_ppm)}
    chinese = formats.is_chinese(get_language() or "")
    return {"id": product.id, "name": product.name_zh if chinese else product.name_en, "hint": hint}


def merchants_of(product: Product, on_date: date) -> list[dict[str, str]]:
    """This function will list who can be paid with a product, in the reader's language; none where she is paid herself."""
    if not pays_merchant(product.options):
        return []
    chinese = formats.is_chinese(get_language() or "")
    listed = list_merchants(product_id=product.id, on_date=on_date)
    return [{"id": one.id, "name": one.name_zh if chinese else one.name_en} for one in listed]


def dials(quote: Quote, *, available_minor: int, longest: int, cap_ppm: int) -> dict[str, SafeString]:
    """This function will draw the three dials 惠 慧 会 for a quote (decoration; the figures stand below them)."""
    return {
        "price": charts.dial(sign="惠", part=quote.all_in.apr_nominal_ppm, whole=cap_ppm, css="k1"),
        "amount": charts.dial(sign="慧", part=quote.amount_minor, whole=available_minor, css="k2"),
        "months": charts.dial(sign="会", part=quote.months, whole=longest, css="k3"),
    }


def penalty_text(quote: Quote) -> str:
    """This function will write the daily penalty rate: 500 ppm → `0.05`."""
    ppm = quote.penalty_daily_rate_ppm
    return formats.hundredths(ppm) if ppm % 100 == 0 else f"{ppm // 10_000}.{ppm % 10_000:04d}".rstrip("0")


def currency() -> str:
    """This function will return the lender's currency."""
    return str(settings.LENDER["currency"])


def product_name(request: HttpRequest) -> str:
    """This function will return the first product's name in the reader's language."""
    product = house.product(clock.now(request))
    return product.name_zh if formats.is_chinese(get_language() or "") else product.name_en
