"""Her proofs changed, so the same request is decided again, and her line takes the terms that follow."""

from __future__ import annotations

from datetime import datetime

from puhui.core.ids import derive_id
from puhui.customers.queries import get_customer
from puhui.decisions import operations as decisions
from puhui.decisions.domain.decide import decide
from puhui.decisions.domain.rules import Rules
from puhui.decisions.domain.stored import Application, StoredDecision
from puhui.decisions.domain.values import Approved, DecisionInput
from puhui.decisions.queries import find_answer, find_latest_decided, get_rules
from puhui.evidence.domain import facts_of_proofs
from puhui.evidence.queries import get_evidence_kinds, list_proofs
from puhui.facts.feature_sets import FeatureVector
from puhui.facts.queries import get_facts
from puhui.journeys import decision_input, explore, house, serve_features
from puhui.journeys.assess import AFFORD, conclude
from puhui.lines import operations as lines
from puhui.lines.domain import LineAct, LineState
from puhui.lines.queries import find_line, list_line_events
from puhui.offers.domain.standing import proofs_of
from puhui.runtime.operations import record_audit


def prepare(
    *, application: Application, now: datetime, served: FeatureVector | None = None
) -> tuple[DecisionInput, Rules]:
    """This function will gather what a decision of this request sees now, proofs that count included, and of the
    features `served` those that the policy reads.
    """
    policy, today = house.policy(now), house.today(now)
    rules = get_rules(jurisdiction=policy.jurisdiction, on_date=today)
    kinds = get_evidence_kinds(on_date=today).kinds
    proven = facts_of_proofs(list_proofs(application.customer_id), kinds=kinds, on_date=today)
    known = get_facts(application.customer_id, known_at=now)
    if served is None and any(name.startswith("feature.") for name in rules.policy.facts):
        served = serve_features.serve(application=application, now=now)
    if served is not None:
        known = {**known, **served.facts(application.customer_id)}
    seen = decision_input.gather(
        application=application,
        facts={**known, **{one.name: one for one in proven}},
        region_code=get_customer(application.customer_id).region_code,
        policy=policy,
        product=house.product(now),
        rules=rules,
        now=now,
    )
    return explore.keep(seen), rules


def reprice(*, customer_id: str, cause: str, now: datetime) -> StoredDecision | None:
    """This function will decide her newest request again with the proofs that count now, inside the transaction that
    changed them. None where there is no answer yet to improve, or where a person gave it (it stays a person's).
    """
    application = find_latest_decided(customer_id)
    answer = find_answer(application.id) if application else None
    if application is None or answer is None or answer.input.person is not None:
        return None
    served = serve_features.serve(application=application, now=now)
    seen, rules = prepare(application=application, now=now, served=served)
    decided = decisions.record_proof_decision(
        id=derive_id("decision", application.id, cause),
        application_id=application.id,
        input=seen,
        decision=decide(seen, rules=rules),
        proofs=sorted(proofs_of(seen)),
        now=now,
    )
    serve_features.record(decided, served, now)
    _apply(application, answer, decided, cause, now)
    record_audit(
        actor=f"customer:{customer_id}",
        action=f"decision.{decided.decision.verdict.kind}",
        subject=f"customer:{customer_id}",
        detail={
            "decision": decided.id,
            "input": decided.input_hash,
            "output": decided.output_hash,
            "cause": cause,
        },
        now=now,
    )
    return decided


def _apply(
    application: Application, answer: StoredDecision, decided: StoredDecision, cause: str, now: datetime
) -> None:
    line, granted = find_line(customer_id=decided.customer_id), decided.decision.line
    if line is None or line.state is LineState.CLOSED:
        if granted is not None:
            conclude(application, decided, now)
        return
    if granted is None:  # the month bears nothing (G3): no new money, the price stays as it is
        if line.state is LineState.ACTIVE:
            lines.freeze_line(line_id=line.id, source=cause, reason=AFFORD, now=now)
        return
    lines.regrant_line(
        line_id=line.id,
        decision_id=decided.id,
        limit_minor=granted.limit_minor,
        grade=granted.grade,
        annual_rate_ppm=min(granted.annual_rate_ppm, _promised(answer)),
        source=cause,
        now=now,
    )
    frozen = [one for one in list_line_events(line_id=line.id) if one.act is LineAct.FREEZE]
    if line.state is LineState.FROZEN and frozen and frozen[-1].reason == AFFORD:
        lines.release_line(line_id=line.id, source=cause, reason=AFFORD, now=now)


def _promised(answer: StoredDecision) -> int:
    """The rate without any proof: with one it is never higher (G1)."""
    verdict = answer.decision.verdict
    return verdict.annual_rate_ppm if isinstance(verdict, Approved) else answer.decision.price.annual_rate_ppm
