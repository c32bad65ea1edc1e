"""What a quote was built with, worked out again: its decision's rate, or the earlier promise that held it."""

from __future__ import annotations

from puhui.decisions.queries import find_answer, get_decision
from puhui.journeys.standing import concessions_of, hold_of_quote
from puhui.offers.domain import Quote
from puhui.offers.domain.standing import COMMITMENT, QUOTE, Hold, as_hold
from puhui.offers.queries import find_commitment, find_holder, find_quote


def base_rate_of(decision_id: str) -> int:
    """This function will return the rate that a decision gave a line: never above the answer without proofs (G1)."""
    stored = get_decision(decision_id)
    answer = find_answer(stored.application_id)
    rates = [one.decision.price.annual_rate_ppm for one in (stored, answer) if one is not None]
    return min(rates)


def quoted_rate(quote: Quote) -> int:
    """This function will work out again the rate that a quote was built with, from what held it then."""
    held = _held(quote)
    base = base_rate_of(quote.decision_id) if held is None else held.base_rate_ppm
    concessions = concessions_of(quote.issued_at)
    return concessions.lower(base, months=quote.months, amount_minor=quote.amount_minor)


def holder_of(quote: Quote) -> str | None:
    """This function will return what held a quote's price, None where its own decision was as good."""
    held = _held(quote)
    return held.source if held is not None else None


def _held(quote: Quote) -> Hold | None:
    holder = find_holder(quote_id=quote.id)
    other = find_quote(id=holder.removeprefix(QUOTE)) if holder.startswith(QUOTE) else None
    promise = find_commitment(id=holder.removeprefix(COMMITMENT)) if holder.startswith(COMMITMENT) else None
    held = hold_of_quote(other) if other is not None else as_hold(promise) if promise is not None else None
    return held if held is not None and held.base_rate_ppm < base_rate_of(quote.decision_id) else None
