"""She asks for a lower price on a running loan: her request is decided again with what counts now, or she hears what would."""

from __future__ import annotations

from datetime import datetime

from puhui.core.ids import derive_id
from puhui.decisions import operations as decisions
from puhui.decisions.domain.decide import decide
from puhui.decisions.domain.stored import Application
from puhui.decisions.domain.values import Approved, Decision, DecisionInput
from puhui.decisions.queries import find_answer, find_latest_decided
from puhui.evidence.domain import ProofState
from puhui.evidence.queries import list_proofs
from puhui.journeys import house, negotiate
from puhui.journeys.reprice import prepare
from puhui.journeys.standing import concessions_of, get_standing
from puhui.loans.domain import (
    ChangeChoice,
    ChangeLoan,
    ChangePolicy,
    ChangePrice,
    change_price,
    paid_on_time,
    promised_rate,
)
from puhui.loans.queries import list_changes, list_loans, list_positions
from puhui.offers.domain.negotiate import nearest_choice
from puhui.offers.domain.standing import proofs_of


def price(
    *, customer_id: str, loan: ChangeLoan, choice: ChangeChoice, policy: ChangePolicy, now: datetime
) -> ChangePrice:
    """This function will price a running loan as today would; nothing is written. Raises: LineMissing."""
    own = get_standing(customer_id=customer_id, now=now)
    base, given = own.price.base_rate_ppm, given_proofs(customer_id)
    decided = _decided(customer_id, now)
    if decided is not None:
        base = min(base, _rate_of(decided[2]))
    ids = [one.id for one in list_loans(customer_id=customer_id)]
    positions = list_positions(loan_ids=ids, as_of=house.today(now))
    earlier = [one for one, signed in list_changes(loan_id=loan.events[0].loan_id) if not signed]
    return change_price(
        loan=loan,
        choice=choice,
        base_ppm=base,
        promised_ppm=promised_rate(earlier, given=given, now=now),
        concessions=concessions_of(now),
        policy=policy,
        on_time_payments=paid_on_time(positions.values()),
        proof_ids=given,
    )


def record(*, customer_id: str, cause: str, now: datetime) -> str:
    """This function will keep the decision behind a price inside the caller's transaction, so that it replays, and return
    its id; her line stays as it is. Where a person gave the answer, that is the one behind it.
    """
    decided = _decided(customer_id, now)
    if decided is None:
        return get_standing(customer_id=customer_id, now=now).line.decision_id
    application, input, decision = decided
    return decisions.record_proof_decision(
        id=derive_id("decision", application.id, cause),
        application_id=application.id,
        input=input,
        decision=decision,
        proofs=sorted(proofs_of(input)),
        now=now,
    ).id


def given_proofs(customer_id: str) -> frozenset[str]:
    """This function will return the ids of the proofs that count: given and not taken back."""
    return frozenset([one.id for one in list_proofs(customer_id) if one.state is ProofState.ACCEPTED])


def worths(
    *, customer_id: str, loan: ChangeLoan, price: ChangePrice, policy: ChangePolicy, now: datetime
) -> list[tuple[negotiate.ProofCard, int]]:
    """This function will list the proofs that she has not given and that could lower the price of this loan, each with the
    lowest rate that it could bring, the lowest first. Raises: LineMissing.
    """
    own = get_standing(customer_id=customer_id, now=now)
    near = nearest_choice(
        product=own.standing.product, amount_minor=loan.terms.principal_minor, months=loan.terms.months
    )
    found = []
    for card in negotiate.list_cards(customer_id=customer_id, own=own, choice=near, now=now):
        if card.worth is None:
            continue
        best = change_price(
            loan=loan,
            choice=ChangeChoice(),
            base_ppm=min(price.base_ppm, card.worth.rate_at_best_ppm),
            promised_ppm=None,
            concessions=concessions_of(now),
            policy=policy,
            on_time_payments=price.on_time_payments,
            proof_ids=(),
        )
        if best.answer_ppm < min(price.answer_ppm, price.now_ppm):
            found.append((card, best.answer_ppm))
    return sorted(found, key=lambda one: (one[1], one[0].kind.minutes))


def _decided(customer_id: str, now: datetime) -> tuple[Application, DecisionInput, Decision] | None:
    """Her newest request, decided again with what counts now; None where a person gave the answer (it stays a person's)."""
    application = find_latest_decided(customer_id)
    answer = find_answer(application.id) if application else None
    if application is None or answer is None or answer.input.person is not None:
        return None
    seen, rules = prepare(application=application, now=now)
    return application, seen, decide(seen, rules=rules)


def _rate_of(decision: Decision) -> int:
    verdict = decision.verdict
    return verdict.annual_rate_ppm if isinstance(verdict, Approved) else decision.price.annual_rate_ppm
