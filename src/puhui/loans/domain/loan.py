"""Contracts and loans as stored: who, what, since when. What they mean on a date is the position's business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from puhui.ledger.domain import Posting
from puhui.loans.domain.events import LoanEvent
from puhui.loans.domain.position import LoanState, Position
from puhui.loans.domain.terms import ContractTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What was signed, for ever."""

    id: str  # 26 characters
    number: str  # short form that people read aloud ("C-20261120-7F3AKQ"); not unique
    quote_id: str  # the quote that it accepts; one contract a quote
    customer_id: str  # the borrower
    line_id: str  # the line that it draws on
    terms: ContractTerms  # terms that compute every position
    text_sha256: str  # content hash of the text that she read and signed
    language: str  # language of that text
    signed_at: datetime  # instant of signing


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """One disbursed draw, or one on its way."""

    id: str  # 26 characters
    number: str  # short form that people read aloud ("L-20261120-7F3AKQ"); not unique
    contract_id: str  # its contract
    customer_id: str  # the borrower
    line_id: str  # the line that its principal uses, and restores when repaid
    currency: str  # ISO 4217
    principal_minor: int  # principal of the contract, minor units
    state: LoanState  # as of its latest event; for lists and locks, never for money
    opened_at: datetime  # instant of signing


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanSnapshot:
    """The figures of a loan as lists and searches show them, refreshed by each event and each day roll."""

    loan_id: str  # whose
    customer_id: str  # borrower
    as_of: date  # date of the figures
    semantics_version: int  # rules that computed them
    state: LoanState  # where it stands
    currency: str  # ISO 4217
    principal_outstanding_minor: int  # minor units
    due_minor: int  # minor units
    late_minor: int  # minor units
    dpd_days: int  # days past due
    bucket: str  # M0, M1, …
    payoff_minor: int  # minor units
    credit_minor: int  # overpaid and not yet paid back, minor units
    next_due_date: date | None  # next due date with something to pay
    next_due_minor: int  # what is to pay then, minor units

    def says_late_days(self, today: date) -> int | None:
        """This function will return the days past due on `today` as far as these figures know them, else None.

        They do when they are of that date, or older with nothing due before it; without an event they stay true.
        """
        if self.as_of == today:
            return self.dpd_days
        coming = self.next_due_date is None or self.next_due_date > today
        return 0 if self.as_of < today and not self.due_minor and coming else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """What recording an event did."""

    event: LoanEvent  # as recorded
    before: Position  # the position without it, on its booking date
    after: Position  # the position with it, on the same date
    postings: tuple[Posting, ...]  # what the ledger must book for it; none for a repeat
    repeated: bool  # whether it had been recorded before, so that nothing happened now

    @property
    def principal_repaid_minor(self) -> int:
        """Principal that the event repaid, below zero for what it took back, minor units: what a line restores."""
        return self.after.paid_principal_minor - self.before.paid_principal_minor

    @property
    def overpaid_minor(self) -> int:
        """What the event left with the lender beyond all that is owed, minor units, never below zero."""
        return max(self.after.credit_minor - self.before.credit_minor, 0)


def snapshot_of(*, loan_id: str, customer_id: str, position: Position) -> LoanSnapshot:
    """This function will take from a position what lists show."""
    return LoanSnapshot(
        loan_id=loan_id,
        customer_id=customer_id,
        as_of=position.as_of,
        semantics_version=position.semantics_version,
        state=position.state,
        currency=position.currency,
        principal_outstanding_minor=position.principal_outstanding_minor,
        due_minor=position.due_minor,
        late_minor=position.late_minor,
        dpd_days=position.dpd_days,
        bucket=position.bucket,
        payoff_minor=position.payoff_minor,
        credit_minor=position.credit_minor,
        next_due_date=position.next_due_date,
        next_due_minor=position.next_due_minor,
    )
