"""Changes after signing: another due day, another number of payments, a lower price, as binding alternatives."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from puhui.core.canonical import content_hash
from puhui.journeys import change_ask, change_gather, change_price, change_sign, change_text, house
from puhui.loans.domain import ChangeChoice, ChangeFigures, ChangeQuote, Loan, change_sha256
from puhui.loans.queries import find_change_signature, list_changes, list_events
from puhui.web import clock
from puhui.web.partner_api import own
from puhui.web.partner_api.act import act, reply
from puhui.web.partner_api.documents import html
from puhui.web.partner_api.fields import (
    Body,
    Code,
    Currency,
    DueDay,
    Id,
    Language,
    Minor,
    Months,
    Out,
    Sha256,
)
from puhui.web.partner_api.operations import operation
from puhui.web.partner_api.problems import ContractTextChanged
from puhui.web.partner_api.quotes import SignCodeSent
from puhui.web.shared import inputs

router = Router(tags=["Changes after signing"])
READ, WRITE, SIGN = "loans:read", "quotes:write", "contracts:sign"
State = Literal["open", "signed", "expired", "overtaken"]


class ChangeIn(Body):
    """What she wants otherwise. What is left out stays as it is."""

    due_day: DueDay | None = None
    payments: Months | None = Field(default=None, description="How many payments are still to come.")
    lower_price: bool = Field(
        default=False, strict=True, description="Decide again with the proofs and payments that count now."
    )


class ChangePaymentOut(Out):
    """One payment still to come."""

    due_date: date
    amount_minor: Minor
    principal_minor: Minor


class ChangeFiguresOut(Out):
    """What is still to pay from the day of the quote on, every payment on its day."""

    next_date: date
    next_minor: Minor
    payments_count: int
    highest_minor: Minor
    last_date: date
    total_minor: Minor
    interest_minor: Minor = Field(description="Of the total, what is not principal.")
    annual_rate_ppm: int = Field(description="Contract rate a year, millionths.")
    apr_nominal_ppm: int = Field(description="All-in, against paying the loan off that day, nominal.")
    apr_effective_ppm: int = Field(description="The same, effective.")
    payments: list[ChangePaymentOut]


class ChangeOut(Out):
    """A change as the house signed it: it binds us until `valid_until`, while nothing happens to the loan."""

    id: Id
    number: str
    loan_id: Id
    currency: Currency
    state: State
    on_date: date
    issued_at: datetime
    valid_until: datetime
    sha256: Sha256
    before: ChangeFiguresOut
    after: ChangeFiguresOut


class ChangeProofOut(Out):
    """A proof that she has not given, and the lowest rate that it could bring for this loan."""

    kind: str
    minutes: int
    rate_at_best_ppm: int


class ChangePriceOut(Out):
    """The answer to a request for a lower price: never a bare refusal."""

    now_ppm: int = Field(description="Contract rate of the loan.")
    answer_ppm: int = Field(description="Rate that it would have today; a lower one is offered.")
    on_time_payments: int = Field(description="Payments in a row on their day, up to now.")
    on_time_ppm: int = Field(description="What they take off.")
    proofs: list[ChangeProofOut] = Field(description="What would lower it, the lowest rate first.")


class ChangeAnswerOut(Out):
    """What can be had, binding; empty where today's price is not below the loan's and nothing else was asked."""

    changes: list[ChangeOut]
    price: ChangePriceOut | None = Field(description="Where a lower price was asked for.")


class ChangeList(Out):
    """Every change quoted for the loan, newest first."""

    items: list[ChangeOut]


class ChangeSignIn(Body):
    """Her signature: she read this very text, and gave the code."""

    code: Code
    language: Language
    text_sha256: Sha256 = Field(description="SHA-256 of the text that she read.")


class ChangeSignedOut(Out):
    """What was signed; the loan's position says the rest."""

    change_id: Id
    number: str
    loan_id: Id
    text_sha256: Sha256
    signed_at: datetime


