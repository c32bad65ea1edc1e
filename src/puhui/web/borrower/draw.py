"""She chooses amount, months and method inside her line, and sees the price of each choice at once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from puhui.core.money import parse_minor
from puhui.core.refusals import Refusal
from puhui.customers.domain import Customer
from puhui.decisions.queries import find_latest_application
from puhui.journeys import house, offer, offer_reach
from puhui.lines import queries as lines
from puhui.lines.domain import Line
from puhui.offers.domain import Quote
from puhui.products.domain import Method, MethodNotOffered, Product, largest_draw
from puhui.products.domain.merchant import INVOICE_MAX
from puhui.products.queries import ProductNotOffered
from puhui.web import clock
from puhui.web.borrower.quoting import (
    currency,
    dials,
    merchants_of,
    methods_of,
    product_choice,
    view_of,
)
from puhui.web.borrower.session import go, show, signed_in, up
from puhui.web.middleware import words_of
from puhui.web.shared import inputs
from puhui.web.templatetags.puhui import plain_amount

USUAL_MONTHS = 12


def _method(text: str) -> Method:
    try:
        return Method(text)
    except ValueError:
        raise MethodNotOffered() from None


def most_of(request: HttpRequest, customer: Customer, months: int, product: Product | None = None) -> int:
    """This function will return the most that she can draw for a term, minor units, 0 if none."""
    return offer_reach.get_most(
        customer_id=customer.id,
        months=months,
        now=clock.now(request),
        product_id=product.id if product else house.PRODUCT,
    )


def chosen(request: HttpRequest, customer: Customer) -> tuple[Product, list[Product]]:
    """This function will return the product that she looks at, the first eligible one unless she chose, and all of these.

    Raises: ProductNotOffered for one that her line does not reach.
    """
    now = clock.now(request)
    eligible = offer_reach.list_eligible(customer_id=customer.id, now=now) or [house.product(now)]
    wanted = request.POST.get("product") or request.GET.get("product")
    if not wanted:
        return eligible[0], eligible
    found = next((one for one in eligible if one.id == wanted), None)
    if found is None:
        raise ProductNotOffered(product=wanted[:40])
    return found, eligible


def typed_terms(request: HttpRequest, customer: Customer, product: Product) -> dict[str, Any]:
    """This function will return what she chose so far as text; before that what she asked for, as far as her line bears it.

    The most that she could have is shown beside it and never chosen for her.
    """
    data = request.POST if "amount" in request.POST else request.GET
    application = find_latest_application(customer.id)
    asked = application.submitted if application else None
    typed_months = data.get("months", "")
    if typed_months.isdigit() and len(typed_months) < 4:
        months = int(typed_months)
    else:
        usual = [term for term in product.terms if term >= USUAL_MONTHS] or [product.terms[-1]]
        wished = [asked.months, *usual] if asked and asked.months in product.terms else usual
        fits = (term for term in wished if most_of(request, customer, term, product))
        months = next(fits, usual[-1])
    most = most_of(request, customer, months, product)
    wish = largest_draw(product=product, at_most_minor=min(asked.amount_minor, most) if asked else most)
    start = wish or product.amount_min_minor
    return {
        "amount": data.get("amount") or plain_amount(start),
        "months": months,
        "method": data.get("method") or product.methods[0].method.value,
        "product": product.id,
        "merchant": data.get("merchant", ""),
        "invoice": data.get("invoice", "")[: INVOICE_MAX + 1],
    }


def priced(request: HttpRequest, customer: Customer, typed: dict[str, Any], *, preview: bool) -> Quote:
    """This function will price the typed terms: unsaved when `preview`, else as a binding quote. Raises: refusals."""
    return offer.quote(
        customer_id=customer.id,
        amount_minor=parse_minor(str(typed["amount"]), currency(), field="amount"),
        months=inputs.number(str(typed["months"]), "months"),
        method=_method(str(typed["method"])),
        key=inputs.new_key() if preview else inputs.form_key(request),
        now=clock.now(request),
        preview=preview,
        product_id=str(typed["product"]),
        merchant_id=str(typed["merchant"] or (typed["any_merchant"] if preview else "")),
        invoice=str(typed["invoice"]),
    )


def _context(request: HttpRequest, customer: Customer, line: Line) -> dict[str, Any]:
    now = clock.now(request)
    (product, eligible), policy = chosen(request, customer), house.policy(now)
    typed = typed_terms(request, customer, product)
    context: dict[str, Any] = {
        "line": line,
        "product": product,
        "eligible": [product_choice(one) for one in eligible],
        "merchants": merchants_of(product, clock.today(request)),
        "policy": policy,
        "typed": typed,
        "view": None,
    }
    typed["any_merchant"] = next(
        (one["id"] for one in context["merchants"]), ""
    )  # the price is the same with each
    context["most_minor"] = most_of(request, customer, typed["months"], product) or line.available_minor
    try:
        quote = priced(request, customer, typed, preview=True)
    except Refusal as refusal:
        context["problem"] = words_of(refusal).sentence
        return context
    context["view"] = view_of(quote)
    context["dials"] = dials(
        quote,
        available_minor=context["most_minor"],
        longest=product.terms[-1],
        cap_ppm=policy.apr_cap_ppm,
    )
    return context


@require_http_methods(["GET", "POST"])
@signed_in
def draw_page(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will show the choice, or turn it into a binding quote."""
    line = lines.find_line(customer_id=customer.id)
    if line is None:
        return go("home")
    product, _eligible = chosen(request, customer)
    if request.method == "POST" and request.POST.get("act") != "preview":
        quote = priced(request, customer, typed_terms(request, customer, product), preview=False)
        return go("quote", quote.id)
    context = _context(request, customer, line)
    unit = 100
    span = {
        "low": product.amount_min_minor // unit,
        "high": context["most_minor"] // unit,
        "step": product.amount_step_minor // unit,
    }
    return show(
        request, "draw", range=span, methods=methods_of(product), up=up("loans", _("Loans")), **context
    )


@require_POST
@signed_in
def preview_part(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will answer a moved dial with the price of what it shows; nothing is saved or bound."""
    line = lines.find_line(customer_id=customer.id)
    if line is None:
        return go("home")
    context = _context(request, customer, line)
    response = show(request, "draw_preview", oob=context["view"] is not None, **context)
    if context["view"] is None:
        response.status_code = 422
    return response
