"""A signed quote becomes a contract, a loan, a used line and a payout order, inside the signing's transaction."""

from __future__ import annotations

from datetime import datetime

from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.journeys import house, stops, tell
from puhui.lines import operations as lines
from puhui.loans import operations as loans
from puhui.loans.domain import Loan
from puhui.offers.domain import Quote, SignedQuote
from puhui.payments import operations as payments
from puhui.payments.domain import BankAccount, Direction
from puhui.products.queries import get_merchant
from puhui.runtime.operations import record_audit


def book(*, signed: SignedQuote, account: BankAccount, now: datetime) -> Loan:
    """This function will open everything that signing promises; the worker then pays out.

    Raises: SecondScanStops, LineExceeded and its kin, AccountNotVerified.
    """
    quote, today = signed.quote, house.today(now)
    stops.refuse_stopped(customer_id=quote.customer_id, line_id=quote.line_id, now=now)
    lines.use_line(
        line_id=quote.line_id,
        amount_minor=quote.amount_minor,
        on_date=today,
        source=f"quote:{quote.id}",
        now=now,
    )
    contract = loans.open_contract(id=derive_id("contract", quote.id), signed=signed, on_date=today)
    loan = loans.open_loan(id=derive_id("loan", contract.id), contract=contract, on_date=today, now=now)
    payments.open_order(
        id=derive_id("payout", loan.id),
        direction=Direction.PAYOUT,
        amount_minor=loan.principal_minor,
        currency=loan.currency,
        account_id=_payee(quote, account, now).id,
        customer_id=loan.customer_id,
        loan_id=loan.id,
        purpose="disburse",
        now=now,
    )
    tell.customer(
        customer_id=loan.customer_id,
        template="contract_signed",
        about=contract.id,
        params={"number": contract.number, "amount": Money(loan.principal_minor, loan.currency)},
        now=now,
    )
    record_audit(
        actor=f"customer:{loan.customer_id}",
        action="contract.signed",
        subject=f"loan:{loan.id}",
        detail={"contract": contract.id, "text": contract.text_sha256, "quote": signed.quote_sha256},
        now=now,
    )
    return loan


def _payee(quote: Quote, own: BankAccount, now: datetime) -> BankAccount:
    """Her own account, or that of the merchant as he was on the day of the quote."""
    if quote.purchase is None:
        return own
    merchant = get_merchant(
        id=quote.purchase.merchant_id, product_id=quote.product_id, on_date=house.today(quote.issued_at)
    )
    return payments.bind_account(
        id=derive_id("account", quote.customer_id, merchant.id, merchant.account_number),
        customer_id=quote.customer_id,
        number=merchant.account_number,
        bank_name=merchant.bank_name,
        verified=True,
        now=now,
        merchant_id=merchant.id,
    )
