"""A signed change is booked: what was shown, to the cent."""

from __future__ import annotations

from datetime import datetime

from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.journeys import happen, tell
from puhui.journeys.change_text import HTML
from puhui.loans import operations as loans
from puhui.loans.domain import ChangeQuote, SignedChange, figures_of
from puhui.loans.queries import get_loan, get_position
from puhui.runtime.operations import put_blob, record_audit


def conclude(quote: ChangeQuote, text: str, language: str, now: datetime) -> SignedChange:
    """This function will book a change in the transaction that signs it: signature, text, the events of the loan, and word
    of it to her. Raises: what `loans.sign_change` refuses, what an event is refused for.
    """
    signed = loans.sign_change(
        change_id=quote.id,
        signer_customer_id=quote.customer_id,
        language=language,
        text_sha256=put_blob(content=text.encode(), content_type=HTML, now=now),
        now=now,
    )
    loan = get_loan(id=quote.loan_id)
    before = get_position(loan_id=loan.id, as_of=quote.on_date)
    for place, step in enumerate(quote.steps):
        happen.record(
            id=derive_id("event", quote.id, str(place)), loan=loan, kind=step.kind, value_date=step.value_date,
            amount_minor=0, payload={**step.payload, "change": quote.id}, now=now,
        )  # fmt: skip
    there = get_position(loan_id=loan.id, as_of=quote.on_date)
    booked = figures_of(there, payoff_minor=before.payoff_minor, rate_ppm=quote.after.annual_rate_ppm)
    assert booked == quote.after, "what is booked is what was shown"
    record_audit(
        actor=f"customer:{quote.customer_id}",
        action="change.signed",
        subject=f"customer:{quote.customer_id}",
        detail={"change": quote.id, "loan": loan.id, "text": signed.text_sha256},
        now=now,
    )
    tell.customer(
        customer_id=quote.customer_id,
        template="change_signed",
        about=quote.id,
        params={
            "number": quote.number,
            "amount": Money(quote.after.next.amount_minor, quote.currency),
            "due": quote.after.next.due_date,
        },
        now=now,
    )
    return signed
