"""Who is on the other side of a page, read at most once a request."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

from puhui.customers import queries as customers
from puhui.customers.domain import Customer


def customer_of(request: HttpRequest) -> Customer | None:
    """This function will return the signed-in borrower, or None (nobody, or a member of staff). One query a request."""
    if not hasattr(request, "_customer"):
        user = getattr(request, "user", None)
        found = None
        if user is not None and user.is_authenticated and not user.is_staff:
            found = customers.find_by_user(user.pk)
        request._customer = found  # type: ignore[attr-defined]
    return request._customer  # type: ignore[attr-defined,no-any-return]


def place_of(request: HttpRequest) -> str:
    """This function will return the network address a request comes from, by which tries are counted.

    Behind our own proxies (PUHUI_PROXIES) every connection comes from the last of them; then it is the address that
    the first of ours saw. Whatever a caller put before that into X-Forwarded-For is not believed.
    """
    told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if settings.PROXIES else []
    if len(told) >= settings.PROXIES > 0:
        try:
            return str(ip_address(told[-settings.PROXIES].strip()))
        except ValueError:
            pass
    return str(request.META.get("REMOTE_ADDR", ""))