def _figures(one: ChangeFigures) -> ChangeFiguresOut:
    return ChangeFiguresOut(
        next_date=one.next.due_date,
        next_minor=one.next.amount_minor,
        payments_count=len(one.payments),
        highest_minor=one.highest_minor,
        last_date=one.last.due_date,
        total_minor=one.total_minor,
        interest_minor=one.interest_minor,
        annual_rate_ppm=one.annual_rate_ppm,
        apr_nominal_ppm=one.apr_nominal_ppm,
        apr_effective_ppm=one.apr_effective_ppm,
        payments=[
            ChangePaymentOut(
                due_date=row.due_date, amount_minor=row.amount_minor, principal_minor=row.principal_minor
            )
            for row in one.payments
        ],
    )


def _out(one: ChangeQuote, *, signed: bool, count: int, now: datetime) -> ChangeOut:
    state: State = "open"
    if signed:
        state = "signed"
    elif now > one.valid_until:
        state = "expired"
    elif one.event_count != count:
        state = "overtaken"
    return ChangeOut(
        id=one.id,
        number=one.number,
        loan_id=one.loan_id,
        currency=one.currency,
        state=state,
        on_date=one.on_date,
        issued_at=one.issued_at,
        valid_until=one.valid_until,
        sha256=change_sha256(one),
        before=_figures(one.before),
        after=_figures(one.after),
    )


def _priced(loan: Loan, choice: ChangeChoice, now: datetime) -> ChangePriceOut:
    customer_id = loan.customer_id
    there = change_gather.loan_to_change(customer_id=customer_id, loan_id=loan.id, now=now)
    policy = change_gather.change_policy(now)
    price = change_price.price(customer_id=customer_id, loan=there, choice=choice, policy=policy, now=now)
    cards = change_price.worths(customer_id=customer_id, loan=there, price=price, policy=policy, now=now)
    return ChangePriceOut(
        now_ppm=price.now_ppm,
        answer_ppm=price.answer_ppm,
        on_time_payments=price.on_time_payments,
        on_time_ppm=price.on_time_ppm,
        proofs=[
            ChangeProofOut(kind=card.kind.code, minutes=card.kind.minutes, rate_at_best_ppm=best)
            for card, best in cards
        ],
    )


@operation(
    router, "POST", "/loans/{loan_id}/changes", scope=WRITE,
    says=("Ask for another way to repay a running loan", "为在还的贷款要求换个还法"), answers=ChangeAnswerOut,
)  # fmt: skip
def ask_for_change(request: HttpRequest, loan_id: Id, body: ChangeIn) -> HttpResponse:
    """Before and after side by side, signed by the house. Nothing changes until she signs; asking costs nothing."""
    loan = own.loan(request, loan_id)
    choice = ChangeChoice(due_day=body.due_day, payments=body.payments)

    def do(key: str, now: datetime) -> ChangeAnswerOut:
        price = _priced(loan, choice, now) if body.lower_price else None
        lowers = price is not None and price.answer_ppm < price.now_ppm
        if price is not None and not lowers and choice == ChangeChoice():
            return ChangeAnswerOut(changes=[], price=price)
        quote = change_ask.ask(
            customer_id=loan.customer_id, loan_id=loan.id, choice=choice, lower_price=lowers, key=key, now=now
        )
        offered = _out(quote, signed=False, count=quote.event_count, now=now)
        return ChangeAnswerOut(changes=[offered], price=price)

    return act(request, body, do, audit=("partner.change_asked", f"customer:{loan.customer_id}"))


@operation(
    router, "GET", "/loans/{loan_id}/changes", scope=READ,
    says=("List the changes quoted for a loan", "列出贷款的变更报价"), answers=ChangeList,
)  # fmt: skip
def list_loan_changes(request: HttpRequest, loan_id: Id) -> HttpResponse:
    """Signed, expired and overtaken ones too; an overtaken one was worked out before something happened to the loan."""
    loan, now = own.loan(request, loan_id), clock.now(request)
    count = len(list_events(loan_id=loan.id))
    found = list_changes(loan_id=loan.id)
    return reply(ChangeList(items=[_out(one, signed=signed, count=count, now=now) for one, signed in found]))


