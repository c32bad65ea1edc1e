"""She signs: four numbers, consents one by one, a one-time code; and reads the contract before and after."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from puhui.core.canonical import content_hash
from puhui.customers import queries as customers
from puhui.customers.domain import Customer, mask_phone
from puhui.journeys import consent, house, sign
from puhui.loans import queries as loans
from puhui.offers import queries as offers
from puhui.offers.domain import Quote
from puhui.payments import queries as payments
from puhui.protection import queries as protection
from puhui.protection.domain import ConsentPurpose
from puhui.runtime import queries as runtime
from puhui.web import clock
from puhui.web.borrower.apply import consent_items
from puhui.web.borrower.quote import quote_of
from puhui.web.borrower.quoting import view_of
from puhui.web.borrower.session import go, own, show, signed_in, up
from puhui.web.borrower.sign_in import seconds_left
from puhui.web.shared import inputs

SENT = "sign_sent_at"
ASKED = (ConsentPurpose.REPORT_TO_BUREAU,)
BODY = re.compile(r"<body[^>]*>(.*)</body>", re.S)
DOCUMENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def body_of(document: str) -> SafeString:
    """This function will return the body of a contract document of our own; its values were escaped when it was made."""
    found = BODY.search(document)
    return mark_safe(found[1] if found else document)


@require_http_methods(["GET", "POST"])
@signed_in
def sign_page(request: HttpRequest, customer: Customer, quote_id: str) -> HttpResponseBase:
    """This function will show what is signed, send a code, and sign."""
    quote = quote_of(customer, quote_id)
    now = clock.now(request)
    if offers.find_signature(quote_id=quote.id) is not None and request.method == "GET":
        return go("quote", quote.id)
    account = next((one for one in payments.list_accounts(customer_id=customer.id) if one.verified_at), None)
    if account is None:
        return go("accounts", query=f"?next={reverse('sign', args=[quote.id])}")
    if request.method == "POST":
        return (
            _send_code(request, customer, quote)
            if request.POST.get("act") == "code"
            else _sign(request, customer, quote)
        )
    text = sign.draft(quote_id=quote.id, language=get_language() or "zh-hans", now=now)
    given = protection.list_purposes_in_force(customer.id, now)
    asked = consent_items(request, _missing(given), given)
    if consent.lacks_lenders(customer_id=customer.id, now=now):  # she may refuse: two people then look first
        [lenders] = consent_items(request, (ConsentPurpose.CREDIT_REPORT,), frozenset())
        asked.append({**lenders, "need": False})
    sent = request.session.get(SENT, {}).get(quote.id)
    return show(
        request,
        "sign",
        quote=quote,
        view=view_of(quote),
        account=account,
        paid_tail=quote.purchase.account_tail if quote.purchase else account.tail,
        policy=house.policy(now),
        contract_sha256=content_hash(text.encode()),
        consents=asked,
        phone=mask_phone(customers.get_phone(customer.id)),
        code_sent=bool(sent),
        wait=seconds_left(sent, now),
        about=f"quote:{quote.number}",
        up=up("quote", _("Sign"), quote.id),
    )


def _missing(given: frozenset[str]) -> tuple[ConsentPurpose, ...]:
    return tuple(one for one in ASKED if one.value not in given)


def _send_code(request: HttpRequest, customer: Customer, quote: Quote) -> HttpResponseBase:
    now = clock.now(request)
    sign.request_code(
        customer_id=customer.id,
        quote_id=quote.id,
        code=inputs.new_code(),
        key=inputs.form_key(request),
        now=now,
    )
    request.session[SENT] = {quote.id: now.isoformat()}
    return go("sign", quote.id)


def _sign(request: HttpRequest, customer: Customer, quote: Quote) -> HttpResponseBase:
    now = clock.now(request)
    ticked = request.POST.getlist("consent")
    given = protection.list_purposes_in_force(customer.id, now)
    for name in ("contract", *_missing(given)):
        if name not in ticked:
            raise inputs.ConsentNeeded(name)
    loan = sign.sign(
        customer_id=customer.id,
        quote_id=quote.id,
        code=inputs.text(request, "code", limit=12),
        consents=[name for name in ticked if name != "contract"],
        language=get_language() or "zh-hans",
        key=inputs.form_key(request),
        now=now,
    )
    request.session.pop(SENT, None)
    return go("loan", loan.id)


@require_safe
@signed_in
def draft_page(request: HttpRequest, customer: Customer, quote_id: str) -> HttpResponseBase:
    """This function will show the contract that signing this quote would make."""
    quote = quote_of(customer, quote_id)
    text = sign.draft(quote_id=quote.id, language=get_language() or "zh-hans", now=clock.now(request))
    return show(
        request,
        "contract",
        body=body_of(text),
        sha256=content_hash(text.encode()),
        signed_at=None,
        about=f"quote:{quote.number}",
        up=up("sign", _("Back to signing"), quote.id),
    )


@require_safe
@signed_in
def contract_page(request: HttpRequest, customer: Customer, contract_id: str) -> HttpResponseBase:
    """This function will show a contract as it was signed."""
    contract = own(loans.find_contract(id=contract_id), customer)
    document, _type = runtime.get_blob(contract.text_sha256)
    return show(
        request,
        "contract",
        body=body_of(document.decode()),
        sha256=contract.text_sha256,
        signed_at=contract.signed_at,
        contract=contract,
        up=up("loans", _("Loans")),
    )


@require_safe
@signed_in
def contract_text(request: HttpRequest, customer: Customer, contract_id: str) -> HttpResponseBase:
    """This function will return the very bytes that were signed, so that anyone can check their fingerprint."""
    contract = own(loans.find_contract(id=contract_id), customer)
    document, kind = runtime.get_blob(contract.text_sha256)
    response = HttpResponse(document, content_type=kind)
    response.headers["Content-Security-Policy"] = DOCUMENT_POLICY
    return response
