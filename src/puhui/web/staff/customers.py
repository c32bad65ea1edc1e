"""Staff look a customer up. What is typed to find her is posted, so that it never stands in an address or a log."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from puhui.access.staff.domain import Permission
from puhui.core.refusals import InputRefused, Refusal
from puhui.customers import queries as customers
from puhui.customers.domain import Customer, mask_name, parse_resident_number
from puhui.decisions import queries as decisions
from puhui.loans import queries as loans
from puhui.offers import queries as offers
from puhui.protection import queries as protection
from puhui.web import clock
from puhui.web.staff.guard import allowed, desk

SHOWN = 50


class NobodyFound(InputRefused):
    """No customer has this phone, resident number or exact name, and no case or loan this number."""

    field = "search"


@require_http_methods(["GET", "POST"])
@allowed(Permission.SEARCH)
def list_page(request: HttpRequest) -> HttpResponseBase:
    """This function will list the newest customers, or find one by phone, resident number, exact name or case number."""
    if request.method == "POST":
        found = find(request.POST.get("search", ""), request)
        if len(found) == 1:
            return redirect("staff_customer", found[0].id)
        return _page(request, found, searched=True)
    return _page(request, customers.list_customers(limit=SHOWN), searched=False)


def _page(request: HttpRequest, found: Sequence[Customer], *, searched: bool) -> HttpResponseBase:
    rows = [{"customer": one, "name": mask_name(one.name) or "–", "state": one.state.value} for one in found]
    total = customers.count_customers()
    return desk(request, "customers", here="customers", rows=rows, total=total, searched=searched)


def find(typed: str, request: HttpRequest) -> Sequence[Customer]:
    """This function will return the customers that a phone, a resident number, a case number or an exact name names.

    So does the number of an application, a decision, a quote, a contract or a loan; phone, resident number and name
    are looked up by blind index. Raises: NobodyFound.
    """
    text = typed.strip()
    for attempt in (_by_phone, _by_number, _by_case, _by_reference, _by_name):
        found = attempt(text, request)
        if found:
            return found
    raise NobodyFound()


def _by_phone(text: str, request: HttpRequest) -> Sequence[Customer]:
    try:
        found = customers.find_by_phone(text)
    except Refusal:
        return ()
    return (found,) if found else ()


def _by_number(text: str, request: HttpRequest) -> Sequence[Customer]:
    try:
        number = parse_resident_number(text, on_date=clock.today(request), minimum_age=0)
    except Refusal:
        return ()
    found = customers.find_by_number(number.number)
    return (found,) if found else ()


def _by_case(text: str, request: HttpRequest) -> Sequence[Customer]:
    case = protection.find_case_by_number(text.upper())
    found = customers.find_customer(case.customer_id) if case else None
    return (found,) if found else ()


def _by_reference(text: str, request: HttpRequest) -> Sequence[Customer]:
    number = text.upper()
    whose = [decisions.find_customer_by_number(number), loans.find_customer_by_number(number)]
    ids = {one for one in (*whose, *offers.list_customers_by_number(number)) if one}
    found = (customers.find_customer(one) for one in sorted(ids))
    return [one for one in found if one]


def _by_name(text: str, request: HttpRequest) -> Sequence[Customer]:
    return customers.list_by_name(text) if text else ()
