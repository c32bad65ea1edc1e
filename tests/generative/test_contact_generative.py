"""The gate on every request, zone and night: no pressure outside the limits, and nothing that waits for ever."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from puhui.contact.domain import (
    CONTACT_RULES,
    Allowed,
    Blocked,
    ContactChannel,
    ContactDecision,
    ContactPolicy,
    ContactPurpose,
    Deferred,
    Hold,
    decide_contact,
)

common = settings(max_examples=300, deadline=None, print_blob=True)
ZONES = st.sampled_from(
    [
        "Asia/Shanghai",
        "Asia/Urumqi",
        "America/New_York",
        "Europe/London",
        "Australia/Lord_Howe",
        "America/St_Johns",
    ]
)
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC))
POLICIES = st.builds(
    ContactPolicy,
    window=st.tuples(st.times(time(5), time(12)), st.times(time(13), time(23))),
    daily_cap=st.integers(0, 4),
    weekly_cap=st.none() | st.integers(0, 9),
)


@st.composite
def holds(draw: st.DrawFn, around: datetime) -> list[Hold]:
    """Up to three holds near an instant, open or not, lifted or not."""
    found = []
    for n in range(draw(st.integers(0, 3))):
        first = around + timedelta(minutes=draw(st.integers(-5000, 5000)))
        until = draw(st.none() | st.integers(1, 9000))
        lifted = draw(st.none() | st.integers(0, 9000))
        found.append(
            Hold(
                id=str(n),
                customer_id="a",
                reason="help",
                from_at=first,
                until=None if until is None else first + timedelta(minutes=until),
                lifted_at=None if lifted is None else first + timedelta(minutes=lifted),
            )
        )
    return found


@st.composite
def requests(draw: st.DrawFn) -> dict[str, object]:
    """Everything that the gate is asked."""
    now = draw(INSTANTS)
    return {
        "purpose": draw(st.sampled_from(ContactPurpose)),
        "channel": draw(st.sampled_from(ContactChannel)),
        "now": now,
        "zone": draw(ZONES),
        "policy": draw(POLICIES),
        "sent_today": draw(st.integers(0, 5)),
        "sent_in_7_days": draw(st.integers(0, 10)),
        "holds": draw(holds(now)),
    }


def ask(request: dict[str, object], **changes: object) -> ContactDecision:
    return decide_contact(**(request | changes))  # type: ignore[arg-type]


@common
@given(request=requests())
def test_what_goes_out_is_inside_every_limit(request: dict[str, object]) -> None:
    decision = ask(request)
    rule = CONTACT_RULES[request["purpose"]]  # type: ignore[index]
    now, policy = request["now"], request["policy"]
    assert isinstance(now, datetime) and isinstance(policy, ContactPolicy)
    if decision != Allowed():
        return
    if rule.keeps_hours:
        local = now.astimezone(ZoneInfo(str(request["zone"]))).time()
        assert policy.window[0] <= local < policy.window[1]
    if rule.counts:
        assert int(str(request["sent_today"])) < policy.daily_cap
        assert policy.weekly_cap is None or int(str(request["sent_in_7_days"])) < policy.weekly_cap
    if rule.holds:
        assert not any(hold.active(now) for hold in request["holds"])  # type: ignore[attr-defined]


@common
@given(request=requests())
def test_codes_always_go_and_help_never_silences_receipts(request: dict[str, object]) -> None:
    assert ask(request, purpose=ContactPurpose.SECURITY) == Allowed()
    assert not isinstance(ask(request, purpose=ContactPurpose.SERVICE), Blocked)


@common
@given(request=requests())
def test_what_waits_waits_for_an_opening_and_then_goes(request: dict[str, object]) -> None:
    decision = ask(request)
    if not isinstance(decision, Deferred):
        return
    now, policy = request["now"], request["policy"]
    assert isinstance(now, datetime) and isinstance(policy, ContactPolicy)
    assert now < decision.until <= now + timedelta(hours=49)
    fresh = ContactPolicy(window=policy.window, daily_cap=1)
    later = ask(request, now=decision.until, policy=fresh, sent_today=0, sent_in_7_days=0, holds=[])
    assert later == Allowed(), "at the opening nothing but a cap or a hold may stop it"
    local = decision.until.astimezone(ZoneInfo(str(request["zone"])))
    assert local.time() == policy.window[0]


@common
@given(request=requests(), more=st.integers(1, 3))
def test_more_pressure_never_opens_the_gate(request: dict[str, object], more: int) -> None:
    """One contact more, or one hold more, never turns a no into a yes."""
    now = request["now"]
    assert isinstance(now, datetime)
    hold = Hold(id="more", customer_id="a", reason="help", from_at=now, until=None)
    if ask(request) != Allowed():
        busier = int(str(request["sent_today"])) + more
        assert ask(request, sent_today=busier) != Allowed()
        assert ask(request, holds=[*request["holds"], hold]) != Allowed()  # type: ignore[misc]
