"""Who is on the other side of a page, read at most once a request."""

from __future__ import annotations

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
