"""Each decision is served the features of the day from what a person did with us, and what it was served is kept."""

from __future__ import annotations

from datetime import datetime, time

from puhui.core.time import instant_at
from puhui.decisions.domain.stored import Application, StoredDecision
from puhui.decisions.queries import get_application, list_applications
from puhui.facts import operations as facts
from puhui.facts.feature_sets import FeatureSet, FeatureVector, just_before, serve_features
from puhui.facts.features import FeatureEvent
from puhui.facts.queries import find_feature_set, find_feature_set_by_hash
from puhui.journeys import house
from puhui.loans.domain import EventKind, LoanEvent, position
from puhui.loans.queries import get_terms, list_events, list_loans
from puhui.protection.queries import list_purposes_in_force
from puhui.runtime.operations import record_audit
from puhui.runtime.queries import list_audit_times

PAID = (EventKind.REPAY, EventKind.PREPAY, EventKind.PAYOFF)


def serve(*, application: Application, now: datetime) -> FeatureVector | None:
    """This function will compute what a decision of this request is served now, None before the first text of features.

    A feature whose consent is not in force is not computed.
    """
    chosen = find_feature_set(jurisdiction=house.policy(now).jurisdiction, on_date=house.today(now))
    return None if chosen is None else _serve(chosen, application, now, zone=house.lender().zone)


def record(decided: StoredDecision, vector: FeatureVector | None, now: datetime) -> None:
    """This function will keep what a decision was served, in its own commit; the audit trail says what was refused."""
    if vector is None:
        return
    facts.record_vector(decision_id=decided.id, customer_id=decided.customer_id, vector=vector)
    if vector.refused:
        record_audit(
            actor="house",
            action="feature.refused",
            subject=f"customer:{decided.customer_id}",
            detail={
                "decision": decided.id,
                "features": ",".join(one.name for one in vector.refused),
                "consents": ",".join(sorted({one.refused for one in vector.refused})),
                "set": vector.set_sha256,
            },
            now=now,
        )


def rebuild(decided: StoredDecision, kept: FeatureVector) -> FeatureVector | None:
    """This function will compute a kept vector again from the history as it was known then; None when the text that it
    names is gone.
    """
    chosen = find_feature_set_by_hash(kept.set_sha256)
    if chosen is None:
        return None
    return _serve(chosen, get_application(decided.application_id), kept.served_at, zone=kept.zone)


def _serve(chosen: FeatureSet, application: Application, at: datetime, *, zone: str) -> FeatureVector:
    return serve_features(
        chosen,
        _events(application, just_before(at)),
        purposes=list_purposes_in_force(application.customer_id, at),
        decided_at=at,
        zone=zone,
    )


def _events(application: Application, known_at: datetime) -> list[FeatureEvent]:
    """What the house itself knew of her by then; the application at hand is not history."""
    found = [
        _event(one.id, "application", one.submitted.amount_minor, one.submitted_at)
        for one in list_applications(application.customer_id)
        if one.submitted and one.submitted_at and one.id != application.id
    ]
    subject = f"customer:{application.customer_id}"
    found.extend(
        _event(str(seq), "device_bound", 1, at) for seq, at in list_audit_times(subject, "device.bound")
    )
    loans = [one.id for one in list_loans(customer_id=application.customer_id) if one.opened_at <= known_at]
    for id in loans:
        events = list_events(loan_id=id, known_at=known_at)
        undone = {one.payload.get("event_id") for one in events if one.kind is EventKind.REVERSE}
        found.extend(_repayment(one) for one in events if one.kind in PAID and one.id not in undone)
        there = position(terms=get_terms(loan_id=id), events=events, as_of=house.today(known_at))
        found.append(_event(id, "days_past_due", there.dpd_days, known_at))
    return found


def _repayment(paid: LoanEvent) -> FeatureEvent:
    """A repayment is true from the beginning of its value date, and known since it was booked."""
    day = instant_at(paid.value_date, time(0), zone=house.lender().zone)
    return FeatureEvent(
        id=paid.id,
        kind="repayment",
        value=paid.amount_minor,
        event_at=min(day, paid.booked_at),
        known_at=paid.booked_at,
        version=1,
    )


def _event(id: str, kind: str, value: int, at: datetime) -> FeatureEvent:
    return FeatureEvent(id=id, kind=kind, value=value, event_at=at, known_at=at, version=1)
