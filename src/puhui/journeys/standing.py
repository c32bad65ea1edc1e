"""What binds us to a customer today: her line's terms, every promise that still holds, and what her month still bears."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from puhui.core.refusals import Refusal
from puhui.decisions.domain.values import Approved, Decision, Declined
from puhui.decisions.queries import get_decision
from puhui.evidence.domain import ProofState
from puhui.evidence.queries import list_proofs
from puhui.journeys import house
from puhui.journeys.promises import kept_promises
from puhui.lines.domain import Line
from puhui.lines.queries import find_line
from puhui.loans.domain import LoanState
from puhui.loans.queries import get_position, list_loans
from puhui.offers.domain import Quote
from puhui.offers.domain.affordable import left_of_month
from puhui.offers.domain.concessions import Concessions
from puhui.offers.domain.negotiate import Standing
from puhui.offers.domain.standing import (
    Hold,
    StandingPrice,
    hold_of,
    proofs_of,
    standing_price,
)
from puhui.offers.queries import (
    get_concessions,
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
    policy_sha256: str  # the credit policy of the line's decision


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
    holds = [hold_of_quote(one) for one in quotes if now <= one.valid_until]
    given = [id for id, one in proofs.items() if one.state is ProofState.ACCEPTED]
    kept = kept_promises(customer_id=customer_id, proofs=list(proofs.values()), now=now)
    price = standing_price(line.annual_rate_ppm, holds=[*holds, *kept], given=given, now=now)
    policy, decided = house.policy(now), get_decision(line.decision_id)
    return OwnStanding(
        line=line,
        price=price,
        policy_sha256=decided.input.policy_sha256,
        standing=Standing(
            product=house.product(now),
            concessions=concessions_of(now),
            base_rate_ppm=price.base_rate_ppm,
            limit_minor=line.available_minor if line.is_open(house.today(now)) else 0,
            payment_minor=left_of_month(
                affordable_minor=_granted_by(decided.decision).affordable_minor,
                committed_minor=committed(customer_id, now),
            ),
            cap=CapRule(cap_ppm=policy.apr_cap_ppm, basis=CapBasis(policy.apr_cap_basis)),
            value_date=house.today(now),
        ),
    )


def hold_of_quote(quote: Quote) -> Hold:
    """This function will return what a quote promises about the price, by the concessions of its day."""
    input = get_decision(quote.decision_id).input
    return hold_of(quote, concessions=concessions_of(quote.issued_at), proof_ids=proofs_of(input))


def granted_of(line: Line) -> Approved:
    """This function will return what the line's decision granted."""
    return _granted_by(get_decision(line.decision_id).decision)


def _granted_by(decision: Decision) -> Approved:
    match decision.verdict:
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


def refuse_withdrawn(quote: Quote) -> None:
    """This function will do nothing where every proof behind a quote stands. Raises: QuoteProofWithdrawn."""
    proofs = {one.id: one for one in list_proofs(quote.customer_id)}
    behind = proofs_of(get_decision(quote.decision_id).input)
    if any(proofs[id].state is ProofState.WITHDRAWN for id in behind if id in proofs):
        raise QuoteProofWithdrawn(number=quote.number)
