"""Somebody asks for a draft to be published, and a second person answers; or a draft is given up."""

from __future__ import annotations

from datetime import datetime

from puhui.access.staff.domain import Approval, ApprovalKind, Permission
from puhui.access.staff.queries import refuse_role
from puhui.journeys import policy_texts, staff_four_eyes
from puhui.protection.texts import operations as texts
from puhui.protection.texts.domain import PolicyText, TextAct
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


def ask_publish(*, text_id: str, why: str, by: str, key: str, now: datetime) -> Approval:
    """This function will ask for a draft to be published; nothing happens until a second person agrees.

    Raises: RoleMayNot, PolicyTextUnknown, PolicyTextMoveNotAllowed, PolicyTextInvalid, FirstDayPast, WhyMissing,
    ApprovalPending.
    """
    found = policy_texts.refuse_publishing(text_id, now)
    return staff_four_eyes.ask(
        kind=ApprovalKind.TEXT_PUBLISH,
        subject=f"text:{text_id}",
        body={"text_id": text_id, "path": found.path, "sha256": found.sha256},
        why=why,
        by=by,
        key=key,
        now=now,
    )


def drop(*, id: str, by: str, now: datetime) -> PolicyText:
    """This function will give a draft up. Raises: RoleMayNot, PolicyTextUnknown, PolicyTextMoveNotAllowed."""
    refuse_role(login=by, permission=Permission.POLICIES)
    with transaction():
        dropped = texts.move_text(id=id, act=TextAct.DROP, agreed_by="", now=now)
        record_audit(actor=f"staff:{by}", action="text.dropped", subject=f"text:{id}", detail={}, now=now)
    return dropped
