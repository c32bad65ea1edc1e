"""What binds us to a customer today: her line's terms, every promise that still holds, and what her month still bears."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from puhui.core.refusals import Refusal
from puhui.decisions.domain.values import Approved, Declined
from puhui.decisions.queries import find_answer, get_decision
from puhui.evidence.domain import Proof, ProofState, facts_of_proofs
from puhui.evidence.queries import get_evidence_kinds, list_proofs
from puhui.journeys import house
from puhui.lines.domain import Line
from puhui.lines.queries import find_line
from puhui.loans.domain import LoanState
from puhui.loans.queries import get_position, list_loans
from puhui.offers.domain import Quote
from puhui.offers.domain.affordable import left_of_month
from puhui.offers.domain.concessions import Concessions
from puhui.offers.domain.negotiate import Standing
from puhui.offers.domain.standing import (
    COMMITMENT,
    QUOTE,
    Hold,
    StandingPrice,
    as_hold,
    hold_of,
    hold_of_commitment,
    proofs_of,
    standing_price,
)
from puhui.offers.queries import (
    find_commitment,
    find_holder,
    find_quote,
    get_concessions,
    list_commitments,
    list_quotes,
)
from puhui.products.domain import CapBasis, CapRule


class LineMissing(Refusal):
    """There is no line to draw on."""

    field = "line"
    status = 409


class QuoteProofWithdrawn(Refusal):
    """The quote rested on a proof that its customer took back."""

    field = "quote"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStanding:
    """What binds us to one customer at one instant."""

    line: Line  # what she can draw on
    price: StandingPrice  # base rate, and what holds it
    standing: Standing  # the same as the solver takes it


def concessions_of(at: datetime) -> Concessions:
    """This function will return what a choice took off the rate at an instant."""
    return get_concessions(jurisdiction=house.lender().jurisdiction, on_date=house.today(at))


def get_standing(*, customer_id: str, now: datetime) -> OwnStanding:
    """This function will return what binds us to her now. Raises: LineMissing."""
    line = find_line(customer_id=customer_id)
    if line is None:
        raise LineMissing()
    proofs = {one.id: one for one in list_proofs(customer_id)}
    quotes = [one.quote for one in list_quotes(customer_id=customer_id)]
    holds = [_hold(one) for one in quotes if now <= one.valid_until]
    holds += _kept(customer_id, list(proofs.values()), now)
    given = [id for id, one in proofs.items() if one.state is ProofState.ACCEPTED]
    price = standing_price(line.annual_rate_ppm, holds=holds, given=given, now=now)
    policy = house.policy(now)
    return OwnStanding(
        line=line,
        price=price,
        standing=Standing(
            product=house.product(now),
            concessions=concessions_of(now),
            base_rate_ppm=price.base_rate_ppm,
            limit_minor=line.available_minor if line.is_open(house.today(now)) else 0,
            payment_minor=left_of_month(
                affordable_minor=granted_of(line).affordable_minor,
                committed_minor=committed(customer_id, now),
            ),
            cap=CapRule(cap_ppm=policy.apr_cap_ppm, basis=CapBasis(policy.apr_cap_basis)),
            value_date=house.today(now),
        ),
    )


def _kept(customer_id: str, proofs: list[Proof], now: datetime) -> list[Hold]:
    """The conditional promises whose condition her proofs meet today."""
    promised, today = list_commitments(customer_id=customer_id, now=now), house.today(now)
    if not promised:
        return []
    facts = facts_of_proofs(proofs, kinds=get_evidence_kinds(on_date=today).kinds, on_date=today)
    shown = {one.name: one.value for one in facts if isinstance(one.value, int)}
    return [one for one in [hold_of_commitment(promise, shown) for promise in promised] if one is not None]


def _hold(quote: Quote) -> Hold:
    input = get_decision(quote.decision_id).input
    return hold_of(quote, concessions=concessions_of(quote.issued_at), proof_ids=proofs_of(input))


def granted_of(line: Line) -> Approved:
    """This function will return what the line's decision granted."""
    match get_decision(line.decision_id).decision.verdict:
        case Approved() as granted:
            return granted
        case Declined(smaller=Approved() as smaller):
            return smaller
    raise AssertionError("a line comes from a decision that granted one")


def committed(customer_id: str, now: datetime) -> int:
    """This function will return what her running loans ask for in a month, minor units."""
    running = [
        one
        for one in list_loans(customer_id=customer_id)
        if one.state in (LoanState.ACTIVE, LoanState.PENDING)
    ]
    positions = [get_position(loan_id=one.id, as_of=house.today(now)) for one in running]
    return sum([one.next_due_minor for one in positions])


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
    held = _hold(other) if other is not None else as_hold(promise) if promise is not None else None
    return held if held is not None and held.base_rate_ppm < base_rate_of(quote.decision_id) else None


def refuse_withdrawn(quote: Quote) -> None:
    """This function will do nothing where every proof behind a quote stands. Raises: QuoteProofWithdrawn."""
    proofs = {one.id: one for one in list_proofs(quote.customer_id)}
    behind = proofs_of(get_decision(quote.decision_id).input)
    if any(proofs[id].state is ProofState.WITHDRAWN for id in behind if id in proofs):
        raise QuoteProofWithdrawn(number=quote.number)
