"""Applications: what she wants and what a month holds, typed, sent, decided; and the line that follows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import Router
from pydantic import Field

from puhui.core.money import format_minor
from puhui.decisions.domain import Approved, Declined, Help, Reason, Referred, Verdict
from puhui.decisions.domain.stored import Application, StoredDecision
from puhui.decisions.queries import find_decision, list_applications
from puhui.journeys import apply, house
from puhui.lines.domain import Line, LineState
from puhui.lines.queries import find_line
from puhui.products.domain import Product
from puhui.products.queries import list_products
from puhui.web import clock
from puhui.web.errors import NotFoundHere
from puhui.web.partner_api import own
from puhui.web.partner_api.act import act, reply
from puhui.web.partner_api.fields import (
    Body,
    Currency,
    Cursor,
    Id,
    Limit,
    Minor,
    Months,
    Out,
    check_currency,
)
from puhui.web.partner_api.operations import operation
from puhui.web.partner_api.pages import cut
from puhui.web.shared.explain import help_text, reason_text
from puhui.web.shared.formats import is_chinese

router = Router(tags=["Applications and line"])
READ, WRITE = "applications:read", "applications:write"
Purpose = Literal["daily", "appliances", "renovation", "education", "medical", "travel", "wedding", "other"]
AMOUNTS = ("amount", "income", "rent", "living", "other_instalments")  # typed with their unit as …_minor
PLAIN = ("purpose", "months", "other_lenders")


class ApplicationFields(Body):
    """What she wants and what a month holds. Each field may come later; all are needed before it is sent."""

    currency: Currency
    amount_minor: Minor | None = Field(default=None, description="Amount that she asks for, minor units.")
    purpose: Purpose | None = None
    months: Months | None = None
    income_minor: Minor | None = Field(default=None, description="Income a month after tax, minor units.")
    rent_minor: Minor | None = Field(default=None, description="Rent or mortgage a month, minor units.")
    living_minor: Minor | None = Field(default=None, description="Living a month, minor units.")
    other_instalments_minor: Minor | None = Field(
        default=None, description="Payments a month to other lenders, minor units."
    )
    other_lenders: int | None = Field(
        default=None, strict=True, ge=0, le=99, description="Number of other lenders."
    )


class SubmissionIn(Body):
    """She sends the application."""

    truthful: Literal[True] = Field(description="She says that what she typed is true.")


class ReasonOut(Out):
    """Why, in the caller's language, with her own figures."""

    code: str
    title: str
    detail: str


class HelpOut(Out):
    """What would change the answer."""

    code: str
    title: str
    detail: str
    possible_now: bool
    amount_minor: Minor
    months: int


class VerdictOut(Out):
    """The answer to a decided application."""

    verdict: Literal["approved", "declined", "referred"]
    decision_id: Id
    decided_at: datetime
    limit_minor: Minor = Field(description="Limit of the line that was granted, 0 when none was.")
    currency: Currency
    annual_rate_ppm: int = Field(
        description="Contract rate a year in millionths, 144000 is 14.40 %; 0 without a line."
    )
    expires_on: date | None
    reasons: list[ReasonOut]
    helps: list[HelpOut]
    output_hash: str = Field(description="SHA-256 of the decision; it replays to the same bytes.")


class ApplicationOut(Out):
    """An application as it stands."""

    id: Id
    number: str
    customer_id: Id
    state: Literal["draft", "submitted", "decided"]
    fields: dict[str, str] = Field(description="As typed, amounts in units of the currency.")
    opened_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    verdict: VerdictOut | None = Field(description="Present once it is decided.")


class ApplicationPage(Out):
    """One page of her applications, newest first."""

    items: list[ApplicationOut]
    next_cursor: str | None


class LineOut(Out):
    """Her granted limit."""

    id: Id
    state: Literal["active", "frozen", "closed", "expired"]
    currency: Currency
    limit_minor: Minor
    used_minor: Minor
    available_minor: Minor
    annual_rate_ppm: int = Field(description="Contract rate of a draw a year, millionths.")
    grade: str
    granted_at: datetime
    expires_on: date
    product_id: str


class MethodOut(Out):
    """A repayment method on offer."""

    method: Literal["equal_instalment", "equal_principal", "interest_first", "flat", "bullet"]
    max_months: int


class ProductOut(Out):
    """What can be lent."""

    id: str
    version: str
    name: str
    currency: Currency
    amount_min_minor: Minor
    amount_max_minor: Minor
    amount_step_minor: Minor
    months: list[int]
    methods: list[MethodOut]


class ProductList(Out):
    """What is offered today."""

    items: list[ProductOut]


def _typed(body: ApplicationFields) -> dict[str, str]:
    """The fields that were sent, as a form would hold them."""
    currency = check_currency(body.currency)
    sent: dict[str, Any] = body.model_dump(exclude_none=True)
    typed = {
        name: format_minor(sent[f"{name}_minor"], currency) for name in AMOUNTS if f"{name}_minor" in sent
    }
    return typed | {name: str(sent[name]) for name in PLAIN if name in sent}


def _reason(reason: Reason) -> ReasonOut:
    words = reason_text(reason)
    return ReasonOut(code=reason.code, title=words["title"], detail=words["words"])


def _help(help: Help) -> HelpOut:
    words = help_text(help)
    return HelpOut(
        code=help.code,
        title=words["title"],
        detail=words["words"],
        possible_now=help.now,
        amount_minor=help.amount_minor,
        months=help.months,
    )


def _kind(verdict: Verdict) -> Literal["approved", "declined", "referred"]:
    match verdict:
        case Approved():
            return "approved"
        case Declined():
            return "declined"
        case Referred():
            return "referred"


