"""The conditional promises that her proofs meet today: each holds her price as a quote does."""

from __future__ import annotations

from datetime import datetime

from puhui.evidence.domain import Proof, facts_of_proofs
from puhui.evidence.queries import get_evidence_kinds
from puhui.journeys import house
from puhui.offers.domain.standing import Hold, hold_of_commitment
from puhui.offers.queries import list_commitments


def kept_promises(*, customer_id: str, proofs: list[Proof], now: datetime) -> list[Hold]:
    """This function will return what the promises hold whose condition her proofs meet today. One or two queries."""
    promised, today = list_commitments(customer_id=customer_id, now=now), house.today(now)
    if not promised:
        return []
    facts = facts_of_proofs(proofs, kinds=get_evidence_kinds(on_date=today).kinds, on_date=today)
    shown = {one.name: one.value for one in facts if isinstance(one.value, int)}
    return [one for one in [hold_of_commitment(promise, shown) for promise in promised] if one is not None]
