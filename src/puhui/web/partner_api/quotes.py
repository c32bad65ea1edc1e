"""Quotes: what a draw would cost, a binding offer, the contract that it would become, and her signature."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import Router
from pydantic import Field

from puhui.core.canonical import content_hash
from puhui.journeys import house, offer, sign
from puhui.loans.domain import Loan
from puhui.loans.queries import find_contract_of_quote, find_loan_of_contract, get_contract
from puhui.offers.domain import Quote, cost_lines
from puhui.offers.queries import find_signature, list_quotes
from puhui.products.domain import Method, ScheduleRow
from puhui.web import clock
from puhui.web.errors import NotFoundHere
from puhui.web.partner_api import own
from puhui.web.partner_api.act import act, reply
from puhui.web.partner_api.documents import html
from puhui.web.partner_api.fields import (
    Body,
    Code,
    Currency,
    Cursor,
    DueDay,
    Id,
    Language,
    Limit,
    MethodName,
    Minor,
    Months,
    Out,
    PositiveMinor,
    QueryDueDay,
    QueryMinor,
    QueryMonths,
    Sha256,
    check_currency,
)
from puhui.web.partner_api.operations import operation
from puhui.web.partner_api.pages import cut
from puhui.web.partner_api.problems import ContractTextChanged
from puhui.web.shared import inputs
from puhui.web.shared.formats import is_chinese

router = Router(tags=["Quotes and signing"])
READ, WRITE, SIGN = "quotes:read", "quotes:write", "contracts:sign"


class QuoteIn(Body):
    """A draw inside her line."""

    amount_minor: PositiveMinor
    currency: Currency
    months: Months
    method: MethodName
    due_day: DueDay | None = None


class InstalmentOut(Out):
    """One instalment."""

    number: int
    due_date: date
    principal_minor: Minor
    interest_minor: Minor
    fee_minor: Minor
    payment_minor: Minor
    balance_minor: Minor


class CostOut(Out):
    """One line of what it costs; the lines add up to the total cost."""

    code: str
    name: str
    received_by: str
    third_party: bool
    amount_minor: Minor


class QuoteOut(Out):
    """What a draw costs, all of it, for a payout on the stated date."""

    id: Id | None = Field(description="None for a look that was not issued.")
    number: str
    customer_id: Id
    line_id: Id
    product_id: str
    currency: Currency
    amount_minor: PositiveMinor
    months: Months
    method: MethodName
    due_day: int | None
    value_date: date
    annual_rate_ppm: int = Field(description="Contract rate a year, millionths.")
    apr_nominal_ppm: int = Field(description="All-in annual cost, nominal, millionths.")
    apr_effective_ppm: int = Field(description="All-in annual cost, effective, millionths.")
    penalty_daily_rate_ppm: int = Field(description="Penalty a day on late principal, millionths.")
    total_minor: Minor = Field(description="Everything that is paid back.")
    total_cost_minor: Minor = Field(description="Interest and fees.")
    costs: list[CostOut]
    instalments: list[InstalmentOut]
    withdrawal_days: int = Field(description="Days after payout within which she may take it back.")
    issued_at: datetime
    valid_until: datetime
    state: Literal["preview", "open", "signed", "expired"]


class QuotePage(Out):
    """One page of her quotes, newest first."""

    items: list[QuoteOut]
    next_cursor: str | None


class SignCodeSent(Out):
    """A code is on its way to her phone; it signs this quote and no other."""

    sent: bool
    valid_seconds: int


class SignIn(Body):
    """Her signature: she read this very text, and gave the code."""

    code: Code
    language: Language
    contract_sha256: Sha256 = Field(
        description="SHA-256 of the contract that she read, from `GET /quotes/{quote_id}/contract`."
    )


class SignedOut(Out):
    """What signing opened."""

    contract_id: Id
    contract_number: str
    contract_sha256: Sha256
    loan_id: Id
    loan_state: Literal["pending", "active", "closed", "withdrawn", "cancelled", "written_off", "sold"]


def instalment_out(row: ScheduleRow) -> InstalmentOut:
    """This function will write one row of a schedule."""
    return InstalmentOut(
        number=row.number,
        due_date=row.due_date,
        principal_minor=row.principal_minor,
        interest_minor=row.interest_minor,
        fee_minor=row.fee_minor,
        payment_minor=row.payment_minor,
        balance_minor=row.balance_minor,
    )


def _costs(quote: Quote) -> list[CostOut]:
    chinese = is_chinese(get_language() or "")
    return [
        CostOut(
            code=one.code,
            name=one.name_zh if chinese else one.name_en,
            received_by=one.party_zh if chinese else one.party_en,
            third_party=one.third_party,
            amount_minor=one.amount_minor,
        )
        for one in cost_lines(quote)
    ]


def quote_out(quote: Quote, *, state: Literal["preview", "open", "signed", "expired"]) -> QuoteOut:
    """This function will write a quote."""
    return QuoteOut(
        id=None if state == "preview" else quote.id,
        number="" if state == "preview" else quote.number,
        customer_id=quote.customer_id,
        line_id=quote.line_id,
        product_id=quote.product_id,
        currency=quote.currency,
        amount_minor=quote.amount_minor,
        months=quote.months,
        method=quote.method.value,
        due_day=quote.due_day,
        value_date=quote.value_date,
        annual_rate_ppm=quote.annual_rate_ppm,
        apr_nominal_ppm=quote.all_in.apr_nominal_ppm,
        apr_effective_ppm=quote.all_in.apr_effective_ppm,
        penalty_daily_rate_ppm=quote.penalty_daily_rate_ppm,
        total_minor=quote.all_in.total_minor,
        total_cost_minor=quote.all_in.total_cost_minor,
        costs=_costs(quote),
        instalments=[instalment_out(row) for row in quote.rows],
        withdrawal_days=quote.withdrawal_days,
        issued_at=quote.issued_at,
        valid_until=quote.valid_until,
        state=state,
    )


def _state(quote: Quote, *, signed: bool, now: datetime) -> Literal["open", "signed", "expired"]:
    if signed:
        return "signed"
    return "expired" if now > quote.valid_until else "open"


@operation(
    router, "GET", "/customers/{customer_id}/quote-preview", scope=READ,
    says=("Look what a draw would cost", "试算一笔用款"), answers=QuoteOut,
)  # fmt: skip
def preview_quote(
    request: HttpRequest,
    customer_id: Id,
    amount_minor: QueryMinor,
    months: QueryMonths,
    method: MethodName = "equal_instalment",
    due_day: QueryDueDay | None = None,
) -> HttpResponse:
    """The very function that makes a binding quote, nothing stored: for a slider."""
    own.check(request, customer_id)
    quote = offer.quote(
        customer_id=customer_id,
        amount_minor=amount_minor,
        months=months,
        method=Method(method),
        due_day=due_day,
        key="preview",
        now=clock.now(request),
        preview=True,
    )
    return reply(quote_out(quote, state="preview"))


@operation(
    router, "POST", "/customers/{customer_id}/quotes", scope=WRITE, status=201,
    says=("Issue a binding quote", "出具有约束力的报价"), answers=QuoteOut,
)  # fmt: skip
def issue_quote(request: HttpRequest, customer_id: Id, body: QuoteIn) -> HttpResponse:
    """It fixes amount, rates, fees and dates until `valid_until`; only a reason of the exception list stops the money."""
    own.check(request, customer_id)

    def do(key: str, now: datetime) -> QuoteOut:
        check_currency(body.currency)
        quote = offer.quote(
            customer_id=customer_id,
            amount_minor=body.amount_minor,
            months=body.months,
            method=Method(body.method),
            due_day=body.due_day,
            key=key,
            now=now,
        )
        return quote_out(quote, state="open")

    return act(request, body, do, status=201)


@operation(
    router, "GET", "/customers/{customer_id}/quotes", scope=READ,
    says=("List her quotes", "列出她的报价"), answers=QuotePage,
)  # fmt: skip
def list_her_quotes(
    request: HttpRequest, customer_id: Id, cursor: Cursor | None = None, limit: Limit = 50
) -> HttpResponse:
    """Newest first, signed and expired ones too."""
    own.check(request, customer_id)
    now, issued = clock.now(request), list_quotes(customer_id=customer_id)
    page, after = cut(issued, cursor=cursor, limit=limit, name=lambda one: one.quote.id)
    items = [quote_out(one.quote, state=_state(one.quote, signed=one.signed, now=now)) for one in page]
    return reply(QuotePage(items=items, next_cursor=after))


@operation(
    router, "GET", "/quotes/{quote_id}", scope=READ,
    says=("Read a quote", "查看报价"), answers=QuoteOut,
)  # fmt: skip
def get_one_quote(request: HttpRequest, quote_id: Id) -> HttpResponse:
    """The instalment table, every cost, and whether it can still be signed."""
    quote = own.quote(request, quote_id)
    signed = find_signature(quote_id=quote.id) is not None
    return reply(quote_out(quote, state=_state(quote, signed=signed, now=clock.now(request))))


@operation(
    router, "GET", "/quotes/{quote_id}/contract", scope=READ, media_type="text/html",
    says=("Read the contract that signing would make", "查看签署后的合同全文"), answers=None,
)  # fmt: skip
def get_contract_draft(request: HttpRequest, quote_id: Id, language: Language = "zh-hans") -> HttpResponse:
    """The very bytes that signing stores; show them, and send their SHA-256 with the signature. Needs a bound account."""
    quote = own.quote(request, quote_id)
    return html(sign.draft(quote_id=quote.id, language=language, now=clock.now(request)).encode())


@operation(
    router, "POST", "/quotes/{quote_id}/codes", scope=SIGN, status=202,
    says=("Send her the code that signs this quote", "发送签署验证码"), answers=SignCodeSent,
)  # fmt: skip
def send_sign_code(request: HttpRequest, quote_id: Id) -> HttpResponse:
    """The code goes to her own phone, names the amount, and opens this quote only."""
    quote = own.quote(request, quote_id)

    def do(key: str, now: datetime) -> SignCodeSent:
        sign.request_code(
            customer_id=quote.customer_id, quote_id=quote.id, code=inputs.new_code(), key=key, now=now
        )
        return SignCodeSent(sent=True, valid_seconds=house.CODE_SECONDS)

    return act(request, None, do, status=202)


@operation(
    router, "POST", "/quotes/{quote_id}/signature", scope=SIGN, status=201,
    says=("Sign with her code", "凭验证码签署"), answers=SignedOut,
)  # fmt: skip
def sign_quote(request: HttpRequest, quote_id: Id, body: SignIn) -> HttpResponse:
    """Signature, contract, loan and payout order are one commit; the money follows within minutes."""
    quote = own.quote(request, quote_id)

    def do(key: str, now: datetime) -> SignedOut:
        if find_contract_of_quote(quote_id=quote.id) is None:
            text = sign.draft(quote_id=quote.id, language=body.language, now=now)
            if content_hash(text.encode()) != body.contract_sha256:
                raise ContractTextChanged()
        loan = sign.sign(
            customer_id=quote.customer_id,
            quote_id=quote.id,
            code=body.code,
            language=body.language,
            key=key,
            now=now,
        )
        return _signed_out(loan)

    return act(request, body, do, status=201, audit=("partner.signed", f"customer:{quote.customer_id}"))


@operation(
    router, "GET", "/quotes/{quote_id}/signature", scope=READ,
    says=("Read what a signed quote became", "查看已签报价对应的合同与贷款"), answers=SignedOut,
)  # fmt: skip
def get_signature(request: HttpRequest, quote_id: Id) -> HttpResponse:
    """404 while it is not signed."""
    quote = own.quote(request, quote_id)
    contract = find_contract_of_quote(quote_id=quote.id)
    loan = find_loan_of_contract(contract_id=contract.id) if contract else None
    if loan is None:
        raise NotFoundHere()
    return reply(_signed_out(loan))


def _signed_out(loan: Loan) -> SignedOut:
    contract = get_contract(id=loan.contract_id)
    return SignedOut(
        contract_id=contract.id,
        contract_number=contract.number,
        contract_sha256=contract.text_sha256,
        loan_id=loan.id,
        loan_state=loan.state.value,
    )
