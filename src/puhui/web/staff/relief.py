"""The relief desk: requests with their budgets and answers, a plan granted by two people, and what relief brings and costs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from puhui.access.staff.domain import Permission
from puhui.access.staff.queries import RoleMayNot, list_approvals
from puhui.customers import queries as customers
from puhui.customers.domain import Customer
from puhui.journeys import relief_offer, relief_report, staff_relief, staff_view
from puhui.loans import queries as loans
from puhui.relief import queries as relief
from puhui.relief.domain import ReliefRequest, is_grantable
from puhui.relief.queries import ReliefOfferMissing
from puhui.web import clock
from puhui.web.borrower import relief_view
from puhui.web.errors import NotFoundHere
from puhui.web.shared import inputs
from puhui.web.staff.guard import allowed, desk, holds, login_of

SHOWN = 100


@require_safe
@allowed(Permission.HELP, Permission.AUDIT)
def list_page(request: HttpRequest) -> HttpResponseBase:
    """This function will list requests for relief, open ones first, with what relief has brought so far."""
    found = relief.list_requests(limit=SHOWN)
    names = customers.list_customers_by_id({one.customer_id for one in found})
    causes = dict(relief_view.causes())
    rows = [
        {
            "one": one,
            "name": getattr(names.get(one.customer_id), "name", "") or "–",
            "cause": causes[one.cause],
        }
        for one in sorted(found, key=lambda one: not one.is_open)
    ]
    today = clock.today(request)
    return desk(
        request,
        "relief",
        here="relief",
        rows=rows,
        report=relief_report.report(today),
        titles=relief_view.programme_titles(),
        reasons=[(relief_view.reason_name(name), n) for name, n in relief.count_refusals()],
        pool_minor=relief_offer.pool_left(relief.get_relief_policy(on_date=today), clock.now(request)),
    )


@require_http_methods(["GET", "POST"])
@allowed(Permission.HELP, Permission.AUDIT)
def request_page(request: HttpRequest, request_id: str) -> HttpResponseBase:
    """This function will show one request with its budget and answer, or ask for a refused plan to be granted."""
    asked = relief.find_request(request_id)
    if asked is None:
        raise NotFoundHere()
    if request.method == "POST":
        if not holds(request, Permission.HELP):
            raise RoleMayNot()
        staff_relief.ask(
            request_id=asked.id,
            place=inputs.number(request.POST.get("place", ""), "place"),
            why=inputs.text(request, "why", required=False, limit=2000),
            by=login_of(request),
            key=inputs.form_key(request),
            now=clock.now(request),
        )
        return redirect("staff_relief_request", asked.id)
    staff_view.file_opened(customer_id=asked.customer_id, by=login_of(request), now=clock.now(request))
    agreement = relief.find_agreement_of(request_id=asked.id)
    after = relief.list_agreement_events(agreement.id)[1:] if agreement else []  # the signature stands above
    return desk(
        request,
        "relief_request",
        here="relief",
        asked=asked,
        cause=dict(relief_view.causes())[asked.cause],
        customer=customers.find_customer(asked.customer_id),
        loan=loans.find_loan(id=asked.loan_id),
        events=[*relief.list_request_events(asked.id), *after],
        agreement=agreement,
        waiting=list_approvals(open_only=True, subject=f"relief:{asked.id}"),
        **_answer(asked),
    )


def of_customer(customer: Customer) -> list[dict[str, Any]]:
    """This function will list the requests of a customer with what they led to, for her file."""
    signed = {one.request_id: one for one in relief.list_agreements(customer_id=customer.id)}
    causes = dict(relief_view.causes())
    return [
        {"asked": one, "cause": causes[one.cause], "agreement": signed.get(one.id)}
        for one in relief.list_requests(customer_id=customer.id, limit=30)
    ]


def _answer(asked: ReliefRequest) -> dict[str, Any]:
    """The newest budget and what was worked out from it, empty while there is none."""
    try:
        offer, loan = relief_offer.current_offer(asked)
    except ReliefOfferMissing:
        return {"offer": None}
    rate_ppm = loan.terms.annual_rate_ppm
    refused = relief_view.refused_rows(offer.answer, rate_ppm=rate_ppm)
    rows = [
        {
            **row,
            "place": place,
            "grantable": asked.is_open and is_grantable(one),
            "total_minor": one.plan.total_minor,
        }
        for place, (row, one) in enumerate(zip(refused, offer.answer.refused, strict=True))
    ]
    return {
        "offer": offer,
        "cards": relief_view.cards_of(offer.answer, rate_ppm=rate_ppm, titles=relief_view.programme_titles()),
        "draws": [one.draw_minor for one in offer.answer.cards],
        "bears": relief_view.bears_sentence(offer.answer.bears_minor),
        "refused": rows,
    }
