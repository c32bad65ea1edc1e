"""Customers: a partner introduces a person by her phone and our one-time code, records consents and identity."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from puhui.access.partners.queries import list_delegations
from puhui.customers.domain import Customer
from puhui.customers.queries import list_customers_by_user
from puhui.journeys import consent, house, identify, introduce
from puhui.protection.domain import Consent, ConsentPurpose, ConsentText
from puhui.protection.queries import get_consent_texts, list_consents
from puhui.web import clock
from puhui.web.partner_api import own
from puhui.web.partner_api.act import act, reply
from puhui.web.partner_api.auth import caller_of
from puhui.web.partner_api.fields import Body, Code, Cursor, Id, Language, Limit, Out, language_of
from puhui.web.partner_api.operations import operation
from puhui.web.partner_api.pages import read_instant, write_cursor
from puhui.web.partner_api.problems import ConsentTextOutdated
from puhui.web.shared import inputs

router = Router(tags=["Customers"])
ReadScope, WriteScope = "customers:read", "customers:write"
# Credit report and mandate are not here: each is given apart, by an operation of its own.
Purpose = Literal[
    "service", "identity", "automated_decision", "contact_service", "report_to_bureau", "marketing"
]
Withdrawable = Literal[
    "service",
    "identity",
    "credit_report",
    "automated_decision",
    "contact_service",
    "report_to_bureau",
    "marketing",
]
AnyPurpose = Literal[
    "service",
    "identity",
    "credit_report",
    "automated_decision",
    "contact_service",
    "report_to_bureau",
    "marketing",
    "mandate",
]


class CodeRequest(Body):
    """Where to send the one-time code."""

    phone: str = Field(
        strict=True, min_length=11, max_length=20, description="Her mobile number.", examples=["15412345678"]
    )
    language: Language


class CodeSent(Out):
    """A code is on its way to her phone."""

    sent: bool
    valid_seconds: int = Field(description="How long the code opens.")


class CustomerIn(Body):
    """What she gave the partner: her phone and the code that we sent to it."""

    phone: str = Field(
        strict=True, min_length=11, max_length=20, description="Her mobile number.", examples=["15412345678"]
    )
    code: Code
    language: Language


class CustomerOut(Out):
    """A customer whom the partner introduced."""

    id: Id
    state: Literal["registered", "identified", "closed"]
    phone_tail: str = Field(description="Last four digits of her phone.")
    language: Language
    registered_at: datetime
    identified_at: datetime | None


class CustomerPage(Out):
    """One page of customers, oldest first."""

    items: list[CustomerOut]
    next_cursor: str | None


class IdentityIn(Body):
    """Who she is, as on her identity card."""

    name: str = Field(strict=True, min_length=2, max_length=40, examples=["林小满"])
    number: str = Field(
        strict=True, min_length=18, max_length=30, description="Resident identity number (GB 11643-1999)."
    )


class ConsentsIn(Body):
    """Consents that she gave, item by item; the credit report is asked for apart."""

    purposes: list[Purpose] = Field(min_length=1, max_length=6)
    text_version: str = Field(
        strict=True, min_length=1, max_length=20, description="Version of the texts that she read."
    )


class OneConsentIn(Body):
    """A consent that is given by itself."""

    text_version: str = Field(
        strict=True, min_length=1, max_length=20, description="Version of the text that she read."
    )


class WithdrawalIn(Body):
    """Which consent she withdraws; a mandate ends by an operation of its own."""

    purpose: Withdrawable


class ConsentOut(Out):
    """One consent."""

    purpose: AnyPurpose
    text_version: str
    given_at: datetime
    withdrawn_at: datetime | None


class ConsentList(Out):
    """All her consents, withdrawn ones too, oldest first."""

    items: list[ConsentOut]


class BothOut(Out):
    """A text in both languages."""

    en: str
    zh: str


class ConsentTextOut(Out):
    """What she reads before she consents to one purpose."""

    purpose: AnyPurpose
    required: bool = Field(description="Whether an application needs it.")
    title: BothOut
    what: BothOut
    who: BothOut
    how_long: BothOut
    if_refused: BothOut


class ConsentTextsOut(Out):
    """The texts in force today."""

    version: str
    items: list[ConsentTextOut]


def customer_out(one: Customer) -> CustomerOut:
    """This function will write a customer, without name and number."""
    return CustomerOut(
        id=one.id,
        state=one.state.value,
        phone_tail=one.phone_tail,
        language=language_of(one.language),
        registered_at=one.registered_at,
        identified_at=one.identified_at,
    )


def _consents_out(customer_id: str) -> ConsentList:
    return ConsentList(items=[_consent_out(one) for one in list_consents(customer_id)])


def _consent_out(one: Consent) -> ConsentOut:
    return ConsentOut(
        purpose=one.purpose.value,
        text_version=one.text_version,
        given_at=one.given_at,
        withdrawn_at=one.withdrawn_at,
    )


def _text_out(one: ConsentText) -> ConsentTextOut:
    return ConsentTextOut(
        purpose=one.purpose.value,
        required=one.required,
        title=BothOut(en=one.title.en, zh=one.title.zh),
        what=BothOut(en=one.what.en, zh=one.what.zh),
        who=BothOut(en=one.who.en, zh=one.who.zh),
        how_long=BothOut(en=one.how_long.en, zh=one.how_long.zh),
        if_refused=BothOut(en=one.if_refused.en, zh=one.if_refused.zh),
    )


@operation(
    router, "POST", "/customers/codes", scope=WriteScope, status=202,
    says=("Send a one-time code to her phone", "向她的手机发送一次性验证码"), answers=CodeSent,
)  # fmt: skip
def send_code(request: HttpRequest, body: CodeRequest) -> HttpResponse:
    """She reads the code to the partner, or types it into the partner's page. Five codes an hour, a minute apart."""

    def do(key: str, now: datetime) -> CodeSent:
        introduce.request_code(
            phone=body.phone, language=body.language, code=inputs.new_code(), key=key, now=now
        )
        return CodeSent(sent=True, valid_seconds=house.CODE_SECONDS)

    return act(request, body, do, status=202)


