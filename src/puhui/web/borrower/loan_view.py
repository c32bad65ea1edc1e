"""A loan as the pages read it: position on a date, the words for its states, where its payout stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from puhui.customers.domain import Customer
from puhui.loans import queries as loans
from puhui.loans.domain import (
    ContractTerms,
    EventKind,
    Loan,
    LoanEvent,
    LoanState,
    Position,
    RowState,
    plan,
    position,
)
from puhui.offers import queries as offers
from puhui.payments import queries as payments
from puhui.payments.domain import BankAccount, Direction, OrderState, PaymentOrder
from puhui.products.domain import pays_merchant
from puhui.web.borrower.session import own
from puhui.web.shared import formats
from puhui.web.templatetags.puhui import language

ROW_STATES = {
    RowState.PAID: "jade",
    RowState.DUE: "",
    RowState.LATE: "ochre",
    RowState.PLANNED: "plum",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanCard:
    """A loan in a list, as of today."""

    loan: Loan  # the loan
    position: Position  # what contract and events mean on the date
    name: str  # product, in the reader's language
    orders: tuple[PaymentOrder, ...]  # its money orders, newest first
    payout: dict[str, Any]  # order and account of the payout, empty when there is none

    @property
    def payout_state(self) -> str:
        """ "done", "failed" (nothing arrived and nothing is owed) or "open"."""
        order = self.payout.get("order")
        if self.position.state is LoanState.CANCELLED:
            return "failed"
        if order is None or order.state is OrderState.DONE:
            return "done"
        return "failed" if order.state in (OrderState.FAILED, OrderState.RETURNED) else "open"

    @property
    def pending(self) -> PaymentOrder | None:
        """A payment of hers that the bank has not answered yet."""
        waiting = (OrderState.CREATED, OrderState.SENT, OrderState.UNKNOWN)
        return next(
            (one for one in self.orders if one.direction is Direction.COLLECT and one.state in waiting), None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanView(LoanCard):
    """A loan on a page of its own, on any date."""

    terms: ContractTerms  # what was signed
    events: tuple[LoanEvent, ...]  # what happened


def _payout(orders: Sequence[PaymentOrder], accounts: Mapping[str, BankAccount]) -> dict[str, Any]:
    order = next((one for one in reversed(orders) if one.direction is Direction.PAYOUT), None)
    return {"order": order, "account": accounts[order.account_id]} if order else {}


def _accounts(customer_id: str) -> dict[str, BankAccount]:
    return {one.id: one for one in payments.list_payees(customer_id=customer_id)}


def view_of(loan: Loan, *, as_of: date, today: date) -> LoanView:
    """This function will read one loan; a date ahead shows it with each payment made on its day."""
    terms = loans.get_terms(loan_id=loan.id)
    events = tuple(loans.list_events(loan_id=loan.id))
    orders = tuple(payments.list_orders(loan_id=loan.id))
    quote = offers.get_quote(id=loans.get_contract(id=loan.contract_id).quote_id)
    return LoanView(
        loan=loan,
        terms=terms,
        events=events,
        position=position_on(terms, events, as_of=as_of, today=today),
        name=quote.product_name_zh if formats.is_chinese(language()) else quote.product_name_en,
        orders=orders,
        payout=_payout(orders, _accounts(loan.customer_id)),
    )


def position_on(terms: ContractTerms, events: tuple[LoanEvent, ...], *, as_of: date, today: date) -> Position:
    """This function will return what happened up to a day, or, for a day ahead, what comes if each payment is made."""
    if as_of <= today:
        return position(terms=terms, events=events, as_of=as_of)
    return plan(terms=terms, events=events, today=today, as_of=as_of)


def list_cards(customer: Customer, today: date) -> list[LoanCard]:
    """This function will read all loans of a customer as of today, in a fixed number of queries."""
    listed = loans.list_loans(customer_id=customer.id)
    if not listed:
        return []
    positions = loans.list_positions(loan_ids=[one.id for one in listed], as_of=today)
    orders: defaultdict[str, list[PaymentOrder]] = defaultdict(list)
    for order in payments.list_orders(customer_id=customer.id):
        orders[order.loan_id or ""].append(order)
    accounts, names = _accounts(customer.id), _names(customer.id)
    return [
        LoanCard(
            loan=one,
            position=positions[one.id],
            name=names[one.contract_id],
            orders=tuple(orders[one.id]),
            payout=_payout(orders[one.id], accounts),
        )
        for one in listed
    ]


def _names(customer_id: str) -> dict[str, str]:
    """The product of each contract of hers, in the reader's language. Two queries."""
    chinese = formats.is_chinese(language())
    quotes = {one.quote.id: one.quote for one in offers.list_quotes(customer_id=customer_id)}
    found = {}
    for contract in loans.list_contracts(customer_id=customer_id):
        quote = quotes[contract.quote_id]
        found[contract.id] = quote.product_name_zh if chinese else quote.product_name_en
    return found


