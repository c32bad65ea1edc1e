"""She asks for a promise before she gives a proof: if it shows at least this, her rate is at most that. It binds us."""

from __future__ import annotations

from datetime import datetime

from puhui.core.ids import derive_id
from puhui.core.refusals import Refusal
from puhui.decisions.queries import find_latest_decided
from puhui.evidence.queries import get_evidence_kind
from puhui.journeys import house
from puhui.journeys.once import keep, recall
from puhui.journeys.reprice import prepare
from puhui.journeys.standing import LineMissing, concessions_of, get_standing
from puhui.offers import operations as offers
from puhui.offers.domain.standing import Commitment, commitment_hash, proofs_of, runs_until
from puhui.offers.domain.worth import find_threshold
from puhui.offers.queries import find_commitment
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


class NothingToPromise(Refusal):
    """No value that this proof could show would lower her price beside what she has already."""

    field = "kind"
    status = 409


def commit(*, customer_id: str, kind: str, key: str, now: datetime) -> Commitment:
    """This function will promise the rate that the easiest sufficient value of a proof brings, as long as a quote runs.

    Raises: LineMissing, EvidenceKindUnknown, NothingToPromise, KeyReusedWithOtherBody.
    """
    body, id = {"customer_id": customer_id, "kind": kind}, derive_id("commitment", customer_id, kind, key)
    with transaction():
        if recall(scope="offer.commit", key=key, body=body, now=now) is not None:
            found = find_commitment(id=id)
            assert found is not None
            return found
        made = offers.record_commitment(commitment=_make(id, customer_id, kind, now), now=now)
        record_audit(
            actor="house",
            action="commitment.made",
            subject=f"customer:{customer_id}",
            detail={"commitment": id, "kind": kind, "fact": made.fact, "input": made.input_hash},
            now=now,
        )
        keep(scope="offer.commit", key=key, body=body, answer={"commitment_id": id}, now=now)
    return made


def _make(id: str, customer_id: str, kind: str, now: datetime) -> Commitment:
    own = get_standing(customer_id=customer_id, now=now)
    application = find_latest_decided(customer_id)
    if application is None:
        raise LineMissing()
    seen, rules = prepare(application=application, now=now)
    found = find_threshold(
        seen,
        rules=rules,
        kind=get_evidence_kind(kind, on_date=house.today(now)),
        below_ppm=own.price.base_rate_ppm,
    )
    if found is None:
        raise NothingToPromise()
    fact, at_least, rate_ppm = found
    concessions = concessions_of(now).sha256
    return Commitment(
        id=id,
        customer_id=customer_id,
        kind=kind,
        fact=fact,
        at_least=at_least,
        base_rate_ppm=rate_ppm,
        made_at=now,
        until=runs_until(now, days=house.policy(now).quote_valid_days),
        proof_ids=proofs_of(seen),
        input_hash=commitment_hash(seen, kind=kind, fact=fact, at_least=at_least, concessions=concessions),
    )