@operation(
    router, "POST", "/customers", scope=WriteScope, status=201,
    says=("Introduce a customer with her code", "凭验证码引入客户"), answers=CustomerOut,
)  # fmt: skip
def introduce_customer(request: HttpRequest, body: CustomerIn) -> HttpResponse:
    """From then on the partner may act for her. A person who was a customer before is not handed over (409)."""

    def do(key: str, now: datetime) -> CustomerOut:
        customer = introduce.confirm_code(
            client_id=caller_of(request).client_id,
            phone=body.phone,
            code=body.code,
            language=body.language,
            key=key,
            now=now,
        )
        return customer_out(customer)

    return act(request, body, do, status=201)


@operation(
    router, "GET", "/customers", scope=ReadScope,
    says=("List the customers you introduced", "列出您引入的客户"), answers=CustomerPage,
)  # fmt: skip
def list_my_customers(request: HttpRequest, cursor: Cursor | None = None, limit: Limit = 50) -> HttpResponse:
    """Oldest first; no names, no numbers."""
    delegations = list_delegations(
        client_id=caller_of(request).client_id, after=read_instant(cursor), limit=limit + 1
    )
    page = delegations[:limit]
    found = list_customers_by_user([one.user_id for one in page])
    last = page[-1] if len(delegations) > limit else None
    return reply(
        CustomerPage(
            items=[customer_out(found[one.user_id]) for one in page],
            next_cursor=write_cursor(last.given_at.isoformat(), last.id) if last else None,
        )
    )


