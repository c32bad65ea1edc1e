"""She signs a quote with a one-time code, and everything that signing means is one commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from puhui.access import operations as access
from puhui.access.domain import CodeOutcome
from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.journeys import book_loan, consent, house, tell
from puhui.journeys.contract_text import account_of
from puhui.journeys.contract_text import draft as draft
from puhui.journeys.once import keep, recall
from puhui.journeys.standing import refuse_withdrawn
from puhui.loans.domain import Loan
from puhui.loans.queries import get_loan
from puhui.offers import operations as offers
from puhui.offers.domain import Quote
from puhui.offers.operations import QuoteNotYours
from puhui.offers.queries import get_quote
from puhui.protection import operations as protection
from puhui.protection.domain import parse_purpose
from puhui.protection.queries import get_consent_texts
from puhui.runtime.operations import put_blob
from puhui.runtime.transactions import transaction

SIGN = "sign_quote"  # purpose of the code
HTML = "text/html; charset=utf-8"


def request_code(*, customer_id: str, quote_id: str, code: str, key: str, now: datetime) -> None:
    """This function will send `code`, with which she signs this quote and no other.

    Raises: QuoteNotFound, QuoteNotYours, CodeTooSoon, CodeLocked, KeyReusedWithOtherBody.
    """
    quote = _own(quote_id, customer_id)
    body = {"customer_id": customer_id, "quote_id": quote_id}
    with transaction():
        if recall(scope="sign.request_code", key=key, body=body, now=now) is not None:
            return
        access.open_code(
            id=derive_id("code", SIGN, key),
            purpose=SIGN,
            subject=quote_id,
            code=code,
            now=now,
            ttl_seconds=house.CODE_SECONDS,
        )
        amount = Money(quote.amount_minor, quote.currency)
        tell.customer(
            customer_id=customer_id,
            template="code_sign_quote",
            about=key,
            params={"code": code, "minutes": house.CODE_MINUTES, "amount": amount},
            now=now,
        )
        keep(scope="sign.request_code", key=key, body=body, answer={}, now=now)


def sign(
    *,
    customer_id: str,
    quote_id: str,
    code: str,
    language: str,
    key: str,
    now: datetime,
    consents: Sequence[str] = (),
) -> Loan:
    """This function will sign: signature, contract, loan, line use and the payout order in one commit.

    A wrong code is counted and nothing else happens. Raises: QuoteNotFound, QuoteNotYours, AccountNotFound, CodeWrong,
    CodeExpired, CodeUsed, CodeLocked, ConsentMissing, SecondScanStops, QuoteAlreadySigned, QuoteExpired, LineExceeded and its kin,
    KeyReusedWithOtherBody.
    """
    quote = _own(quote_id, customer_id)
    text = draft(quote_id=quote_id, language=language, now=now)
    body = {"customer_id": customer_id, "quote_id": quote_id, "code": code, "language": language}
    with transaction():
        if (done := recall(scope="sign.sign", key=key, body=body, now=now)) is not None:
            return get_loan(id=done["loan_id"])
        outcome = access.redeem_code(purpose=SIGN, subject=quote_id, code=code, now=now)
        loan = None
        if outcome is CodeOutcome.OK:
            _agree(customer_id, consents, now)
            consent.refuse_missing(customer_id=customer_id, needed=consent.TO_SIGN, now=now)
            loan = _conclude(quote, text, language, now)
            keep(scope="sign.sign", key=key, body=body, answer={"loan_id": loan.id}, now=now)
    if loan is None:
        access.refuse_outcome(outcome=outcome, purpose=SIGN, subject=quote_id, now=now)
    assert loan is not None
    return loan


def _own(quote_id: str, customer_id: str) -> Quote:
    quote = get_quote(id=quote_id)
    if quote.customer_id != customer_id:
        raise QuoteNotYours()
    refuse_withdrawn(quote)
    return quote


def _agree(customer_id: str, consents: Sequence[str], now: datetime) -> None:
    version = get_consent_texts(on_date=house.today(now)).version
    for one in consents:
        purpose = parse_purpose(one)
        id = derive_id("consent", customer_id, purpose, now.isoformat())
        protection.give_consent(
            id=id, customer_id=customer_id, purpose=purpose, text_version=version, now=now
        )


def _conclude(quote: Quote, text: str, language: str, now: datetime) -> Loan:
    signed = offers.sign_quote(
        quote_id=quote.id,
        signer_customer_id=quote.customer_id,
        code_id=None,
        language=language,
        contract_sha256=put_blob(content=text.encode(), content_type=HTML, now=now),
        now=now,
    )
    return book_loan.book(signed=signed, account=account_of(quote.customer_id), now=now)
