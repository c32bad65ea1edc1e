"""Loans: the position on any date, as known at any instant; the schedule, the events, and repayments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from puhui.journeys import payoff, repay, withdraw_loan
from puhui.loans.domain import Loan, LoanEvent, Position, PositionRow
from puhui.loans.queries import get_position, get_terms, list_events, list_loans
from puhui.payments.domain import Direction, PaymentOrder
from puhui.payments.queries import list_orders
from puhui.web import clock
from puhui.web.errors import NotFoundHere
from puhui.web.partner_api import own
from puhui.web.partner_api.act import act, reply
from puhui.web.partner_api.fields import (
    Body,
    Currency,
    Cursor,
    Id,
    Instant,
    IsoDate,
    Limit,
    Minor,
    Out,
    PositiveMinor,
    QueryMinor,
    check_currency,
)
from puhui.web.partner_api.operations import operation
from puhui.web.partner_api.pages import cut
from puhui.web.partner_api.quotes import InstalmentOut, instalment_out

router = Router(tags=["Loans and repayments"])
READ, WRITE = "loans:read", "repayments:write"
LoanStateName = Literal["pending", "active", "closed", "withdrawn", "cancelled", "written_off", "sold"]


class LoanOut(Out):
    """A loan; what it owes is its position."""

    id: Id
    number: str
    customer_id: Id
    contract_id: Id
    line_id: Id
    currency: Currency
    principal_minor: Minor
    state: LoanStateName
    opened_at: datetime


class LoanPage(Out):
    """One page of her loans, newest first."""

    items: list[LoanOut]
    next_cursor: str | None


class PositionRowOut(Out):
    """One instalment on the date."""

    number: int
    due_date: date
    principal_minor: Minor
    interest_minor: Minor
    fee_minor: Minor
    penalty_minor: Minor
    paid_minor: Minor
    open_minor: Minor
    paid_on: date | None
    state: Literal["paid", "due", "late", "planned"]


class PositionOut(Out):
    """What a loan means on a date, computed from its contract and events by a named version of the rules."""

    loan_id: Id
    as_of: date
    known_at: datetime | None
    semantics_version: int
    currency: Currency
    state: LoanStateName
    principal_outstanding_minor: Minor
    interest_accrued_minor: Minor
    penalty_outstanding_minor: Minor
    due_minor: Minor
    late_minor: Minor
    dpd_days: int = Field(description="Days past due.")
    bucket: str
    payoff_minor: Minor
    withdrawal_minor: Minor | None
    withdrawal_until: date | None
    next_due_date: date | None
    next_due_minor: Minor
    credit_minor: Minor
    frozen_until: date | None
    paid_minor: Minor
    disbursed_on: date | None
    closed_on: date | None
    rows: list[PositionRowOut]


class ScheduleOut(Out):
    """The instalment table that was signed, for the stated payout date."""

    loan_id: Id
    currency: Currency
    value_date: date
    rows: list[InstalmentOut]


class LoanEventOut(Out):
    """One thing that happened to a loan."""

    id: Id
    seq: int
    kind: str
    value_date: date
    booking_date: date
    booked_at: datetime
    amount_minor: Minor


class LoanEventPage(Out):
    """One page of events, in order of recording."""

    items: list[LoanEventOut]
    next_cursor: str | None


class AmountRepayment(Body):
    """She pays what is due, or part of the principal early."""

    intent: Literal["due", "prepay"]
    amount_minor: PositiveMinor
    currency: Currency
    account_id: Id | None = Field(
        default=None, description="By default the mandate's account, else the one that was bound last."
    )


class WholeRepayment(Body):
    """She pays everything off, or takes the loan back within its withdrawal days; the amount is today's."""

    intent: Literal["payoff", "withdraw"]
    account_id: Id | None = Field(
        default=None, description="By default the mandate's account, else the one that was bound last."
    )


class RepaymentIn(Body):
    """A repayment that she starts."""

    repayment: Annotated[AmountRepayment | WholeRepayment, Field(discriminator="intent")]


class RepaymentOut(Out):
    """A repayment and how far it is."""

    id: Id
    loan_id: Id
    intent: str
    amount_minor: PositiveMinor
    currency: Currency
    state: Literal["created", "sent", "unknown", "done", "failed", "returned"]
    reason: str
    created_at: datetime
    settled_date: date | None
    returned_date: date | None


class RepaymentPage(Out):
    """One page of repayments, newest first."""

    items: list[RepaymentOut]
    next_cursor: str | None


