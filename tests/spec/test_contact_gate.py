"""The contact gate, as tables: who may be spoken to, now, later or not at all.

Each row is one request. Times are local to the debtor. `today` and `week` count what she has already had from the
lender and all its agents. The answer is `go`, `wait <local time> <reason>` or `no <reason>`.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from puhui.contact.domain import (
    CONTACT_RULES,
    MESSAGE_TRANSITIONS,
    Allowed,
    Blocked,
    ContactChannel,
    ContactDecision,
    ContactPolicy,
    ContactPurpose,
    Deferred,
    Hold,
    MessageAct,
    MessageOver,
    MessageState,
    local_day,
    next_state,
)
from puhui.contact.domain import decide_contact as decide

CN = ContactPolicy(window=(time(8), time(22)), daily_cap=3)
US = ContactPolicy(window=(time(8), time(21)), daily_cap=2, weekly_cap=7)
POLICIES = {"CN": CN, "US": US}


def rows(table: str) -> list[list[str]]:
    """Cells of a drawn table, without its head and rule."""
    lines = table.strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def instant(local: str, zone: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def said(decision: ContactDecision, zone: str) -> str:
    match decision:
        case Allowed():
            return "go"
        case Deferred(until=until, reason=reason):
            return f"wait {until.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M} {reason.value}"
        case Blocked(reason=reason):
            return f"no {reason.value}"


HOURS = """
| local time          | zone               | purpose    | answer                        |
| ------------------- | ------------------ | ---------- | ----------------------------- |
| 2026-11-20T07:59:59 | Asia/Shanghai      | reminder   | wait 2026-11-20T08:00 hours   |
| 2026-11-20T08:00:00 | Asia/Shanghai      | reminder   | go                            |
| 2026-11-20T21:59:59 | Asia/Shanghai      | reminder   | go                            |
| 2026-11-20T22:00:00 | Asia/Shanghai      | reminder   | wait 2026-11-21T08:00 hours   |
| 2026-11-20T23:30:00 | Asia/Shanghai      | service    | wait 2026-11-21T08:00 hours   |
| 2026-11-20T03:00:00 | Asia/Shanghai      | service    | wait 2026-11-20T08:00 hours   |
| 2026-11-20T23:30:00 | Asia/Shanghai      | collection | wait 2026-11-21T08:00 hours   |
| 2026-11-20T23:30:00 | Asia/Shanghai      | security   | go                            |
| 2026-11-20T03:00:00 | Asia/Shanghai      | security   | go                            |
| 2026-12-31T23:00:00 | Asia/Shanghai      | reminder   | wait 2027-01-01T08:00 hours   |
| 2026-11-20T09:00:00 | Asia/Urumqi        | reminder   | go                            |
| 2026-11-20T07:00:00 | Asia/Urumqi        | reminder   | wait 2026-11-20T08:00 hours   |
| 2026-10-31T23:00:00 | America/New_York   | reminder   | wait 2026-11-01T08:00 hours   |
| 2026-03-07T23:00:00 | America/New_York   | reminder   | wait 2026-03-08T08:00 hours   |
"""


@pytest.mark.parametrize("row", rows(HOURS), ids=" ".join)
def test_hours_are_her_own(row: list[str]) -> None:
    local, zone, purpose, answer = row
    decision = decide(
        purpose=ContactPurpose(purpose),
        channel=ContactChannel.SMS,
        now=instant(local, zone),
        zone=zone,
        policy=CN,
        sent_today=0,
        holds=(),
    )
    assert said(decision, zone) == answer


def test_the_lenders_evening_is_her_afternoon() -> None:
    """The same instant is open for a debtor in Urumqi and closed for one in Shanghai."""
    now = instant("2026-11-20T22:30", "Asia/Shanghai")
    found = [
        decide(
            purpose=ContactPurpose.REMINDER,
            channel=ContactChannel.SMS,
            now=now,
            zone=zone,
            policy=CN,
            sent_today=0,
            holds=(),
        )
        for zone in ("Asia/Shanghai", "Asia/Urumqi")
    ]
    assert isinstance(found[0], Deferred) and found[1] == Allowed()


CAPS = """
| policy | purpose    | channel | today | week | answer                           |
| ------ | ---------- | ------- | ----- | ---- | -------------------------------- |
| CN     | reminder   | sms     | 0     | 0    | go                               |
| CN     | reminder   | sms     | 2     | 2    | go                               |
| CN     | reminder   | sms     | 3     | 3    | wait 2026-11-21T08:00 daily_cap  |
| CN     | reminder   | sms     | 4     | 4    | wait 2026-11-21T08:00 daily_cap  |
| CN     | collection | call    | 2     | 9    | go                               |
| CN     | collection | call    | 3     | 9    | wait 2026-11-21T08:00 daily_cap  |
| CN     | service    | sms     | 9     | 9    | go                               |
| CN     | security   | sms     | 9     | 9    | go                               |
| US     | reminder   | sms     | 1     | 6    | go                               |
| US     | reminder   | sms     | 1     | 7    | wait 2026-11-21T08:00 weekly_cap |
| US     | reminder   | sms     | 2     | 7    | wait 2026-11-21T08:00 daily_cap  |
| US     | service    | sms     | 9     | 99   | go                               |
"""


@pytest.mark.parametrize("row", rows(CAPS), ids=" ".join)
def test_caps_count_everything_she_has_had(row: list[str]) -> None:
    policy, purpose, channel, today, week, answer = row
    decision = decide(
        purpose=ContactPurpose(purpose),
        channel=ContactChannel(channel),
        now=instant("2026-11-20T15:00", "Asia/Shanghai"),
        zone="Asia/Shanghai",
        policy=POLICIES[policy],
        sent_today=int(today),
        sent_in_7_days=int(week),
        holds=(),
    )
    assert said(decision, "Asia/Shanghai") == answer


HOLDS = """
| hold from        | until            | lifted           | at                  | purpose    | answer  |
| ---------------- | ---------------- | ---------------- | ------------------- | ---------- | ------- |
| 2026-11-20T12:00 | 2026-12-04T12:00 | -                | 2026-11-20T11:59:59 | reminder   | go      |
| 2026-11-20T12:00 | 2026-12-04T12:00 | -                | 2026-11-20T12:00:00 | reminder   | no hold |
| 2026-11-20T12:00 | 2026-12-04T12:00 | -                | 2026-12-04T11:59:59 | reminder   | no hold |
| 2026-11-20T12:00 | 2026-12-04T12:00 | -                | 2026-12-04T12:00:00 | reminder   | go      |
| 2026-11-20T12:00 | -                | -                | 2027-11-20T12:00:00 | collection | no hold |
| 2026-11-20T12:00 | -                | 2026-11-25T12:00 | 2026-11-25T11:59:59 | collection | no hold |
| 2026-11-20T12:00 | -                | 2026-11-25T12:00 | 2026-11-25T12:00:00 | collection | go      |
| 2026-11-20T12:00 | -                | -                | 2026-11-21T12:00:00 | service    | go      |
| 2026-11-20T12:00 | -                | -                | 2026-11-21T12:00:00 | security   | go      |
| 2026-11-20T12:00 | -                | -                | 2026-11-21T23:00:00 | reminder   | no hold |
"""


@pytest.mark.parametrize("row", rows(HOLDS), ids=" ".join)
def test_holds_stop_pressure_and_nothing_else(row: list[str]) -> None:
    zone = "Asia/Shanghai"
    first, until, lifted, at, purpose, answer = row
    hold = Hold(
        id="h",
        customer_id="a",
        reason="help",
        from_at=instant(first, zone),
        until=None if until == "-" else instant(until, zone),
        lifted_at=None if lifted == "-" else instant(lifted, zone),
    )
    decision = decide(
        purpose=ContactPurpose(purpose),
        channel=ContactChannel.SMS,
        now=instant(at, zone),
        zone=zone,
        policy=CN,
        sent_today=0,
        holds=[hold],
    )
    assert said(decision, zone) == answer


ORDER = """
| local time       | today | hold | expires          | answer                          |
| ---------------- | ----- | ---- | ---------------- | ------------------------------- |
| 2026-11-20T23:00 | 3     | yes  | 2026-11-20T22:00 | no too_late                     |
| 2026-11-20T23:00 | 3     | yes  | -                | no hold                         |
| 2026-11-20T23:00 | 3     | no   | -                | wait 2026-11-21T08:00 daily_cap |
| 2026-11-20T07:00 | 3     | no   | -                | wait 2026-11-21T08:00 daily_cap |
| 2026-11-20T07:00 | 0     | no   | -                | wait 2026-11-20T08:00 hours     |
| 2026-11-20T12:00 | 0     | no   | 2026-11-20T12:00 | no too_late                     |
| 2026-11-20T12:00 | 0     | no   | 2026-11-20T12:01 | go                              |
"""


@pytest.mark.parametrize("row", rows(ORDER), ids=" ".join)
def test_too_late_then_hold_then_caps_then_hours(row: list[str]) -> None:
    zone = "Asia/Shanghai"
    local, today, held, expires, answer = row
    now = instant(local, zone)
    hold = Hold(id="h", customer_id="a", reason="help", from_at=now - timedelta(days=1), until=None)
    decision = decide(
        purpose=ContactPurpose.REMINDER,
        channel=ContactChannel.SMS,
        now=now,
        zone=zone,
        policy=CN,
        sent_today=int(today),
        holds=[hold] if held == "yes" else [],
        expires_at=None if expires == "-" else instant(expires, zone),
    )
    assert said(decision, zone) == answer


PURPOSES = """
| purpose    | waits for hours | counts | stopped by a hold |
| ---------- | --------------- | ------ | ----------------- |
| security   | no              | no     | no                |
| service    | yes             | no     | no                |
| reminder   | yes             | yes    | yes               |
| collection | yes             | yes    | yes               |
"""


def test_the_purpose_table_is_complete() -> None:
    drawn = {row[0]: tuple(cell == "yes" for cell in row[1:]) for row in rows(PURPOSES)}
    built = {p.value: (r.keeps_hours, r.counts, r.holds) for p, r in CONTACT_RULES.items()}
    assert drawn == built and set(built) == {p.value for p in ContactPurpose}


STEPS = """
| from     | queued | deferred | blocked | sent | failed |
| -------- | ------ | -------- | ------- | ---- | ------ |
| (new)    | yes    | yes      | yes     | -    | -      |
| queued   | -      | yes      | yes     | yes  | yes    |
| deferred | -      | yes      | yes     | yes  | yes    |
| blocked  | -      | -        | -       | -    | -      |
| sent     | -      | -        | -       | -    | -      |
| failed   | -      | -        | -       | -    | -      |
"""


def test_the_steps_of_a_message() -> None:
    for name, *cells in rows(STEPS):
        state = None if name == "(new)" else MessageState(name)
        for act, cell in zip(MessageAct, cells, strict=True):
            assert ((state, act) in MESSAGE_TRANSITIONS) is (cell == "yes")
            if cell == "yes":
                assert next_state(state, act).value == act.value
            else:
                with pytest.raises(MessageOver):
                    next_state(state, act)


DAYS = """
| local time       | zone             | day begins (UTC) | day ends (UTC)   |
| ---------------- | ---------------- | ---------------- | ---------------- |
| 2026-11-20T00:00 | Asia/Shanghai    | 2026-11-19T16:00 | 2026-11-20T16:00 |
| 2026-11-20T23:59 | Asia/Shanghai    | 2026-11-19T16:00 | 2026-11-20T16:00 |
| 2026-11-01T12:00 | America/New_York | 2026-11-01T04:00 | 2026-11-02T05:00 |
"""


@pytest.mark.parametrize("row", rows(DAYS), ids=" ".join)
def test_a_day_is_her_local_day(row: list[str]) -> None:
    local, zone, first, last = row
    found = local_day(instant(local, zone), zone=zone)
    assert [f"{one:%Y-%m-%dT%H:%M}" for one in found] == [first, last]
