"""What the database tests of offers and loans share: a customer with a line, a quote, a signed and paid out loan."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from puhui.access.operations import create_borrower_login
from puhui.core.ids import derive_id
from puhui.core.time import business_date
from puhui.customers.operations import open_customer
from puhui.decisions.models import DecisionRow
from puhui.decisions.operations import save_application
from puhui.lab.people import invent_person
from puhui.lines.operations import grant_line
from puhui.loans.domain import EventKind, Loan, LoanEvent, RecordedEvent
from puhui.loans.operations import open_contract, open_loan, record_event
from puhui.offers.domain import Quote
from puhui.offers.operations import issue_quote, sign_quote
from puhui.runtime.transactions import transaction
from tests.golden import loan_values as values

NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
ZONE = "Asia/Shanghai"


def new_borrower(index: int) -> tuple[str, str, str]:
    """This function will make a customer with a decision and a line, and return their ids."""
    customer, decision, line = (derive_id(kind, f"kit{index}") for kind in ("customer", "decision", "line"))
    with transaction():
        user = create_borrower_login(login=f"c.kit{index}", now=NOW)
        phone = invent_person(seed=7, index=index).phone
        open_customer(id=customer, user_id=user, phone=phone, language="zh", now=NOW)
        application = derive_id("application", f"kit{index}")
        save_application(id=application, customer_id=customer, fields={}, now=NOW)
        DecisionRow.objects.create(
            id=decision,
            number="D-kit",
            application_id=application,
            customer_id=customer,
            verdict="approved",
            grade="B",
            points=600,
            limit_minor=50_000_00,
            annual_rate_ppm=144_000,
            input_json="{}",
            output_json="{}",
            input_hash="0" * 64,
            output_hash="0" * 64,
            policy_sha256="0" * 64,
            model_sha256="0" * 64,
            prices_sha256="0" * 64,
            evaluator_sha256="0" * 64,
            decided_at=NOW,
        )
        grant_line(
            id=line,
            customer_id=customer,
            product_id="haoqidai",
            decision_id=decision,
            limit_minor=50_000_00,
            currency="CNY",
            grade="B",
            annual_rate_ppm=144_000,
            expires_on=date(2027, 11, 20),
            now=NOW,
        )
    return customer, decision, line


def new_quote(index: int, **changes: Any) -> Quote:
    """This function will issue a quote to a new borrower."""
    customer, decision, line = new_borrower(index)
    quote = values.quote(
        id=derive_id("quote", f"kit{index}"),
        customer_id=customer,
        decision_id=decision,
        line_id=line,
        issued_at=NOW,
        **changes,
    )
    with transaction():
        return issue_quote(quote=quote, now=NOW)


def new_loan(index: int, **changes: Any) -> Loan:
    """This function will sign a new quote and open its loan, not paid out."""
    quote = new_quote(index, **changes)
    today = business_date(NOW, zone=ZONE)
    with transaction():
        signed = sign_quote(
            quote_id=quote.id,
            signer_customer_id=quote.customer_id,
            code_id="code",
            language="zh-hans",
            contract_sha256="5" * 64,
            now=NOW + timedelta(minutes=5),
        )
        contract = open_contract(id=derive_id("contract", quote.id), signed=signed, on_date=today)
        return open_loan(id=derive_id("loan", quote.id), contract=contract, on_date=today, now=NOW)


def event(
    loan: Loan,
    kind: EventKind,
    day: date,
    amount_minor: int = 0,
    *,
    id: str = "",
    booked: date | None = None,
    **payload: Any,
) -> LoanEvent:
    """This function will make an event to record, booked at noon of its day or of `booked`."""
    booking = booked or day
    return LoanEvent(
        id=derive_id("event", loan.id, kind.value, str(day), str(amount_minor), id),
        loan_id=loan.id,
        seq=0,
        kind=kind,
        value_date=day,
        booking_date=booking,
        booked_at=datetime(booking.year, booking.month, booking.day, 4, tzinfo=UTC),
        amount_minor=amount_minor,
        payload=payload,
    )


def record(loan: Loan, one: LoanEvent, **options: Any) -> RecordedEvent:
    """This function will record an event in a transaction of its own."""
    with transaction():
        return record_event(loan_id=loan.id, event=one, **options)


def paid_out(index: int, day: date = values.DAY, **changes: Any) -> Loan:
    """This function will open a loan and record its payout."""
    loan = new_loan(index, **changes)
    record(loan, event(loan, EventKind.DISBURSE, day, loan.principal_minor))
    return loan
