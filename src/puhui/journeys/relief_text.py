"""What she signs for relief is written out word for word, she is told of it, and her request for help has its answer."""

from __future__ import annotations

from datetime import datetime

from puhui.core.ids import derive_id, reference
from puhui.core.money import Money
from puhui.customers.queries import get_customer, get_identity
from puhui.journeys import house, tell
from puhui.journeys.relief_rests import promised, waits_promised
from puhui.loans.queries import get_contract, get_loan
from puhui.offers.domain import lender_values
from puhui.offers.queries import get_lender
from puhui.protection import operations as protection
from puhui.protection.domain import CaseOutcome, CaseParty, LetterKind, render_letter
from puhui.protection.queries import get_case, get_letter
from puhui.relief.domain import (
    ReliefAgreement,
    ReliefCard,
    ReliefOffer,
    ReliefRequest,
    fill_relief_letter,
)
from puhui.relief.queries import list_requests

HTML = "text/html; charset=utf-8"
CLOSED = {
    "zh": "您选的纾困方案 {number} 已签署生效。",
    "en": "The relief plan {number} that you chose is signed and in force.",
}


def draft(*, request: ReliefRequest, offer: ReliefOffer, card: int, language: str) -> str:
    """This function will return the very text that signing this option stores."""
    loan = get_loan(id=request.loan_id)
    contract = get_contract(id=loan.contract_id)
    name, _number = get_identity(request.customer_id)
    common = lender_values(
        lender=get_lender(on_date=offer.on_date), name=name, on_date=offer.on_date, language=language
    )
    filled = fill_relief_letter(
        number=reference("R", offer.id),
        card=offer.cards()[card],
        loan_number=loan.number,
        contract_number=contract.number,
        currency=loan.currency,
        annual_rate_ppm=contract.terms.annual_rate_ppm,
        valid_until=house.today(offer.valid_until),
        language=language,
        review=promised(offer, card),
        own_waits=waits_promised(offer, card),
    )
    text = get_letter(
        kind=LetterKind.RELIEF, jurisdiction=house.lender().jurisdiction, on_date=house.today(offer.made_at)
    )
    return render_letter(
        letter=text, language=language, values={**common, **filled.values}, tables=filled.tables
    )


def tell_agreed(signed: ReliefAgreement, card: ReliefCard, now: datetime) -> None:
    """This function will tell her the number of what she signed and the next payment."""
    loan, plan = get_loan(id=signed.loan_id), card.plan
    settles = plan.choice.settlement_minor > 0
    tell.customer(
        customer_id=signed.customer_id,
        template="relief_settle" if settles else "relief_agreed",
        about=signed.id,
        params={
            "number": signed.number,
            "amount": Money(plan.first_minor, loan.currency),
            "due": plan.payments[0].due_date,
        },
        now=now,
    )


def close_help(request: ReliefRequest, signed: ReliefAgreement, now: datetime) -> None:
    """This function will answer her request for help, once no other loan of hers still waits for its plan."""
    waiting = [
        one
        for one in list_requests(customer_id=request.customer_id, open_only=True)
        if one.case_id == request.case_id and one.id != request.id
    ]
    case = get_case(request.case_id)
    if waiting or case.is_over:
        return
    tongue = "zh" if get_customer(request.customer_id).language.startswith("zh") else "en"
    protection.close_case(
        id=derive_id("case.closed", case.id),
        case_id=case.id,
        outcome=CaseOutcome.HELPED.value,
        author="",
        text=CLOSED[tongue].format(number=signed.number),
        now=now,
        by=CaseParty.HOUSE.value,
    )
