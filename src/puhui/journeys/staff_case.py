"""A person works on a complaint, a question or a request for help, and answers it; the customer is told."""

from __future__ import annotations

from datetime import datetime

from puhui.access.staff import operations as desk
from puhui.access.staff.domain import Permission
from puhui.access.staff.queries import RoleMayNot, refuse_role
from puhui.contact import operations as contact
from puhui.contact.queries import list_holds
from puhui.core.ids import derive_id
from puhui.journeys import tell
from puhui.journeys.once import keep, recall
from puhui.protection import operations as protection
from puhui.protection.domain import Case, CaseKind, CaseOutcome, CaseParty
from puhui.protection.queries import get_case
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction

NEEDS = {
    CaseKind.COMPLAINT: Permission.COMPLAINTS,
    CaseKind.QUESTION: Permission.QUESTIONS,
    CaseKind.HELP: Permission.HELP,
}
OUTCOMES: dict[CaseKind, tuple[CaseOutcome, ...]] = {
    CaseKind.COMPLAINT: (CaseOutcome.UPHELD, CaseOutcome.PARTLY_UPHELD, CaseOutcome.NOT_UPHELD),
    CaseKind.QUESTION: (CaseOutcome.ANSWERED,),
    CaseKind.HELP: (CaseOutcome.HELPED,),
}


def note(*, case_id: str, by: str, text: str, key: str, now: datetime) -> Case:
    """This function will add a note to a case, which the customer reads.

    Raises: RoleMayNot, HeldByAnother, CaseOver, CaseTextMissing, CaseTextTooLong, KeyReusedWithOtherBody.
    """
    case = get_case(case_id)
    refuse_role(login=by, permission=NEEDS[case.kind])
    body = {"case_id": case_id, "by": by, "text": text}
    with transaction():
        if recall(scope="staff.case.note", key=key, body=body, now=now) is not None:
            return case
        desk.refuse_held(subject=f"case:{case_id}", by=by)
        id = derive_id("case.note", case_id, key)
        noted = protection.record_case_note(
            id=id, case_id=case_id, by=CaseParty.STAFF, author=by, text=text, now=now
        )
        keep(scope="staff.case.note", key=key, body=body, answer={"note": id}, now=now)
    return noted


def answer(*, case_id: str, by: str, outcome: str, text: str, key: str, now: datetime) -> Case:
    """This function will close a case with its answer, end the rest that a complaint gave her, and tell her.

    Raises: RoleMayNot, HeldByAnother, CaseOver, CaseTextMissing, CaseTextTooLong, KeyReusedWithOtherBody.
    """
    case = get_case(case_id)
    refuse_role(login=by, permission=NEEDS[case.kind])
    if outcome not in OUTCOMES[case.kind]:
        raise RoleMayNot()
    body = {"case_id": case_id, "by": by, "outcome": outcome, "text": text}
    with transaction():
        if recall(scope="staff.case.answer", key=key, body=body, now=now) is not None:
            return case
        desk.refuse_held(subject=f"case:{case_id}", by=by)
        closed = protection.close_case(
            id=derive_id("case.closed", case_id),
            case_id=case_id,
            outcome=outcome,
            author=by,
            text=text,
            now=now,
        )
        if case.kind is CaseKind.COMPLAINT:
            _end_rest(case, now)
        tell.customer(
            customer_id=case.customer_id,
            template="case_closed",
            about=case_id,
            params={"number": case.number},
            now=now,
        )
        record_audit(
            actor=f"staff:{by}",
            action="case.answered",
            subject=f"customer:{case.customer_id}",
            detail={"case": case_id, "outcome": outcome},
            now=now,
        )
        keep(scope="staff.case.answer", key=key, body=body, answer={"case": case_id}, now=now)
    return closed


def _end_rest(case: Case, now: datetime) -> None:
    mine = derive_id("hold", case.id)
    for hold in list_holds(case.customer_id):
        if hold.id == mine and hold.active(now):
            contact.lift_hold(id=hold.id, now=now)
