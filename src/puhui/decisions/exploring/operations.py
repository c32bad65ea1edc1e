"""Write verbs of exploration: the month is held while somebody is answered, and the answer is kept with its chance."""

from __future__ import annotations

from datetime import date, datetime

from puhui.decisions.domain.exploration import (
    Exploration,
    ExplorationAnswer,
    ExplorationBudget,
    ExplorationSpend,
)
from puhui.decisions.exploring.models import ExplorationMonthRow, ExplorationRow
from puhui.runtime.rows import find_row, insert_if_absent, new_row, update_row
from puhui.runtime.transactions import require_transaction


def lock_month(*, budget_id: str, on_date: date) -> ExplorationSpend:
    """This function will return what the month of a day has used, and hold it until commit: nobody spends beside."""
    require_transaction()
    return _lock(budget_id, on_date.replace(day=1)).to_domain()


def record_exploration(
    *,
    decision_id: str,
    customer_id: str,
    budget: ExplorationBudget,
    exploration: Exploration,
    on_date: date,
    now: datetime,
) -> None:
    """This function will keep an answer and count it against its month; the same decision again changes nothing."""
    require_transaction()
    month = on_date.replace(day=1)
    row = new_row(
        ExplorationRow,
        decision_id=decision_id,
        customer_id=customer_id,
        budget_id=budget.id,
        budget_sha256=budget.sha256,
        month=month,
        answer=exploration.answer.value,
        bucket_ppm=exploration.bucket_ppm,
        propensity_ppm=exploration.propensity_ppm,
        limit_minor=exploration.limit_minor,
        at=now,
    )
    if not insert_if_absent(row) or exploration.answer is not ExplorationAnswer.CHOSEN:
        return
    used = _lock(budget.id, month)
    used.count += 1
    used.money_minor += exploration.limit_minor
    assert used.count <= budget.month_count_most and used.money_minor <= budget.month_money_most_minor
    update_row(used, ["count", "money_minor"])


def _lock(budget_id: str, month: date) -> ExplorationMonthRow:
    id = f"{budget_id} {month:%Y-%m}"
    insert_if_absent(
        new_row(ExplorationMonthRow, id=id, budget_id=budget_id, month=month, count=0, money_minor=0)
    )
    row = find_row(ExplorationMonthRow, lock=True, id=id)
    assert row is not None, "the row was there or was made"
    return row
