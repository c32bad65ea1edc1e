"""Before the money leaves: fresh facts about identity, lists and lenders, and the dated policy that reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from puhui.access.staff.domain import Approval
from puhui.core.ids import derive_id
from puhui.customers.queries import get_identity
from puhui.decisions import operations as decisions
from puhui.decisions.domain.second_scan import (
    ScanNotHeld,
    ScanPolicy,
    ScanVerdict,
    SecondScan,
    burden_permille,
    run_scan,
)
from puhui.decisions.queries import find_scan, find_scan_policy, get_decision, get_scan
from puhui.facts import operations as facts
from puhui.facts.domain import Fact, ScanSourceUnavailable, facts_of_scan
from puhui.journeys import house, parties
from puhui.lines.queries import get_line
from puhui.loans.queries import get_loan, get_position
from puhui.payments.domain import Direction, PaymentOrder
from puhui.payments.operations import SEND
from puhui.protection.domain import LENDERS, ConsentPurpose
from puhui.protection.queries import is_use_covered, list_consents
from puhui.runtime.domain import Transient
from puhui.runtime.operations import put_work, record_audit

AGAIN_SECONDS = 30  # first wait after a source that did not answer
PURPOSES = (ConsentPurpose.IDENTITY, ConsentPurpose.CREDIT_REPORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshScan:
    """What a look found; written when the payout's own outcome is."""

    order: PaymentOrder  # the payout
    verdict: ScanVerdict  # pass, hold or stop
    reason: str  # code, "" when it passes
    made: tuple[SecondScan, ScanPolicy, tuple[Fact, ...]] | None  # None when an earlier scan still counts


def look(*, order: PaymentOrder, now: datetime) -> FreshScan | None:
    """This function will scan a payout, or return the scan that still counts; None for what needs none: money that does
    not go out to a borrower, and days before the first policy. It asks gateways: no transaction may be open.

    Raises: Transient when a source does not answer.
    """
    policy = find_scan_policy(jurisdiction=house.policy(now).jurisdiction, on_date=house.today(now))
    if order.direction is not Direction.PAYOUT or order.loan_id is None or policy is None:
        return None
    kept = find_scan(order_id=order.id)
    if kept is not None and kept.counts(policy, now=now):
        return FreshScan(order=order, verdict=kept.conclusion, reason=kept.reason, made=None)
    learnt = _ask(order, now)
    own, income = _month(order.loan_id, now)
    values = {one.name: one.value for one in learnt}
    elsewhere = values.get("scan.instalments_minor")
    values["scan.burden_permille"] = burden_permille(
        instalments_minor=elsewhere if isinstance(elsewhere, int) else None,
        own_minor=own,
        income_minor=income,
    )
    found = run_scan(policy, values)
    return FreshScan(
        order=order, verdict=found.verdict, reason=found.reason, made=(found, policy, tuple(learnt))
    )


def _ask(order: PaymentOrder, now: datetime) -> list[Fact]:
    """Ask under the consents that are in force, about lenders only where the words of hers name it; without one about
    identity nothing is asked. The policy says what follows.
    """
    held = {one.purpose: one.id for one in list_consents(order.customer_id) if one.in_force(now)}
    if not is_use_covered(order.customer_id, ConsentPurpose.CREDIT_REPORT, LENDERS, now):
        held.pop(ConsentPurpose.CREDIT_REPORT, None)
    consents = {purpose.value: held[purpose] for purpose in PURPOSES if purpose in held}
    if ConsentPurpose.IDENTITY not in held:
        return []
    _, number = get_identity(order.customer_id)
    try:
        report = parties.scan().look(number=number, lenders=ConsentPurpose.CREDIT_REPORT in held, now=now)
    except ScanSourceUnavailable as error:
        raise Transient(AGAIN_SECONDS, "the second scan's source does not answer") from error
    return facts_of_scan(
        report, customer_id=order.customer_id, source=parties.scan().source, consent_ids=consents, now=now
    )


def _month(loan_id: str, now: datetime) -> tuple[int, int]:
    """Our own highest instalment, and the income that the line's decision counted, both a month in minor units."""
    rows = get_position(loan_id=loan_id, as_of=house.today(now)).rows
    decided = get_decision(get_line(id=get_loan(id=loan_id).line_id).decision_id)
    return max((row.payment_minor for row in rows), default=0), decided.decision.affordability.income_minor


def record(found: FreshScan | None, now: datetime) -> None:
    """This function will keep what a look found, its facts first, inside the transaction of the payout's outcome."""
    if found is None or found.made is None:
        return
    scan, policy, learnt = found.made
    order = found.order
    facts.record_facts(facts=learnt, now=now)
    id = derive_id("scan", order.id, now.isoformat())
    decisions.record_scan(
        id=id, order_id=order.id, customer_id=order.customer_id, scan=scan, policy=policy, now=now
    )
    record_audit(
        actor="house",
        action=f"second_scan.{scan.verdict.value}",
        subject=f"customer:{order.customer_id}",
        detail={"scan": id, "order": order.id, "reason": scan.reason, "policy": policy.sha256},
        now=now,
    )


def carry_out(approval: Approval, now: datetime) -> None:
    """This function will let a held payout leave, or stop it for good, as two people agreed; the worker then acts on it.

    Raises: ScanUnknown, ScanNotHeld.
    """
    scan = get_scan(approval.body["item_id"])
    if scan.conclusion is not ScanVerdict.HOLD or approval.body["to"] not in ("pass", "stop"):
        raise ScanNotHeld()
    verdict = ScanVerdict(approval.body["to"])
    decisions.record_scan_answer(
        scan_id=scan.id, verdict=verdict, asked_by=approval.asked_by, agreed_by=approval.answered_by, now=now
    )
    put_work(key=f"pay:{scan.order_id}:scan", kind=SEND, payload={"order_id": scan.order_id}, now=now)
