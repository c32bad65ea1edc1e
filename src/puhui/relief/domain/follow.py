"""What becomes of a signed plan, and what two people may add to an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from puhui.loans.domain import PAYMENTS, LoanEvent, LoanState, Position, standing
from puhui.relief.domain.options import ReliefLoan
from puhui.relief.domain.requests import AgreementAct, AgreementState, ReliefAgreement
from puhui.relief.domain.solve import (
    ReliefAnswer,
    ReliefCard,
    ReliefFinding,
    ReliefReason,
    household_order,
    record_effect,
)

FOR_ITS_COST = (ReliefReason.WORTH_TOO_LOW, ReliefReason.POOL_SHORT)


def follow_up(agreement: ReliefAgreement, there: Position, *, patience_days: int) -> AgreementAct | None:
    """This function will tell what happened to a live agreement by today, None where it simply goes on."""
    if there.state is not LoanState.ACTIVE:
        return AgreementAct.KEEP if there.state is LoanState.CLOSED else AgreementAct.REPLACE
    if agreement.state is AgreementState.RUNNING and there.dpd_days > patience_days:
        return AgreementAct.BREAK
    if agreement.state is AgreementState.BROKEN and not there.late_minor:
        return AgreementAct.MEND
    return None


def paid_towards(events: Sequence[LoanEvent], *, since: int) -> int:
    """This function will add up what was paid after the first `since` events of a loan, reversed payments apart."""
    before = {event.id for event in events[:since]}
    return sum(one.amount_minor for one in standing(events) if one.kind in PAYMENTS and one.id not in before)


def settle_up(
    agreement: ReliefAgreement,
    *,
    price_minor: int,
    paid_minor: int,
    signed_on: date,
    today: date,
    patience_days: int,
) -> AgreementAct | None:
    """This function will tell what happened to a running settlement: kept once its price has come, broken when it has not
    come in the days of patience; lateness of the loan says nothing of it.
    """
    if paid_minor >= price_minor:
        return AgreementAct.KEEP
    waits = today <= signed_on + timedelta(days=patience_days)
    return None if waits or agreement.state is not AgreementState.RUNNING else AgreementAct.BREAK


def rest_of(there: Position) -> tuple[tuple[str, int], ...]:
    """This function will split what is still owed of a settled loan into (component, minor units), charges first."""
    rows = there.rows
    penalty = there.penalty_outstanding_minor
    fee = sum(max(0, row.fee_minor - row.paid_fee_minor) for row in rows if row.due_date <= there.as_of)
    principal = there.principal_outstanding_minor
    interest = there.payoff_minor - penalty - fee - principal
    parts = (("penalty", penalty), ("fee", fee), ("interest", interest), ("principal", principal))
    return tuple((name, amount) for name, amount in parts if amount > 0)


def is_grantable(finding: ReliefFinding) -> bool:
    """This function will tell whether two people may grant a refused plan: each month bears it, only its cost spoke against."""
    return finding.reason in FOR_ITS_COST


def grant_card(answer: ReliefAnswer, finding: ReliefFinding, loan: ReliefLoan) -> ReliefAnswer:
    """This function will put a granted plan among the cards, in the household's order; the pool pays all that it costs."""
    assert is_grantable(finding), "only a plan refused for its cost is granted"
    granted = ReliefCard(
        plan=finding.plan,
        tags=(),
        draw_minor=finding.shortfall_minor,
        costs_more_minor=0,
        record=record_effect(finding.plan, loan),
        why_not_cheaper=None,
    )
    cards = sorted([*answer.cards, granted], key=lambda one: household_order(one.plan))
    least = cards[0].plan.total_minor
    cards = [replace(one, costs_more_minor=one.plan.total_minor - least) for one in cards]
    rest = tuple(one for one in answer.refused if one is not finding)
    return replace(answer, cards=tuple(cards), refused=rest, steps=(), because=None)
