"""One item of the queue: what it is, who has it, and the acts that the role holds. A refusal keeps what was typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from puhui.access.staff.domain import ApprovalKind, Permission
from puhui.access.staff.queries import RoleMayNot, get_claim, list_approvals, list_staff
from puhui.core.money import parse_minor
from puhui.journeys import staff_case, staff_claim, staff_decide, staff_four_eyes, staff_work
from puhui.web import clock
from puhui.web.errors import NotFoundHere
from puhui.web.shared import inputs
from puhui.web.staff import details, paper, queue
from puhui.web.staff.guard import allowed, holds, login_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that can be done with an item."""

    needs: tuple[Permission, ...]  # one of them
    fields: tuple[str, ...]  # what the form may send
    do: Callable[[HttpRequest, str, str], None]  # request, kind of subject, id


def _post(request: HttpRequest, name: str, *, required: bool = False, limit: int = 2000) -> str:
    return inputs.text(request, name, required=required, limit=limit)


def _version(request: HttpRequest) -> int:
    return inputs.number(request.POST.get("version", ""), "version")


def _take(request: HttpRequest, kind: str, ref: str) -> None:
    staff_claim.take(
        subject=f"{kind}:{ref}", by=login_of(request), version=_version(request), now=clock.now(request)
    )


def _hand(request: HttpRequest, kind: str, ref: str) -> None:
    staff_claim.hand_over(
        subject=f"{kind}:{ref}",
        by=login_of(request),
        to=_post(request, "to", required=True, limit=64),
        version=_version(request),
        now=clock.now(request),
    )


def _release(request: HttpRequest, kind: str, ref: str) -> None:
    staff_claim.release(subject=f"{kind}:{ref}", by=login_of(request), now=clock.now(request))


def _note(request: HttpRequest, kind: str, ref: str) -> None:
    staff_case.note(
        case_id=ref,
        by=login_of(request),
        text=_post(request, "note"),
        key=inputs.form_key(request),
        now=clock.now(request),
    )


def _answer(request: HttpRequest, kind: str, ref: str) -> None:
    staff_case.answer(
        case_id=ref,
        by=login_of(request),
        outcome=_post(request, "outcome", required=True, limit=20),
        text=_post(request, "answer"),
        key=inputs.form_key(request),
        now=clock.now(request),
    )


def _approve(request: HttpRequest, kind: str, ref: str) -> None:
    limit = parse_minor(
        _post(request, "limit", required=True, limit=40), settings.LENDER["currency"], field="limit"
    )
    staff_decide.approve(
        application_id=ref,
        by=login_of(request),
        limit_minor=limit,
        key=inputs.form_key(request),
        now=clock.now(request),
    )


def _decline(request: HttpRequest, kind: str, ref: str) -> None:
    staff_decide.decline(
        application_id=ref,
        by=login_of(request),
        reasons=request.POST.getlist("reasons"),
        key=inputs.form_key(request),
        now=clock.now(request),
    )


def _requeue(request: HttpRequest, kind: str, ref: str) -> None:
    staff_work.requeue(work_key=ref, by=login_of(request), now=clock.now(request))


def _ask(kind: ApprovalKind, *names: str) -> Callable[[HttpRequest, str, str], None]:
    def ask(request: HttpRequest, subject_kind: str, ref: str) -> None:
        subject = f"{subject_kind}:{ref}"
        body = {name: _post(request, name, required=True, limit=64) for name in names}
        fixed = {"item": subject} if kind is ApprovalKind.ITEM_UNLOCK else {"item_id": ref}
        staff_four_eyes.ask(
            kind=kind,
            subject=subject,
            body={**body, **fixed},
            why=_post(request, "why"),
            by=login_of(request),
            key=inputs.form_key(request),
            now=clock.now(request),
        )

    return ask


def _second(request: HttpRequest, kind: str, ref: str) -> None:
    staff_four_eyes.answer(
        approval_id=ref,
        agreed=request.POST.get("agreed") == "1",
        by=login_of(request),
        note=_post(request, "note", limit=300),
        now=clock.now(request),
    )


