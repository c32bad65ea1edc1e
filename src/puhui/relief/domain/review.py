"""What a plan rests on: the first payment that is borne only if the hoped-for income comes back, which nobody can prove
ahead. It takes effect when she says that the income is there; until then it waits, a month at a time. New misfortune nobody
can announce: some payments may wait on her word alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from puhui.core.periods import add_months
from puhui.loans.domain import EventKind, LoanState, Position
from puhui.relief.domain.budget import BudgetScenario, HouseholdBudget, bearable
from puhui.relief.domain.plans import ReliefPlan, month_of
from puhui.relief.domain.policy import ReliefPolicy, ReviewRule
from puhui.relief.domain.requests import AgreementAct

WAIT_DAYS = (
    4  # so many days before it is due a payment begins to wait: before a debit or a reminder is announced
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefReview:
    """What the payments of a plan from one on wait for, and where that stands."""

    rule: ReviewRule  # of the policy under which it was offered
    first_due: date  # of the payment as signed
    due_date: date  # of the payment now
    asks_minor: int  # what it asks for
    waits: int  # months that it has waited because she did not say so
    confirmed: bool  # whether she said that her income is back

    @property
    def is_open(self) -> bool:
        """Whether it still waits for her word."""
        return not self.confirmed

    def waits_at(self, due: date) -> bool:
        """Whether a payment of that day waits by itself while she does not say that the income is back."""
        return self.is_open and self.waits < self.rule.waits_most and self.due_date <= due


def review_of(
    plan: ReliefPlan,
    budget: HouseholdBudget,
    scenarios: Sequence[BudgetScenario],
    policy: ReliefPolicy,
    *,
    acts: Sequence[AgreementAct],
) -> ReliefReview | None:
    """This function will return the review of a plan after the acts of its agreement, None where it rests on nothing."""
    place = rests_on_recovery(plan, budget, scenarios, policy)
    if place is None or policy.review is None:
        return None
    first, waits = plan.dues[place], _count(acts, AgreementAct.WAIT)
    return ReliefReview(
        rule=policy.review,
        first_due=first,
        due_date=add_months(first, waits + _count(acts, AgreementAct.PUT_OFF)),
        asks_minor=plan.amounts[place],
        waits=waits,
        confirmed=AgreementAct.CONFIRM in acts,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefWait:
    """The next payment of a plan, which may wait a month on her word alone."""

    due_date: date  # when it is due now
    to_date: date  # when it would be due
    due_day: int  # day of the month of the payment as signed
    asks_minor: int  # what it asks for
    used: int  # months of the plan that she put off so far
    most: int  # how many she may

    @property
    def left(self) -> int:
        """How many she still may."""
        return max(0, self.most - self.used)

    @property
    def left_after(self) -> int:
        """How many she still may once this one is used."""
        return max(0, self.left - 1)


def wait_of(
    plan: ReliefPlan,
    policy: ReliefPolicy,
    there: Position,
    *,
    acts: Sequence[AgreementAct],
    review: ReliefReview | None,
) -> ReliefWait | None:
    """This function will return the payment that may wait on her word after the acts of an agreement, on the position's
    date; None under a text without such a rule, for no change and settlements, while anything is due or late, where
    nothing is to come, and where that payment waits for her word that the income is back.
    """
    if not policy.own_waits_most or plan.is_no_change or plan.choice.settlement_minor:
        return None
    coming = next((row for row in there.rows if row.due_date > there.as_of and row.open_minor), None)
    if there.state is not LoanState.ACTIVE or there.due_minor or coming is None:
        return None
    if review is not None and review.waits_at(coming.due_date):
        return None
    used, moved = _count(acts, AgreementAct.PUT_OFF), _count(acts, AgreementAct.PUT_OFF, AgreementAct.WAIT)
    signed = (one.day for one in plan.dues if add_months(one, moved) == coming.due_date)
    day = next(signed, coming.due_date.day)
    return ReliefWait(
        due_date=coming.due_date,
        to_date=add_months(coming.due_date, 1, start_day=day),
        due_day=day,
        asks_minor=coming.open_minor,
        used=used,
        most=policy.own_waits_most,
    )


def _count(acts: Sequence[AgreementAct], *wanted: AgreementAct) -> int:
    return sum(one in wanted for one in acts)


def wait_events(there: Position, *, due_day: int) -> tuple[tuple[EventKind, dict[str, int | str]], ...]:
    """This function will write a month of waiting as loan events of the position's date: kind and payload, () where nothing
    is to come. `due_day` is the day of the month of the payment as signed.
    """
    today = there.as_of
    coming = [row.due_date for row in there.rows if row.due_date > today and row.open_minor]
    if not coming:
        return ()
    to = add_months(coming[0], 1, start_day=due_day)
    last = add_months(today, 1) - timedelta(days=1)
    return (
        (EventKind.DEFER, {"months": 1, "from": coming[0].isoformat(), "to": to.isoformat()}),
        (EventKind.INTEREST_PAUSE, {"from": today.isoformat(), "to": last.isoformat()}),
    )


def rests_on_recovery(
    plan: ReliefPlan, budget: HouseholdBudget, scenarios: Sequence[BudgetScenario], policy: ReliefPolicy
) -> int | None:
    """This function will return the place (from 0) of the first payment of the first month that asks for more than it bears
    should no income come back, with the policy's chance; None where every month is borne all the same, where the policy
    asks for no review, and for no change and settlements, which promise nothing.
    """
    if policy.review is None or plan.is_no_change or plan.choice.settlement_minor:
        return None
    stays = replace(budget, usual_income_minor=min(budget.income_minor, budget.usual_income_minor))
    line = bearable(stays, scenarios, months=len(plan.months), confidence_ppm=policy.confidence_ppm)
    month = next((n for n, asks in enumerate(plan.months) if asks > max(0, line[n])), None)
    if month is None:
        return None
    return next(place for place, due in enumerate(plan.dues) if month_of(due, plan.asked_on) == month)
