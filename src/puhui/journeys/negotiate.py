"""She talks: what she has, what she asks for, and the worth of every proof that she has not given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from puhui.decisions.queries import find_answer, find_latest_decided
from puhui.evidence.domain import EvidenceKind, Proof, standing
from puhui.evidence.queries import get_cohort, get_evidence_kinds, list_proofs
from puhui.journeys import house
from puhui.journeys.reprice import prepare
from puhui.journeys.standing import OwnStanding, get_standing
from puhui.offers.domain.negotiate import Ask, Choice, TradeAnswer, price_choice, solve
from puhui.offers.domain.standing import Commitment
from puhui.offers.domain.worth import Worth, find_worth
from puhui.offers.queries import list_commitments


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofCard:
    """One kind of proof as the page shows it."""

    kind: EvidenceKind  # what it is
    worth: Worth | None  # what it could change; None once it is given
    proof: Proof | None  # the one that stands, None before it is given


def get_answer(*, own: OwnStanding, ask: Ask, choice: Choice) -> TradeAnswer:
    """This function will answer what she asks for; nothing is saved or bound. Raises: the refusals of a draw."""
    return solve(ask, standing=own.standing, now=choice)


def list_cards(*, customer_id: str, own: OwnStanding, choice: Choice, now: datetime) -> list[ProofCard]:
    """This function will list every kind of proof, what was given first, then by what it could change.

    Empty where no answer is there to improve, or a person gave it.
    """
    application = find_latest_decided(customer_id)
    answer = find_answer(application.id) if application else None
    if application is None or answer is None:
        return []
    seen, rules = prepare(application=application, now=now)
    today = house.today(now)
    cohort, kinds = get_cohort(on_date=today), get_evidence_kinds(on_date=today).kinds
    given = {one.kind: one for one in standing(list_proofs(customer_id))}

    @cache
    def all_in(rate_ppm: int) -> int:
        there = replace(own.standing, base_rate_ppm=rate_ppm)
        return price_choice(choice, standing=there).all_in.apr_nominal_ppm

    cards = [
        ProofCard(kind=kinds[code], worth=None, proof=one) for code, one in given.items() if code in kinds
    ]
    others = [
        ProofCard(
            kind=kind,
            proof=None,
            worth=find_worth(
                seen,
                rules=rules,
                kind=kind,
                atoms=cohort.atoms[kind.code],
                basis=cohort.basis[kind.code],
                held_ppm=own.price.base_rate_ppm,
                all_in=all_in,
            ),
        )
        for kind in kinds.values()
        if kind.code not in given
    ]
    return [*cards, *sorted(others, key=_rank)]


def _rank(card: ProofCard) -> tuple[int, int, int]:
    assert card.worth is not None
    return -card.worth.at_most_ppm, -card.worth.limit_at_most_minor, card.kind.minutes


def list_promises(*, customer_id: str, now: datetime) -> list[Commitment]:
    """This function will list the conditional promises to her that still run."""
    return list_commitments(customer_id=customer_id, now=now)


def get_own(*, customer_id: str, now: datetime) -> OwnStanding:
    """This function will return what binds us to her now. Raises: LineMissing."""
    return get_standing(customer_id=customer_id, now=now)
