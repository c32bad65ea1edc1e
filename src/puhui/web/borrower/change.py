"""After signing she negotiates too: another due day, another number of payments, a lower price, before and after side by side."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from puhui.core.canonical import content_hash
from puhui.core.refusals import Refusal
from puhui.customers import queries as customers
from puhui.customers.domain import Customer, mask_phone
from puhui.journeys import change_ask, change_gather, change_price, change_sign, change_text
from puhui.loans import queries as loans
from puhui.loans.domain import ChangeChoice, ChangeFigures, ChangeLoan, ChangeQuote, ChangeStale, Loan
from puhui.loans.domain.change import figures_now, payments_offered
from puhui.runtime import queries as runtime
from puhui.web import charts, clock
from puhui.web.borrower.loan_view import own_loan
from puhui.web.borrower.session import go, own, show, signed_in, up
from puhui.web.borrower.sign import body_of
from puhui.web.borrower.sign_in import seconds_left
from puhui.web.middleware import words_of
from puhui.web.shared import inputs
from puhui.web.templatetags.puhui import day_table, money, rate

SENT = "change_sent_at"
FIELDS = ("due_day", "payments")


@require_http_methods(["GET", "POST"])
@signed_in
def change_page(request: HttpRequest, customer: Customer, loan_id: str) -> HttpResponseBase:
    """This function will show what a change would leave to pay, and quote it when she wants it binding."""
    loan, now = own_loan(customer, loan_id), clock.now(request)
    if request.method == "POST":
        quote = change_ask.ask(
            customer_id=customer.id,
            loan_id=loan.id,
            choice=_choice(request.POST),
            lower_price=request.POST.get("lower_price") == "1",
            key=inputs.form_key(request),
            now=now,
        )
        return go("change_sign", loan.id, quote.id)
    context = _table(request, customer, loan, now)
    if request.headers.get("HX-Request"):
        return show(request, "change_answer", **context)
    return show(
        request,
        "change",
        opened=change_gather.open_changes(loan_id=loan.id, now=now),
        up=up("loan", _("The loan"), loan.id),
        **context,
    )


def _choice(typed: Any) -> ChangeChoice:
    """What she chose. Raises: NumberInvalid."""
    numbers = {
        name: inputs.number(typed[name], name) if typed.get(name, "").strip() else None for name in FIELDS
    }
    return ChangeChoice(**numbers)


def _table(request: HttpRequest, customer: Customer, loan: Loan, now: datetime) -> dict[str, Any]:
    context: dict[str, Any] = {"loan": loan, "about": f"loan:{loan.id}"}
    try:
        there = change_gather.loan_to_change(customer_id=customer.id, loan_id=loan.id, now=now)
        within = change_gather.terms_within(customer_id=customer.id, loan_id=loan.id, loan=there, now=now)
    except Refusal as refusal:
        return {**context, "stopped": words_of(refusal).sentence}
    least, most = payments_offered(there, within.product)
    asked = request.GET.get("lower_price") == "1"
    context |= {
        "now": figures_now(there),
        "least": least,
        "most": most,
        "typed": {**{name: request.GET.get(name, "") for name in FIELDS}, "lower_price": asked},
        "quote": None,
        "problem": "",
        "priced": None,
    }
    try:
        choice = _choice(request.GET)
        if asked:
            context["priced"] = _priced(customer, there, choice, now)
        lowers = asked and context["priced"]["price"].is_lower
        if lowers or choice != ChangeChoice():
            context["quote"] = change_ask.work_out(
                customer_id=customer.id, loan_id=loan.id, choice=choice, lower_price=lowers, now=now
            )
            context["lowers"] = lowers
    except Refusal as refusal:
        context["problem"] = words_of(refusal).sentence
    quote = context["quote"]
    then = quote.after if quote else context["now"]
    rows = compare(context["now"], quote.after) if quote else []
    return {**context, "then": then, "rows": rows, "dials": _dials(then, there, most)}


def _priced(customer: Customer, there: ChangeLoan, choice: ChangeChoice, now: datetime) -> dict[str, Any]:
    """The answer to a request for a lower price, how it comes about, and what would lower it further."""
    policy = change_gather.change_policy(now)
    price = change_price.price(customer_id=customer.id, loan=there, choice=choice, policy=policy, now=now)
    cards = change_price.worths(customer_id=customer.id, loan=there, price=price, policy=policy, now=now)
    language = get_language() or ""
    return {
        "price": price,
        "proofs": [
            {
                "code": card.kind.code,
                "name": card.kind.name.say(language),
                "minutes": card.kind.minutes,
                "rate": best,
            }
            for card, best in cards
        ],
        "more": policy.next_step(price.on_time_payments),
    }


def _dials(then: ChangeFigures, there: ChangeLoan, most: int) -> dict[str, Any]:
    cap = there.terms.cap.cap_ppm
    return {
        "price": charts.dial(sign="惠", part=then.apr_nominal_ppm, whole=cap, css="k1"),
        "day": charts.dial(sign="日", part=then.next.due_date.day, whole=28, css="k2"),
        "payments": charts.dial(sign="会", part=len(then.payments), whole=most, css="k3"),
    }


def compare(before: ChangeFigures, after: ChangeFigures) -> list[dict[str, Any]]:
    """This function will list what is to pay before and after, one row for each figure."""

    def said(figures: ChangeFigures) -> list[tuple[str, str]]:
        return [
            (_("Next payment"), money(figures.next.amount_minor)),
            (_("Due on"), day_table(figures.next.due_date)),
            (_("Payments to come"), str(len(figures.payments))),
            (_("Highest payment"), money(figures.highest_minor)),
            (_("Last payment"), day_table(figures.last.due_date)),
            (_("To pay in all"), money(figures.total_minor)),
            (_("Interest and fees"), money(figures.interest_minor)),
            (_("Contract rate"), rate(figures.annual_rate_ppm)),
            (_("All-in a year, nominal"), rate(figures.apr_nominal_ppm)),
            (_("All-in a year, effective"), rate(figures.apr_effective_ppm)),
        ]

    return [
        {"name": name, "before": old, "after": new, "changed": old != new}
        for (name, old), (_name, new) in zip(said(before), said(after), strict=True)
    ]


def _own_change(customer: Customer, loan: Loan, change_id: str) -> ChangeQuote:
    found: ChangeQuote = own(loans.find_change(id=change_id), customer)
    if found.loan_id != loan.id:
        own(None, customer)
    return found


@require_http_methods(["GET", "POST"])
@signed_in
def sign_page(request: HttpRequest, customer: Customer, loan_id: str, change_id: str) -> HttpResponseBase:
    """This function will show a quoted change before and after, send a code, and sign; a signed one stays to be seen."""
    loan, now = own_loan(customer, loan_id), clock.now(request)
    quote = _own_change(customer, loan, change_id)
    if request.method == "POST":
        return _post(request, customer, quote, now)
    signed = loans.find_change_signature(change_id=quote.id)
    problem = ""
    if signed is None:
        try:
            change_sign.refuse_unsignable(quote, now)
        except Refusal as refusal:
            problem = words_of(refusal).sentence
    sent = request.session.get(SENT, {}).get(quote.id)
    return show(
        request,
        "change_sign",
        loan=loan,
        quote=quote,
        signed=signed,
        problem=problem,
        fresh="fresh" in request.GET,
        rows=compare(quote.before, quote.after),
        sha256=signed.text_sha256 if signed else content_hash(_text(quote).encode()),
        phone=mask_phone(customers.get_phone(customer.id)),
        code_sent=bool(sent),
        wait=seconds_left(sent, now),
        about=f"loan:{loan.id}",
        up=up("loan", _("The loan"), loan.id) if signed else up("change", _("Change how you repay"), loan.id),
    )


def _text(quote: ChangeQuote) -> str:
    return change_text.draft(quote=quote, language=get_language() or "zh-hans")


def _post(request: HttpRequest, customer: Customer, quote: ChangeQuote, now: datetime) -> HttpResponseBase:
    key = inputs.form_key(request)
    ids = {"customer_id": customer.id, "loan_id": quote.loan_id, "change_id": quote.id}
    try:
        if request.POST.get("act") == "code":
            change_sign.request_code(**ids, code=inputs.new_code(), key=key, now=now)
            request.session[SENT] = {quote.id: now.isoformat()}
            return go("change_sign", quote.loan_id, quote.id)
        if "change" not in request.POST.getlist("consent"):
            raise inputs.ConsentNeeded("change")
        change_sign.sign(
            **ids,
            code=inputs.text(request, "code", limit=12),
            language=get_language() or "zh-hans",
            key=key,
            now=now,
        )
    except ChangeStale:  # the loan moved on: the same wish, worked out from where it stands now
        again = change_ask.ask(
            customer_id=customer.id,
            loan_id=quote.loan_id,
            choice=replace(quote.choice, annual_rate_ppm=None),
            lower_price=quote.choice.annual_rate_ppm is not None,
            key=f"{key}:fresh",
            now=now,
        )
        return go("change_sign", again.loan_id, again.id, query="?fresh=1")
    request.session.pop(SENT, None)
    return go("change_sign", quote.loan_id, quote.id)


@require_safe
@signed_in
def text_page(request: HttpRequest, customer: Customer, loan_id: str, change_id: str) -> HttpResponseBase:
    """This function will show the text of a change: as it would be signed, or as it was."""
    quote = _own_change(customer, own_loan(customer, loan_id), change_id)
    signed = loans.find_change_signature(change_id=quote.id)
    text = runtime.get_blob(signed.text_sha256)[0].decode() if signed is not None else _text(quote)
    return show(
        request,
        "contract",
        body=body_of(text),
        sha256=content_hash(text.encode()),
        signed_at=signed.signed_at if signed else None,
        about=f"loan:{loan_id}",
        up=up("change_sign", _("Back to the change"), loan_id, quote.id),
    )
