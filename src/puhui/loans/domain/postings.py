"""What an event does to the books: the difference between the position before and after it, as postings.

Because a posting is a difference of positions, a back-dated payment or a reversal that shifts what later payments
were used for books exactly that shift, and every account equals the figure rebuilt from positions at any time.
Interest is recognised when it is received (ADR 0012).
"""

from __future__ import annotations

from collections.abc import Sequence

from puhui.ledger.domain import Posting
from puhui.loans.domain.events import EventKind, LoanEvent
from puhui.loans.domain.position import Position

PAYOUTS = "1002"  # payouts in transit
COLLECTIONS = "1003"  # collections in transit
PRINCIPAL = "1301"  # loan principal
OVERPAID = "2001"  # what was paid beyond the loan, until it is paid back
INTEREST = "4001"  # interest income
PENALTY = "4002"  # penalty income
FEES = "4003"  # fee income
THIRD_PARTIES = "1004"  # what merchants, buyers and agencies owe us
ACCRUED = "1302"  # earned and not received; by the day run, never by an event
EARNED = "4004"  # its income
SUBSIDIES = "4005"  # what merchants pay so that she bears no interest
WAIVED = "5001"  # principal given up
WRITTEN_OFF = "5002"  # principal written off, less what came back
SALE_LOSS = "5003"  # principal sold, less its price

PAYS_OUT = frozenset({EventKind.DISBURSE, EventKind.DISBURSE_RETURNED, EventKind.CREDIT_REFUND})


def balances(position: Position) -> dict[str, int]:
    """This function will return what each account holds because of one loan, debits less credits, minor units; cash in
    transit left out. Every account of the books equals the sum of this over all loans, at any time.
    """
    return {
        PENALTY: -position.paid_penalty_minor,
        FEES: -position.paid_fee_minor,
        INTEREST: position.interest_refunded_minor - position.paid_interest_minor,
        PRINCIPAL: position.principal_outstanding_minor,
        WAIVED: position.waived_principal_minor,
        WRITTEN_OFF: position.written_off_minor,
        SALE_LOSS: position.sale_loss_minor,
        THIRD_PARTIES: position.third_party_minor + position.merchant_subsidy_minor,
        SUBSIDIES: -position.merchant_subsidy_minor,
        OVERPAID: -position.credit_minor,
    }


def accrued_of(position: Position) -> int:
    """This function will return what a loan has earned and not received: interest to date and penalties, minor units."""
    return position.interest_accrued_minor + position.penalty_outstanding_minor


def postings(
    *, before: Position, after: Position, event: LoanEvent, undone: EventKind | None = None
) -> list[Posting]:
    """This function will return the ledger postings of `event`, from the positions without and with it on the same
    date. `undone` is the kind of the event that a reversal takes back.

    What an event moves between accounts of the loan balances by itself; what is left over came or went through the
    rail, and stands against payouts or collections in transit. An event that moves no money and shifts no allocation
    (a freeze) gives none.
    """
    assert before.as_of == after.as_of, "the two positions are on one date"
    if after.semantics_version == 1:
        return _postings_v1(before, after, event)
    earlier, later = balances(before), balances(after)
    moved = [(code, later[code] - earlier[code]) for code in later if later[code] != earlier[code]]
    cash = PAYOUTS if (undone or event.kind) in PAYS_OUT else COLLECTIONS
    moved.append((cash, -sum(amount for _, amount in moved)))
    return _paired(moved, after.currency)


def _paired(moved: Sequence[tuple[str, int]], currency: str) -> list[Posting]:
    """Debits against credits, in order, each pair one posting. `moved` adds up to zero."""
    debits = [(code, amount) for code, amount in moved if amount > 0]
    credits = [(code, -amount) for code, amount in moved if amount < 0]
    found: list[Posting] = []
    while debits and credits:
        (debit, more), (credit, less) = debits.pop(0), credits.pop(0)
        part = min(more, less)
        found.append(Posting(debit=debit, credit=credit, amount_minor=part, currency=currency))
        if more > part:
            debits.insert(0, (debit, more - part))
        if less > part:
            credits.insert(0, (credit, less - part))
    assert not debits and not credits, "what an event moves adds up to zero"
    return found


def _postings_v1(before: Position, after: Position, event: LoanEvent) -> list[Posting]:
    """Postings of an event of a contract of version 1: a payment debits collections in transit and credits what it was
    used for; a reversal is its mirror.
    """
    currency, amount = after.currency, event.amount_minor
    if event.kind is EventKind.DISBURSE:
        return [Posting(debit=PRINCIPAL, credit=PAYOUTS, amount_minor=amount, currency=currency)]
    if event.kind is EventKind.DISBURSE_RETURNED:
        return [Posting(debit=PAYOUTS, credit=PRINCIPAL, amount_minor=amount, currency=currency)]
    if event.kind is EventKind.CREDIT_REFUND:
        return [Posting(debit=OVERPAID, credit=PAYOUTS, amount_minor=amount, currency=currency)]
    used = [
        (PENALTY, after.paid_penalty_minor - before.paid_penalty_minor),
        (FEES, after.paid_fee_minor - before.paid_fee_minor),
        (INTEREST, after.paid_interest_minor - before.paid_interest_minor),
        (PRINCIPAL, after.paid_principal_minor - before.paid_principal_minor),
        (OVERPAID, after.credit_minor - before.credit_minor),
    ]
    # A reversal that gives money back to the books undoes a refund, which went out through the payouts.
    undone_refund = event.kind is EventKind.REVERSE and sum(part for _, part in used) > 0
    cash = PAYOUTS if undone_refund else COLLECTIONS
    return [
        Posting(
            debit=cash if part > 0 else account,
            credit=account if part > 0 else cash,
            amount_minor=abs(part),
            currency=currency,
        )
        for account, part in used
        if part
    ]
