"""What becomes of a signed plan, and what two people may add to an answer."""

from __future__ import annotations

from dataclasses import replace

from puhui.loans.domain import LoanState, Position
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
