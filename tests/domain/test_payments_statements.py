"""The statement file: broken off, miscounted, altered; and how its lines meet orders."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.payments.domain import (
    Direction,
    Flow,
    OrderState,
    PaymentOrder,
    RailOutcome,
    Statement,
    StatementLine,
    StatementTotalWrong,
    StatementTruncated,
    StatementUnreadable,
    SuspenseReason,
    match_statement,
    parse_statement,
    suspense_posting,
    write_statement,
)
from puhui.payments.domain.statements import flow_of, total_statement
from tests.domain.test_payments_orders import order as one_order

DAY = date(2026, 11, 20)


def line(
    number: int,
    key: str,
    *,
    direction: Direction | None = Direction.COLLECT,
    outcome: RailOutcome = RailOutcome.DONE,
    amount_minor: int = 1_807_51,
    memo: str = "",
) -> StatementLine:
    return StatementLine(
        line_id=f"M{number}",
        day=DAY,
        key=key,
        direction=direction,
        flow=flow_of(direction, outcome) if direction else Flow.IN,
        outcome=outcome,
        amount_minor=amount_minor,
        currency="CNY",
        account_tail="6621",
        memo=memo,
    )


def file(*lines: StatementLine) -> bytes:
    return write_statement(total_statement(day=DAY, currency="CNY", lines=lines))


LINES = (
    line(1, "o1"),
    line(2, "o2", direction=Direction.PAYOUT, amount_minor=20_000_00),
    line(3, "", direction=None, amount_minor=50_00, memo='还款, "李" 谢谢'),
)


def test_what_is_written_is_read() -> None:
    statement = parse_statement(file(*LINES))
    assert statement == Statement(
        day=DAY, currency="CNY", lines=LINES, in_minor=1_857_51, out_minor=20_000_00
    )
    assert parse_statement(file()).lines == ()


@given(st.integers(0, len(file(*LINES)) - 1))
def test_a_file_that_breaks_off_anywhere_is_refused(length: int) -> None:
    with pytest.raises((StatementTruncated, StatementUnreadable)):
        parse_statement(file(*LINES)[:length])


def rows(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def test_a_lost_line_is_noticed() -> None:
    kept = rows(file(*LINES))
    with pytest.raises(StatementTruncated):
        parse_statement(b"".join([*kept[:3], *kept[4:]]))
    with pytest.raises(StatementTruncated):
        parse_statement(b"".join([*kept[:4], *kept[3:]]))


@pytest.mark.parametrize(
    ("was", "becomes"), [(b"180751", b"180750"), (b"2000000", b"2000001"), (b",in,", b",out,")]
)
def test_a_wrong_control_total_is_refused(was: bytes, becomes: bytes) -> None:
    with pytest.raises(StatementTotalWrong):
        parse_statement(file(*LINES).replace(was, becomes, 1))


@pytest.mark.parametrize(
    ("was", "becomes", "row"),
    [
        (b"rail-statement", b"rail-statment", 1),
        (b"2026-11-20,CNY", b"20.11.2026,CNY", 1),
        (b"line_id", b"line", 2),
        (b"L,M1,o1,collect", b"L,M1,o1,borrow", 3),
        (b"L,M1,o1,collect", b"L,M1,,collect", 3),
        (b"done,180751", b"failed,180751", 3),
        (b"done,180751", b"done,1807.51", 3),
        (b"done,180751", b"done,-180751", 3),
        (b"180751,CNY", b"180751,EUR", 3),
        (b"L,M2", b"L,M1", 6),
        (b"T,3", b"T,three", 6),
    ],
)
def test_a_wrong_row_is_named(was: bytes, becomes: bytes, row: int) -> None:
    content = file(*LINES)
    assert was in content
    with pytest.raises(StatementUnreadable) as refused:
        parse_statement(content.replace(was, becomes, 1))
    assert refused.value.facts["row"] == row


def order(
    id: str,
    state: OrderState,
    *,
    direction: Direction = Direction.COLLECT,
    amount_minor: int = 1_807_51,
    settled: date | None = None,
    returned: date | None = None,
) -> PaymentOrder:
    base = one_order(state)
    values = {name: getattr(base, name) for name in base.__dataclass_fields__}
    values |= {"id": id, "first_id": id, "direction": direction, "amount_minor": amount_minor}
    moved = state in (OrderState.DONE, OrderState.RETURNED)
    values["settled_date"] = settled or (DAY if moved else None)
    values["returned_date"] = returned or (DAY if state is OrderState.RETURNED else None)
    return PaymentOrder(**values)


S, R = OrderState, SuspenseReason
MEETINGS = [
    # our state  | line says            | comes out as
    (S.DONE, RailOutcome.DONE, "known"),
    (S.RETURNED, RailOutcome.DONE, "known"),
    (S.RETURNED, RailOutcome.RETURNED, "known"),
    (S.SENT, RailOutcome.DONE, "news"),
    (S.UNKNOWN, RailOutcome.DONE, "news"),
    (S.CREATED, RailOutcome.DONE, "news"),
    (S.DONE, RailOutcome.RETURNED, "news"),
    (S.FAILED, RailOutcome.DONE, R.CONTRADICTS),
    (S.FAILED, RailOutcome.RETURNED, R.CONTRADICTS),
    (S.SENT, RailOutcome.RETURNED, R.CONTRADICTS),
]


@pytest.mark.parametrize(("state", "outcome", "result"), MEETINGS)
def test_a_line_meets_its_order(state: OrderState, outcome: RailOutcome, result: str) -> None:
    match = match_statement(day=DAY, orders=[order("o1", state)], lines=[line(1, "o1", outcome=outcome)])
    if isinstance(result, SuspenseReason):
        assert [(one.reason, one.order_id) for one in match.unmatched] == [(result, "o1")]
        assert not match.matched and not match.outcomes
        return
    assert [one.was_known for one in match.matched] == [result == "known"]
    assert [one.outcome for one in match.outcomes] == ([] if result == "known" else [outcome])
    assert not match.unmatched


UNEXPLAINED = [
    # line                                                      | why
    (line(1, "stranger"), R.NO_ORDER),
    (line(1, "", direction=None), R.NO_ORDER),
    (line(1, "o1", amount_minor=1_807_50), R.DIFFERS),
    (line(1, "o1", direction=Direction.PAYOUT), R.DIFFERS),
]


@pytest.mark.parametrize(("strange", "why"), UNEXPLAINED)
def test_a_line_that_no_order_explains_goes_to_suspense(strange: StatementLine, why: SuspenseReason) -> None:
    match = match_statement(day=DAY, orders=[order("o1", S.SENT)], lines=[strange])
    assert [one.reason for one in match.unmatched] == [why]


def test_a_second_effect_of_one_order_is_not_taken_for_the_first() -> None:
    match = match_statement(day=DAY, orders=[order("o1", S.SENT)], lines=[line(1, "o1"), line(2, "o1")])
    assert len(match.matched) == 1 and [one.reason for one in match.unmatched] == [R.DUPLICATE]


def test_an_order_settled_on_another_day_is_not_matched_twice() -> None:
    earlier = order("o1", S.DONE, settled=date(2026, 11, 19))
    match = match_statement(day=DAY, orders=[earlier], lines=[line(1, "o1")])
    assert [one.reason for one in match.unmatched] == [R.OTHER_DAY]


def test_done_and_returned_on_one_day_are_two_pieces_of_news() -> None:
    both = [line(1, "o1"), line(2, "o1", outcome=RailOutcome.RETURNED)]
    match = match_statement(day=DAY, orders=[order("o1", S.UNKNOWN)], lines=both)
    assert [one.outcome for one in match.outcomes] == [RailOutcome.DONE, RailOutcome.RETURNED]


def test_an_order_missing_from_the_statement_is_found() -> None:
    orders = [
        order("o1", S.DONE),
        order("o2", S.RETURNED),
        order("o3", S.DONE, settled=date(2026, 11, 19)),
        order("o4", S.FAILED),
        order("o5", S.SENT),
    ]
    match = match_statement(day=DAY, orders=orders, lines=[line(1, "o2")])
    assert [(one.order_id, one.outcome) for one in match.missing] == [
        ("o1", RailOutcome.DONE),
        ("o2", RailOutcome.RETURNED),
    ]


@given(st.data())
def test_matching_is_a_partition(data: st.DataObject) -> None:
    """Each line comes out exactly once; each order that should be there is on the statement or missing."""
    states = data.draw(st.lists(st.sampled_from(list(OrderState)), max_size=6))
    orders = [order(f"o{i}", state) for i, state in enumerate(states)]
    keys = st.sampled_from([*(one.id for one in orders), "stranger"])
    outcomes = st.sampled_from([RailOutcome.DONE, RailOutcome.RETURNED])
    said = data.draw(st.lists(st.tuples(keys, outcomes, st.sampled_from([1_807_51, 1])), max_size=8))
    lines = [line(i, key, outcome=how, amount_minor=much) for i, (key, how, much) in enumerate(said)]
    match = match_statement(day=DAY, orders=orders, lines=lines)
    out = [one.line for one in match.matched] + [one.line for one in match.unmatched]
    assert sorted(one.line_id for one in out) == sorted(one.line_id for one in lines)
    explained = [(one.order_id, one.line.outcome) for one in match.matched]
    assert len(set(explained)) == len(explained), "an order explains one line of each kind"
    should = {(one.id, RailOutcome.DONE) for one in orders if one.settled_date == DAY}
    should |= {(one.id, RailOutcome.RETURNED) for one in orders if one.returned_date == DAY}
    missing = {(one.order_id, one.outcome) for one in match.missing}
    assert missing == should - set(explained)


def test_suspense_is_booked_in_and_out_again() -> None:
    came = suspense_posting(flow=Flow.IN, amount_minor=5, currency="CNY")
    left = suspense_posting(flow=Flow.IN, amount_minor=5, currency="CNY", closing=True)
    assert (came.debit, came.credit) == ("1001", "2001") == (left.credit, left.debit)
    assert suspense_posting(flow=Flow.OUT, amount_minor=5, currency="CNY").debit == "2001"
