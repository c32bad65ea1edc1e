"""What is asked of exploration: the text of a day, what a month has used, and everybody who was answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from puhui.decisions.domain.exploration import (
    NOBODY,
    Exploration,
    ExplorationAnswer,
    ExplorationBudget,
    ExplorationSpend,
    StoredExploration,
    parse_exploration,
)
from puhui.decisions.exploring.models import ExplorationMonthRow, ExplorationRow
from puhui.protection.domain import PolicyInvalid
from puhui.protection.policy_files import PolicyFiles
from puhui.runtime.rows import find_row, list_rows


def _load(texts: Mapping[str, str]) -> tuple[ExplorationBudget, ...]:
    found = [parse_exploration(text, file=name) for name, text in texts.items()]
    return tuple(sorted(found, key=lambda one: (one.jurisdiction, one.valid_from)))


_files: PolicyFiles[tuple[ExplorationBudget, ...]] = PolicyFiles("exploration", load=_load)


def list_exploration_texts() -> dict[str, str]:
    """This function will return the texts themselves, by path."""
    return _files.texts()


def try_exploration(name: str, text: str, *, jurisdiction: str) -> ExplorationBudget:
    """This function will return the budget that a text (`exploration/…`) would add to those there are.

    Raises: PolicyInvalid, naming what cannot be meant; another house's text, or a budget renamed, whose people would be
    drawn anew, cannot.
    """
    everybody = _files.get_with(name, text)
    made = parse_exploration(text, file=name)
    if made.jurisdiction != jurisdiction:
        raise PolicyInvalid(f"jurisdiction is not {jurisdiction!r}, this house's", file=name)
    own = {one.id for one in everybody if one.jurisdiction == jurisdiction and one.sha256 != made.sha256}
    if own and made.id not in own:
        raise PolicyInvalid(f"id is not {min(own)!r}: another name would draw everybody anew", file=name)
    return made


def find_exploration_budget(*, jurisdiction: str, on_date: date) -> ExplorationBudget | None:
    """This function will return the text of a day, None before the first one. Raises: PolicyInvalid."""
    for one in reversed(_files.get()):
        if one.jurisdiction == jurisdiction and one.valid_from <= on_date:
            return one if one.holds_on(on_date) else None
    return None


def has_exploration() -> bool:
    """This function will tell whether any text, of any day, lets anybody in. Raises: PolicyInvalid."""
    return any(one.applies_to != NOBODY for one in _files.get())


def find_exploration(decision_id: str) -> Exploration | None:
    """This function will return what was answered beside a decision, None when nothing was asked."""
    row = find_row(ExplorationRow, decision_id=decision_id)
    return _answer(row) if row else None


def _answer(row: ExplorationRow) -> Exploration:
    return Exploration(
        answer=ExplorationAnswer(row.answer),
        bucket_ppm=row.bucket_ppm,
        propensity_ppm=row.propensity_ppm,
        limit_minor=row.limit_minor,
    )


def list_explorations(*, until: datetime) -> list[StoredExploration]:
    """This function will return everybody who was answered before an instant, oldest first. One query."""
    rows = ExplorationRow.objects.filter(at__lt=until).order_by("at", "decision_id")
    return [
        StoredExploration(
            decision_id=row.decision_id,
            customer_id=row.customer_id,
            month=row.month,
            exploration=_answer(row),
            at=row.at,
        )
        for row in rows
    ]


def get_exploration_spend(*, budget_id: str, month: date) -> ExplorationSpend:
    """This function will return what a calendar month of a budget has used; nothing where nobody was answered."""
    found = list_rows(ExplorationMonthRow, budget_id=budget_id, month=month)
    return found[0].to_domain() if found else ExplorationSpend(count=0, money_minor=0)
