"""The contract that signing a quote would make is written out, word for word as it will be stored."""

from __future__ import annotations

from datetime import datetime

from puhui.customers.domain import mask_number
from puhui.customers.queries import get_identity
from puhui.journeys import house
from puhui.offers.domain import render_contract
from puhui.offers.queries import get_contract_template, get_lender, get_quote
from puhui.payments.domain import BankAccount
from puhui.payments.queries import AccountNotFound, list_accounts
from puhui.protection.queries import get_house_policy


def draft(*, quote_id: str, language: str, now: datetime) -> str:
    """This function will return the very text that signing stores: by the texts and policy of the quote's issue.

    Raises: QuoteNotFound; AccountNotFound where she has bound no verified account yet.
    """
    quote = get_quote(id=quote_id)
    on_date = house.today(quote.issued_at)
    policy = get_house_policy(jurisdiction=house.lender().jurisdiction, on_date=on_date)
    name, number = get_identity(quote.customer_id)
    return render_contract(
        template=get_contract_template(
            product_id=quote.product_id,
            language=language,
            on_date=on_date,
            pays_merchant=quote.purchase is not None,
        ),
        quote=quote,
        lender=get_lender(on_date=on_date),
        borrower_name=name,
        borrower_number=mask_number(number),
        account_tail=account_of(quote.customer_id).tail,
        complaint_days=policy.complaint_days,
        freeze_days=policy.freeze_days,
        freeze_uses_per_year=policy.freeze_uses_per_year,
        zone=house.lender().zone,
    )


def account_of(customer_id: str) -> BankAccount:
    """This function will return the account that she bound last, of those that her bank confirmed. Raises: AccountNotFound."""
    for account in list_accounts(customer_id=customer_id):
        if account.verified_at is not None:
            return account
    raise AccountNotFound()
