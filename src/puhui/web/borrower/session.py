"""The guard of a borrower's pages, and the lines that every view begins and ends with."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import quote as percent

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from puhui.customers.domain import Customer
from puhui.web.errors import NotFoundHere
from puhui.web.who import customer_of

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
CustomerPage = Callable[Concatenate[HttpRequest, Customer, P], HttpResponseBase]


def signed_in(view: CustomerPage[P]) -> Page[P]:
    """This function will let a page be seen by a signed-in borrower only, who is given to it; others sign in first."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        customer = customer_of(request)
        if customer is not None:
            return view(request, customer, *args, **kwargs)
        back = request.get_full_path() if request.method == "GET" else reverse("home")
        target = f"{reverse('sign_in')}?next={percent(back)}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        return HttpResponseRedirect(target)

    return guarded


def own(thing: Any, customer: Customer) -> Any:
    """This function will return `thing` when it is this customer's. Raises: NotFoundHere, alike for absent and foreign."""
    if thing is None or thing.customer_id != customer.id:
        raise NotFoundHere()
    return thing


def show(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    """This function will render a page."""
    return render(request, f"borrower/{template}.html", context)


def go(name: str, *args: object, query: str = "") -> HttpResponseRedirect:
    """This function will send the browser on after an act (303 in spirit: a reload never acts again)."""
    return HttpResponseRedirect(reverse(name, args=args) + query)


def up(name: str, label: str, *args: object) -> dict[str, str]:
    """This function will return the way back at the top of a page inside a flow."""
    return {"url": reverse(name, args=args), "name": label}
