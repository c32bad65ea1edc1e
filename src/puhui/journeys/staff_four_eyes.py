"""Money and logins need two people: one asks, another agrees, and the act happens in the second one's commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from puhui.access.staff import operations as desk
from puhui.access.staff.domain import APPROVALS, Approval, ApprovalKind
from puhui.access.staff.queries import get_approval, refuse_role
from puhui.core.ids import derive_id
from puhui.journeys import (
    models,
    policy_texts,
    relief_grant,
    second_scan,
    staff_claim,
    staff_loan,
    staff_payment,
)
from puhui.journeys.once import keep, recall
from puhui.payments import operations as payments
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


def _unlock(approval: Approval, now: datetime) -> None:
    claim = desk.unlock_claim(
        subject=approval.body["item"], by=approval.answered_by, to=approval.body["to"], now=now
    )
    staff_claim.show_handler(claim, now=now)


def _close_discrepancy(approval: Approval, now: datetime) -> None:
    payments.close_discrepancy(id=approval.body["item_id"], how=f"approval:{approval.id}", now=now)


def _role(approval: Approval, now: datetime) -> None:
    desk.set_staff_role(login=approval.body["login"], role=approval.body["role"])


def _open_login(approval: Approval, now: datetime) -> None:
    desk.set_staff_active(login=approval.body["login"], active=True)


def _close_login(approval: Approval, now: datetime) -> None:
    desk.set_staff_active(login=approval.body["login"], active=False)


# What happens when the second person agrees.
EFFECTS: dict[ApprovalKind, Callable[[Approval, datetime], None]] = {
    ApprovalKind.SUSPENSE_APPLY: staff_payment.apply_suspense,
    ApprovalKind.SUSPENSE_PAIR: staff_payment.pair_suspense,
    ApprovalKind.DISCREPANCY_CLOSE: _close_discrepancy,
    ApprovalKind.PAYMENT_REFUND: staff_payment.refund_payment,
    ApprovalKind.LOAN_EVENT: staff_loan.carry_out,
    ApprovalKind.SCAN_ANSWER: second_scan.carry_out,
    ApprovalKind.ITEM_UNLOCK: _unlock,
    ApprovalKind.MODEL_MOVE: models.carry_out,
    ApprovalKind.RELIEF_GRANT: relief_grant.grant,
    ApprovalKind.TEXT_PUBLISH: policy_texts.carry_out,
    ApprovalKind.STAFF_OPEN: _open_login,
    ApprovalKind.STAFF_CLOSE: _close_login,
    ApprovalKind.STAFF_ROLE: _role,
}


def ask(
    *, kind: ApprovalKind, subject: str, body: Mapping[str, str], why: str, by: str, key: str, now: datetime
) -> Approval:
    """This function will record that `by` asks for an act; nothing happens until another person agrees.

    Raises: RoleMayNot, WhyMissing, ApprovalPending, KeyReusedWithOtherBody.
    """
    refuse_role(login=by, permission=APPROVALS[kind][0])
    id = derive_id("approval", by, key)
    asked = {"kind": kind.value, "subject": subject, "body": dict(body), "why": why, "by": by}
    with transaction():
        if recall(scope="staff.ask", key=key, body=asked, now=now) is not None:
            return get_approval(id)
        approval = desk.ask_approval(
            id=id, kind=kind.value, subject=subject, body=body, why=why, asked_by=by, now=now
        )
        _audit(approval, action="asked", by=by, now=now)
        keep(scope="staff.ask", key=key, body=asked, answer={"approval": id}, now=now)
    return approval


def answer(*, approval_id: str, agreed: bool, by: str, note: str, now: datetime) -> Approval:
    """This function will record the second person's answer and, when she agrees, do the act in the same commit.

    When the act is refused now (a loan was paid off since), the answer is not recorded either. Raises:
    ApprovalUnknown, RoleMayNot, SecondPersonNeeded, ApprovalAnswered, and what the act refuses.
    """
    asked = get_approval(approval_id)
    refuse_role(login=by, permission=APPROVALS[asked.kind][1])
    with transaction():
        approval = desk.answer_approval(id=approval_id, agreed=agreed, answered_by=by, note=note, now=now)
        if agreed:
            EFFECTS[approval.kind](approval, now)
        _audit(approval, action=approval.state.value, by=by, now=now)
    return approval


def _audit(approval: Approval, *, action: str, by: str, now: datetime) -> None:
    record_audit(
        actor=f"staff:{by}",
        action=f"{approval.kind.value}.{action}",
        subject=approval.subject,
        detail={"approval": approval.id, **approval.body},
        now=now,
    )
