"""A paper that a person looks at: what was read beside what it says, and the picture that we drew of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from puhui.access.staff.domain import Permission
from puhui.customers import queries as customers
from puhui.evidence.domain import EvidenceKind
from puhui.evidence.domain.reading import SURE
from puhui.evidence.queries import ProofNotFound, get_evidence_kind
from puhui.journeys import staff_paper
from puhui.web import clock
from puhui.web.errors import NotFoundHere
from puhui.web.shared import inputs
from puhui.web.shared.proofs import doubt, field_name, why
from puhui.web.staff.guard import allowed, login_of

FIGURES = ("name", "number", "issued", "period", "months", "total_minor", "base_minor", "balance_minor", "amount_minor",
           "monthly_minor", "count", "confirmed", "days_since")  # fmt: skip


def read(request: HttpRequest, ref: str) -> dict[str, Any]:
    """This function will read a waiting paper for its panel. Raises: NotFoundHere."""
    try:
        proof, paper = staff_paper.get_waiting(ref)
    except ProofNotFound:
        raise NotFoundHere() from None
    kind = get_evidence_kind(proof.kind, on_date=clock.today(request))
    return {
        "proof": proof,
        "kind_name": kind.name.say(get_language() or ""),
        "doubt": doubt(proof.reason),
        "customer": customers.find_customer(proof.customer_id),
        "has_view": bool(paper.view),
        "figures": _figures(request, kind, paper.reading.get("figures", {})),
        "choices": [{"code": one, "words": why(one)[0]} for one in staff_paper.REASONS],
    }


def _figures(
    request: HttpRequest, kind: EvidenceKind, read: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    found = []
    for name in (*staff_paper.FIXED, *(one.name for one in kind.fields)):
        one = read.get(name, {})
        value = one.get("value", "")
        if name.endswith("_minor") and isinstance(value, int):
            value = f"{value // 100}.{value % 100:02d}"
        sure = int(one.get("sure", 0))
        found.append(
            {
                "name": name,
                "label": field_name(name),
                "text": one.get("text", ""),
                "sure": f"{sure // 10} %",
                "unsure": sure < SURE,
                "value": request.POST.get(name, value),
            }
        )
    return found


def accept(request: HttpRequest, kind: str, ref: str) -> None:
    """This function will let the paper count with the figures that were typed."""
    typed = {name: request.POST.get(name, "")[:60] for name in FIGURES}
    staff_paper.accept(proof_id=ref, typed=typed, by=login_of(request), now=clock.now(request))


def refuse(request: HttpRequest, kind: str, ref: str) -> None:
    """This function will say that the paper does not count."""
    reason = inputs.text(request, "reason", limit=24)
    staff_paper.refuse(proof_id=ref, reason=reason, by=login_of(request), now=clock.now(request))


@require_safe
@allowed(Permission.DECIDE)
def view(request: HttpRequest, proof_id: str) -> HttpResponseBase:
    """This function will answer with the picture of a waiting paper; who looked stands in her log."""
    try:
        found = staff_paper.open_view(proof_id=proof_id, by=login_of(request), now=clock.now(request))
    except ProofNotFound:
        raise NotFoundHere() from None
    if not found:
        raise NotFoundHere()
    answer = HttpResponse(found, content_type="image/jpeg")
    answer.headers["Cache-Control"] = "no-store"
    return answer
