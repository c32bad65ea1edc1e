"""Acts that need two people: what was asked and answered, a payment to be taken off its loan, logins of staff."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from puhui.access.domain import Role
from puhui.access.staff.domain import PERMISSIONS, ApprovalKind, Permission
from puhui.access.staff.queries import RoleMayNot, list_approvals, list_staff
from puhui.journeys import staff_four_eyes
from puhui.journeys.staff_queue import ItemKind
from puhui.payments import queries as payments
from puhui.payments.domain import Direction, OrderState
from puhui.web import clock
from puhui.web.errors import NotFoundHere
from puhui.web.shared import inputs
from puhui.web.staff import details
from puhui.web.staff.guard import allowed, desk, holds, login_of
from puhui.web.staff.queue import kinds_of, word
from puhui.web.staff.words import PERMISSION_WORDS

LOGIN_ACTS = {
    "role": ApprovalKind.STAFF_ROLE,
    "close": ApprovalKind.STAFF_CLOSE,
    "open": ApprovalKind.STAFF_OPEN,
}


@require_safe
@allowed(Permission.WORK, Permission.AUDIT)
def list_page(request: HttpRequest) -> HttpResponseBase:
    """This function will list the newest acts that needed two people, with who asked, who answered, and when."""
    every = ItemKind.APPROVAL in kinds_of(request)
    rows = [
        {"one": one, "name": word(one.kind.value), "opens": every or details.concerns(request, one)}
        for one in list_approvals(limit=100)
    ]
    return desk(request, "approvals", here="approvals", rows=rows, me=login_of(request))


@require_http_methods(["GET", "POST"])
@allowed(Permission.SETTLE, Permission.AUDIT)
def payment_page(request: HttpRequest, order_id: str) -> HttpResponseBase:
    """This function will show one payment order with its history, or ask for it to be taken off its loan and sent back."""
    order = payments.find_order(id=order_id)
    if order is None:
        raise NotFoundHere()
    if request.method == "POST":
        if not holds(request, Permission.SETTLE):
            raise RoleMayNot()
        staff_four_eyes.ask(
            kind=ApprovalKind.PAYMENT_REFUND,
            subject=f"payment:{order.id}",
            body={"order_id": order.id},
            why=inputs.text(request, "why", required=False, limit=2000),
            by=login_of(request),
            key=inputs.form_key(request),
            now=clock.now(request),
        )
        return redirect("staff_payment", order.id)
    return desk(
        request,
        "payment",
        here="customers",
        order=order,
        changes=payments.list_order_changes(order_id=order.id),
        approvals=list_approvals(subject=f"payment:{order.id}"),
        refundable=order.direction is Direction.COLLECT and order.state is OrderState.DONE,
    )


@require_http_methods(["GET", "POST"])
@allowed(Permission.STAFF)
def people_page(request: HttpRequest) -> HttpResponseBase:
    """This function will list the logins of staff with what each role may, or ask for one of them to change."""
    if request.method == "POST":
        kind = LOGIN_ACTS.get(request.POST.get("act", ""))
        if kind is None:
            raise NotFoundHere()
        login = inputs.text(request, "login", limit=64)
        body = {"login": login}
        if kind is ApprovalKind.STAFF_ROLE:
            body["role"] = inputs.text(request, "role", limit=12)
        staff_four_eyes.ask(
            kind=kind,
            subject=f"staff:{login}",
            body=body,
            why=inputs.text(request, "why", required=False, limit=2000),
            by=login_of(request),
            key=inputs.form_key(request),
            now=clock.now(request),
        )
        return redirect("staff_people")
    roles: list[Any] = [one for one in Role if one is not Role.NONE]
    table = [
        {
            "permission": one.value,
            "words": PERMISSION_WORDS[one],
            "held": [one in PERMISSIONS[role] for role in roles],
        }
        for one in Permission
    ]
    return desk(
        request, "people", here="people", people=list_staff(), roles=[one.value for one in roles], table=table
    )