P = Permission
CASES = (P.COMPLAINTS, P.QUESTIONS, P.HELP)
_CLAIM = {
    "take": Act(needs=(P.WORK,), fields=("version",), do=_take),
    "hand": Act(needs=(P.WORK,), fields=("to", "version"), do=_hand),
    "release": Act(needs=(P.WORK,), fields=(), do=_release),
    "unlock": Act(needs=(P.WORK,), fields=("to", "why", "key"), do=_ask(ApprovalKind.ITEM_UNLOCK, "to")),
}
# kind of subject → act → who may, with which fields. The access matrix lists every line of it.
ACTS: dict[str, dict[str, Act]] = {
    "case": {
        **_CLAIM,
        "note": Act(needs=CASES, fields=("note", "key"), do=_note),
        "answer": Act(needs=CASES, fields=("outcome", "answer", "key"), do=_answer),
    },
    "application": {
        **_CLAIM,
        "approve": Act(needs=(P.DECIDE,), fields=("limit", "key"), do=_approve),
        "decline": Act(needs=(P.DECIDE,), fields=("reasons", "key"), do=_decline),
    },
    "paper": {
        **_CLAIM,
        "accept": Act(needs=(P.DECIDE,), fields=paper.FIGURES, do=paper.accept),
        "refuse": Act(needs=(P.DECIDE,), fields=("reason",), do=paper.refuse),
    },
    "scan": {
        **_CLAIM,
        "answer_scan": Act(
            needs=(P.DECIDE,), fields=("to", "why", "key"), do=_ask(ApprovalKind.SCAN_ANSWER, "to")
        ),
    },
    "suspense": {
        **_CLAIM,
        "apply": Act(
            needs=(P.SETTLE,),
            fields=("loan_id", "why", "key"),
            do=_ask(ApprovalKind.SUSPENSE_APPLY, "loan_id"),
        ),
        "pair": Act(
            needs=(P.SETTLE,),
            fields=("other_id", "why", "key"),
            do=_ask(ApprovalKind.SUSPENSE_PAIR, "other_id"),
        ),
    },
    "discrepancy": {
        **_CLAIM,
        "close": Act(needs=(P.SETTLE,), fields=("why", "key"), do=_ask(ApprovalKind.DISCREPANCY_CLOSE)),
    },
    "work": {**_CLAIM, "requeue": Act(needs=(P.REQUEUE,), fields=(), do=_requeue)},
    "approval": {
        "second": Act(
            needs=(P.WORK, P.APPROVE_MONEY, P.APPROVE_ACCESS, P.APPROVE_MODELS, P.APPROVE_POLICIES),
            fields=("agreed", "note"),
            do=_second,
        )
    },
}
DONE = frozenset(
    {"answer", "accept", "refuse", "approve", "decline", "requeue", "second"}
)  # after these the item is gone


@require_http_methods(["GET", "POST"])
@allowed(Permission.QUEUE)
def item_page(request: HttpRequest, kind: str, ref: str) -> HttpResponseBase:
    """This function will show one item beside the queue, or carry out an act on it."""
    if kind not in ACTS:
        raise NotFoundHere()
    if request.method == "POST":
        return _act(request, kind, ref)
    return queue.show(request, detail=_detail(request, kind, ref))


def _act(request: HttpRequest, kind: str, ref: str) -> HttpResponseBase:
    act = ACTS[kind].get(request.POST.get("act", ""))
    _refuse_unseen(request, kind, ref)
    if act is None or not any(holds(request, one) for one in act.needs):
        raise RoleMayNot()
    act.do(request, kind, ref)
    if request.POST["act"] in DONE:
        return redirect("staff_queue")
    return redirect("staff_item", kind, ref)


def _refuse_unseen(request: HttpRequest, kind: str, ref: str) -> None:
    """An item of a kind that the role does not see does not exist for it."""
    seen = {one.value for one in queue.kinds_of(request)}
    if details.kind_of(kind, ref) not in seen and not details.is_party(request, kind, ref):
        raise NotFoundHere()


def _detail(request: HttpRequest, kind: str, ref: str) -> dict[str, Any]:
    _refuse_unseen(request, kind, ref)
    subject = f"{kind}:{ref}"
    claim = get_claim(subject)
    me = login_of(request)
    mine = claim.holder in ("", me)
    may = {name: any(holds(request, one) for one in act.needs) for name, act in ACTS[kind].items()}
    return {
        "kind": kind,
        "ref": ref,
        "subject": subject,
        "claim": claim,
        "mine": claim.holder == me,
        "free": not claim.holder,
        "may": {name: held and (mine or name == "unlock") for name, held in may.items()},
        "colleagues": [one.login for one in list_staff() if one.is_active and one.login != claim.holder],
        "waiting": list_approvals(open_only=True, subject=subject),
        "template": f"staff/items/{kind}.html",
        **details.read(request, kind, ref),
    }