def loan_out(one: Loan) -> LoanOut:
    """This function will write a loan."""
    return LoanOut(
        id=one.id,
        number=one.number,
        customer_id=one.customer_id,
        contract_id=one.contract_id,
        line_id=one.line_id,
        currency=one.currency,
        principal_minor=one.principal_minor,
        state=one.state.value,
        opened_at=one.opened_at,
    )


def _row_out(row: PositionRow) -> PositionRowOut:
    return PositionRowOut(
        number=row.number,
        due_date=row.due_date,
        principal_minor=row.principal_minor,
        interest_minor=row.interest_minor,
        fee_minor=row.fee_minor,
        penalty_minor=row.penalty_minor,
        paid_minor=row.paid_minor,
        open_minor=max(row.open_minor, 0),
        paid_on=row.paid_on,
        state=row.state.value,
    )


def position_out(loan: Loan, one: Position, *, known_at: datetime | None) -> PositionOut:
    """This function will write a position."""
    return PositionOut(
        loan_id=loan.id,
        as_of=one.as_of,
        known_at=known_at,
        semantics_version=one.semantics_version,
        currency=one.currency,
        state=one.state.value,
        principal_outstanding_minor=one.principal_outstanding_minor,
        interest_accrued_minor=max(one.interest_accrued_minor, 0),
        penalty_outstanding_minor=one.penalty_outstanding_minor,
        due_minor=one.due_minor,
        late_minor=one.late_minor,
        dpd_days=one.dpd_days,
        bucket=one.bucket,
        payoff_minor=one.payoff_minor,
        withdrawal_minor=one.withdrawal_minor,
        withdrawal_until=one.withdrawal_until,
        next_due_date=one.next_due_date,
        next_due_minor=one.next_due_minor,
        credit_minor=one.credit_minor,
        frozen_until=one.frozen_until,
        paid_minor=one.paid_minor,
        disbursed_on=one.disbursed_on,
        closed_on=one.closed_on,
        rows=[_row_out(row) for row in one.rows],
    )


def _event_out(one: LoanEvent) -> LoanEventOut:
    return LoanEventOut(
        id=one.id,
        seq=one.seq,
        kind=one.kind.value,
        value_date=one.value_date,
        booking_date=one.booking_date,
        booked_at=one.booked_at,
        amount_minor=one.amount_minor,
    )


def _repayment_out(one: PaymentOrder) -> RepaymentOut:
    assert one.loan_id is not None, "a collection serves a loan"
    return RepaymentOut(
        id=one.id,
        loan_id=one.loan_id,
        intent=one.purpose,
        amount_minor=one.amount_minor,
        currency=one.currency,
        state=one.state.value,
        reason=one.reason,
        created_at=one.created_at,
        settled_date=one.settled_date,
        returned_date=one.returned_date,
    )


@operation(
    router, "GET", "/customers/{customer_id}/loans", scope=READ,
    says=("List her loans", "列出她的贷款"), answers=LoanPage,
)  # fmt: skip
def list_her_loans(
    request: HttpRequest, customer_id: Id, cursor: Cursor | None = None, limit: Limit = 50
) -> HttpResponse:
    """Newest first."""
    own.check(request, customer_id)
    found = list_loans(customer_id=customer_id)
    page, after = cut(found, cursor=cursor, limit=limit, name=lambda one: one.id)
    return reply(LoanPage(items=[loan_out(one) for one in page], next_cursor=after))


@operation(
    router, "GET", "/loans/{loan_id}", scope=READ,
    says=("Read a loan", "查看贷款"), answers=LoanOut,
)  # fmt: skip
def get_one_loan(request: HttpRequest, loan_id: Id) -> HttpResponse:
    """Its state as of its latest event; for money read the position."""
    return reply(loan_out(own.loan(request, loan_id)))


@operation(
    router, "GET", "/loans/{loan_id}/position", scope=READ,
    says=("Read a loan's position on a date", "查看某日的贷款状况"), answers=PositionOut,
)  # fmt: skip
def get_loan_position(
    request: HttpRequest, loan_id: Id, as_of: IsoDate | None = None, known_at: Instant | None = None
) -> HttpResponse:
    """`as_of`: the date it speaks of, by default today. `known_at`: only events booked by then count."""
    loan = own.loan(request, loan_id)
    found = get_position(loan_id=loan.id, as_of=as_of or clock.today(request), known_at=known_at)
    return reply(position_out(loan, found, known_at=known_at))


