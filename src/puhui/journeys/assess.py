"""The worker asks the credit bureau, decides, and grants the line, with everything that the decision saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from puhui.contact.domain import ScriptValue
from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.customers.queries import get_customer, get_identity
from puhui.decisions import operations as decisions
from puhui.decisions.domain.application import ApplicationState
from puhui.decisions.domain.stored import Application, ApplicationUnknown, StoredDecision
from puhui.decisions.domain.values import Approved, Declined, Referred
from puhui.decisions.queries import choose_rules, find_decision, get_application
from puhui.facts import operations as facts
from puhui.facts.domain import BureauAnswer, BureauUnavailable, facts_of_report
from puhui.facts.queries import get_facts
from puhui.journeys import consent, decision_input, explore, house, models, parties, serve_features, tell
from puhui.lines import operations as lines
from puhui.lines.domain import Line, LineState
from puhui.lines.queries import find_line, list_lines
from puhui.protection.domain import ConsentPurpose, last_instant
from puhui.protection.queries import list_purposes_in_force
from puhui.runtime.domain import Effect, Transient, WorkItem, no_effect
from puhui.runtime.operations import record_audit

AFFORD = "affordability"  # why a line is frozen when a proven month bears nothing
AGAIN_SECONDS = 20  # first wait after a bureau that did not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessState:
    """How far an application is."""

    application: Application  # as it stands
    decision: StoredDecision | None  # None while the bureau or the decision is awaited
    line: Line | None  # the customer's newest line, if any


def get_state(*, customer_id: str, application_id: str) -> AssessState:
    """This function will return how far an application of hers is. Raises: ApplicationUnknown."""
    application = get_application(application_id)
    if application.customer_id != customer_id:
        raise ApplicationUnknown()
    return AssessState(
        application=application,
        decision=find_decision(application_id),
        line=find_line(customer_id=customer_id),
    )


def ask_bureau(item: WorkItem) -> Effect:
    """This function will ask the bureau under her consent to this report; without one in force nothing is asked."""
    application = get_application(item.payload["application_id"])
    if application.state is not ApplicationState.SUBMITTED:
        return no_effect
    held = consent.find_report_consent(customer_id=application.customer_id, now=item.now)
    if held is None:
        return partial(_decide, application, None, "")
    _, number = get_identity(application.customer_id)
    try:
        answer = parties.bureau().report(number=number, consent_id=held.id, now=item.now)
    except BureauUnavailable as error:
        raise Transient(AGAIN_SECONDS, "the bureau does not answer") from error
    return partial(_decide, application, answer, held.id)


def _decide(application: Application, answer: BureauAnswer | None, consent_id: str, now: datetime) -> None:
    """Facts, decision, line, message and audit: one commit."""
    customer = get_customer(application.customer_id)
    if answer is not None:
        source = parties.bureau().source
        new = facts_of_report(answer, customer_id=customer.id, source=source, consent_id=consent_id, now=now)
        facts.record_facts(facts=new, now=now)
    policy = house.policy(now)
    chosen = choose_rules(customer.id, jurisdiction=policy.jurisdiction, on_date=house.today(now))
    served = serve_features.serve(application=application, now=now)
    seen = decision_input.gather(
        application=application,
        facts=get_facts(customer.id, known_at=now) | (served.facts(customer.id) if served else {}),
        region_code=customer.region_code,
        policy=policy,
        product=house.product(now),
        rules=chosen.rules,
        now=now,
        asks_person=ConsentPurpose.AUTOMATED_DECISION not in list_purposes_in_force(customer.id, now),
    )
    seen, made = explore.decide_below(seen, customer_id=customer.id, chosen=chosen)
    id = derive_id("decision", application.id)
    decided = decisions.record_decision(
        id=id, application_id=application.id, input=seen, decision=made, now=now
    )
    models.record_beside(decided, chosen)
    explore.record(decided)
    serve_features.record(decided, served, now)
    conclude(application, decided, now)
    record_audit(
        actor="house",
        action=f"decision.{decided.decision.verdict.kind}",
        subject=f"customer:{customer.id}",
        detail={"decision": decided.id, "input": decided.input_hash, "output": decided.output_hash},
        now=now,
    )


def conclude(application: Application, decided: StoredDecision, now: datetime) -> None:
    """This function will grant what a decision grants and tell her, inside the transaction that recorded it."""
    number: dict[str, ScriptValue] = {"number": application.number}
    match decided.decision.verdict:
        case Approved() as granted:
            _grant(decided, granted, now)
            amount = Money(granted.limit_minor, granted.currency)
            _tell(application, "approved", {"amount": amount, "until": granted.expires_on}, now)
        case Declined(smaller=smaller):
            if smaller is not None:
                _grant(decided, smaller, now)
            _tell(application, "declined", number, now)
        case Referred():
            days = house.policy(now).question_days
            by = house.today(last_instant(now, days=days, zone=house.lender().zone))
            _tell(application, "referred", {**number, "by": by}, now)


def _grant(decided: StoredDecision, granted: Approved, now: datetime) -> None:
    for old in list_lines(customer_id=decided.customer_id):
        if old.state is LineState.ACTIVE:
            lines.close_line(line_id=old.id, source=f"decision:{decided.id}", reason="replaced", now=now)
    lines.grant_line(
        id=derive_id("line", decided.id),
        customer_id=decided.customer_id,
        product_id=decided.input.product.id,
        decision_id=decided.id,
        limit_minor=granted.limit_minor,
        currency=granted.currency,
        grade=granted.grade,
        annual_rate_ppm=granted.annual_rate_ppm,
        expires_on=granted.expires_on,
        now=now,
    )


def _tell(application: Application, template: str, params: dict[str, ScriptValue], now: datetime) -> None:
    tell.customer(
        customer_id=application.customer_id, template=template, about=application.id, params=params, now=now
    )
