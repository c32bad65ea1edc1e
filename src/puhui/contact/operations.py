"""Write verbs of contact: messages through the gate, what became of them, and holds. Each inside a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from puhui.contact.domain import (
    CONTACT_RULES,
    MESSAGE_TRANSITIONS,
    Allowed,
    Blocked,
    ContactChannel,
    ContactDecision,
    ContactPolicy,
    ContactPurpose,
    ContactReason,
    Deferred,
    Hold,
    Message,
    MessageAct,
    MessageState,
    Script,
    ScriptMismatch,
    ScriptValue,
    decide_contact,
    next_state,
    render,
)
from puhui.contact.models import HoldEventRow, HoldRow, MessageEventRow, MessageRow
from puhui.contact.queries import (
    FREE,
    get_gate_facts,
    get_message,
    get_script_book,
    index_phone,
)
from puhui.core.refusals import Refusal
from puhui.runtime.operations import put_work
from puhui.runtime.rows import find_row, insert_if_absent, insert_row
from puhui.runtime.sealing import seal, unseal
from puhui.runtime.transactions import require_transaction

SEND = "contact.send"  # kind of the work; its payload is {"message_id": …}


class HoldOver(Refusal):
    """The hold has ended or was lifted already, or never was."""

    field = "hold"
    status = 409


def request_message(
    *,
    id: str,
    customer_id: str | None,
    phone_sealed: str | None,
    channel: str = "sms",
    purpose: str | None = None,
    template: str,
    language: str,
    params: Mapping[str, ScriptValue],
    now: datetime,
    policy: ContactPolicy,
    zone: str,
    agent: str = "house",
    expires_at: datetime | None = None,
) -> Message:
    """This function will put one message through the gate, store it sealed, and put work to send it when it may go.

    The text comes from the script in force. `purpose` is the script's; "security" may be named for a script of purpose
    "service" where she asked at this very moment. `zone` is hers. `phone_sealed` None means: the worker asks her file.
    After `expires_at` it is not sent any more. A repeated `id` changes nothing and returns the first message. Three
    queries, four for reminders. Raises: ScriptMismatch (a bug of the caller).
    """
    require_transaction()
    book = get_script_book(on_date=now.astimezone(ZoneInfo(zone)).date())
    text = render(book, template, language=language, params=params, zone=zone)
    why = _purpose(book.scripts[template], purpose)
    row = MessageRow(
        id=id,
        customer_id=customer_id,
        channel=ContactChannel(channel).value,
        purpose=why.value,
        template=template,
        script_version=book.version,
        language=language,
        agent=agent,
        zone=zone,
        phone_sealed=phone_sealed or "",
        phone_index=index_phone(unseal(phone_sealed)) if phone_sealed else "",
        text_sealed=seal(text),
        requested_at=now,
        planned_at=now,
        expires_at=expires_at,
        last_seq=1,
    )
    act, reason, until = _act_of(_decide_new(row, policy, now))
    row.state, row.reason, row.planned_at = next_state(None, act).value, reason, until or now
    if not insert_if_absent(row):
        return get_message(id)
    _add_event(id, 1, act, reason, until, now)
    if act is not MessageAct.BLOCKED:
        put_work(key=f"{SEND}:{id}", kind=SEND, payload={"message_id": id}, now=now, run_at=until or now)
    return row.to_domain(text=text)


def _purpose(script: Script, asked: str | None) -> ContactPurpose:
    if asked is None or asked == script.purpose.value:
        return script.purpose
    if script.purpose is ContactPurpose.SERVICE and asked == ContactPurpose.SECURITY.value:
        return ContactPurpose.SECURITY
    raise ScriptMismatch(f"script {script.name} is of purpose {script.purpose.value}, not {asked}")


def _decide_new(row: MessageRow, policy: ContactPolicy, now: datetime) -> ContactDecision:
    why = ContactPurpose(row.purpose)
    facts = FREE
    if CONTACT_RULES[why].counts or CONTACT_RULES[why].holds:
        assert row.customer_id is not None, "what counts or is held back goes to a known customer"
        facts = get_gate_facts(
            customer_id=row.customer_id, message_id=row.id, planned_at=None, now=now, zone=row.zone
        )
    return decide_contact(
        purpose=why,
        channel=ContactChannel(row.channel),
        now=now,
        zone=row.zone,
        policy=policy,
        sent_today=facts.sent_today,
        sent_in_7_days=facts.sent_in_7_days,
        holds=facts.holds,
        expires_at=row.expires_at,
    )


def _act_of(decision: ContactDecision) -> tuple[MessageAct, str, datetime | None]:
    match decision:
        case Allowed():
            return MessageAct.QUEUED, "", None
        case Deferred(until=until, reason=why):
            return MessageAct.DEFERRED, why.value, until
        case Blocked(reason=why):
            return MessageAct.BLOCKED, why.value, None


def record_sent(*, id: str, now: datetime, phone: str | None = None) -> MessageState:
    """This function will record that the messenger took a message, and return its state.

    `phone` (11 digits) is kept, sealed, where it came from her file. Raises: MessageUnknown; MessageOver.
    """
    require_transaction()
    kept = {} if phone is None else {"phone_sealed": seal(phone), "phone_index": index_phone(phone)}
    _settle(id, MessageAct.SENT, now, reason="", sent_at=now, planned_at=now, **kept)
    return MessageState.SENT


def record_failed(*, id: str, reason: str, now: datetime) -> MessageState:
    """This function will record that the messenger refused a message for good, and return its state.

    Raises: MessageUnknown; MessageOver.
    """
    require_transaction()
    _settle(id, MessageAct.FAILED, now, reason=reason[:80])
    return MessageState.FAILED


def record_deferred(*, id: str, until: datetime, reason: ContactReason, now: datetime) -> MessageState:
    """This function will record that the gate deferred a message at sending, put work for `until`, and return its state.

    Raises: MessageUnknown; MessageOver.
    """
    require_transaction()
    seq = _settle(id, MessageAct.DEFERRED, now, reason=reason.value, planned_at=until)
    put_work(key=f"{SEND}:{id}:{seq}", kind=SEND, payload={"message_id": id}, now=now, run_at=until)
    return MessageState.DEFERRED


def record_blocked(*, id: str, reason: ContactReason, now: datetime) -> MessageState:
    """This function will record that the gate stopped a message at sending, and return its state.

    Raises: MessageUnknown; MessageOver.
    """
    require_transaction()
    _settle(id, MessageAct.BLOCKED, now, reason=reason.value)
    return MessageState.BLOCKED


def _settle(id: str, act: MessageAct, now: datetime, **changes: str | datetime) -> int:
    """Move the message by one guarded statement (the loser of a race finds nothing to move) and add its event.

    Returns the event's number.
    """
    steps = {state.value: after for (state, a), after in MESSAGE_TRANSITIONS.items() if a is act and state}
    (after,) = set(steps.values())
    values = [_stored(value) for value in changes.values()]
    sql = (
        f"UPDATE contact_message SET {''.join(f'{column} = %s, ' for column in changes)}state = %s, "
        f"last_seq = last_seq + 1 WHERE id = %s AND state IN ({', '.join(['%s'] * len(steps))}) RETURNING last_seq"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, after.value, id, *steps])
        moved = cursor.fetchone()
    if moved is None:
        next_state(get_message(id).state, act)
        raise AssertionError("a message that may move is moved")
    until = changes.get("planned_at") if act is MessageAct.DEFERRED else None
    assert until is None or isinstance(until, datetime)
    _add_event(id, int(moved[0]), act, str(changes["reason"]), until, now)
    return int(moved[0])


def _stored(value: str | datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _add_event(
    id: str, seq: int, act: MessageAct, reason: str, until: datetime | None, now: datetime
) -> None:
    row = MessageEventRow(message_id=id, seq=seq, act=act.value, reason=reason, until=until, at=now)
    assert insert_if_absent(row), "the message was moved by this statement alone, so its next number is free"


def place_hold(*, id: str, customer_id: str, reason: str, from_: datetime, until: datetime | None) -> Hold:
    """This function will leave a customer alone from an instant until another (None: until lifted).

    Reminders and collection that wait meanwhile are stopped when their turn comes. A repeated `id` changes nothing
    and returns the first hold.
    """
    require_transaction()
    kept = find_row(HoldRow, id=id)
    if kept is not None:
        return kept.to_domain()
    row = HoldRow(id=id, customer_id=customer_id, reason=reason, from_at=from_, until=until)
    insert_row(row)
    insert_row(HoldEventRow(hold_id=id, act="placed", at=from_))
    return row.to_domain()


def lift_hold(*, id: str, now: datetime) -> Hold:
    """This function will end a hold early, and return it. Raises: HoldOver."""
    require_transaction()
    row = find_row(HoldRow, lock=True, id=id)
    if row is None or not row.to_domain().active(now):
        raise HoldOver()
    row.lifted_at = now
    row.save(force_update=True, update_fields=["lifted_at"])
    insert_row(HoldEventRow(hold_id=id, act="lifted", at=now))
    return row.to_domain()
