"""The line as arithmetic and states: drawn as tables."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.core.refusals import Refusal
from puhui.lines import domain
from puhui.lines.domain import Line, LineAct, LineActNotAllowed, LineState, next_state

LAST = date(2027, 11, 20)


def line(*, limit: int = 20_000_00, used: int = 0, state: LineState = LineState.ACTIVE) -> Line:
    return Line(
        id="l", customer_id="c", product_id="haoqidai", decision_id="d", currency="CNY", limit_minor=limit,
        used_minor=used, annual_rate_ppm=144_000, grade="C", granted_at=datetime(2026, 11, 20, tzinfo=UTC),
        expires_on=LAST, state=state,
    )  # fmt: skip


#   used       state     amount      on          outcome
USES = [
    (0,        "active", 20_000_00, LAST,              "used 2000000"),
    (0,        "active", 20_000_01, LAST,              "LineExceeded"),
    (5_000_00, "active", 15_000_00, date(2026, 12, 1), "used 2000000"),
    (5_000_00, "active", 15_000_01, date(2026, 12, 1), "LineExceeded"),
    (0,        "active", 1,         date(2027, 11, 21), "LineExpired"),
    (0,        "frozen", 1,         LAST,              "LineFrozen"),
    (0,        "closed", 1,         LAST,              "LineClosed"),
    (0,        "closed", 99_000_00, date(2030, 1, 1),  "LineClosed"),  # refusals come in a fixed order
    (0,        "frozen", 99_000_00, date(2030, 1, 1),  "LineFrozen"),
]  # fmt: skip


@pytest.mark.parametrize(("used", "state", "amount", "on", "outcome"), USES)
def test_use(used: int, state: str, amount: int, on: date, outcome: str) -> None:
    try:
        found = f"used {domain.use(line(used=used, state=LineState(state)), amount_minor=amount, on_date=on).used_minor}"
    except Refusal as refusal:
        found = refusal.code
    assert found == outcome


@given(limit=st.integers(1, 10**9), parts=st.lists(st.integers(1, 10**8), max_size=20))
def test_what_is_used_and_available_make_the_limit(limit: int, parts: list[int]) -> None:
    now = line(limit=limit)
    for part in parts:
        if part <= now.available_minor:
            now = domain.use(now, amount_minor=part, on_date=LAST)
        elif now.used_minor:
            now = domain.restore(now, amount_minor=min(part, now.used_minor))
        assert now.used_minor + now.available_minor == limit
        assert now.used_minor >= 0


def test_a_reduced_line_has_nothing_available() -> None:
    assert line(limit=100, used=300).available_minor == 0


def test_every_pair_outside_the_table_is_refused() -> None:
    for state in LineState:
        for act in LineAct:
            if (state, act) in domain.TRANSITIONS:
                assert next_state(state, act) in LineState
            else:
                with pytest.raises(LineActNotAllowed):
                    next_state(state, act)
