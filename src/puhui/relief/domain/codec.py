"""Plans and answers as stored text and back. A plan's events are not stored: its choice makes them again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from puhui.core.canonical import plain
from puhui.relief.domain.budget import HouseholdBudget
from puhui.relief.domain.options import ReliefChoice, ReliefLoan
from puhui.relief.domain.plans import PlanPayment, ReliefPlan, add_up, assemble
from puhui.relief.domain.solve import (
    RecordEffect,
    ReliefAnswer,
    ReliefCard,
    ReliefFinding,
    ReliefReason,
    ReliefStep,
)

Document = Mapping[str, Any]


def plan_to_plain(plan: ReliefPlan) -> dict[str, Any]:
    """This function will turn a plan into JSON's own types: choice, payments, what is waived."""
    return {
        "choice": plain(plan.choice),
        "payments": [
            [one.due_date.isoformat(), one.amount_minor, one.principal_minor] for one in plan.payments
        ],
        "waived": plan.waived_minor,
        "restructured": plan.restructured,
    }


def plan_from_plain(data: Document, loan: ReliefLoan) -> ReliefPlan:
    """This function will read back a plan for the loan for which it was made."""
    choice = ReliefChoice(**data["choice"])
    payments = [PlanPayment(_day(due), amount, principal) for due, amount, principal in data["payments"]]
    return assemble(
        choice=choice,
        asked_on=loan.asked_on,
        payments=payments,
        waived_minor=data["waived"],
        restructured=data["restructured"],
    )


_day = lru_cache(maxsize=4096)(date.fromisoformat)  # the plans of a loan share their days


def plans_to_text(plans: Sequence[ReliefPlan]) -> str:
    """This function will write all plans of a loan as one text, by columns: it is read whenever she asks."""
    days = sorted({due for one in plans for due in one.dues})
    places = {day: place for place, day in enumerate(days)}
    written = [
        {
            "choice": plain(one.choice),
            "days": [places[due] for due in one.dues],
            "amounts": one.amounts,
            "parts": one.parts,
            "waived": one.waived_minor,
            "restructured": one.restructured,
        }
        for one in plans
    ]
    return json.dumps({"days": [day.isoformat() for day in days], "plans": written}, separators=(",", ":"))


def plans_from_text(text: str, loan: ReliefLoan) -> tuple[ReliefPlan, ...] | None:
    """This function will read back the plans of the loan for which they were written, None in the form of an earlier release."""
    document = json.loads(text)
    if not isinstance(document, dict):
        return None
    day = [date.fromisoformat(one) for one in document["days"]].__getitem__
    return tuple(
        [
            add_up(
                ReliefChoice(**one["choice"]),
                loan.asked_on,
                columns=(map(day, one["days"]), one["amounts"], one["parts"]),
                waived_minor=one["waived"],
                restructured=one["restructured"],
            )
            for one in document["plans"]
        ]
    )


def budget_from_plain(data: Document) -> HouseholdBudget:
    """This function will read back a budget. Raises: TypeError if it is not one."""
    return HouseholdBudget(**data)


def answer_to_plain(answer: ReliefAnswer) -> dict[str, Any]:
    """This function will turn an answer into JSON's own types."""
    return {
        "bears": list(answer.bears_minor),
        "cards": [_card(one) for one in answer.cards],
        "no_change": _card(answer.no_change),
        "refused": [_finding(one) for one in answer.refused],
        "steps": [one.value for one in answer.steps],
        "because": answer.because.value if answer.because else None,
    }


def answer_from_plain(data: Document, loan: ReliefLoan) -> ReliefAnswer:
    """This function will read back an answer for the loan for which it was made."""
    return ReliefAnswer(
        bears_minor=tuple(data["bears"]),
        cards=tuple(_read_card(one, loan) for one in data["cards"]),
        no_change=_read_card(data["no_change"], loan),
        refused=tuple(_read_finding(one, loan) for one in data["refused"]),
        steps=tuple(ReliefStep(one) for one in data["steps"]),
        because=ReliefReason(data["because"]) if data["because"] else None,
    )


def _card(card: ReliefCard) -> dict[str, Any]:
    return {
        "plan": plan_to_plain(card.plan),
        "tags": list(card.tags),
        "draw": card.draw_minor,
        "costs_more": card.costs_more_minor,
        "record": card.record.value,
        "why_not_cheaper": _finding(card.why_not_cheaper) if card.why_not_cheaper else None,
        "refused": _finding(card.refused) if card.refused else None,
        **({"programme": card.programme} if card.programme else {}),
    }


def _read_card(data: Document, loan: ReliefLoan) -> ReliefCard:
    cheaper, refused = data["why_not_cheaper"], data["refused"]
    return ReliefCard(
        plan=plan_from_plain(data["plan"], loan),
        tags=tuple(data["tags"]),
        draw_minor=data["draw"],
        costs_more_minor=data["costs_more"],
        record=RecordEffect(data["record"]),
        why_not_cheaper=_read_finding(cheaper, loan) if cheaper else None,
        refused=_read_finding(refused, loan) if refused else None,
        programme=data.get("programme", ""),
    )


FIGURES = ("month", "asks_minor", "bears_minor", "shortfall_minor", "refusal")


def _finding(one: ReliefFinding) -> dict[str, Any]:
    figures = {name: getattr(one, name) for name in FIGURES}
    return {"plan": plan_to_plain(one.plan), "reason": one.reason.value, **figures}


def _read_finding(data: Document, loan: ReliefLoan) -> ReliefFinding:
    figures = {name: data[name] for name in FIGURES}
    return ReliefFinding(
        plan=plan_from_plain(data["plan"], loan), reason=ReliefReason(data["reason"]), **figures
    )


def told(refused: Sequence[ReliefFinding], *, most: int) -> tuple[ReliefFinding, ...]:
    """This function will pick what is worth telling of what is not offered: no change, plans with one change only, and the
    cheapest of each reason; in the household's order, at most `most`.
    """
    picked: list[ReliefFinding] = [one for one in refused if one.plan.choice == ReliefChoice()]
    reasons = {one.reason for one in refused}
    picked += [
        next(one for one in refused if one.reason is reason) for reason in ReliefReason if reason in reasons
    ]
    picked += [one for one in refused if one.plan.choice.changes == 1]
    kept = {id(one) for one in picked[:most]}
    return tuple(one for one in refused if id(one) in kept)
