"""A person decides what the policy sends to one: whether and how much; the price stays the table's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from puhui.access.staff import operations as desk
from puhui.access.staff.domain import Permission
from puhui.access.staff.queries import refuse_role
from puhui.core.ids import derive_id
from puhui.core.refusals import InputRefused, Refusal
from puhui.decisions import operations as decisions
from puhui.decisions.domain.application import NotAwaitingPerson
from puhui.decisions.domain.decide import decide
from puhui.decisions.domain.stored import StoredDecision
from puhui.decisions.domain.values import PersonAct, Referred
from puhui.decisions.queries import find_decision, get_application, get_reason_texts, get_rules_by_hash
from puhui.facts.queries import find_vector
from puhui.journeys import assess, house, serve_features
from puhui.journeys.once import keep, recall
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction

PREFIX = "PERSON_"  # codes of the reasons that a person may give
MOST_REASONS = 4


class LimitOutOfReach(InputRefused):
    """The amount is above what the month and the budget carry."""

    field = "limit"


class NothingToGrant(Refusal):
    """On the figures seen no amount can be carried, so there is nothing to agree to."""

    field = "limit"


class PersonReasonMissing(InputRefused):
    """A decline by a person has one to four of the reasons on the list."""

    field = "reasons"


def list_reasons() -> list[str]:
    """This function will return the codes of the reasons that a person may give."""
    return sorted([code for code in get_reason_texts().texts if code.startswith(PREFIX)])


def approve(*, application_id: str, by: str, limit_minor: int, key: str, now: datetime) -> StoredDecision:
    """This function will grant a line within what the month carries, at the table's price, and tell her.

    Raises: RoleMayNot, NotAwaitingPerson, NothingToGrant, LimitOutOfReach, HeldByAnother, KeyReusedWithOtherBody.
    """
    act = PersonAct(by=by, agreed=True, limit_minor=limit_minor, reasons=())
    return _decide(application_id, act, key, now)


def decline(
    *, application_id: str, by: str, reasons: Sequence[str], key: str, now: datetime
) -> StoredDecision:
    """This function will decline with reasons that she reads.

    Raises: RoleMayNot, NotAwaitingPerson, PersonReasonMissing, HeldByAnother, KeyReusedWithOtherBody.
    """
    act = PersonAct(by=by, agreed=False, limit_minor=0, reasons=tuple(sorted(set(reasons))))
    return _decide(application_id, act, key, now)


def _decide(application_id: str, act: PersonAct, key: str, now: datetime) -> StoredDecision:
    refuse_role(login=act.by, permission=Permission.DECIDE)
    body = {"application_id": application_id, "act": act}
    with transaction():
        if recall(scope="staff.decide", key=key, body=body, now=now) is not None:
            return _standing(application_id)
        referral = _standing(application_id)
        if not isinstance(referral.decision.verdict, Referred):
            raise NotAwaitingPerson()
        _refuse(act, referral)
        desk.refuse_held(subject=f"application:{application_id}", by=act.by)
        decided = _record(referral, act, now)
        serve_features.record(decided, find_vector(referral.id), now)  # she saw what the referral was served
        assess.conclude(get_application(application_id), decided, now)
        record_audit(
            actor=f"staff:{act.by}",
            action=f"decision.{decided.decision.verdict.kind}",
            subject=f"customer:{decided.customer_id}",
            detail={"decision": decided.id, "input": decided.input_hash, "output": decided.output_hash},
            now=now,
        )
        keep(scope="staff.decide", key=key, body=body, answer={"decision": decided.id}, now=now)
    return decided


def _standing(application_id: str) -> StoredDecision:
    found = find_decision(application_id)
    if found is None:
        raise NotAwaitingPerson()
    return found


def _refuse(act: PersonAct, referral: StoredDecision) -> None:
    most = referral.decision.limit_minor
    if act.agreed and most == 0:
        raise NothingToGrant()
    if act.agreed and not 0 < act.limit_minor <= most:
        raise LimitOutOfReach(limit_minor=most)
    known = act.agreed or set(act.reasons) <= set(list_reasons())
    if not known or (not act.agreed and not 0 < len(act.reasons) <= MOST_REASONS):
        raise PersonReasonMissing()


def _record(referral: StoredDecision, act: PersonAct, now: datetime) -> StoredDecision:
    """The referral's own input with the person's act, under the very rules that referred."""
    seen = replace(referral.input, decided_at=now, on_date=house.today(now), person=act)
    rules = get_rules_by_hash(
        policy_sha256=seen.policy_sha256, model_sha256=seen.model_sha256, prices_sha256=seen.prices_sha256
    )
    return decisions.record_person_decision(
        id=derive_id("decision", referral.application_id, "person"),
        application_id=referral.application_id,
        input=seen,
        decision=decide(seen, rules=rules),
        now=now,
    )
