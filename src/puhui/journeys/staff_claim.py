"""An item of the queue has one person at a time: she takes it, hands it over, or lets it go."""

from __future__ import annotations

from datetime import datetime

from puhui.access.staff import operations as desk
from puhui.access.staff.domain import Claim, Permission, StaffNote
from puhui.access.staff.queries import refuse_role
from puhui.core.ids import derive_id
from puhui.journeys.once import keep, recall
from puhui.protection import operations as protection
from puhui.protection.queries import find_case
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction

CASE = "case:"


def take(*, subject: str, by: str, version: int, now: datetime) -> Claim:
    """This function will give a free item to `by`; a case shows the customer who has it.

    Raises: RoleMayNot, HeldByAnother, ItemMoved.
    """
    refuse_role(login=by, permission=Permission.WORK)
    with transaction():
        claim = desk.take_claim(subject=subject, by=by, version=version, now=now)
        show_handler(claim, now=now)
    return claim


def hand_over(*, subject: str, by: str, to: str, version: int, now: datetime) -> Claim:
    """This function will give an item to a colleague. Raises: RoleMayNot, HeldByAnother, ColleagueUnknown, ItemMoved."""
    refuse_role(login=by, permission=Permission.WORK)
    with transaction():
        claim = desk.hand_over(subject=subject, by=by, to=to, version=version, now=now)
        show_handler(claim, now=now)
    return claim


def release(*, subject: str, by: str, now: datetime) -> Claim:
    """This function will make an item free again. Raises: HeldByAnother."""
    with transaction():
        return desk.release_claim(subject=subject, by=by, now=now)


def show_handler(claim: Claim, *, now: datetime) -> None:
    """This function will write to a case who has it, inside the caller's transaction; other items have no such line."""
    case = find_case(claim.subject.removeprefix(CASE)) if claim.subject.startswith(CASE) else None
    if case is None or case.is_over or case.handler == claim.holder:
        return
    id = derive_id("case.taken", claim.subject, str(claim.version))
    protection.take_case(id=id, case_id=case.id, handler=claim.holder, now=now)


def note(*, subject: str, by: str, text: str, key: str, now: datetime) -> StaffNote:
    """This function will keep a note for colleagues about a customer. Raises: RoleMayNot, NoteMissing."""
    refuse_role(login=by, permission=Permission.WORK)
    body = {"subject": subject, "by": by, "text": text}
    id = derive_id("staff.note", by, key)
    with transaction():
        if recall(scope="staff.note", key=key, body=body, now=now) is not None:
            return StaffNote(id=id, subject=subject, by=by, text=text, at=now)
        kept = desk.add_note(id=id, subject=subject, by=by, text=text, now=now)
        record_audit(actor=f"staff:{by}", action="staff.noted", subject=subject, detail={"note": id}, now=now)
        keep(scope="staff.note", key=key, body=body, answer={"note": id}, now=now)
    return kept
