"""Her proofs: what she gave, what it is used for and until when; and one page to give a paper."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from puhui.customers.domain import Customer
from puhui.evidence.domain import EvidenceKind, Proof, ProofState, Trust
from puhui.evidence.domain.files import MEGABYTE, MOST_BYTES, PaperEmpty, too_large
from puhui.evidence.queries import get_evidence_kind, get_evidence_kinds, list_proofs
from puhui.facts import queries as facts
from puhui.facts.domain import Fact
from puhui.journeys import prove, upload
from puhui.web import clock
from puhui.web.borrower.session import go, show, signed_in, up
from puhui.web.shared import inputs
from puhui.web.shared.proofs import why
from puhui.web.uploads import was_dropped

SHOWN = 20  # proofs of one page, the newest


@require_http_methods(["GET", "POST"])
@signed_in
def proofs_page(request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """This function will show every proof of hers with its state, and take one back."""
    now = clock.now(request)
    if request.method == "POST":
        prove.withdraw(
            customer_id=customer.id,
            proof_id=request.POST.get("proof", ""),
            key=inputs.form_key(request),
            now=now,
        )
        return go("proofs")
    kinds = get_evidence_kinds(on_date=clock.today(request)).kinds
    mine = [one for one in reversed(list_proofs(customer.id)) if one.kind in kinds][:SHOWN]
    known: dict[str, Fact] = facts.get_facts(customer.id, known_at=now)
    reports = {fact.known_at for fact in known.values() if fact.name.startswith("bureau.")}
    standing = {one.kind for one in mine if one.state in (ProofState.ASKED, ProofState.CHECKING)}
    standing |= {one.kind for one in mine if one.state is ProofState.ACCEPTED}
    return show(
        request,
        "proofs",
        nav="proofs",
        given=[_card(one, kinds[one.kind]) for one in mine],
        reading=any(one.state is ProofState.ASKED for one in mine),
        others=[
            {
                **{name: getattr(one, name).say(get_language() or "") for name in ("name", "reads")},
                "code": one.code,
                "minutes": one.minutes,
                "days": one.retention_days,
            }
            for one in kinds.values()
            if one.code not in standing
        ],
        reads=[{"name": _("Credit report"), "at": at} for at in sorted(reports, reverse=True)],
    )


def _card(proof: Proof, kind: EvidenceKind) -> dict[str, Any]:
    matter, remedy = why(proof.reason) if proof.state is ProofState.REFUSED else ("", "")
    return {
        "proof": proof,
        "name": kind.name.say(get_language() or ""),
        "state": proof.state.value,
        "matter": matter,
        "remedy": remedy,
        "counts": proof.counts_on(proof.valid_until) if proof.valid_until else False,
        "can_go": proof.state not in (ProofState.REFUSED, ProofState.WITHDRAWN),
    }


@require_http_methods(["GET", "POST"])
@signed_in
def give_page(request: HttpRequest, customer: Customer, kind: str) -> HttpResponseBase:
    """This function will say what a paper is read for, and take the file."""
    found = get_evidence_kind(kind, on_date=clock.today(request))
    if request.method == "POST":
        upload.give(
            customer_id=customer.id,
            kind=found.code,
            content=sent_file(request),
            key=inputs.form_key(request),
            now=clock.now(request),
        )
        return go("proofs")
    language = get_language() or ""
    return show(
        request,
        "proof_give",
        kind=found,
        words={name: getattr(found, name).say(language) for name in ("name", "why", "reads", "leaves")},
        pictures=Trust.OCR in found.trusts,
        megabytes=MOST_BYTES // MEGABYTE,
        up=up("proofs", _("Proofs")),
    )


def sent_file(request: HttpRequest) -> bytes:
    """This function will return the uploaded file. Raises: PaperTooLarge, PaperEmpty."""
    if was_dropped(request):
        raise too_large()
    file = request.FILES.get("file")
    if file is None:
        raise PaperEmpty()
    return bytes(file.read())