def _verdict(stored: StoredDecision) -> VerdictOut:
    verdict = stored.decision.verdict
    granted: Approved | None = stored.decision.line
    return VerdictOut(
        verdict=_kind(verdict),
        decision_id=stored.id,
        decided_at=stored.decided_at,
        limit_minor=granted.limit_minor if granted else 0,
        currency=stored.input.product.currency,
        annual_rate_ppm=granted.annual_rate_ppm if granted else 0,
        expires_on=granted.expires_on if granted else None,
        reasons=[] if isinstance(verdict, Approved) else [_reason(one) for one in verdict.reasons],
        helps=[_help(one) for one in verdict.helps] if isinstance(verdict, Declined) else [],
        output_hash=stored.output_hash,
    )


def application_out(one: Application, decided: StoredDecision | None) -> ApplicationOut:
    """This function will write an application, with its verdict once there is one."""
    return ApplicationOut(
        id=one.id,
        number=one.number,
        customer_id=one.customer_id,
        state=one.state.value,
        fields=dict(one.fields),
        opened_at=one.opened_at,
        submitted_at=one.submitted_at,
        decided_at=one.decided_at,
        verdict=_verdict(decided) if decided else None,
    )


def _line_out(line: Line, today: date) -> LineOut:
    over = line.state is LineState.ACTIVE and today > line.expires_on
    return LineOut(
        id=line.id,
        state="expired" if over else line.state.value,
        currency=line.currency,
        limit_minor=line.limit_minor,
        used_minor=line.used_minor,
        available_minor=line.available_minor,
        annual_rate_ppm=line.annual_rate_ppm,
        grade=line.grade,
        granted_at=line.granted_at,
        expires_on=line.expires_on,
        product_id=line.product_id,
    )


def _product_out(one: Product) -> ProductOut:
    return ProductOut(
        id=one.id,
        version=one.version,
        name=one.name_zh if is_chinese(get_language() or "") else one.name_en,
        currency=one.currency,
        amount_min_minor=one.amount_min_minor,
        amount_max_minor=one.amount_max_minor,
        amount_step_minor=one.amount_step_minor,
        months=list(one.terms),
        methods=[MethodOut(method=each.method.value, max_months=each.max_months) for each in one.methods],
    )


@operation(
    router, "GET", "/products", scope="quotes:read",
    says=("List what can be lent today", "列出今天可贷的产品"), answers=ProductList,
)  # fmt: skip
def list_offered_products(request: HttpRequest) -> HttpResponse:
    """Amounts, terms and methods that an application and a quote must keep to."""
    today = clock.today(request)
    offered = [one for one in list_products(on_date=today) if one.id == house.PRODUCT]
    return reply(ProductList(items=[_product_out(one) for one in offered]))


@operation(
    router, "POST", "/customers/{customer_id}/applications", scope=WRITE, status=201,
    says=("Open an application, or add to her open draft", "新建申请或补充草稿"), answers=ApplicationOut,
)  # fmt: skip
def save_application(request: HttpRequest, customer_id: Id, body: ApplicationFields) -> HttpResponse:
    """One application is open at a time: a second call adds to the draft. Figures are checked when it is sent."""
    own.check(request, customer_id)

    def do(key: str, now: datetime) -> ApplicationOut:
        saved = apply.save(customer_id=customer_id, fields=_typed(body), key=key, now=now)
        return application_out(saved, None)

    return act(request, body, do, status=201)


@operation(
    router, "GET", "/customers/{customer_id}/applications", scope=READ,
    says=("List her applications", "列出她的申请"), answers=ApplicationPage,
)  # fmt: skip
def list_her_applications(
    request: HttpRequest, customer_id: Id, cursor: Cursor | None = None, limit: Limit = 50
) -> HttpResponse:
    """Newest first, each with its verdict once it is decided."""
    own.check(request, customer_id)
    page, after = cut(list_applications(customer_id), cursor=cursor, limit=limit, name=lambda one: one.id)
    items = [application_out(one, find_decision(one.id)) for one in page]
    return reply(ApplicationPage(items=items, next_cursor=after))


@operation(
    router, "GET", "/applications/{application_id}", scope=READ,
    says=("Read an application and its verdict", "查看申请与结果"), answers=ApplicationOut,
)  # fmt: skip
def get_one_application(request: HttpRequest, application_id: Id) -> HttpResponse:
    """Poll it after sending, or listen for `application.decided`. Reasons come in the caller's language."""
    found = own.application(request, application_id)
    return reply(application_out(found, find_decision(found.id)))


@operation(
    router, "POST", "/applications/{application_id}/submission", scope=WRITE, status=202,
    says=("Send an application", "提交申请"), answers=ApplicationOut,
)  # fmt: skip
def submit_application(request: HttpRequest, application_id: Id, body: SubmissionIn) -> HttpResponse:
    """Checks every figure, then asks the bureau under her authorisation and decides, usually within a second."""
    customer_id = own.applicant(request, application_id)

    def do(key: str, now: datetime) -> ApplicationOut:
        sent = apply.submit(customer_id=customer_id, application_id=application_id, key=key, now=now)
        return application_out(sent, None)

    return act(request, body, do, status=202)


@operation(
    router, "GET", "/customers/{customer_id}/line", scope=READ,
    says=("Read her line", "查看她的额度"), answers=LineOut,
)  # fmt: skip
def get_her_line(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """The newest line; 404 where none was ever granted."""
    own.check(request, customer_id)
    line = find_line(customer_id=customer_id)
    if line is None:
        raise NotFoundHere()
    return reply(_line_out(line, clock.today(request)))
