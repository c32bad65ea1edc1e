"""One customer is told one thing, in her language, through the one contact gate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from puhui.contact import operations as contact
from puhui.contact.domain import Message, ScriptValue
from puhui.core.ids import derive_id
from puhui.customers.queries import get_customer
from puhui.journeys import house, notify_partner


def id_of(template: str, about: str) -> str:
    """This function will return the id under which a message of this script about this thing is kept."""
    return derive_id("message", template, about)


def customer(
    *,
    customer_id: str,
    template: str,
    about: str,
    params: Mapping[str, ScriptValue],
    now: datetime,
    expires_at: datetime | None = None,
) -> Message:
    """This function will ask the gate to send a message, once for each (template, `about`); her partner hears of it too.

    Runs inside the caller's transaction, so that she is told exactly of what was recorded.
    """
    person = get_customer(customer_id)
    notify_partner.put(customer=person, template=template, about=about, now=now)
    return contact.request_message(
        id=id_of(template, about),
        customer_id=customer_id,
        phone_sealed=None,
        template=template,
        language=person.language,
        params=params,
        now=now,
        policy=house.contact_policy(now),
        zone=house.lender().zone,
        expires_at=expires_at,
    )
