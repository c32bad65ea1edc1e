"""Relief, page by page: what a month brings and takes, the options and why others are not among them, and the signature."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from puhui.contact import queries as contact
from puhui.core.canonical import content_hash
from puhui.customers import queries as customers
from puhui.customers.domain import Customer, mask_phone
from puhui.decisions.queries import find_latest_application
from puhui.journeys import (
    house,
    relief_agree,
    relief_keep,
    relief_offer,
    relief_rests,
    relief_review,
    relief_text,
    relief_wait,
)
from puhui.journeys.ask_for_help import HELP
from puhui.journeys.relief_agree import ReliefCardUnknown
from puhui.journeys.relief_ask import FORGOT
from puhui.loans import queries as loans
from puhui.loans.domain import position
from puhui.payments import queries as payments
from puhui.relief import queries as relief
from puhui.relief.domain import AgreementState, ReliefLoan, ReliefOffer, ReliefRequest, RequestState
from puhui.relief.queries import ReliefOfferMissing
from puhui.runtime import queries as runtime
from puhui.web import clock
from puhui.web.borrower import relief_view
from puhui.web.borrower.loan_view import ROW_STATES, row_state
from puhui.web.borrower.session import go, own, show, signed_in, up
from puhui.web.borrower.sign import body_of
from puhui.web.borrower.sign_in import seconds_left
from puhui.web.shared import inputs
from puhui.web.templatetags.puhui import day_short, plain_amount

SENT = "relief_sent_at"
FIELDS = ("income", "usual_income", "spending", "other_debts")
CONFIRM = "confirm"  # value of the button that says: my income is back
PUT_OFF = "put_off"  # value of the button that lets the next payment wait a month
NONE = "none"  # value of the card that changes nothing


def _own(customer: Customer, request_id: str) -> ReliefRequest:
    found: ReliefRequest = own(relief.find_request(request_id), customer)
    return found


@require_http_methods(["GET", "POST"])
@signed_in
def budget_page(request: HttpRequest, customer: Customer, request_id: str) -> HttpResponseBase:
    """This function will take what a month brings and takes, and go on to the options."""
    asked = _own(customer, request_id)
    if not asked.is_open:
        return go("relief", asked.id)
    currency = house.lender().currency
    if request.method == "POST":
        month = relief_offer.Month(
            **{f"{name}_minor": inputs.needed_amount(request, name, currency=currency) for name in FIELDS},
            recovers_after_months=inputs.number(request.POST.get("recovers", ""), "recovers"),
            lump_minor=inputs.amount(request, "lump", currency=currency, required=False) or 0,
        )
        relief_offer.state_budget(
            customer_id=customer.id,
            request_id=asked.id,
            month=month,
            key=inputs.form_key(request),
            now=clock.now(request),
        )
        return go("relief", asked.id)
    there = loans.get_position(loan_id=asked.loan_id, as_of=clock.today(request))
    policy = relief.get_relief_policy(on_date=clock.today(request))
    floor = house.policy(clock.now(request)).essential_floor(customer.region_code)
    return show(
        request,
        "relief_budget",
        asked=asked,
        typed=_typed(request, customer, asked),
        floor_minor=floor.amount_minor,
        settles=there.dpd_days >= policy.settlement_late_days,
        hide_pill=True,
        up=up("help", _("Get help")),
    )


def _typed(request: HttpRequest, customer: Customer, asked: ReliefRequest) -> dict[str, Any]:
    """What stands in the fields: what she just typed, else her last budget, else what she said when she applied."""
    if request.POST:
        return dict(request.POST.items())
    try:
        offer, _loan = relief_offer.current_offer(asked)
    except ReliefOfferMissing:
        application = find_latest_application(customer.id)
        said = application.submitted if application else None
        if said is None:
            return {}
        return {
            "usual_income": plain_amount(said.income_minor),
            "spending": plain_amount(said.rent_minor + said.living_minor),
            "other_debts": plain_amount(said.other_instalments_minor),
        }
    month = offer.budget
    amounts = {name: plain_amount(getattr(month, f"{name}_minor")) for name in FIELDS}
    lump = plain_amount(month.lump_minor) if month.lump_minor else ""
    return {**amounts, "recovers": month.recovers_after_months, "lump": lump}


@require_http_methods(["GET", "POST"])
@signed_in
def relief_page(request: HttpRequest, customer: Customer, request_id: str) -> HttpResponseBase:
    """This function will show the options of a request, or what became of it; and take her choice."""
    asked = _own(customer, request_id)
    if request.method == "POST" and request.POST.get("act") == CONFIRM:
        relief_review.confirm(
            customer_id=customer.id, request_id=asked.id, key=inputs.form_key(request), now=clock.now(request)
        )
        return go("relief", asked.id)
    if request.method == "POST" and request.POST.get("act") == PUT_OFF:
        relief_wait.put_off(
            customer_id=customer.id, request_id=asked.id, key=inputs.form_key(request), now=clock.now(request)
        )
        return go("relief", asked.id)
    if request.method == "POST":
        return _chosen(request, customer, asked)
    if asked.state is RequestState.AGREED:
        return _agreed(request, asked)
    if asked.state is RequestState.CLOSED:
        return go("loan", asked.loan_id)
    if asked.state is RequestState.ASKED:
        return go("relief_forgot" if asked.cause == FORGOT else "relief_budget", asked.id)
    offer, loan = relief_offer.current_offer(asked)
    now = clock.now(request)
    rate_ppm = loan.terms.annual_rate_ppm
    return show(
        request,
        "relief",
        asked=asked,
        offer=offer,
        cards=relief_view.cards_of(offer.answer, rate_ppm=rate_ppm, titles=relief_view.programme_titles()),
        count=len(offer.answer.cards),
        bears=relief_view.bears_sentence(offer.answer.bears_minor),
        refused=relief_view.refused_rows(offer.answer, rate_ppm=rate_ppm),
        why=_because(offer),
        steps=relief_view.steps(
            offer.answer, pause_until=day_short(_held_until(customer, now) or offer.valid_until)
        ),
        over=now > offer.valid_until or _moved(offer),
        hide_pill=True,
        up=up("relief_budget", _("What you can do"), asked.id),
    )


def _held_until(customer: Customer, now: datetime) -> datetime | None:
    """The last second of her freeze, as the page of help says it; None where none runs."""
    holds = [one for one in contact.list_holds(customer.id) if one.reason == HELP and one.active(now)]
    until = max((one.until for one in holds if one.until), default=None)
    return until - timedelta(seconds=1) if until else None


def _because(offer: ReliefOffer) -> str:
    found = [one for one in offer.answer.refused if one.reason is offer.answer.because]
    return relief_view.reason(found[0]) if found else ""


def _moved(offer: ReliefOffer) -> bool:
    """Whether something happened to the loan since the options were worked out."""
    return len(loans.list_events(loan_id=offer.loan_id)) != offer.event_count


def _chosen(request: HttpRequest, customer: Customer, asked: ReliefRequest) -> HttpResponseBase:
    card = request.POST.get("card", "")
    if not card:
        raise inputs.FieldMissing("card")
    if card == NONE:
        relief_keep.no_change(
            customer_id=customer.id,
            request_id=asked.id,
            key=inputs.form_key(request),
            now=clock.now(request),
        )
        return go("loan", asked.loan_id)
    return go("relief_sign", asked.id, query=f"?card={inputs.number(card, 'card')}")


def _agreed(request: HttpRequest, asked: ReliefRequest) -> HttpResponseBase:
    agreement = relief.find_agreement_of(request_id=asked.id)
    assert agreement is not None, "an agreed request has its agreement"
    terms, events = loans.get_terms(loan_id=asked.loan_id), loans.list_events(loan_id=asked.loan_id)
    there = position(terms=terms, events=events, as_of=clock.today(request))
    rows = [
        {
            "due_date": row.due_date,
            "payment_minor": row.payment_minor,
            "balance_minor": row.balance_minor,
            "state": row_state(row.state),
            "css": ROW_STATES[row.state],
        }
        for row in there.rows
        if row.payment_minor or row.principal_minor
    ]
    review = relief_rests.find_review(agreement) if agreement.state is AgreementState.RUNNING else None
    return show(
        request,
        "relief_done",
        agreement=agreement,
        review=review if review is not None and review.is_open else None,
        wait=relief_rests.find_wait(agreement, there),
        position=there,
        rows=rows,
        mandate=payments.get_active_mandate(customer_id=asked.customer_id),
        up=up("loans", _("Loans")),
    )


def _card(request: HttpRequest, offer: ReliefOffer) -> int:
    typed = request.POST.get("card") or request.GET.get("card", "")
    number = inputs.number(typed, "card")
    if number >= len(offer.cards()):
        raise ReliefCardUnknown(most=len(offer.cards()))
    return number


@require_http_methods(["GET", "POST"])
@signed_in
def sign_page(request: HttpRequest, customer: Customer, request_id: str) -> HttpResponseBase:
    """This function will show what signing an option changes, send a code, and sign."""
    asked = _own(customer, request_id)
    if not asked.is_open:
        return go("relief", asked.id)
    offer, loan = relief_offer.current_offer(asked)
    number = _card(request, offer)
    if request.method == "POST":
        return _post(request, customer, asked, offer, number)
    text = _text(asked, offer, number)
    sent, now = request.session.get(SENT, {}).get(offer.id), clock.now(request)
    plan = offer.cards()[number].plan
    return show(
        request,
        "relief_sign",
        asked=asked,
        offer=offer,
        number=number,
        plan=plan,
        title=relief_view.title(plan),
        record=relief_view.record(offer.cards()[number].record),
        review=relief_rests.promised(offer, number),
        own_waits=relief_rests.waits_promised(offer, number),
        now_rows=_now_rows(loan),
        sha256=content_hash(text.encode()),
        read=f"{reverse('relief_text', args=[asked.id])}?card={number}",
        phone=mask_phone(customers.get_phone(customer.id)),
        code_sent=bool(sent),
        wait=seconds_left(sent, now),
        hide_pill=True,
        up=up("relief", _("The options"), asked.id),
    )


def _now_rows(loan: ReliefLoan) -> dict[str, Any]:
    """What she would pay without a change, beside what she will pay."""
    rows = [row for row in loan.now.rows if row.open_minor]
    return {
        "total_minor": sum(row.open_minor for row in rows),
        "last_date": rows[-1].due_date,
        "late_minor": loan.now.late_minor,
    }


def _text(asked: ReliefRequest, offer: ReliefOffer, number: int) -> str:
    return relief_text.draft(request=asked, offer=offer, card=number, language=get_language() or "zh-hans")


def _post(
    request: HttpRequest, customer: Customer, asked: ReliefRequest, offer: ReliefOffer, number: int
) -> HttpResponseBase:
    now, key = clock.now(request), inputs.form_key(request)
    if request.POST.get("act") == "code":
        relief_agree.request_code(
            customer_id=customer.id, request_id=asked.id, code=inputs.new_code(), key=key, now=now
        )
        request.session[SENT] = {offer.id: now.isoformat()}
        return go("relief_sign", asked.id, query=f"?card={number}")
    if "agreement" not in request.POST.getlist("consent"):
        raise inputs.ConsentNeeded("agreement")
    relief_agree.agree(
        customer_id=customer.id,
        request_id=asked.id,
        offer_id=request.POST.get("offer", ""),
        card=number,
        code=inputs.text(request, "code", limit=12),
        language=get_language() or "zh-hans",
        key=key,
        now=now,
    )
    request.session.pop(SENT, None)
    return go("relief", asked.id)


@require_safe
@signed_in
def text_page(request: HttpRequest, customer: Customer, request_id: str) -> HttpResponseBase:
    """This function will show the agreement: as it would be signed, or as it was."""
    asked = _own(customer, request_id)
    agreement = relief.find_agreement_of(request_id=asked.id)
    if agreement is not None:
        document, _kind = runtime.get_blob(agreement.text_sha256)
        text, back = document.decode(), up("relief", _("The agreement"), asked.id)
    else:
        offer, _loan = relief_offer.current_offer(asked)
        number = _card(request, offer)
        text = _text(asked, offer, number)
        back = {
            "url": f"{reverse('relief_sign', args=[asked.id])}?card={number}",
            "name": _("Back to signing"),
        }
    return show(
        request,
        "contract",
        body=body_of(text),
        sha256=content_hash(text.encode()),
        signed_at=agreement.signed_at if agreement else None,
        up=back,
    )


@require_safe
@signed_in
def forgot_page(request: HttpRequest, customer: Customer, request_id: str) -> HttpResponseBase:
    """This function will help a forgetful payer: pay now, let autopay remember, a short lesson; never a collector."""
    asked = _own(customer, request_id)
    there = loans.get_position(loan_id=asked.loan_id, as_of=clock.today(request))
    return show(
        request,
        "relief_forgot",
        asked=asked,
        position=there,
        loan_id=asked.loan_id,
        mandate=payments.get_active_mandate(customer_id=customer.id),
        policy=house.policy(clock.now(request)),
        hide_pill=True,
        up=up("help", _("Get help")),
    )