@operation(
    router, "GET", "/customers/{customer_id}", scope=ReadScope,
    says=("Read one customer", "查看一位客户"), answers=CustomerOut,
)  # fmt: skip
def get_one_customer(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Whether she is identified yet, and since when."""
    return reply(customer_out(own.customer(request, customer_id)))


@operation(
    router, "POST", "/customers/{customer_id}/identity", scope=WriteScope,
    says=("Record who she is", "登记她的身份"), answers=CustomerOut,
)  # fmt: skip
def record_identity(request: HttpRequest, customer_id: Id, body: IdentityIn) -> HttpResponse:
    """Name and resident number; checked (check digit, age) and bound to her alone."""
    own.check(request, customer_id)

    def do(key: str, now: datetime) -> CustomerOut:
        return customer_out(
            identify.record(customer_id=customer_id, name=body.name, number=body.number, key=key, now=now)
        )

    return act(request, body, do)


@operation(
    router, "GET", "/consent-texts", scope=ReadScope,
    says=("Read the consent texts in force", "查看现行的同意文本"), answers=ConsentTextsOut,
)  # fmt: skip
def get_texts(request: HttpRequest) -> HttpResponse:
    """What she must have read before the partner records a consent; the version goes with each consent."""
    texts = get_consent_texts(on_date=clock.today(request))
    return reply(
        ConsentTextsOut(version=texts.version, items=[_text_out(one) for one in texts.texts.values()])
    )


@operation(
    router, "GET", "/customers/{customer_id}/consents", scope=ReadScope,
    says=("List her consents", "列出她的同意"), answers=ConsentList,
)  # fmt: skip
def list_her_consents(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Withdrawn ones too, oldest first."""
    own.check(request, customer_id)
    return reply(_consents_out(customer_id))


def _give(
    request: HttpRequest, customer_id: str, body: ConsentsIn | OneConsentIn, purposes: list[str]
) -> HttpResponse:
    own.check(request, customer_id)

    def do(key: str, now: datetime) -> ConsentList:
        if body.text_version != get_consent_texts(on_date=clock.today(request)).version:
            raise ConsentTextOutdated()
        consent.give(customer_id=customer_id, purposes=purposes, key=key, now=now)
        return _consents_out(customer_id)

    return act(request, body, do, status=201, audit=("partner.consents_given", f"customer:{customer_id}"))


@operation(
    router, "POST", "/customers/{customer_id}/consents", scope=WriteScope, status=201,
    says=("Record consents that she gave", "登记她给出的同意"), answers=ConsentList,
)  # fmt: skip
def give_consents(request: HttpRequest, customer_id: Id, body: ConsentsIn) -> HttpResponse:
    """Item by item, under the version of the texts that she read. The credit report and the mandate are given apart."""
    return _give(request, customer_id, body, list(body.purposes))


@operation(
    router, "POST", "/customers/{customer_id}/credit-report-consent", scope=WriteScope, status=201,
    says=("Record her credit-report authorisation", "登记她的征信查询授权"), answers=ConsentList,
)  # fmt: skip
def give_credit_report_consent(request: HttpRequest, customer_id: Id, body: OneConsentIn) -> HttpResponse:
    """A consent of its own, as the regulation on the credit reporting industry wants it."""
    return _give(request, customer_id, body, [ConsentPurpose.CREDIT_REPORT.value])


@operation(
    router, "POST", "/customers/{customer_id}/consent-withdrawals", scope=WriteScope, status=201,
    says=("Record that she withdrew a consent", "登记她撤回同意"), answers=ConsentList,
)  # fmt: skip
def withdraw_consent(request: HttpRequest, customer_id: Id, body: WithdrawalIn) -> HttpResponse:
    """As easy as giving it. What needs the consent stops from this instant on."""
    own.check(request, customer_id)

    def do(key: str, now: datetime) -> ConsentList:
        consent.withdraw(customer_id=customer_id, purpose=body.purpose, key=key, now=now)
        return _consents_out(customer_id)

    return act(request, body, do, status=201, audit=("partner.consent_withdrawn", f"customer:{customer_id}"))
