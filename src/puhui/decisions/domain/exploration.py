"""Who below the cut-off is financed all the same, within a month's count and money, and how likely that was.

A lender that refuses everybody above a cut-off never learns whether the cut-off is right: outcomes of the refused stay
unseen, and a model trained on the accepted alone is believed where it has seen nobody (Hand and Henley 1993). A small random
share, with its propensity, makes their outcomes weigh in (1 / propensity; Horvitz and Thompson 1952). What it may cost is
capped before it begins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from puhui.core.dated import HouseText
from puhui.core.rounding import Rounding, divide
from puhui.core.trace import TraceStep
from puhui.protection.domain.dated_head import take_house
from puhui.protection.domain.strict import StrictFile

PPM = 1_000_000
SHARE_MAX_PPM = 200_000  # of those who would be refused for risk
DIGITS = 20  # characters of a hexadecimal hash that place a customer: 80 bits, so that a ppm is not skewed
NOBODY, CHALLENGER, EVERYBODY = "nobody", "challenger", "everybody"
RISK = "RISK_ABOVE_CAP"  # the one refusal that may be explored: of G3 and of what she owes nothing is learnt this way
STEP = "exploration"  # name of its line in a trace


class ExplorationAnswer(StrEnum):
    """Why somebody was or was not chosen."""

    CHOSEN = "chosen"  # financed all the same
    NOT_DRAWN = "not_drawn"  # she could have been, with the propensity logged
    OFF = "off"  # the text explores nobody, or nobody of her arm
    OTHER_REASON = "other_reason"  # risk is not the only reason for the refusal
    TOO_RISKY = "too_risky"  # beyond the band
    COUNT_SPENT = "count_spent"  # so many people this month already
    MONEY_SPENT = "money_spent"  # so much money this month already
    NOTHING_FITS = "nothing_fits"  # her month carries less than the smallest amount


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplorationBudget(HouseText):
    """A dated text: for whom, how many, how much."""

    id: str  # stable name
    applies_to: str  # "nobody", "everybody", or "challenger": only those whom a challenger decides for
    reason: str  # code of the only refusal that is explored
    share_ppm: int  # of those eligible, 0 when off
    pd_most_ppm: int  # riskier people are not explored
    amount_least_minor: int  # a smaller loan teaches nothing
    amount_most_minor: int  # limit of one person
    month_count_most: int  # people a calendar month
    month_money_most_minor: int  # limits granted a calendar month, together


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplorationSpend:
    """What the calendar month has used so far."""

    count: int  # people chosen
    money_minor: int  # limits granted to them


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplorationChance:
    """What a decision sees of the budget: part of its input, so that a replay draws the same."""

    budget: ExplorationBudget  # the text of the day, figure by figure
    bucket_ppm: int  # where the hash put her, 0 to 999,999
    challenged: bool  # whether a challenger decides for her
    spent: ExplorationSpend  # of her month, before her
    most_minor: int  # limit of hers at most: the budget's, or what an earlier answer gave her


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """One answer, kept with the decision."""

    answer: ExplorationAnswer  # chosen or why not
    bucket_ppm: int  # where the hash put her, 0 to 999,999
    propensity_ppm: int  # chance that she was chosen, 0 where nobody like her could be
    limit_minor: int  # granted, 0 unless chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredExploration:
    """One answer as it is kept beside its decision."""

    decision_id: str  # which decision
    customer_id: str  # about whom
    month: date  # first day of the calendar month that pays
    exploration: Exploration  # what was answered
    at: datetime  # UTC, when


def parse_exploration(text: str, *, file: str) -> ExplorationBudget:
    """This function will compile a text of the exploration budget; `file` names it in errors.

    Raises: PolicyInvalid for an unknown or missing field, a wrong type, or figures outside what is capped.
    """
    source = StrictFile(text, file=file)
    head = source.table("exploration")
    source.done()
    found = ExplorationBudget(
        id=head.text("id"),
        **take_house(head, text=text),
        applies_to=head.choice("applies_to", {NOBODY, CHALLENGER, EVERYBODY}),
        reason=head.choice("reason", {RISK}),
        share_ppm=head.integer("share_ppm"),
        pd_most_ppm=head.integer("pd_most_ppm"),
        amount_least_minor=head.integer("amount_least_minor"),
        amount_most_minor=head.integer("amount_most_minor"),
        month_count_most=head.integer("month_count_most"),
        month_money_most_minor=head.integer("month_money_most_minor"),
    )
    head.done()
    if not 0 <= found.share_ppm <= SHARE_MAX_PPM:
        raise head.invalid(f"share_ppm is not between 0 and {SHARE_MAX_PPM}")
    if (found.share_ppm > 0) != (found.applies_to != NOBODY):
        raise head.invalid("share_ppm is 0 when and only when applies_to is nobody")
    if not 0 < found.pd_most_ppm <= PPM:
        raise head.invalid("pd_most_ppm is not between 1 and 1000000")
    if not 0 < found.amount_least_minor <= found.amount_most_minor <= found.month_money_most_minor:
        raise head.invalid(
            "amounts must rise from amount_least_minor over amount_most_minor to month_money_most_minor"
        )
    if found.month_count_most < 1:
        raise head.invalid("month_count_most is not at least 1")
    return found


def bucket_of(customer_id: str, *, budget_id: str) -> int:
    """This function will place a customer between 0 and 999,999 for one budget: the same place for ever.

    The month and the version are no part of it: who was not drawn is not drawn by applying again.
    """
    digest = hashlib.sha256(f"puhui exploration 1:{budget_id}:{customer_id}".encode()).hexdigest()
    return int(digest[:DIGITS], 16) * PPM >> (4 * DIGITS)


def may_explore(budget: ExplorationBudget, *, challenged: bool, reasons: Collection[str]) -> bool:
    """This function will tell whether a text has anything to say about a refusal with these reasons."""
    reached = budget.applies_to == EVERYBODY or (budget.applies_to == CHALLENGER and challenged)
    return reached and budget.reason in reasons


def explore(
    chance: ExplorationChance,
    *,
    reasons: Collection[str],
    pd_ppm: int,
    fits_minor: int,
    step_minor: int,
    least_minor: int,
) -> Exploration:
    """This function will answer for one person who would be refused.

    `reasons` are all codes of her refusal, what her month does not bear among them; `fits_minor` is what her month carries
    within the house's and the product's own limits, so that nobody is lent what she cannot bear (G3). The limit is never
    above it, a multiple of `step_minor` and at least `least_minor`, as the product lends. Who could not have been chosen
    has the propensity 0, and whoever weighs outcomes leaves her out.
    """
    budget = chance.budget
    limit = min(fits_minor, chance.most_minor, budget.amount_most_minor) // step_minor * step_minor
    least = max(budget.amount_least_minor, least_minor)
    barred = _barred(chance, reasons=reasons, pd_ppm=pd_ppm, fits=limit >= least)
    chosen = barred is None and chance.bucket_ppm < budget.share_ppm
    return Exploration(
        answer=barred or (ExplorationAnswer.CHOSEN if chosen else ExplorationAnswer.NOT_DRAWN),
        bucket_ppm=chance.bucket_ppm,
        propensity_ppm=0 if barred else budget.share_ppm,
        limit_minor=limit if chosen else 0,
    )


def _barred(
    chance: ExplorationChance, *, reasons: Collection[str], pd_ppm: int, fits: bool
) -> ExplorationAnswer | None:
    """Why nobody in her place can be chosen; the draw is no part of it, so that the propensity stays the share."""
    budget, spent = chance.budget, chance.spent
    if budget.applies_to == NOBODY or (budget.applies_to == CHALLENGER and not chance.challenged):
        return ExplorationAnswer.OFF
    if set(reasons) != {budget.reason}:
        return ExplorationAnswer.OTHER_REASON
    if pd_ppm > budget.pd_most_ppm:
        return ExplorationAnswer.TOO_RISKY
    if not fits:
        return ExplorationAnswer.NOTHING_FITS
    if spent.count >= budget.month_count_most:
        return ExplorationAnswer.COUNT_SPENT
    if spent.money_minor + budget.amount_most_minor > budget.month_money_most_minor:
        return ExplorationAnswer.MONEY_SPENT
    return None


def exploration_of(trace: Sequence[TraceStep]) -> Exploration | None:
    """This function will read the answer out of the trace of a decision, None where nothing was asked."""
    step = next((one for one in trace if one.step == STEP), None)
    if step is None:
        return None
    return Exploration(
        answer=ExplorationAnswer(step.value),
        bucket_ppm=int(step.because["bucket_ppm"] or 0),
        propensity_ppm=int(step.because["propensity_ppm"] or 0),
        limit_minor=int(step.because["limit_minor"] or 0),
    )


def weigh_outcomes(outcomes: Iterable[tuple[int, bool]]) -> int | None:
    """This function will return the share gone bad (ppm) among all who could have been chosen, None without an outcome.

    `outcomes` are (propensity in ppm, gone bad) of those who were; each stands for 1 / propensity people (Hajek's ratio of
    the Horvitz-Thompson sums).
    """
    everybody = bad = 0
    for propensity_ppm, gone in outcomes:
        stands_for = divide(PPM * PPM, propensity_ppm, Rounding.HALF_EVEN)
        everybody += stands_for
        bad += stands_for if gone else 0
    return divide(bad * PPM, everybody, Rounding.HALF_EVEN) if everybody else None
