"""Stored text back into values. What was written canonically is read field by field; nothing is guessed.

Writing is `core.canonical`; reading is here. A test proves that reading and writing again gives the same bytes.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from puhui.core.trace import Outcome, TraceStep
from puhui.decisions.domain.affordability import Affordability
from puhui.decisions.domain.application import ApplicationInput
from puhui.decisions.domain.exploration import ExplorationBudget, ExplorationChance, ExplorationSpend
from puhui.decisions.domain.prices import Benefit, Price, PricePart
from puhui.decisions.domain.values import (
    Approved,
    Decision,
    DecisionInput,
    Declined,
    Help,
    HouseLimits,
    PersonAct,
    ProductTerms,
    Reason,
    Referred,
    SeenFact,
    TermCapacity,
    Verdict,
)

Document = dict[str, Any]


def read_input(text: str) -> DecisionInput:
    """This function will read the stored input of a decision. Raises: KeyError, TypeError or ValueError if it is not one."""
    document: Document = json.loads(text)
    return DecisionInput(
        **{
            **document,
            "decided_at": datetime.fromisoformat(document["decided_at"]),
            "on_date": date.fromisoformat(document["on_date"]),
            "application": read_application(document["application"]),
            "facts": tuple(_fact(one) for one in document["facts"]),
            "house": HouseLimits(**document["house"]),
            "product": ProductTerms(**{**document["product"], "terms": tuple(document["product"]["terms"])}),
            "benefits": tuple(Benefit(**one) for one in document["benefits"]),
            "person": _person(document.get("person")),
            "asks_person": document.get("asks_person", False),
            "exploration": _chance(document.get("exploration")),
        }
    )


def _chance(document: Document | None) -> ExplorationChance | None:
    if document is None:
        return None
    budget, last = document["budget"], document["budget"]["valid_to"]
    days = {
        "valid_from": date.fromisoformat(budget["valid_from"]),
        "valid_to": date.fromisoformat(last) if last else None,
    }
    spent = ExplorationSpend(**document["spent"])
    return ExplorationChance(
        **{**document, "budget": ExplorationBudget(**{**budget, **days}), "spent": spent}
    )


def _person(document: Document | None) -> PersonAct | None:
    return PersonAct(**{**document, "reasons": tuple(document["reasons"])}) if document else None


def read_application(document: Document) -> ApplicationInput:
    """This function will read a stored application. Raises: TypeError if it is not one."""
    return ApplicationInput(**document)


def read_decision(text: str) -> Decision:
    """This function will read a stored decision. Raises: KeyError, TypeError or ValueError if it is not one."""
    document: Document = json.loads(text)
    price = document["price"]
    return Decision(
        **{
            **document,
            "verdict": _verdict(document["verdict"]),
            "price": Price(
                annual_rate_ppm=price["annual_rate_ppm"],
                parts=tuple(PricePart(**one) for one in price["parts"]),
            ),
            "affordability": Affordability(**document["affordability"]),
            "trace": tuple(_step(one) for one in document["trace"]),
        }
    )


def _fact(one: Document) -> SeenFact:
    times = {name: datetime.fromisoformat(one[name]) for name in ("event_at", "known_at")}
    return SeenFact(**{**one, **times})


def _verdict(one: Document) -> Verdict:
    if one["kind"] == "approved":
        return _approved(one)
    reasons = tuple(Reason(**reason) for reason in one["reasons"])
    if one["kind"] == "referred":
        return Referred(**{**one, "reasons": reasons})
    if one["kind"] != "declined":
        raise ValueError(f"{one['kind']!r} is no verdict")
    return Declined(
        **{
            **one,
            "reasons": reasons,
            "helps": tuple(Help(**help) for help in one["helps"]),
            "no_helps": tuple(one["no_helps"]),
            "smaller": _approved(one["smaller"]) if one["smaller"] else None,
        }
    )


def _approved(one: Document) -> Approved:
    return Approved(
        **{
            **one,
            "expires_on": date.fromisoformat(one["expires_on"]),
            "capacities": tuple(TermCapacity(**capacity) for capacity in one["capacities"]),
        }
    )


def _step(one: Document) -> TraceStep:
    return TraceStep(
        **{
            **one,
            "outcome": Outcome(one["outcome"]),
            "children": tuple(_step(child) for child in one["children"]),
        }
    )
