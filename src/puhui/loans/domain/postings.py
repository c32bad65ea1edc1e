"""What an event does to the books: the difference between the position before and after it, as postings.

Because a posting is a difference of positions, a back-dated payment or a reversal that shifts what later payments
were used for books exactly that shift, and every account equals the figure rebuilt from positions at any time.
Interest is recognised when it is received (ADR 0012).
"""

from __future__ import annotations

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


def postings(*, before: Position, after: Position, event: LoanEvent) -> list[Posting]:
    """This function will return the ledger postings of `event`, from the positions without and with it on the same
    date. A payment debits collections in transit and credits what it was used for; a reversal is its mirror.

    Events that move no money and shift no allocation (a freeze) give none.
    """
    assert before.as_of == after.as_of, "the two positions are on one date"
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
