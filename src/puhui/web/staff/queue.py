"""The work queue: everything that needs a person, by the customer's deadline, with who has it, and the open item beside."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from puhui.access.domain import Role
from puhui.access.staff.domain import PERMISSIONS, Permission
from puhui.access.staff.queries import list_claims
from puhui.customers import queries as customers
from puhui.evidence.queries import get_evidence_kind
from puhui.journeys.staff_queue import NEEDS, ItemKind, QueueItem, list_items
from puhui.web import clock
from puhui.web.shared import formats
from puhui.web.shared.proofs import doubt
from puhui.web.shared.scans import SCAN_REASONS
from puhui.web.staff.guard import allowed, desk, holds, login_of
from puhui.web.templatetags.puhui import day_table, language, money

SHOWN = 60  # rows of one page; the nearest deadlines
NAMES = {
    ItemKind.COMPLAINT: lazy("Complaint"),
    ItemKind.QUESTION: lazy("Question"),
    ItemKind.HELP: lazy("Help"),
    ItemKind.DECISION: lazy("Decision"),
    ItemKind.SCAN: lazy("Payout held"),
    ItemKind.PAPER: lazy("Paper"),
    ItemKind.SUSPENSE: lazy("Suspense"),
    ItemKind.DISCREPANCY: lazy("Discrepancy"),
    ItemKind.WORK: lazy("Background work"),
    ItemKind.APPROVAL: lazy("Second person"),
}
COLOURS = {
    ItemKind.COMPLAINT: "plum",
    ItemKind.QUESTION: "jade",
    ItemKind.HELP: "ice",
    ItemKind.DECISION: "indigo",
    ItemKind.SCAN: "brick",
    ItemKind.PAPER: "jade",
    ItemKind.SUSPENSE: "ochre",
    ItemKind.DISCREPANCY: "ochre",
    ItemKind.WORK: "brick",
    ItemKind.APPROVAL: "brick",
}
WHY = {
    "no_order": lazy("no order explains it"),
    "in": lazy("came in"),
    "out": lazy("went out"),
    "missing": lazy("not on the statement"),
    "contradiction": lazy("the rail contradicts itself"),
    "suspense.apply": lazy("Count suspense as a repayment"),
    "suspense.pair": lazy("Cancel two items of suspense"),
    "discrepancy.close": lazy("Close a discrepancy"),
    **SCAN_REASONS,
    "scan.answer": lazy("Answer a payout held"),
    "model.move": lazy("Give a model another part"),
    "text.publish": lazy("Publish a policy text"),
    "payment.refund": lazy("Take a payment off its loan"),
    "loan.event": lazy("Enter an event on a loan"),
    "item.unlock": lazy("Give a colleague’s item away"),
    "relief.grant": lazy("Grant a plan"),
    "staff.open": lazy("Open a login"),
    "staff.close": lazy("Close a login"),
    "staff.role": lazy("Change a role"),
}


def word(name: str) -> str:
    """This function will say a machine word in the reader's language; one that is not known is shown as it is."""
    return str(WHY.get(name, name))


def kinds_of(request: HttpRequest) -> list[ItemKind]:
    """This function will return the kinds of work that the signed-in role sees, in their order."""
    role = next(one for one in Role if one.value == getattr(request.user, "role", ""))
    return [kind for kind, needs in NEEDS.items() if needs & PERMISSIONS[role]]


@require_safe
@allowed(Permission.QUEUE)
def start(request: HttpRequest) -> HttpResponseBase:
    """This function will open the desk where the day begins: the queue."""
    return redirect("staff_queue")


@require_safe
@allowed(Permission.QUEUE)
def queue_page(request: HttpRequest) -> HttpResponseBase:
    """This function will list what waits, with the nearest deadline first."""
    return show(request)


def show(request: HttpRequest, *, detail: dict[str, Any] | None = None) -> HttpResponse:
    """This function will render the queue, with one item open beside it when there is one."""
    now = clock.now(request)
    kinds = kinds_of(request)
    items = list_items(kinds=kinds, now=now)
    counts = Counter(item.kind for item in items)
    chosen = request.GET.get("kind", "")
    listed = [item for item in items if chosen in ("", item.kind.value)]
    opened = detail["subject"] if detail else ""
    return desk(
        request,
        "queue",
        here="queue",
        rows=_rows(listed[:SHOWN], now, opened),
        shown=min(len(listed), SHOWN),
        total=len(listed),
        filters=[{"kind": kind.value, "name": NAMES[kind], "count": counts[kind]} for kind in kinds],
        all_count=len(items),
        chosen=chosen,
        detail=detail,
        tiles=_tiles(items, now),
        can_work=holds(request, Permission.WORK),
        me=login_of(request),
    )


