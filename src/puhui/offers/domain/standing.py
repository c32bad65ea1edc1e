"""The best price that binds us today: of the decision, of every earlier quote that still holds, of every commitment.

Guarantee G1: what was offered stays offered until it runs out, whatever is learnt or shown in between. Only her own
withdrawal of a proof takes back what rested on that proof.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from puhui.core.canonical import content_hash
from puhui.decisions.domain.values import DecisionInput, SeenFact
from puhui.evidence.domain import PREFIX, proofs_behind
from puhui.facts.domain import Fact
from puhui.offers.domain.concessions import Concessions
from puhui.offers.domain.quote import Quote

QUOTE = "quote:"  # how a quote is named as what holds a price
COMMITMENT = "commitment:"  # and a conditional promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An earlier promise of a price."""

    source: str  # what holds it: "quote:ID" or "commitment:ID"
    base_rate_ppm: int  # contract rate before concessions for term and amount
    until: datetime  # last instant
    proof_ids: frozenset[str]  # proofs that it rests on; void when one of them is withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingPrice:
    """The price that binds us now, before concessions for term and amount."""

    base_rate_ppm: int  # contract rate
    held_by: str  # what holds it where it is better than the decision's own, else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """A promise made before a proof is given: if it shows at least this, the rate is at most that."""

    id: str  # 26 characters
    customer_id: str  # to whom
    kind: str  # evidence kind
    fact: str  # what must be shown
    at_least: int  # the value that suffices, in the fact's unit
    base_rate_ppm: int  # contract rate before concessions for term and amount
    made_at: datetime  # when
    until: datetime  # last instant
    proof_ids: frozenset[str]  # proofs that it rests on beside the one to come
    input_hash: str  # SHA-256 of what it was worked out from


def with_proofs(input: DecisionInput, facts: Iterable[Fact]) -> DecisionInput:
    """This function will return the decision's input with exactly these proven facts, whatever it held before."""
    kept = [one for one in input.facts if not one.name.startswith(PREFIX)]
    proven = [
        SeenFact(
            name=one.name, value=one.value, event_at=one.event_at, known_at=one.known_at, source=one.source
        )
        for one in facts
    ]
    return replace(input, facts=tuple(sorted([*kept, *proven], key=lambda one: one.name)))


def proofs_of(input: DecisionInput) -> frozenset[str]:
    """This function will return the ids of the proofs that a decision rested on."""
    return proofs_behind(one.source for one in input.facts)


def proofs_hash(input: DecisionInput, *, beside: str | None) -> str | None:
    """This function will return the hash of a decision's proofs as its row keeps it; `beside` is what the row says.

    An answer that rests on no proof has None, unless it was made after the last one was taken back.
    """
    found = content_hash(sorted(proofs_of(input)))
    return found if proofs_of(input) or beside == found else None


def hold_of(quote: Quote, *, concessions: Concessions, proof_ids: frozenset[str]) -> Hold:
    """This function will return what a quote promises about the price: its rate, with what its own choice took off.

    `concessions` are those in force when it was issued.
    """
    off = concessions.off_ppm(months=quote.months, amount_minor=quote.amount_minor)
    return Hold(
        source=f"{QUOTE}{quote.id}",
        base_rate_ppm=quote.annual_rate_ppm + off,
        until=quote.valid_until,
        proof_ids=proof_ids,
    )


def hold_of_commitment(commitment: Commitment, facts: Mapping[str, int]) -> Hold | None:
    """This function will return what a commitment holds, None where the facts do not show what it asks for."""
    if facts.get(commitment.fact, commitment.at_least - 1) < commitment.at_least:
        return None
    return as_hold(commitment)


def runs_until(made_at: datetime, *, days: int) -> datetime:
    """This function will return the last instant of a promise that runs for some days."""
    return made_at + timedelta(days=days)


def as_hold(commitment: Commitment) -> Hold:
    """This function will return what a commitment holds once its condition is met."""
    return Hold(
        source=f"{COMMITMENT}{commitment.id}",
        base_rate_ppm=commitment.base_rate_ppm,
        until=commitment.until,
        proof_ids=commitment.proof_ids,
    )


def standing_price(
    decided_ppm: int, *, holds: Iterable[Hold], given: Collection[str], now: datetime
) -> StandingPrice:
    """This function will return the lowest price that binds us: the decision's, or one that is still held.

    `given` are the proofs that she has not taken back. A hold counts up to its last instant.
    """
    best = StandingPrice(base_rate_ppm=decided_ppm, held_by="")
    for one in holds:
        if (
            now <= one.until
            and all(id in given for id in one.proof_ids)
            and one.base_rate_ppm < best.base_rate_ppm
        ):
            best = StandingPrice(base_rate_ppm=one.base_rate_ppm, held_by=one.source)
    return best


def commitment_hash(input: DecisionInput, *, kind: str, fact: str, at_least: int, concessions: str) -> str:
    """This function will return the hash of everything that a commitment was worked out from."""
    return content_hash([input, kind, fact, at_least, concessions])
