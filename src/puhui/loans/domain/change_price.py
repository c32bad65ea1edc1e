"""Which rate a running loan could have today: by her profile as it is now, the concessions of her choice, and how she pays."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from puhui.loans.domain.change import ChangeChoice, ChangeLoan
from puhui.loans.domain.change_policy import ChangePolicy
from puhui.loans.domain.change_quote import ChangeQuote
from puhui.loans.domain.position import LoanState, Position
from puhui.offers.domain.concessions import Concessions

NEVER_RAN = frozenset({LoanState.PENDING, LoanState.CANCELLED, LoanState.WITHDRAWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePrice:
    """What a request for a lower price is answered with. Rates in ppm a year."""

    now_ppm: int  # contract rate of the loan
    answer_ppm: int  # rate that it would have today; not lower where nothing can be had
    base_ppm: int  # of it, before concessions: what her profile costs, or what was promised and still binds
    off_ppm: int  # what term and amount take off
    on_time_ppm: int  # what paying on time takes off
    on_time_payments: int  # payments in a row on their day, up to now
    proof_ids: tuple[str, ...]  # proofs that it rests on

    @property
    def is_lower(self) -> bool:
        """Whether there is a lower rate to be had."""
        return self.answer_ppm < self.now_ppm


def paid_on_time(positions: Iterable[Position]) -> int:
    """This function will count the payments in a row, up to the positions' date, that came by their day; one that came
    late, or is missing, begins the count again. All loans that ran count together, in order of due dates.
    """
    rows = [
        (row.due_date, row.paid_on is not None and row.paid_on <= row.due_date)
        for there in positions
        if there.state not in NEVER_RAN
        for row in there.rows
        if row.due_date <= (there.closed_on or there.as_of) and row.payment_minor
    ]
    count = 0
    for _due, kept in sorted(rows):
        count = count + 1 if kept else 0
    return count


def change_price(
    *,
    loan: ChangeLoan,
    choice: ChangeChoice,
    base_ppm: int,
    promised_ppm: int | None,
    concessions: Concessions,
    policy: ChangePolicy,
    on_time_payments: int,
    proof_ids: Iterable[str],
) -> ChangePrice:
    """This function will price a running loan as it would be priced today: `base_ppm` before concessions, those of its
    principal and its whole length as chosen, and what paying on time takes off, never below where concessions stop.
    `promised_ppm` is the lowest rate of an earlier quote of ours that still binds, None where there is none.
    """
    extra = 0 if choice.payments is None else choice.payments - len(loan.ahead)
    months, amount = loan.terms.months + extra, loan.terms.principal_minor
    lowered = concessions.lower(base_ppm, months=months, amount_minor=amount)
    history = policy.off_ppm(on_time_payments)
    least = min(lowered, concessions.rate_least_ppm)
    answer = max(lowered - history, least)
    if promised_ppm is not None:
        answer = min(answer, promised_ppm)
    return ChangePrice(
        now_ppm=loan.rate_ppm,
        answer_ppm=answer,
        base_ppm=base_ppm,
        off_ppm=base_ppm - lowered,
        on_time_ppm=history,
        on_time_payments=on_time_payments,
        proof_ids=tuple(sorted(proof_ids)),
    )


def promised_rate(quotes: Iterable[ChangeQuote], *, given: Collection[str], now: datetime) -> int | None:
    """This function will return the lowest rate that earlier quotes for the loan still bind us to, ppm; None for none.
    A quote binds to its last instant while the proofs that it rests on are `given`.
    """
    held = [
        one.choice.annual_rate_ppm
        for one in quotes
        if one.choice.annual_rate_ppm is not None
        and now <= one.valid_until
        and all(id in given for id in one.proof_ids)
    ]
    return min(held, default=None)
