"""The one table of payment orders, as drawn; what may be attempted again."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from puhui.payments.domain import (
    OPEN_STATES,
    ORDER_TABLE,
    Direction,
    Heard,
    OrderNews,
    OrderNotFailed,
    OrderState,
    OrderStillUnknown,
    PaymentOrder,
    RailOutcome,
    SubmitState,
    attempt_id,
    check_new_attempt,
    hear,
)

# "·" known already, "early" told again later, "!" contradicts: to the list of discrepancies.
DRAWN = """
state    | accepted | rejected | unknown | absent  | done | failed | returned
created  | sent     | failed   | unknown | ·       | done | failed | early
sent     | ·        | !        | ·       | !       | done | failed | early
unknown  | sent     | failed   | ·       | created | done | failed | early
done     | ·        | !        | ·       | !       | ·    | !      | returned
failed   | ·        | ·        | ·       | ·       | !    | ·      | !
returned | ·        | !        | ·       | !       | ·    | !      | ·
"""
MARKS = {"·": Heard.KNOWN, "early": Heard.EARLY, "!": Heard.CONTRADICTS}


def drawn() -> dict[OrderState, dict[OrderNews, OrderState | Heard]]:
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in DRAWN.strip().splitlines()]
    return {
        OrderState(row[0]): {
            OrderNews(news): MARKS.get(cell) or OrderState(cell)
            for news, cell in zip(head[1:], row[1:], strict=True)
        }
        for row in rows
    }


def test_the_table_is_as_drawn() -> None:
    assert drawn() == ORDER_TABLE


def test_every_pair_of_state_and_news_is_decided() -> None:
    assert all(hear(state, news) is not None for state in OrderState for news in OrderNews)


def test_money_that_moved_is_never_forgotten() -> None:
    """From done an order only ever goes to returned, and from there nowhere; failed never becomes anything else."""
    for news in OrderNews:
        assert hear(OrderState.DONE, news) in {OrderState.RETURNED, Heard.KNOWN, Heard.CONTRADICTS}
        assert isinstance(hear(OrderState.RETURNED, news), Heard)
        assert isinstance(hear(OrderState.FAILED, news), Heard)


def test_unknown_is_left_only_by_the_rails_word() -> None:
    assert hear(OrderState.UNKNOWN, OrderNews.UNKNOWN) is Heard.KNOWN


def test_the_rails_words_are_news() -> None:
    assert OrderNews.of(SubmitState.UNKNOWN) is OrderNews.UNKNOWN
    assert OrderNews.of(RailOutcome.RETURNED) is OrderNews.RETURNED


def order(state: OrderState) -> PaymentOrder:
    at = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    moved = state in (OrderState.DONE, OrderState.RETURNED)
    return PaymentOrder(
        id="o" * 26,
        direction=Direction.COLLECT,
        amount_minor=1_807_51,
        currency="CNY",
        account_id="a",
        customer_id="c",
        loan_id="l",
        purpose="due",
        mandate_id=None,
        first_id="o" * 26,
        attempt=1,
        state=state,
        reason="",
        created_at=at,
        changed_at=at,
        settled_date=date(2026, 11, 20) if moved else None,
        returned_date=date(2026, 11, 21) if state is OrderState.RETURNED else None,
    )


@pytest.mark.parametrize("state", list(OrderState))
def test_a_new_attempt_only_after_a_known_failure(state: OrderState) -> None:
    if state is OrderState.FAILED:
        check_new_attempt(order(state))
        return
    with pytest.raises(OrderStillUnknown if state in OPEN_STATES else OrderNotFailed):
        check_new_attempt(order(state))


def test_attempts_have_their_own_keys() -> None:
    ids = {attempt_id("a", 2), attempt_id("a", 3), attempt_id("b", 2)}
    assert len(ids) == 3 and all(len(one) == 26 for one in ids)
    assert attempt_id("a", 2) == attempt_id("a", 2)
    with pytest.raises(AssertionError):
        attempt_id("a", 1)
