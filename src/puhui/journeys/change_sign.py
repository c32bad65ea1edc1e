"""She signs a change with a one-time code: signature, text and the events of the loan are one commit."""

from __future__ import annotations

from datetime import datetime

from puhui.access import operations as access
from puhui.access.domain import CodeOutcome
from puhui.core.ids import derive_id
from puhui.journeys import house, tell
from puhui.journeys.change_book import conclude
from puhui.journeys.change_gather import loan_to_change
from puhui.journeys.change_price import given_proofs
from puhui.journeys.change_text import draft
from puhui.journeys.once import keep, recall
from puhui.journeys.standing import QuoteProofWithdrawn
from puhui.loans import operations as loans
from puhui.loans.domain import (
    ChangeAlreadySigned,
    ChangeExpired,
    ChangeNotFound,
    ChangeQuote,
    ChangeStale,
    SignedChange,
)
from puhui.loans.queries import find_change, find_change_signature, get_loan, list_events
from puhui.runtime.transactions import transaction

SIGN = "sign_change"  # purpose of the code


def own_change(*, customer_id: str, loan_id: str, change_id: str) -> ChangeQuote:
    """This function will return a change quoted to her for this loan. Raises: ChangeNotFound, for another's too."""
    found = find_change(id=change_id)
    if found is None or (found.customer_id, found.loan_id) != (customer_id, loan_id):
        raise ChangeNotFound()
    return found


def refuse_unsignable(quote: ChangeQuote, now: datetime) -> None:
    """This function will do nothing where a change may be signed now. Raises: ChangeAlreadySigned, ChangeExpired,
    ChangeStale, what `loan_to_change` refuses, QuoteProofWithdrawn.
    """
    if find_change_signature(change_id=quote.id) is not None:
        raise ChangeAlreadySigned(number=quote.number)
    if now > quote.valid_until:
        raise ChangeExpired(number=quote.number, valid_until=quote.valid_until)
    if len(list_events(loan_id=quote.loan_id)) != quote.event_count:
        raise ChangeStale(number=quote.number)
    loan_to_change(customer_id=quote.customer_id, loan_id=quote.loan_id, now=now)
    if not set(quote.proof_ids) <= given_proofs(quote.customer_id):
        raise QuoteProofWithdrawn(number=quote.number)


def request_code(
    *, customer_id: str, loan_id: str, change_id: str, code: str, key: str, now: datetime
) -> None:
    """This function will send `code`, with which she signs this change and no other.

    Raises: ChangeNotFound, what `refuse_unsignable` refuses, CodeTooSoon, CodeLocked, KeyReusedWithOtherBody.
    """
    quote = own_change(customer_id=customer_id, loan_id=loan_id, change_id=change_id)
    body = {"customer_id": customer_id, "change": change_id}
    with transaction():
        if recall(scope="change_sign.code", key=key, body=body, now=now) is not None:
            return
        refuse_unsignable(quote, now)
        access.open_code(
            id=derive_id("code", SIGN, key), purpose=SIGN, subject=change_id, code=code, now=now,
            ttl_seconds=house.CODE_SECONDS,
        )  # fmt: skip
        tell.customer(
            customer_id=customer_id,
            template="code_sign_change",
            about=key,
            params={
                "code": code,
                "minutes": house.CODE_MINUTES,
                "number": get_loan(id=quote.loan_id).number,
            },
            now=now,
        )
        keep(scope="change_sign.code", key=key, body=body, answer={}, now=now)


def sign(
    *, customer_id: str, loan_id: str, change_id: str, code: str, language: str, key: str, now: datetime
) -> SignedChange:
    """This function will sign a change. What it books is what was shown, to the cent, or it is refused and nothing
    happens; a wrong code is counted.

    Raises: ChangeNotFound, CodeWrong and its kin, what `refuse_unsignable` refuses, ChangeAltered, what an event is
    refused for, KeyReusedWithOtherBody.
    """
    quote = own_change(customer_id=customer_id, loan_id=loan_id, change_id=change_id)
    body = {"customer_id": customer_id, "change": change_id, "code": code, "language": language}
    text = draft(quote=quote, language=language)
    with transaction():
        if recall(scope="change_sign.sign", key=key, body=body, now=now) is not None:
            return _signed(change_id)
        loans.lock_loan(loan_id=loan_id)
        refuse_unsignable(quote, now)
        outcome = access.redeem_code(purpose=SIGN, subject=change_id, code=code, now=now)
        made = None
        if outcome is CodeOutcome.OK:
            made = conclude(quote, text, language, now)
            keep(scope="change_sign.sign", key=key, body=body, answer={"change": change_id}, now=now)
    if made is None:
        access.refuse_outcome(outcome=outcome, purpose=SIGN, subject=change_id, now=now)
    assert made is not None
    return made


def _signed(change_id: str) -> SignedChange:
    found = find_change_signature(change_id=change_id)
    assert found is not None
    return found