def own_loan(customer: Customer, loan_id: str) -> Loan:
    """This function will return a loan of this customer. Raises: NotFoundHere."""
    loan: Loan = own(loans.find_loan(id=loan_id), customer)
    return loan


def state_name(view: LoanCard) -> tuple[str, str]:
    """This function will say where a loan stands, and in which colour."""
    position = view.position
    if view.payout_state == "failed":
        return _("never paid out"), ""
    if position.state is LoanState.PENDING:
        return _("on its way"), "indigo"
    if position.state is LoanState.CLOSED:
        return _("paid off"), "jade"
    if position.state is LoanState.WITHDRAWN:
        return _("withdrawn"), ""
    if position.state is LoanState.WRITTEN_OFF:
        return _("written off"), "ochre"
    if position.state is LoanState.SOLD:
        return _("with another lender"), ""
    if position.late_minor:
        return _("a payment is missing"), "ochre"
    return _("running"), "jade"


def row_state(state: RowState) -> str:
    """This function will name the state of an instalment."""
    return {
        RowState.PAID: _("paid"),
        RowState.DUE: _("due"),
        RowState.LATE: _("late"),
        RowState.PLANNED: _("planned"),
    }[state]


EVENT_NAMES = {
    EventKind.DISBURSE: lazy("Paid out to you"),
    EventKind.DISBURSE_RETURNED: lazy("The payout came back"),
    EventKind.REPAY: lazy("Payment"),
    EventKind.PREPAY: lazy("Early payment"),
    EventKind.PAYOFF: lazy("Paid off"),
    EventKind.WITHDRAW: lazy("Withdrawn from the loan"),
    EventKind.REVERSE: lazy("Payment reversed by the bank"),
    EventKind.CREDIT_REFUND: lazy("Overpaid amount sent back"),
    EventKind.PENALTY_FREEZE: lazy("Penalties frozen"),
    EventKind.PENALTY_THAW: lazy("Freeze ended"),
    EventKind.CANCEL: lazy("Cancelled before payout"),
    EventKind.REFUND: lazy("Merchant return"),
    EventKind.CHARGEBACK: lazy("Payment taken back"),
    EventKind.FEE: lazy("Fee"),
    EventKind.WAIVE: lazy("Waived for you"),
    EventKind.RATE_CHANGE: lazy("Lower rate"),
    EventKind.INTEREST_PAUSE: lazy("Interest paused"),
    EventKind.LATENESS_PAUSE: lazy("Days not counted as late"),
    EventKind.MOVE_DUE: lazy("Due date moved"),
    EventKind.DEFER: lazy("Payments postponed"),
    EventKind.EXTEND: lazy("More, smaller payments"),
    EventKind.RE_AGE: lazy("New payment plan"),
    EventKind.RE_AMORTISE: lazy("Arrears spread over later payments"),
    EventKind.CHARGE_OFF: lazy("Given up in our books"),
    EventKind.WRITE_OFF: lazy("Written off"),
    EventKind.RECOVERY: lazy("Payment after write-off"),
    EventKind.SALE: lazy("Passed to another lender"),
}


def event_name(event: LoanEvent, terms: ContractTerms) -> str:
    """This function will name what happened to a loan of these terms."""
    if event.kind is EventKind.DISBURSE and pays_merchant(terms.options):
        return _("Paid to the merchant")
    return str(EVENT_NAMES[event.kind])