@operation(
    router, "GET", "/loans/{loan_id}/schedule", scope=READ,
    says=("Read the schedule that was signed", "查看签署时的还款计划"), answers=ScheduleOut,
)  # fmt: skip
def get_schedule(request: HttpRequest, loan_id: Id) -> HttpResponse:
    """As promised; what became of it is the position."""
    loan = own.loan(request, loan_id)
    terms = get_terms(loan_id=loan.id)
    return reply(
        ScheduleOut(
            loan_id=loan.id,
            currency=terms.currency,
            value_date=terms.value_date,
            rows=[instalment_out(row) for row in terms.rows],
        )
    )


@operation(
    router, "GET", "/loans/{loan_id}/events", scope=READ,
    says=("List a loan's events", "列出贷款的事件"), answers=LoanEventPage,
)  # fmt: skip
def list_loan_events(
    request: HttpRequest,
    loan_id: Id,
    known_at: Instant | None = None,
    cursor: Cursor | None = None,
    limit: Limit = 50,
) -> HttpResponse:
    """Append-only, in order of recording; a correction is another event."""
    loan = own.loan(request, loan_id)
    found = list_events(loan_id=loan.id, known_at=known_at)
    page, after = cut(found, cursor=cursor, limit=limit, name=lambda one: one.id)
    return reply(LoanEventPage(items=[_event_out(one) for one in page], next_cursor=after))


@operation(
    router, "GET", "/loans/{loan_id}/repayment-preview", scope=READ,
    says=("Look what a repayment would do", "试算一笔还款"), answers=PositionOut,
)  # fmt: skip
def preview_repayment(
    request: HttpRequest,
    loan_id: Id,
    amount_minor: QueryMinor,
    intent: Literal["due", "prepay", "payoff", "withdraw"] = "due",
) -> HttpResponse:
    """The position with one event more, by the very function that books it."""
    loan = own.loan(request, loan_id)
    after = repay.preview(loan_id=loan.id, amount_minor=amount_minor, intent=intent, now=clock.now(request))
    return reply(position_out(loan, after, known_at=None))


@operation(
    router, "POST", "/loans/{loan_id}/repayments", scope=WRITE, status=202,
    says=("Start a repayment", "发起还款"), answers=RepaymentOut,
)  # fmt: skip
def start_repayment(request: HttpRequest, loan_id: Id, body: RepaymentIn) -> HttpResponse:
    """Collected from her account; it counts from today, whatever the bank takes. Follow it, or listen for the event."""
    loan = own.loan(request, loan_id)
    audit = ("partner.repayment_started", f"customer:{loan.customer_id}")
    return act(request, body, lambda key, now: _start(loan, body, key, now), status=202, audit=audit)


def _start(loan: Loan, body: RepaymentIn, key: str, now: datetime) -> RepaymentOut:
    wanted = body.repayment
    if wanted.account_id is not None:
        own.account(loan.customer_id, wanted.account_id)
    match wanted:
        case AmountRepayment():
            check_currency(wanted.currency)
            order = repay.start(
                customer_id=loan.customer_id,
                loan_id=loan.id,
                amount_minor=wanted.amount_minor,
                intent=wanted.intent,
                key=key,
                now=now,
                account_id=wanted.account_id,
            )
        case WholeRepayment():
            start = payoff.start if wanted.intent == "payoff" else withdraw_loan.start
            order = start(
                customer_id=loan.customer_id,
                loan_id=loan.id,
                key=key,
                now=now,
                account_id=wanted.account_id,
            )
    return _repayment_out(order)


@operation(
    router, "GET", "/loans/{loan_id}/repayments", scope=READ,
    says=("List a loan's repayments", "列出还款"), answers=RepaymentPage,
)  # fmt: skip
def list_repayments(
    request: HttpRequest, loan_id: Id, cursor: Cursor | None = None, limit: Limit = 50
) -> HttpResponse:
    """Newest first, failed and returned ones too, debits by mandate too."""
    loan = own.loan(request, loan_id)
    found = [one for one in list_orders(loan_id=loan.id) if one.direction is Direction.COLLECT]
    page, after = cut(found, cursor=cursor, limit=limit, name=lambda one: one.id)
    return reply(RepaymentPage(items=[_repayment_out(one) for one in page], next_cursor=after))


@operation(
    router, "GET", "/repayments/{repayment_id}", scope=READ,
    says=("Read a repayment", "查看还款"), answers=RepaymentOut,
)  # fmt: skip
def get_repayment(request: HttpRequest, repayment_id: Id) -> HttpResponse:
    """created, sent, unknown (the bank has not answered), done, failed or returned."""
    order = own.order(request, repayment_id)
    if order.direction is not Direction.COLLECT:
        raise NotFoundHere()
    return reply(_repayment_out(order))
