"""The worker sends one message, if the gate still lets it out at this very moment."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from puhui.contact import operations as contact
from puhui.contact.domain import Allowed, Blocked, Deferred, MessageToSend
from puhui.contact.gateways import Carried, MessengerUnreachable
from puhui.contact.queries import get_message_to_send
from puhui.customers.queries import get_phone
from puhui.journeys import house, parties
from puhui.runtime.domain import Effect, Transient, WorkItem, no_effect

AGAIN_SECONDS = 30  # first wait after silence of the messenger


def send(item: WorkItem) -> Effect:
    """This function will carry one message to its phone, or record why it waits or stays."""
    found = get_message_to_send(
        id=item.payload["message_id"], now=item.now, policy=house.contact_policy(item.now)
    )
    if found is None:
        return no_effect
    match found.decision:
        case Deferred(until=until, reason=reason):
            return lambda now: _ignore(
                contact.record_deferred(id=found.message.id, until=until, reason=reason, now=now)
            )
        case Blocked(reason=reason):
            return lambda now: _ignore(contact.record_blocked(id=found.message.id, reason=reason, now=now))
        case Allowed():
            return _carry(found)


def _carry(found: MessageToSend) -> Effect:
    message = found.message
    assert found.phone is not None or message.customer_id is not None, "a message goes to somebody"
    phone = found.phone or get_phone(message.customer_id or "")
    try:
        carried = parties.messenger().send(key=message.id, phone=phone, text=message.text)
    except MessengerUnreachable as error:
        raise Transient(AGAIN_SECONDS, "the messenger does not answer") from error
    return partial(_record, message.id, None if found.phone else phone, carried)


def _record(message_id: str, phone: str | None, carried: Carried, now: datetime) -> None:
    if carried.accepted:
        contact.record_sent(id=message_id, now=now, phone=phone)
    else:
        contact.record_failed(id=message_id, reason=carried.reason, now=now)


def _ignore(_: object) -> None:
    """An effect returns nothing."""
