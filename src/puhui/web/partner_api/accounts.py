"""Bank accounts that she bound, and the mandate by which we may debit one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from puhui.journeys import account
from puhui.payments.domain import BankAccount, Mandate
from puhui.payments.queries import list_accounts, list_mandates
from puhui.web.partner_api import own
from puhui.web.partner_api.act import act, reply
from puhui.web.partner_api.fields import Body, Id, Out
from puhui.web.partner_api.operations import operation

router = Router(tags=["Accounts"])
READ, WRITE = "accounts:read", "accounts:write"


class AccountIn(Body):
    """An account of her own."""

    number: str = Field(
        strict=True, min_length=13, max_length=30, description="Card number, 13 to 19 digits."
    )
    bank_name: str = Field(strict=True, min_length=1, max_length=60)


class AccountOut(Out):
    """A bound account; the number itself is never shown again."""

    id: Id
    tail: str = Field(description="Last four digits.")
    bank_name: str
    verified_at: datetime | None
    bound_at: datetime


class AccountList(Out):
    """Her accounts, newest first."""

    items: list[AccountOut]


class MandateIn(Body):
    """Which account may be debited for what is due."""

    account_id: Id
    agreed: Literal[True] = Field(description="She read the mandate text and agreed.")


class MandateOut(Out):
    """A mandate (autopay)."""

    id: Id
    account_id: Id
    state: Literal["active", "withdrawn"]
    agreed_at: datetime
    withdrawn_at: datetime | None


class MandateList(Out):
    """Her mandates, withdrawn ones too, newest first."""

    items: list[MandateOut]


class EndMandateIn(Body):
    """She ends autopay."""

    confirmed: Literal[True]


def _account_out(one: BankAccount) -> AccountOut:
    return AccountOut(
        id=one.id,
        tail=one.tail,
        bank_name=one.bank_name,
        verified_at=one.verified_at,
        bound_at=one.bound_at,
    )


def _mandate_out(one: Mandate) -> MandateOut:
    return MandateOut(
        id=one.id,
        account_id=one.account_id,
        state=one.state.value,
        agreed_at=one.agreed_at,
        withdrawn_at=one.withdrawn_at,
    )


@operation(
    router, "POST", "/customers/{customer_id}/bank-accounts", scope=WRITE, status=201,
    says=("Bind a bank account", "绑定银行账户"), answers=AccountOut,
)  # fmt: skip
def bind_account(request: HttpRequest, customer_id: Id, body: AccountIn) -> HttpResponse:
    """Her bank is asked whether number and name belong together before it is bound."""
    own.check(request, customer_id)

    def do(key: str, now: datetime) -> AccountOut:
        bound = account.bind(
            customer_id=customer_id, number=body.number, bank_name=body.bank_name, key=key, now=now
        )
        return _account_out(bound)

    return act(
        request,
        body,
        do,
        status=201,
        audit=("partner.account_bound", f"customer:{customer_id}"),
        with_party=True,
    )


@operation(
    router, "GET", "/customers/{customer_id}/bank-accounts", scope=READ,
    says=("List her bank accounts", "列出她的银行账户"), answers=AccountList,
)  # fmt: skip
def list_her_accounts(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Newest first, last four digits only."""
    own.check(request, customer_id)
    return reply(AccountList(items=[_account_out(one) for one in list_accounts(customer_id=customer_id)]))


@operation(
    router, "POST", "/customers/{customer_id}/mandates", scope=WRITE, status=201,
    says=("Agree to autopay", "同意自动还款"), answers=MandateOut,
)  # fmt: skip
def agree_mandate(request: HttpRequest, customer_id: Id, body: MandateIn) -> HttpResponse:
    """A consent of its own. Every debit is announced to her before it is made."""
    own.check(request, customer_id)

    def do(key: str, now: datetime) -> MandateOut:
        own.account(customer_id, body.account_id)
        mandate = account.agree_mandate(customer_id=customer_id, account_id=body.account_id, key=key, now=now)
        return _mandate_out(mandate)

    return act(request, body, do, status=201, audit=("partner.mandate_agreed", f"customer:{customer_id}"))


@operation(
    router, "GET", "/customers/{customer_id}/mandates", scope=READ,
    says=("List her mandates", "列出她的自动还款授权"), answers=MandateList,
)  # fmt: skip
def list_her_mandates(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Withdrawn ones too, newest first."""
    own.check(request, customer_id)
    return reply(MandateList(items=[_mandate_out(one) for one in list_mandates(customer_id=customer_id)]))


@operation(
    router, "POST", "/customers/{customer_id}/mandate-withdrawals", scope=WRITE, status=201,
    says=("End autopay", "关闭自动还款"), answers=MandateList,
)  # fmt: skip
def withdraw_mandate(request: HttpRequest, customer_id: Id, body: EndMandateIn) -> HttpResponse:
    """The newest active mandate and the consent behind it end; no later debit is made."""
    own.check(request, customer_id)

    def do(key: str, now: datetime) -> MandateList:
        account.withdraw_mandate(customer_id=customer_id, key=key, now=now)
        return MandateList(items=[_mandate_out(one) for one in list_mandates(customer_id=customer_id)])

    return act(request, body, do, status=201, audit=("partner.mandate_withdrawn", f"customer:{customer_id}"))
