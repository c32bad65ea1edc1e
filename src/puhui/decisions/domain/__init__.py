"""The public values and functions of decisions, in one place for the stages and journeys that come after."""

from puhui.decisions.domain.affordability import Affordability, assess_affordability
from puhui.decisions.domain.application import (
    FIELDS,
    PURPOSES,
    TRANSITIONS,
    ApplicationInput,
    ApplicationLimits,
    ApplicationState,
    check_typed,
    parse_application,
)
from puhui.decisions.domain.decide import decide
from puhui.decisions.domain.gather import application_limits, house_limits, make_input, product_terms
from puhui.decisions.domain.prices import Benefit, Price, PricePart
from puhui.decisions.domain.reason_texts import ReasonText, ReasonTexts, fill
from puhui.decisions.domain.replay import Difference, Replay, replay
from puhui.decisions.domain.rules import Rules
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

__all__ = [
    "FIELDS",
    "PURPOSES",
    "TRANSITIONS",
    "Affordability",
    "ApplicationInput",
    "ApplicationLimits",
    "ApplicationState",
    "Approved",
    "Benefit",
    "Decision",
    "DecisionInput",
    "Declined",
    "Difference",
    "Help",
    "HouseLimits",
    "PersonAct",
    "Price",
    "PricePart",
    "ProductTerms",
    "Reason",
    "ReasonText",
    "ReasonTexts",
    "Referred",
    "Replay",
    "Rules",
    "SeenFact",
    "TermCapacity",
    "Verdict",
    "application_limits",
    "assess_affordability",
    "check_typed",
    "decide",
    "fill",
    "house_limits",
    "make_input",
    "parse_application",
    "product_terms",
    "replay",
]
