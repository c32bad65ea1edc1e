"""What is asked of contact: messages, holds, scripts, and the gate's answer at the moment of sending."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from puhui.contact.domain import (
    CONTACT_RULES,
    COUNTED,
    ContactPolicy,
    ContactPurpose,
    Hold,
    InboxMessage,
    Message,
    MessageState,
    MessageToSend,
    ScriptBook,
    decide_contact,
    local_day,
    parse_scripts,
)
from puhui.contact.models import HoldRow, MessageRow
from puhui.customers.domain import mask_phone
from puhui.protection.policy_files import PolicyFiles
from puhui.runtime.rows import find_row, list_rows
from puhui.runtime.sealing import blind_index, unseal

PHONE_PURPOSE = "contact.phone"
WEEK = timedelta(days=7)


class MessageUnknown(LookupError):
    """There is no message of this id."""


def _load(texts: Mapping[str, str]) -> tuple[ScriptBook, ...]:
    books = [parse_scripts(text, file=name) for name, text in texts.items()]
    return tuple(sorted(books, key=lambda book: book.valid_from, reverse=True))


_books: PolicyFiles[tuple[ScriptBook, ...]] = PolicyFiles("scripts", load=_load)


def get_script_book(*, on_date: date) -> ScriptBook:
    """This function will return the scripts in force on a day. Raises: LookupError when there are none."""
    for book in _books.get():
        if book.valid_on(on_date):
            return book
    raise LookupError(f"no scripts on {on_date}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFacts:
    """What the gate needs to know of a customer at an instant."""

    sent_today: int  # counted contacts of her local day that come before the one asked about
    sent_in_7_days: int  # the same of the last 7 × 24 hours
    holds: tuple[Hold, ...]  # one that is in force, when any is


FREE = GateFacts(sent_today=0, sent_in_7_days=0, holds=())  # of a purpose that nothing counts or holds

_COUNT = """SELECT COUNT(*) FROM contact_message WHERE customer_id = %s AND id <> %s
    AND purpose IN ({purposes}) AND state IN ('queued', 'deferred', 'sent') AND planned_at {after} %s
    AND planned_at < %s AND (sent_at IS NOT NULL OR planned_at < %s OR (planned_at = %s AND id < %s))"""
_PURPOSES = ", ".join(f"'{purpose}'" for purpose in COUNTED)
_GATE_SQL = f"""SELECT ({_COUNT.format(purposes=_PURPOSES, after=">=")}), ({_COUNT.format(purposes=_PURPOSES, after=">")}),
    (SELECT MIN(reason) FROM contact_hold WHERE customer_id = %s AND from_at <= %s
        AND (until IS NULL OR until > %s) AND (lifted_at IS NULL OR lifted_at > %s))"""


def get_gate_facts(
    *, customer_id: str, message_id: str, planned_at: datetime | None, now: datetime, zone: str
) -> GateFacts:
    """This function will gather, in one statement, what the gate needs for one message.

    Contacts that are only planned count, too, or two workers would send the third and the fourth at once: for a new
    message (`planned_at` None) all that are planned until the end of today, for a waiting one those before it in line.
    The statement is written by hand because a loader asks it ten thousand times.
    """
    day_first, day_last = local_day(now, zone=zone)
    place = planned_at or day_last  # place in line: behind everybody of today, or its own
    first, last, week, mine, at = (
        connection.ops.adapt_datetimefield_value(one) for one in (day_first, day_last, now - WEEK, place, now)
    )
    counted = (mine, mine, message_id)
    values = [customer_id, message_id, first, last, *counted, customer_id, message_id, week, last, *counted]
    with connection.cursor() as cursor:
        cursor.execute(_GATE_SQL, [*values, customer_id, at, at, at])
        sent_today, sent_in_7_days, reason = cursor.fetchone()
    hold = Hold(id="", customer_id=customer_id, reason=reason or "", from_at=now, until=None)
    return GateFacts(
        sent_today=int(sent_today),
        sent_in_7_days=int(sent_in_7_days),
        holds=() if reason is None else (hold,),
    )


def get_message_to_send(*, id: str, now: datetime, policy: ContactPolicy) -> MessageToSend | None:
    """This function will return a message with the gate's answer at `now`, None when it is over already.

    A hold placed since the request, a cap reached since, or hours closed since all answer here. The caller sends it
    only when `decision` is Allowed, and records what became of it. Two queries at most. Raises: MessageUnknown.
    """
    row = _row(id)
    if MessageState(row.state) not in {MessageState.QUEUED, MessageState.DEFERRED}:
        return None
    facts = FREE
    rule = CONTACT_RULES[ContactPurpose(row.purpose)]
    if rule.counts or rule.holds:
        assert row.customer_id is not None
        facts = get_gate_facts(
            customer_id=row.customer_id, message_id=id, planned_at=row.planned_at, now=now, zone=row.zone
        )
    message = row.to_domain(text=unseal(row.text_sealed))
    return MessageToSend(
        message=message,
        phone=unseal(row.phone_sealed) if row.phone_sealed else None,
        decision=decide_contact(
            purpose=ContactPurpose(row.purpose),
            channel=message.channel,
            now=now,
            zone=row.zone,
            policy=policy,
            sent_today=facts.sent_today,
            sent_in_7_days=facts.sent_in_7_days,
            holds=facts.holds,
            expires_at=row.expires_at,
        ),
    )


def _row(id: str) -> MessageRow:
    row = find_row(MessageRow, id=id)
    if row is None:
        raise MessageUnknown(id)
    return row


def find_message(id: str) -> Message | None:
    """This function will return a message by id, its text unsealed, None when there is none."""
    row = find_row(MessageRow, id=id)
    return row.to_domain(text=unseal(row.text_sealed)) if row else None


def list_known_message_ids(ids: Collection[str]) -> frozenset[str]:
    """This function will return those of `ids` that are messages of ours already, whatever became of them."""
    return frozenset(MessageRow.objects.filter(id__in=list(ids)).values_list("id", flat=True))


def get_message(id: str) -> Message:
    """This function will return a message by id, its text unsealed. Raises: MessageUnknown."""
    row = _row(id)
    return row.to_domain(text=unseal(row.text_sealed))


def list_messages(customer_id: str, limit: int = 200) -> tuple[Message, ...]:
    """This function will return the messages of a customer, the newest first, texts unsealed."""
    rows = MessageRow.objects.filter(customer_id=customer_id).order_by("-requested_at", "-id")
    return tuple(row.to_domain(text=unseal(row.text_sealed)) for row in rows[:limit])


def list_inbox(limit: int = 50, phone: str | None = None) -> tuple[InboxMessage, ...]:
    """This function will return what phones received, the newest first: the sandbox's inbox page (demo only).

    `phone` (11 digits) narrows it to one.
    """
    rows = MessageRow.objects.filter(state=MessageState.SENT.value).order_by("-sent_at", "-id")
    if phone is not None:
        rows = rows.filter(phone_index=index_phone(phone))
    return tuple(_inbox(row) for row in rows[:limit])


def _inbox(row: MessageRow) -> InboxMessage:
    assert row.sent_at is not None, "a sent message has an instant"
    return InboxMessage(
        id=row.id,
        phone=mask_phone(unseal(row.phone_sealed)) if row.phone_sealed else "",
        text=unseal(row.text_sealed),
        template=row.template,
        language=row.language,
        sent_at=row.sent_at,
    )


def index_phone(phone: str) -> str:
    """This function will return the blind index under which the messages of a phone are found."""
    return blind_index(phone, purpose=PHONE_PURPOSE)


def has_hold(customer_id: str, at: datetime, *, reason: str | None = None) -> bool:
    """This function will tell whether a customer is left alone at an instant (for one reason, or for any)."""
    return any(one.active(at) and reason in (None, one.reason) for one in list_holds(customer_id))


def list_holds(customer_id: str) -> tuple[Hold, ...]:
    """This function will return all holds of a customer, over ones too, oldest first."""
    rows = list_rows(HoldRow, order=("from_at", "id"), customer_id=customer_id)
    return tuple(row.to_domain() for row in rows)
