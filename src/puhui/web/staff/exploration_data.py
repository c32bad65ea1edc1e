"""Exploration at work on a date: the text in force, what its month has used, who could be let in, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings

from puhui.core.time import shift_days, start_of
from puhui.decisions.domain.exploration import (
    ExplorationAnswer,
    ExplorationBudget,
    ExplorationSpend,
    StoredExploration,
    weigh_outcomes,
)
from puhui.decisions.exploring.queries import find_exploration_budget, list_explorations
from puhui.web.staff.monitoring_data import outcome_of
from puhui.web.staff.portfolio_data import loans_on


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplorationMonth:
    """What one calendar month explored."""

    first: date  # first day of the month
    refused: int  # answered in it: refused for risk, with whatever else
    could: int  # of them, those with a chance
    chosen: int  # of them, those let in
    money_minor: int  # limits granted to them


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplorationWatch:
    """Everything that the page shows of exploration."""

    budget: ExplorationBudget | None  # text in force, None before the first
    spent: ExplorationSpend  # of the month of the date
    months: tuple[ExplorationMonth, ...]  # newest first, those with an answer
    outcomes: int  # loans of people let in, with an outcome
    bad: int  # of them, gone bad
    bad_ppm: int | None  # weighed by propensity; None without an outcome


def watch_exploration(*, as_of: date) -> ExplorationWatch:
    """This function will read exploration as it stood at the end of `as_of`."""
    until = start_of(shift_days(as_of, 1), zone=settings.LENDER["zone"])
    found = list_explorations(until=until)
    months = tuple(_month(first, found) for first in sorted({one.month for one in found}, reverse=True))
    here = next((one for one in months if one.first == as_of.replace(day=1)), None)
    known = _outcomes(found, as_of)
    return ExplorationWatch(
        budget=find_exploration_budget(jurisdiction=settings.LENDER["jurisdiction"], on_date=as_of),
        spent=ExplorationSpend(count=here.chosen if here else 0, money_minor=here.money_minor if here else 0),
        months=months,
        outcomes=len(known),
        bad=sum(bad for _, bad in known),
        bad_ppm=weigh_outcomes(known),
    )


def _month(first: date, found: list[StoredExploration]) -> ExplorationMonth:
    own = [one.exploration for one in found if one.month == first]
    chosen = [one for one in own if one.answer is ExplorationAnswer.CHOSEN]
    return ExplorationMonth(
        first=first,
        refused=len(own),
        could=sum(one.propensity_ppm > 0 for one in own),
        chosen=len(chosen),
        money_minor=sum(one.limit_minor for one in chosen),
    )


def _outcomes(found: list[StoredExploration], as_of: date) -> list[tuple[int, bool]]:
    """(propensity, gone bad) of each loan that somebody took on the line that exploration gave her."""
    let_in: dict[str, StoredExploration] = {}
    for one in found:
        if one.exploration.answer is ExplorationAnswer.CHOSEN:
            let_in.setdefault(one.customer_id, one)
    known = []
    for loan in loans_on(as_of) if let_in else ():
        own, bad = let_in.get(loan.customer_id), outcome_of(loan, as_of)
        if own is not None and own.at <= loan.signed_at and bad is not None:
            known.append((own.exploration.propensity_ppm, bad))
    return known