def _rows(items: list[QueueItem], now: datetime, opened: str) -> list[dict[str, Any]]:
    names = customers.list_customers_by_id({item.customer_id for item in items if item.customer_id})
    claims = list_claims([item.subject for item in items])
    found = []
    for item in items:
        claim = claims.get(item.subject)
        text, css = time_left(item.due_at, now)
        person = names.get(item.customer_id)
        found.append(
            {
                "item": item,
                "kind": NAMES[item.kind],
                "css": COLOURS[item.kind],
                "matter": matter(item),
                "why": why(item),
                "customer": person.name if person else "–",
                "holder": claim.holder if claim else "",
                "left": text,
                "left_css": css,
                "open": item.subject == opened,
                "url": url_of(item),
            }
        )
    return found


def url_of(item: QueueItem) -> str:
    """This function will return the address of an item, with the queue around it."""
    return reverse("staff_item", args=[item.subject.partition(":")[0], item.id])


def matter(item: QueueItem) -> str:
    """This function will say in a few words what an item is about."""
    if item.kind in (ItemKind.SUSPENSE, ItemKind.DISCREPANCY):
        return money(item.amount_minor)
    if item.kind is ItemKind.APPROVAL:
        return word(item.number)
    if item.kind is ItemKind.PAPER:
        return get_evidence_kind(item.number, on_date=item.since.astimezone(clock.zone()).date()).name.say(
            language()
        )
    return item.number


def why(item: QueueItem) -> str:
    """This function will say why an item is here: her words, or the machine's in the reader's language."""
    if item.kind is ItemKind.SUSPENSE:
        return ", ".join(word(part) for part in item.why.split())
    if item.kind is ItemKind.DECISION:
        return _("grade and score %(what)s, at most %(most)s") % {
            "what": item.why,
            "most": money(item.amount_minor),
        }
    if item.kind is ItemKind.PAPER:
        return doubt(item.why)
    if item.kind is ItemKind.HELP and not item.why:
        return _("asked for help, no words needed")
    return item.why


def time_left(due_at: datetime, now: datetime) -> tuple[str, str]:
    """This function will say how long is left until a deadline, and how it is coloured."""
    left = due_at - now
    if left < timedelta(0):
        return _("overdue since %(day)s") % {"day": day_table(due_at)}, "over"
    if left < timedelta(hours=3):
        hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
        said = _("%(hours)s h %(minutes)s min left") if hours else _("%(minutes)s min left")
        return said % {"hours": hours, "minutes": minutes}, "soon"
    days = (due_at.astimezone(clock.zone()).date() - now.astimezone(clock.zone()).date()).days
    if days == 0:
        return _("today"), "soon"
    if days == 1:
        return _("tomorrow"), ""
    return formats.day_table(due_at.astimezone(clock.zone()).date(), language()), ""


def _tiles(items: list[QueueItem], now: datetime) -> list[dict[str, Any]]:
    ends = {"hour": now + timedelta(hours=1), "day": now + timedelta(days=1)}
    late = [one for one in items if one.due_at < now]
    hour = [one for one in items if now <= one.due_at < ends["hour"]]
    day = [one for one in items if now <= one.due_at < ends["day"]]
    oldest = min((one.since for one in items), default=None)
    return [
        {
            "name": _("Overdue"),
            "figure": len(late),
            "text": _("our own word, not kept"),
            "css": "bad" if late else "",
        },
        {
            "name": _("Due within an hour"),
            "figure": len(hour),
            "text": _("nearest deadline first"),
            "css": "",
        },
        {"name": _("Due within a day"), "figure": len(day), "text": _("the hour included"), "css": ""},
        {
            "name": _("Waiting longest since"),
            "figure": day_table(oldest) if oldest else "–",
            "text": _("of %(n)s open items") % {"n": len(items)},
            "css": "",
        },
    ]
