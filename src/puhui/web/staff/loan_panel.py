"""The loans on a customer's file: position on a date, what was known then, events and ledger entries."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from puhui.customers.domain import Customer
from puhui.ledger import queries as ledger
from puhui.ledger.domain import ACCOUNTS
from puhui.lines import queries as lines
from puhui.loans import queries as loans
from puhui.loans.domain import position as position_of
from puhui.web.borrower.loan import schedule
from puhui.web.borrower.loan_view import event_name, state_name, view_of
from puhui.web.shared import formats
from puhui.web.templatetags.puhui import language


def context(customer: Customer, *, as_of: date, today: date, known_at: datetime | None) -> dict[str, Any]:
    """This function will read every loan of a customer on a date, with its events and entries, and her line."""
    line = lines.find_line(customer_id=customer.id)
    return {
        "line": line,
        "line_events": lines.list_line_events(line_id=line.id) if line else [],
        "loans": [
            _loan(loan.id, as_of=as_of, today=today, known_at=known_at)
            for loan in loans.list_loans(customer_id=customer.id)
        ],
    }


def _loan(loan_id: str, *, as_of: date, today: date, known_at: datetime | None) -> dict[str, Any]:
    view = view_of(loans.get_loan(id=loan_id), as_of=as_of, today=today)
    position = view.position
    if known_at is not None and as_of <= today:
        position = position_of(terms=view.terms, events=view.events, as_of=as_of, known_at=known_at)
    state, css = state_name(view)
    return {
        "loan": view.loan,
        "terms": view.terms,
        "position": position,
        "state": state,
        "css": css,
        "schedule": schedule(position),
        "events": [{"event": event, "name": event_name(event, view.terms)} for event in view.events],
        "entries": _entries(loan_id, as_of),
    }


def _entries(loan_id: str, as_of: date) -> list[dict[str, Any]]:
    chinese = formats.is_chinese(language())
    listed = []
    for entry in ledger.list_entries(loan_id=loan_id):
        if entry.business_date > as_of:
            continue
        debit, credit = ACCOUNTS[entry.posting.debit], ACCOUNTS[entry.posting.credit]
        listed.append(
            {
                "entry": entry,
                "debit": f"{debit.code} {debit.zh if chinese else debit.en}",
                "credit": f"{credit.code} {credit.zh if chinese else credit.en}",
            }
        )
    return listed


def documents(customer: Customer) -> list[dict[str, Any]]:
    """This function will list what she signed, by the hash of the very text."""
    found = []
    for loan in loans.list_loans(customer_id=customer.id):
        contract = loans.get_contract(id=loan.contract_id)
        found.append(
            {
                "number": contract.number,
                "sha256": contract.text_sha256,
                "language": contract.language,
                "signed_at": contract.signed_at,
                "loan": loan.number,
            }
        )
    return found
