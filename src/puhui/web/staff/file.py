"""The customer's file: masked by default, every number with its trace, on any date, every decision replayed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from puhui.access.staff.domain import Permission
from puhui.access.staff.queries import list_notes
from puhui.contact import queries as contact
from puhui.customers import queries as customers
from puhui.customers.domain import Customer, mask_number, mask_phone
from puhui.decisions.domain.stored import StoredDecision
from puhui.facts import queries as facts
from puhui.journeys import letters, staff_claim, staff_view
from puhui.journeys import unmask as unmask_journey
from puhui.payments import queries as payments
from puhui.protection import queries as protection
from puhui.runtime import queries as runtime
from puhui.web import clock, papers
from puhui.web.borrower.apply import words
from puhui.web.borrower.loan import asked_date
from puhui.web.errors import NotFoundHere
from puhui.web.shared import explain, inputs
from puhui.web.shared.features import uses_of
from puhui.web.staff import decision_panel, loan_panel, relief, timeline
from puhui.web.staff.guard import allowed, desk, login_of


def customer_or_404(customer_id: str) -> Customer:
    """This function will return a customer. Raises: NotFoundHere."""
    found = customers.find_customer(customer_id)
    if found is None:
        raise NotFoundHere()
    return found


@require_http_methods(["GET", "POST"])
@allowed(Permission.FILE)
def file_page(request: HttpRequest, customer_id: str) -> HttpResponseBase:
    """This function will show one customer's file on a date and write that to her log, or keep a note for colleagues."""
    customer = customer_or_404(customer_id)
    by, now = login_of(request), clock.now(request)
    if request.method == "POST":
        staff_claim.note(
            subject=f"customer:{customer.id}",
            by=by,
            text=inputs.text(request, "text", required=False),
            key=inputs.form_key(request),
            now=now,
        )
        return redirect("staff_customer", customer.id)
    if not request.headers.get("HX-Request"):
        staff_view.file_opened(customer_id=customer.id, by=by, now=now)
    _name, number = customers.get_identity(customer.id)
    phone = customers.get_phone(customer.id)
    masked = {"number": mask_number(number) if number else "–", "phone": mask_phone(phone)}
    return _render(request, customer, shown=masked, unmasked=False)


@require_POST
@allowed(Permission.UNMASK)
def unmask(request: HttpRequest, customer_id: str) -> HttpResponseBase:
    """This function will show the numbers in full, once, and write the name of who asked to the customer's log."""
    customer = customer_or_404(customer_id)
    _name, number, phone = unmask_journey.show(
        customer_id=customer.id, actor=login_of(request), key=inputs.form_key(request), now=clock.now(request)
    )
    return _render(request, customer, shown={"number": number or "–", "phone": phone}, unmasked=True)


@require_safe
@allowed(Permission.FILE)
def document(request: HttpRequest, customer_id: str, sha256: str) -> HttpResponseBase:
    """This function will show a contract of hers exactly as stored, by its hash, and write that to her log."""
    customer = customer_or_404(customer_id)
    if sha256 not in {one["sha256"] for one in loan_panel.documents(customer)}:
        raise NotFoundHere()
    content, kind = runtime.get_blob(sha256)
    staff_view.document_opened(
        customer_id=customer.id, sha256=sha256, by=login_of(request), now=clock.now(request)
    )
    answer = HttpResponse(content, content_type=kind)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return answer


@require_safe
@allowed(Permission.FILE)
def letter(request: HttpRequest, customer_id: str, letter: str, about_id: str) -> HttpResponseBase:
    """This function will answer with a letter of hers as she can take it away herself, and write that to her log."""
    customer = customer_or_404(customer_id)
    now = clock.now(request)
    written = letters.write(
        customer_id=customer.id,
        letter=letter,
        about_id=about_id,
        as_of=asked_date(request, clock.today(request)),
        language=papers.language(),
        now=now,
    )
    answer, sha256 = papers.paper(written)
    staff_view.document_opened(customer_id=customer.id, sha256=sha256, by=login_of(request), now=now)
    return answer


def _render(
    request: HttpRequest, customer: Customer, *, shown: dict[str, str], unmasked: bool
) -> HttpResponseBase:
    now, today = clock.now(request), clock.today(request)
    as_of = asked_date(request, today)
    known_at = _known_at(request)
    decided = decision_panel.context(request, customer)
    context = {
        "here": "customers",
        "customer": customer,
        "shown": shown,
        "unmasked": unmasked,
        "as_of": as_of,
        "known_at": known_at,
        "other_day": as_of != today,
        "future": as_of > today,
        "facts": _facts(customer, known_at or now, decided["decisions"]),
        "consents": _consents(customer, now, today),
        "orders": payments.list_orders(customer_id=customer.id, limit=30),
        "accounts": payments.list_accounts(customer_id=customer.id),
        "mandate": payments.get_active_mandate(customer_id=customer.id),
        "messages_sent": contact.list_messages(customer.id, limit=30),
        "holds": [one for one in contact.list_holds(customer.id) if one.active(now)],
        "cases": protection.list_cases(customer.id, limit=30),
        "relief": relief.of_customer(customer),
        "audit": runtime.list_audit(f"customer:{customer.id}", limit=20),
        "notes": list_notes(f"customer:{customer.id}"),
        "documents": loan_panel.documents(customer),
        **decided,
        **loan_panel.context(customer, as_of=as_of, today=today, known_at=known_at),
    }
    context["timeline"] = timeline.rows(customer, context)
    return desk(request, "replay" if request.headers.get("HX-Request") else "file", **context)


def _facts(
    customer: Customer, known_at: datetime, decisions: Sequence[StoredDecision]
) -> list[dict[str, Any]]:
    """What is known, each with the intake and the row that it was taken from, None for an answer to a question of ours,
    and the decisions that saw it.
    """
    known = sorted(facts.get_facts(customer.id, known_at=known_at).values(), key=lambda one: one.name)
    origins = facts.list_origins(customer.id)
    return [
        {
            "one": one,
            "name": explain.named(one.name),
            "value": explain.write(one.name, one.value),
            "source": explain.source_name(one.source, on_date=one.known_at.date()),
            "origin": origins.get((one.name, one.known_at)),
            "uses": uses,
        }
        for one, uses in uses_of(known, decisions)
    ]


def _known_at(request: HttpRequest) -> datetime | None:
    typed = request.GET.get("known_at", "")
    if not typed:
        return None
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        raise inputs.DateInvalid("known_at") from None
    return found if found.tzinfo else found.replace(tzinfo=clock.zone())


def _consents(customer: Customer, now: datetime, today: date) -> list[dict[str, Any]]:
    texts = protection.get_consent_texts(on_date=today).texts
    latest = {one.purpose: one for one in protection.list_consents(customer.id)}
    listed = []
    for purpose, text in texts.items():
        one = latest.get(text.purpose)
        state = "refused" if one is None else "given" if one.in_force(now) else "withdrawn"
        when = None if one is None else one.given_at if state == "given" else one.withdrawn_at
        names = {"given": _("given"), "withdrawn": _("withdrawn"), "refused": _("not given")}
        listed.append(
            {
                "purpose": purpose,
                "title": words(text)["title"],
                "state": state,
                "state_name": names[state],
                "at": when,
            }
        )
    return listed