@operation(
    router, "GET", "/loans/{loan_id}/changes/{change_id}", scope=READ,
    says=("Read a change quoted for a loan", "查看变更报价"), answers=ChangeOut,
)  # fmt: skip
def get_one_change(request: HttpRequest, loan_id: Id, change_id: Id) -> HttpResponse:
    """Every payment before and after, and whether it can still be signed."""
    quote = _own(request, loan_id, change_id)
    signed = find_change_signature(change_id=quote.id) is not None
    count = len(list_events(loan_id=quote.loan_id))
    return reply(_out(quote, signed=signed, count=count, now=clock.now(request)))


@operation(
    router, "GET", "/loans/{loan_id}/changes/{change_id}/text", scope=READ, media_type="text/html",
    says=("Read the text that signing a change would store", "查看变更协议全文"), answers=None,
)  # fmt: skip
def get_change_text(
    request: HttpRequest, loan_id: Id, change_id: Id, language: Language = "zh-hans"
) -> HttpResponse:
    """The very bytes that signing stores; show them, and send their SHA-256 with the signature."""
    quote = _own(request, loan_id, change_id)
    return html(change_text.draft(quote=quote, language=language).encode())


@operation(
    router, "POST", "/loans/{loan_id}/changes/{change_id}/codes", scope=SIGN, status=202,
    says=("Send her the code that signs this change", "发送签署变更的验证码"), answers=SignCodeSent,
)  # fmt: skip
def send_change_code(request: HttpRequest, loan_id: Id, change_id: Id) -> HttpResponse:
    """The code goes to her own phone, names the loan, and signs this change only."""
    quote = _own(request, loan_id, change_id)

    def do(key: str, now: datetime) -> SignCodeSent:
        change_sign.request_code(
            customer_id=quote.customer_id,
            loan_id=quote.loan_id,
            change_id=quote.id,
            code=inputs.new_code(),
            key=key,
            now=now,
        )
        return SignCodeSent(sent=True, valid_seconds=house.CODE_SECONDS)

    return act(request, None, do, status=202)


@operation(
    router, "POST", "/loans/{loan_id}/changes/{change_id}/sign", scope=SIGN, status=201,
    says=("Sign a change with her code", "凭验证码签署变更"), answers=ChangeSignedOut,
)  # fmt: skip
def sign_change(request: HttpRequest, loan_id: Id, change_id: Id, body: ChangeSignIn) -> HttpResponse:
    """Signature, text and the events of the loan are one commit: what was shown is what is booked, to the cent."""
    quote = _own(request, loan_id, change_id)

    def do(key: str, now: datetime) -> ChangeSignedOut:
        text = change_text.draft(quote=quote, language=body.language)
        if content_hash(text.encode()) != body.text_sha256:
            raise ContractTextChanged()
        signed = change_sign.sign(
            customer_id=quote.customer_id,
            loan_id=quote.loan_id,
            change_id=quote.id,
            code=body.code,
            language=body.language,
            key=key,
            now=now,
        )
        return ChangeSignedOut(
            change_id=quote.id,
            number=quote.number,
            loan_id=quote.loan_id,
            text_sha256=signed.text_sha256,
            signed_at=signed.signed_at,
        )

    return act(
        request, body, do, status=201, audit=("partner.change_signed", f"customer:{quote.customer_id}")
    )


def _own(request: HttpRequest, loan_id: str, change_id: str) -> ChangeQuote:
    """A change of a loan of a customer of the caller. Raises: NotFoundHere, ChangeNotFound."""
    loan = own.loan(request, loan_id)
    return change_sign.own_change(customer_id=loan.customer_id, loan_id=loan.id, change_id=change_id)
