"""The change that she would sign is written out, word for word as it will be stored."""

from __future__ import annotations

from puhui.customers.queries import get_identity
from puhui.journeys import house
from puhui.loans.domain import ChangeQuote, fill_change_letter
from puhui.loans.queries import get_contract, get_loan
from puhui.offers.domain import lender_values
from puhui.offers.queries import get_lender
from puhui.protection.domain import LetterKind, render_letter
from puhui.protection.queries import get_letter

HTML = "text/html; charset=utf-8"


def draft(*, quote: ChangeQuote, language: str) -> str:
    """This function will return the very text that signing this change stores: by the texts of the day of its quote."""
    loan = get_loan(id=quote.loan_id)
    name, _number = get_identity(quote.customer_id)
    common = lender_values(
        lender=get_lender(on_date=quote.on_date), name=name, on_date=quote.on_date, language=language
    )
    filled = fill_change_letter(
        quote=quote,
        loan_number=loan.number,
        contract_number=get_contract(id=loan.contract_id).number,
        valid_until=house.today(quote.valid_until),
        language=language,
    )
    text = get_letter(kind=LetterKind.CHANGE, jurisdiction=house.lender().jurisdiction, on_date=quote.on_date)
    return render_letter(
        letter=text, language=language, values={**common, **filled.values}, tables=filled.tables
    )
