"""Complaints, questions and requests for help: each gets a number and a clock; help stops pressure at once."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from puhui.journeys import ask_for_help, complain
from puhui.protection.domain import Case, CaseEvent
from puhui.protection.queries import get_case, list_case_events, list_cases
from puhui.web.errors import NotFoundHere
from puhui.web.partner_api import own
from puhui.web.partner_api.act import act, reply
from puhui.web.partner_api.fields import Body, Cursor, Id, Limit, Out, Words
from puhui.web.partner_api.operations import operation
from puhui.web.partner_api.pages import cut

router = Router(tags=["Complaints, questions and help"])
READ, WRITE = "cases:read", "cases:write"
MOST = 1000  # cases of one customer that a list reads
CaseState = Literal["open", "in_work", "closed", "withdrawn"]


class CaseIn(Body):
    """A complaint or a question."""

    kind: Literal["complaint", "question"]
    text: Words
    loan_id: Id | None = Field(default=None, description="The loan that it is about, if any.")


class HelpIn(Body):
    """She cannot pay, or sees that she will not be able to. No reason and no paper is needed."""

    text: str = Field(default="", strict=True, max_length=2000, description="Her own words; may be empty.")
    loan_id: Id | None = Field(default=None, description="The loan that it is about, if any.")


class NoteIn(Body):
    """Something she adds."""

    text: Words


class CaseOut(Out):
    """A case and its clock. Her words are read apart."""

    id: Id
    number: str
    customer_id: Id
    kind: Literal["complaint", "question", "help"]
    about: str
    state: CaseState
    hold: bool = Field(description="Whether outbound pressure rests while it is open.")
    opened_at: datetime
    due_at: datetime = Field(description="By when we answer.")
    outcome: str | None
    closed_at: datetime | None


class HelpCaseOut(CaseOut):
    """A request for help and what it stopped."""

    frozen_until: datetime | None = Field(
        description="First instant no longer calm: no contact, no penalty until then. None when uses are spent."
    )


class CaseEventOut(Out):
    """One thing that happened to a case."""

    seq: int
    act: str
    by: Literal["customer", "staff", "house"]
    text: str
    at: datetime


class CaseDetail(CaseOut):
    """A case with her words and everything that happened."""

    text: str
    events: list[CaseEventOut]


class CasePage(Out):
    """One page of her cases, the nearest deadline first."""

    items: list[CaseOut]
    next_cursor: str | None


def _fields(one: Case) -> dict[str, object]:
    return {
        "id": one.id,
        "number": one.number,
        "customer_id": one.customer_id,
        "kind": one.kind.value,
        "about": one.about,
        "state": one.state.value,
        "hold": one.hold,
        "opened_at": one.opened_at,
        "due_at": one.due_at,
        "outcome": one.outcome.value if one.outcome else None,
        "closed_at": one.closed_at,
    }


def _event_out(one: CaseEvent) -> CaseEventOut:
    return CaseEventOut(seq=one.seq, act=one.act.value, by=one.by.value, text=one.text, at=one.at)


def _about(request: HttpRequest, customer_id: str, loan_id: str | None) -> str:
    """What a case is about, once the loan is known to be hers."""
    if loan_id is None:
        return ""
    if own.loan(request, loan_id).customer_id != customer_id:
        raise NotFoundHere()
    return f"loan:{loan_id}"


@operation(
    router, "POST", "/customers/{customer_id}/cases", scope=WRITE, status=201,
    says=("Open a complaint or a question", "提交投诉或提问"), answers=CaseOut,
)  # fmt: skip
def open_case(request: HttpRequest, customer_id: Id, body: CaseIn) -> HttpResponse:
    """A complaint also holds reminders while its clock runs."""
    own.check(request, customer_id)

    def do(key: str, now: datetime) -> CaseOut:
        about = _about(request, customer_id, body.loan_id)
        case = complain.open(
            customer_id=customer_id, kind=body.kind, about=about, text=body.text, key=key, now=now
        )
        return CaseOut.model_validate(_fields(case))

    return act(request, body, do, status=201)


@operation(
    router, "POST", "/customers/{customer_id}/help-requests", scope=WRITE, status=201,
    says=("Ask for help for her", "为她求助"), answers=HelpCaseOut,
)  # fmt: skip
def ask_help(request: HttpRequest, customer_id: Id, body: HelpIn) -> HttpResponse:
    """From this second nobody presses her and no penalty is added, before anything is asked (guarantee G7)."""
    own.check(request, customer_id)

    def do(key: str, now: datetime) -> HelpCaseOut:
        _about(request, customer_id, body.loan_id)
        asked = ask_for_help.ask(
            customer_id=customer_id, text=body.text, key=key, now=now, loan_id=body.loan_id
        )
        return HelpCaseOut.model_validate({**_fields(asked.case), "frozen_until": asked.frozen_until})

    return act(request, body, do, status=201)


@operation(
    router, "GET", "/customers/{customer_id}/cases", scope=READ,
    says=("List her cases", "列出她的案件"), answers=CasePage,
)  # fmt: skip
def list_her_cases(
    request: HttpRequest, customer_id: Id, cursor: Cursor | None = None, limit: Limit = 50
) -> HttpResponse:
    """Complaints, questions and requests for help, the nearest deadline first."""
    own.check(request, customer_id)
    found = list_cases(customer_id, limit=MOST)
    page, after = cut(found, cursor=cursor, limit=limit, name=lambda one: one.id)
    items = [CaseOut.model_validate(_fields(one)) for one in page]
    return reply(CasePage(items=items, next_cursor=after))


@operation(
    router, "GET", "/cases/{case_id}", scope=READ,
    says=("Read a case", "查看案件"), answers=CaseDetail,
)  # fmt: skip
def get_one_case(request: HttpRequest, case_id: Id) -> HttpResponse:
    """With her words and everything that happened."""
    case = own.case(request, case_id)
    events = [_event_out(one) for one in list_case_events(case.id)]
    return reply(CaseDetail.model_validate({**_fields(case), "text": case.text, "events": events}))


@operation(
    router, "POST", "/cases/{case_id}/notes", scope=WRITE, status=201,
    says=("Add her note to a case", "为案件补充说明"), answers=CaseOut,
)  # fmt: skip
def add_note(request: HttpRequest, case_id: Id, body: NoteIn) -> HttpResponse:
    """A closed case takes no note; open a new one."""
    case = own.case(request, case_id)

    def do(key: str, now: datetime) -> CaseOut:
        complain.add_note(customer_id=case.customer_id, case_id=case.id, text=body.text, key=key, now=now)
        return CaseOut.model_validate(_fields(get_case(case.id)))

    return act(request, body, do, status=201)
