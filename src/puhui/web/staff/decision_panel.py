"""The decision on a customer's file: its trace, its replay, how the price adds up, and what she sees of it."""

from __future__ import annotations

import time
from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language

from puhui.customers.domain import Customer
from puhui.decisions import queries as decisions
from puhui.decisions.domain.stored import StoredDecision
from puhui.facts import queries as facts
from puhui.journeys import serve_features
from puhui.offers import queries as offers
from puhui.web.borrower.quoting import view_of
from puhui.web.shared.explain import trace_rows, waterfall_of, write
from puhui.web.shared.features import feature_rows


def context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """This function will return the chosen decision (the newest by default) with its trace and its replay just run."""
    stored = decisions.list_decisions(customer.id)
    if not stored:
        return {"decisions": [], "decision": None}
    wanted = request.GET.get("decision", "")
    chosen = next((one for one in stored if one.id == wanted), stored[0])
    start = time.perf_counter_ns()
    replay = decisions.replay_decision(chosen.id)
    took = (time.perf_counter_ns() - start) // 1000
    quotes = [
        one.quote for one in offers.list_quotes(customer_id=customer.id) if one.quote.decision_id == chosen.id
    ]
    return {
        "decisions": stored,
        "decision": chosen,
        "application": decisions.get_application(chosen.application_id),
        "verdict_name": write("", chosen.decision.verdict.kind),
        "trace": trace_rows(chosen.decision.trace),
        "replay": replay,
        "replay_us": f"{took:,}",
        "waterfall": waterfall_of(chosen.decision.price),
        "quotes": [view_of(quote) for quote in quotes[:3]],
        **_features(chosen),
    }


def _features(chosen: StoredDecision) -> dict[str, Any]:
    """What the decision was served, beside the same computed again from the history just now."""
    served = facts.find_vector(chosen.id)
    if served is None:
        return {"vector": None}
    again = serve_features.rebuild(chosen, served)
    return {
        "vector": served,
        "features": feature_rows(served, again, language=get_language() or "zh-hans"),
        "features_again": again,
        "features_differ": again is not None and again != served,
    }
