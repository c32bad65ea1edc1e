"""She complains or asks from any page, and gets a number and a clock."""

from __future__ import annotations

from datetime import datetime

from puhui.contact import operations as contact
from puhui.core.ids import derive_id
from puhui.core.refusals import InputRefused, Refusal
from puhui.journeys import house, tell
from puhui.journeys.once import keep, recall
from puhui.protection import operations as protection
from puhui.protection import queries as cases
from puhui.protection.domain import Case, CaseKind, CaseParty, last_instant
from puhui.runtime.transactions import transaction

DISPUTE = "dispute"  # reason of the hold while a complaint is open


class CaseKindUnknown(InputRefused):
    """A case that she opens herself is a complaint or a question."""

    field = "kind"


class CaseNotYours(Refusal):
    """There is no such case of this customer."""

    field = "case"
    status = 404


def open(*, customer_id: str, kind: str, about: str, text: str, key: str, now: datetime) -> Case:
    """This function will open a complaint or a question and return it with its number and its clock.

    A complaint holds reminders while its clock runs. Raises: CaseKindUnknown, CaseTextMissing, CaseTextTooLong,
    KeyReusedWithOtherBody.
    """
    if kind not in (CaseKind.COMPLAINT, CaseKind.QUESTION):
        raise CaseKindUnknown()
    policy = house.policy(now)
    due_at = last_instant(now, days=policy.case_days(kind), zone=house.lender().zone)
    body = {"customer_id": customer_id, "kind": kind, "about": about, "text": text}
    id = derive_id("case", customer_id, key)
    with transaction():
        if recall(scope="complain.open", key=key, body=body, now=now) is not None:
            return cases.get_case(id)
        disputes = kind == CaseKind.COMPLAINT
        case = protection.open_case(
            id=id,
            customer_id=customer_id,
            kind=kind,
            about=about,
            text=text,
            now=now,
            due_at=due_at,
            hold=disputes,
        )
        if disputes:
            contact.place_hold(
                id=derive_id("hold", id), customer_id=customer_id, reason=DISPUTE, from_=now, until=due_at
            )
        tell.customer(
            customer_id=customer_id,
            template="case_received",
            about=id,
            params={"number": case.number, "by": house.today(due_at)},
            now=now,
        )
        keep(scope="complain.open", key=key, body=body, answer={"case_id": id}, now=now)
    return case


def add_note(*, customer_id: str, case_id: str, text: str, key: str, now: datetime) -> Case:
    """This function will add the customer's note to a case of hers.

    Raises: CaseNotYours, CaseOver, CaseTextMissing, CaseTextTooLong, KeyReusedWithOtherBody.
    """
    case = cases.find_case(case_id)
    if case is None or case.customer_id != customer_id:
        raise CaseNotYours()
    body = {"customer_id": customer_id, "case_id": case_id, "text": text}
    with transaction():
        if recall(scope="complain.add_note", key=key, body=body, now=now) is not None:
            return case
        note_id = derive_id("case.note", case_id, key)
        noted = protection.record_case_note(
            id=note_id, case_id=case_id, by=CaseParty.CUSTOMER, text=text, now=now
        )
        keep(scope="complain.add_note", key=key, body=body, answer={"note_id": note_id}, now=now)
    return noted
