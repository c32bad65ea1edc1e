"""She complains or asks, from any page, and gets a number and a clock; and she reads what happened since."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from puhui.customers.domain import Customer
from puhui.journeys import complain, house
from puhui.loans import queries as loans
from puhui.protection import queries as protection
from puhui.protection.domain import Case, CaseAct, CaseEvent, CaseKind, CaseParty, CaseState
from puhui.web import clock
from puhui.web.borrower.session import go, own, show, signed_in, up
from puhui.web.shared import inputs
from puhui.web.templatetags.puhui import moment

ABOUT_LONGEST = 60


@require_http_methods(["GET", "POST"])
@signed_in
def new_page(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will take a complaint or a question."""
    typed = request.POST or request.GET
    kind = CaseKind.QUESTION if typed.get("kind") == "question" else CaseKind.COMPLAINT
    about = typed.get("about", "")[:ABOUT_LONGEST]
    now = clock.now(request)
    if request.method == "POST":
        case = complain.open(
            customer_id=customer.id,
            kind=kind.value,
            about=about,
            text=inputs.text(request, "text"),
            key=inputs.form_key(request),
            now=now,
        )
        return go("case", case.id)
    days = house.policy(now).case_days(kind.value)
    return show(request, "case_new", kind=kind.value, about=about, days=days, up=up("home", _("Home")))


@require_http_methods(["GET", "POST"])
@signed_in
def case_page(request: HttpRequest, customer: Customer, case_id: str) -> HttpResponseBase:
    """This function will show a case of hers and take a note."""
    case: Case = own(protection.find_case(case_id), customer)
    if request.method == "POST":
        complain.add_note(
            customer_id=customer.id,
            case_id=case.id,
            text=inputs.text(request, "text"),
            key=inputs.form_key(request),
            now=clock.now(request),
        )
        return go("case", case.id)
    events = protection.list_case_events(case.id)
    return show(
        request,
        "case",
        case=case,
        headline=headline(case),
        state=state_of(case, events),
        handler=case.handler or _("the desk that answers"),
        about=about_words(case),
        open=not case.is_over,
        letters=case.kind is CaseKind.COMPLAINT,
        answered=case.state is CaseState.CLOSED,
        timeline=timeline(case, events),
        up=up("home", kind_name(case.kind)),
    )


def about_words(case: Case) -> str:
    """This function will say what a case is about: a loan, a quote or an application by its number, or nothing."""
    kind, _colon, named = case.about.partition(":")
    if kind == "loan":
        loan = loans.find_loan(id=named)
        return loan.number if loan is not None and loan.customer_id == case.customer_id else ""
    return named if kind in ("quote", "application") else ""


def kind_name(kind: CaseKind) -> str:
    """This function will name a kind of case."""
    return {
        CaseKind.COMPLAINT: _("Complaint"),
        CaseKind.QUESTION: _("Question"),
        CaseKind.HELP: _("Request for help"),
    }[kind]


def headline(case: Case) -> str:
    """This function will return her own words, or what she asked for when she wrote none."""
    first = case.text.splitlines()[0] if case.text else kind_name(case.kind)
    return first if len(first) <= 70 else first[:68] + "…"


def state_of(case: Case, events: tuple[CaseEvent, ...]) -> str:
    """This function will say where a case stands."""
    if case.state is CaseState.OPEN:
        return _("Received, a person takes it next")
    if case.state is CaseState.IN_WORK:
        taken = [event.at for event in events if event.act is CaseAct.TAKEN]
        return _("With a person since %(at)s") % {"at": moment(taken[-1] if taken else case.opened_at)}
    return _("Answered") if case.state is CaseState.CLOSED else _("You took it back")


def _title(case: Case, event: CaseEvent) -> str:
    if event.act is CaseAct.OPENED:
        return _("You asked for help") if case.kind is CaseKind.HELP else _("You wrote to us")
    if event.act is CaseAct.NOTED:
        by = {CaseParty.CUSTOMER: _("You added a note"), CaseParty.HOUSE: _("We noted")}
        return by.get(event.by) or _("%(who)s wrote") % {"who": event.author or _("A person here")}
    if event.act is CaseAct.TAKEN:
        return _("%(who)s took it") % {"who": event.author or case.handler}
    return _("We answered") if event.act is CaseAct.CLOSED else _("You took it back")


def timeline(case: Case, events: tuple[CaseEvent, ...]) -> list[dict[str, Any]]:
    """This function will list what happened, and what comes next while the case is open."""
    rows: list[dict[str, Any]] = [
        {"css": "done", "title": _title(case, event), "at": event.at, "text": event.text} for event in events
    ]
    if not case.is_over:
        number = {
            "css": "now",
            "title": _("Numbered %(number)s") % {"number": case.number},
            "at": None,
            "text": "",
        }
        number["text"] = _("You don’t need to do anything now.")
        by = moment(case.due_at)
        rows += [number, {"css": "", "title": _("We answer by %(by)s") % {"by": by}, "at": None, "text": ""}]
    return rows
