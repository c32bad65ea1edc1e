"""Messages through the gate against a real database, and the sandbox messenger at the end of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from puhui.access.operations import create_borrower_login
from puhui.contact import operations, queries
from puhui.contact.domain import (
    Allowed,
    Blocked,
    ContactPolicy,
    ContactReason,
    Deferred,
    Message,
    MessageOver,
    MessageState,
    ScriptMismatch,
    ScriptValue,
    contact_policy,
)
from puhui.contact.gateways import MessengerUnreachable
from puhui.contact.gateways.sandbox import SandboxMessenger
from puhui.contact.models import HoldEventRow, MessageEventRow, MessageRow
from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.customers.operations import open_customer
from puhui.lab.people import invent_phone
from puhui.protection.queries import get_house_policy
from puhui.runtime.queries import list_work
from puhui.runtime.sealing import seal
from puhui.runtime.transactions import transaction

ZONE = "Asia/Shanghai"
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
NIGHT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # 23:00
MORNING = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)  # 08:00 of the next day
POLICY: ContactPolicy = contact_policy(get_house_policy(jurisdiction="CN", on_date=date(2026, 11, 20)))
DUE: dict[str, ScriptValue] = {"amount": Money(1_100_16, "CNY"), "due": date(2026, 12, 5)}
RECEIPT: dict[str, ScriptValue] = {"amount": Money(1_100_16, "CNY"), "left": Money(9_000_00, "CNY")}
PHONE = invent_phone(seed=5, index=1)


def customer(index: int = 1) -> str:
    id = derive_id("customer", str(index))
    with transaction():
        user_id = create_borrower_login(login=f"c.{id[:12]}", now=NOON)
        open_customer(
            id=id, user_id=user_id, phone=invent_phone(seed=5, index=index), language="zh", now=NOON
        )
    return id


def request(
    n: object,
    who: str | None,
    template: str = "reminder_before_due",
    params: dict[str, ScriptValue] | None = None,
    now: datetime = NOON,
    policy: ContactPolicy = POLICY,
    **more: object,
) -> Message:
    with transaction():
        return operations.request_message(
            id=derive_id("message", str(n)),
            customer_id=who,
            phone_sealed=seal(PHONE),
            template=template,
            language="zh-hans",
            params=DUE if params is None else params,
            now=now,
            policy=policy,
            zone=ZONE,
            **more,  # type: ignore[arg-type]
        )


def send(id: str, now: datetime, messenger: SandboxMessenger | None = None) -> MessageState | None:
    """What the worker does: ask the gate again, send under the same key, record."""
    ready = queries.get_message_to_send(id=id, now=now, policy=POLICY)
    if ready is None:
        return None
    carried = None
    if isinstance(ready.decision, Allowed):
        carried = (messenger or SandboxMessenger()).send(
            key=id, phone=ready.phone or PHONE, text=ready.message.text
        )
    with transaction():
        match ready.decision:
            case Allowed():
                assert carried is not None
                if carried.accepted:
                    return operations.record_sent(id=id, now=now)
                return operations.record_failed(id=id, reason=carried.reason, now=now)
            case Deferred(until=until, reason=reason):
                return operations.record_deferred(id=id, until=until, reason=reason, now=now)
            case Blocked(reason=reason):
                return operations.record_blocked(id=id, reason=reason, now=now)


def hold(who: str, from_: datetime, until: datetime | None = None, n: int = 1) -> str:
    id = derive_id("hold", str(n))
    with transaction():
        operations.place_hold(id=id, customer_id=who, reason="help", from_=from_, until=until)
    return id


@pytest.mark.django_db
def test_from_request_to_inbox() -> None:
    her = customer()
    message = request(1, her)
    assert (message.state, message.purpose, message.template) == ("queued", "reminder", "reminder_before_due")
    assert message.text == "【普惠】12月5日 要还 ¥1,100.16，在“借款”里还。有困难，先按一下“我要帮助”。"
    work = [(w.key, w.kind, w.payload, w.run_at) for w in list_work()]
    assert work == [(f"contact.send:{message.id}", "contact.send", {"message_id": message.id}, NOON)]
    assert queries.list_inbox() == ()
    assert send(message.id, NOON + timedelta(seconds=2)) == "sent"
    (seen,) = queries.list_inbox()
    assert (seen.text, seen.phone) == (message.text, f"154 **** {PHONE[-4:]}")
    assert seen.sent_at == NOON + timedelta(seconds=2)
    assert send(message.id, NOON + timedelta(seconds=3)) is None, "a second worker finds nothing to send"
    assert [m.state for m in queries.list_messages(her)] == ["sent"]
    assert list(MessageEventRow.objects.order_by("seq").values_list("act", flat=True)) == ["queued", "sent"]


@pytest.mark.django_db
def test_a_code_reaches_a_phone_without_a_customer_at_night() -> None:
    message = request(
        1,
        None,
        "code_sign_in",
        {"code": "402817", "minutes": 5},
        NIGHT,
        expires_at=NIGHT + timedelta(minutes=5),
    )
    assert message.state == "queued" and "402817" in message.text
    assert send(message.id, NIGHT) == "sent"
    (seen,) = queries.list_inbox(phone=PHONE)
    assert "402817" in seen.text
    assert queries.list_inbox(phone=invent_phone(seed=5, index=2)) == ()


@pytest.mark.django_db
def test_a_code_that_is_too_late_is_not_sent() -> None:
    expires = NIGHT + timedelta(minutes=5)
    message = request(1, None, "code_sign_in", {"code": "402817", "minutes": 5}, NIGHT, expires_at=expires)
    assert send(message.id, expires) == "blocked"
    assert queries.get_message(message.id).reason == "too_late" and queries.list_inbox() == ()


@pytest.mark.django_db
def test_at_night_it_waits_for_the_morning() -> None:
    her = customer()
    receipt = request(1, her, "receipt", RECEIPT, NIGHT)
    assert (receipt.state, receipt.reason, receipt.planned_at) == ("deferred", "hours", MORNING)
    assert [w.run_at for w in list_work()] == [MORNING]
    assert send(receipt.id, MORNING) == "sent"
    asked = request(2, her, "receipt", RECEIPT, NIGHT, purpose="security")
    assert asked.state == "queued", "she paid this second and may read it this second"
    with pytest.raises(ScriptMismatch, match="of purpose reminder, not security"):
        request(3, her, now=NIGHT, purpose="security")


@pytest.mark.django_db
def test_the_fourth_of_a_day_waits_whoever_speaks() -> None:
    her, other = customer(1), customer(2)
    for n, agent in enumerate(("house", "agent-a", "agent-b")):
        assert request(n, her, agent=agent).state == "queued"
    fourth = request(3, her, agent="agent-c")
    assert (fourth.state, fourth.reason, fourth.planned_at) == ("deferred", "daily_cap", MORNING)
    assert request(4, other).state == "queued", "another customer's day"
    assert request(5, her, "receipt", RECEIPT).state == "queued", "what happened is not counted"
    assert request(6, her, now=MORNING).state == "queued", "the next day is new"


@pytest.mark.django_db
def test_the_local_day_and_not_the_utc_day_is_counted() -> None:
    her = customer()
    late, early = datetime(2026, 11, 20, 13, 59, tzinfo=UTC), datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
    for n in range(3):
        request(n, her, now=late)
    assert request(3, her, now=early).state == "queued", "21:59 and 08:30 are two days of hers"
    assert request(4, her, now=late).reason == "daily_cap"


@pytest.mark.django_db
def test_a_rolling_week_where_the_house_has_one() -> None:
    her = customer()
    policy = ContactPolicy(window=POLICY.window, daily_cap=9, weekly_cap=2)
    for n, day in enumerate((0, 3)):
        message = request(n, her, now=NOON + timedelta(days=day), policy=policy)
        send(message.id, NOON + timedelta(days=day))
    third = request(2, her, now=NOON + timedelta(days=6), policy=policy)
    assert (third.state, third.reason) == ("deferred", "weekly_cap")
    week = NOON + timedelta(days=7)
    answers = []
    for now in (third.planned_at, week - timedelta(seconds=1), week):
        ready = queries.get_message_to_send(id=third.id, now=now, policy=policy)
        answers.append(type(ready.decision).__name__ if ready else "")
    assert answers == ["Deferred", "Deferred", "Allowed"], "seven times 24 hours after the first, not before"


@pytest.mark.django_db
def test_two_workers_do_not_send_the_third_and_the_fourth_at_once() -> None:
    """Requests of an earlier policy left four waiting; each asks the gate while none is recorded as sent yet."""
    her = customer()
    loose = ContactPolicy(window=POLICY.window, daily_cap=9)
    ids = [request(n, her, policy=loose).id for n in range(4)]
    decisions = [
        ready.decision
        for id in ids
        if (ready := queries.get_message_to_send(id=id, now=NOON, policy=POLICY)) is not None
    ]
    assert sorted(type(d).__name__ for d in decisions) == ["Allowed", "Allowed", "Allowed", "Deferred"]


@pytest.mark.django_db
def test_a_hold_stops_reminders_and_nothing_else() -> None:
    her, other = customer(1), customer(2)
    hold(her, NOON)
    blocked = request(1, her)
    assert (blocked.state, blocked.reason) == ("blocked", "hold")
    assert list_work() == [], "nothing is left to send"
    assert request(2, her, "receipt", RECEIPT).state == "queued"
    params: dict[str, ScriptValue] = {
        "number": "C-1126-001",
        "until": date(2026, 12, 4),
        "by": date(2026, 11, 22),
    }
    assert request(3, her, "help_received", params).state == "queued"
    assert request(4, other).state == "queued"


@pytest.mark.django_db
def test_a_hold_outlives_what_was_deferred_before_it() -> None:
    her = customer()
    deferred = request(1, her, now=NIGHT)
    assert deferred.state == "deferred"
    hold(her, NIGHT + timedelta(minutes=5), MORNING + timedelta(days=14))
    assert send(deferred.id, MORNING) == "blocked"
    assert queries.get_message(deferred.id).reason == "hold"
    assert request(2, her, now=MORNING + timedelta(days=14)).state == "queued", "the hold has ended"
    assert request(3, her, now=MORNING + timedelta(days=13, hours=1)).state == "blocked", "not a day before"
    hold(her, MORNING + timedelta(days=20), n=2)
    assert request(4, her, now=MORNING + timedelta(days=20)).state == "blocked", "from its first instant"


@pytest.mark.django_db
def test_lifted_holds_and_their_history() -> None:
    her = customer()
    id = hold(her, NOON)
    assert queries.has_hold(her, NOON) and not queries.has_hold(her, NOON - timedelta(seconds=1))
    assert queries.has_hold(her, NOON, reason="help") and not queries.has_hold(her, NOON, reason="court")
    with transaction():
        operations.lift_hold(id=id, now=NOON + timedelta(days=1))
    assert queries.has_hold(her, NOON + timedelta(hours=23)), "what was held then stays so"
    assert not queries.has_hold(her, NOON + timedelta(days=1))
    assert request(1, her, now=NOON + timedelta(hours=23, minutes=59)).state == "blocked"
    assert request(2, her, now=NOON + timedelta(days=1)).state == "queued", "from the instant of lifting"
    for gone in (id, "nothing"):
        with pytest.raises(operations.HoldOver), transaction():
            operations.lift_hold(id=gone, now=NOON + timedelta(days=2))
    hold(her, NOON + timedelta(days=9))  # the same id again changes nothing
    assert [h.from_at for h in queries.list_holds(her)] == [NOON]
    assert list(HoldEventRow.objects.order_by("id").values_list("act", flat=True)) == ["placed", "lifted"]


@pytest.mark.django_db
@pytest.mark.parametrize("template", ["reminder_before_due", "receipt"])
def test_requested_twice_is_one_message(template: str) -> None:
    her = customer()
    params = DUE if template == "reminder_before_due" else RECEIPT
    first = request(1, her, template, params)
    send(first.id, NOON)
    again = request(1, her, template, params, NOON + timedelta(hours=1))
    assert again.id == first.id and again.state == "sent" and again.requested_at == NOON
    assert len(list_work()) == 1 and MessageEventRow.objects.count() == 2


@pytest.mark.django_db
def test_blocked_twice_is_one_message() -> None:
    her = customer()
    hold(her, NOON)
    assert request(1, her).state == "blocked" and request(1, her).state == "blocked"
    assert MessageRow.objects.count() == 1


@pytest.mark.django_db
def test_what_the_request_costs() -> None:
    """The demo sends about 20,000: at most four statements each, the work included."""
    her = customer()
    for template, params, most in (("receipt", RECEIPT, 3), ("reminder_before_due", DUE, 4)):
        with transaction(), CaptureQueriesContext(connection) as seen:
            operations.request_message(
                id=derive_id("message", template),
                customer_id=her,
                phone_sealed=seal(PHONE),
                template=template,
                language="en",
                params=params,
                now=NOON,
                policy=POLICY,
                zone=ZONE,
            )
        assert len(seen) == most, [q["sql"] for q in seen]


@pytest.mark.django_db
def test_deferred_again_and_again_keeps_its_key_towards_the_messenger() -> None:
    her = customer()
    message = request(1, her, now=NIGHT)
    with transaction():
        operations.record_deferred(
            id=message.id, until=MORNING + timedelta(days=1), reason=ContactReason.DAILY_CAP, now=MORNING
        )
    keys = sorted(w.key for w in list_work())
    assert keys == [f"contact.send:{message.id}", f"contact.send:{message.id}:2"]
    assert {w.payload["message_id"] for w in list_work()} == {message.id}


@pytest.mark.django_db
def test_the_messenger_refuses_or_stays_silent() -> None:
    her = customer()
    refused = request(1, her)
    assert send(refused.id, NOON, SandboxMessenger(refuse_ppm=1_000_000)) == "failed"
    assert queries.get_message(refused.id).reason == "number not in service (sandbox)"
    with pytest.raises(MessageOver), transaction():
        operations.record_sent(id=refused.id, now=NOON)
    silent = SandboxMessenger(silent_ppm=1_000_000, seed=99)
    late = request(2, her)
    with pytest.raises(MessengerUnreachable):
        send(late.id, NOON, silent)
    assert queries.get_message(late.id).state == "queued", "silence is no outcome"
    assert send(late.id, NOON, silent) == "sent", "asked again under the same key"


@pytest.mark.django_db
def test_a_phone_from_her_file_is_kept_sealed_at_sending() -> None:
    her = customer()
    with transaction():
        message = operations.request_message(
            id=derive_id("message", "x"), customer_id=her, phone_sealed=None, template="receipt", language="en",
            params=RECEIPT, now=NOON, policy=POLICY, zone=ZONE,
        )  # fmt: skip
    ready = queries.get_message_to_send(id=message.id, now=NOON, policy=POLICY)
    assert ready is not None and ready.phone is None
    with transaction():
        operations.record_sent(id=message.id, now=NOON, phone=PHONE)
    (seen,) = queries.list_inbox(phone=PHONE)
    assert seen.phone == f"154 **** {PHONE[-4:]}" and seen.text.startswith("[Puhui] ")


@pytest.mark.django_db
def test_nothing_of_a_message_lies_in_the_clear() -> None:
    her = customer()
    request(1, her)
    request(2, None, "code_sign_in", {"code": "402817", "minutes": 5})
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM contact_message")
        stored = " ".join(str(value) for row in cursor.fetchall() for value in row)
        cursor.execute("SELECT payload FROM runtime_work")
        stored += " ".join(str(row[0]) for row in cursor.fetchall())
    for secret in (PHONE, "402817", "1,100.16", "110016"):
        assert secret not in stored


@pytest.mark.django_db
def test_messages_and_holds_refer_to_a_customer() -> None:
    with pytest.raises((DatabaseError, IntegrityError)):
        request(1, "nobody", "receipt", RECEIPT)
        connection.check_constraints()
    with pytest.raises((DatabaseError, IntegrityError)), transaction():
        operations.place_hold(id="h", customer_id="nobody", reason="help", from_=NOON, until=None)
        connection.check_constraints()


@pytest.mark.django_db
@pytest.mark.parametrize("model", [MessageEventRow, HoldEventRow])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_histories_are_append_only(model: type, verb: str) -> None:
    her = customer()
    request(1, her)
    hold(her, NOON)
    rows = model.objects.all()  # type: ignore[attr-defined]
    with pytest.raises(DatabaseError, match="append-only"), transaction():
        rows.update(act="sent") if verb == "update" else rows._raw_delete(rows.db)


@pytest.mark.django_db
def test_bugs_of_the_caller_are_found_before_anything_is_written() -> None:
    her = customer()
    with pytest.raises(ScriptMismatch):
        request(1, her, "receipt", {"amount": 3})
    with pytest.raises(AssertionError, match="known customer"):
        request(2, None)
    with pytest.raises(LookupError):
        request(3, her, now=datetime(2024, 1, 1, tzinfo=UTC))
    assert not MessageRow.objects.exists() and list_work() == []
    with pytest.raises(queries.MessageUnknown):
        queries.get_message_to_send(id="none", now=NOON, policy=POLICY)
