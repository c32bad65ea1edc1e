"""What happened with a customer, newest first, from every stage's own history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from puhui.customers.domain import Customer
from puhui.web.shared.explain import write
from puhui.web.staff.words import say
from puhui.web.templatetags.puhui import money

LONGEST = 14
Row = tuple[datetime, str, str]


def rows(customer: Customer, context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """This function will merge what the other panels read into one line of time."""
    found = sorted(_rows(customer, context), key=lambda row: row[0], reverse=True)[:LONGEST]
    return [{"at": at, "title": title, "text": text} for at, title, text in found]


def _rows(customer: Customer, context: Mapping[str, Any]) -> Iterator[Row]:
    yield customer.registered_at, _("Registered"), ""
    if customer.identified_at:
        yield customer.identified_at, _("Said who she is"), ""
    for stored in context.get("decisions", []):
        yield stored.decided_at, _("Decided"), write("", stored.decision.verdict.kind)
    for view in context.get("quotes", []):
        yield (
            view.quote.issued_at,
            _("Quote %(number)s") % {"number": view.quote.number},
            money(view.quote.amount_minor),
        )
    for item in context["loans"]:
        for row in item["events"]:
            yield (
                row["event"].booked_at,
                row["name"],
                money(row["event"].amount_minor) if row["event"].amount_minor else "",
            )
    for case in context["cases"]:
        yield case.opened_at, case.number, say(case.kind)
    for note in context["notes"]:
        yield note.at, _("Note by %(who)s") % {"who": note.by}, note.text[:60]
    for account in context["accounts"]:
        yield account.bound_at, _("Account bound"), account.tail
