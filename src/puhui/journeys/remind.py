"""She hears of what is coming before it is due, of what is missing, and that the plan can change; through the one gate."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from puhui.contact.queries import get_script_book, list_known_message_ids
from puhui.core.money import Money
from puhui.core.time import shift_days, start_of
from puhui.journeys import house, pages, tell
from puhui.loans.domain import LoanSnapshot, Position, PositionRow, RowState
from puhui.loans.queries import list_positions
from puhui.payments.queries import list_active_mandates
from puhui.runtime.domain import Effect, WorkItem

BEFORE_DUE = "reminder_before_due"  # script of what is coming
PAGE = "remind.page"  # kind of the work of one page
LATE_DAYS = (1, 8, 15, 29)  # days past due on which she hears of what is missing
INVITE_DAY = (
    3  # day past due on which she hears, unasked, that three figures show her plans that her month bears
)
INVITATION = "relief_invite"  # script of it


def page_of(item: WorkItem) -> Effect:
    """This function will remind the customers of one page of loans, each once for each due date or late day.

    Who pays by mandate hears from the notice of the debit instead, so that nobody is told the same thing twice.
    """
    today = house.today(item.now)
    by = shift_days(today, house.policy(item.now).reminder_days_before)
    page = pages.due_page(item, by=by)
    mandates = list_active_mandates(customer_ids=[one.customer_id for one in page.loans])
    soon = [one for one in page.loans if one.customer_id not in mandates and _is_soon(one, by)]
    late = [one for one in page.loans if one.says_late_days(today) in (None, INVITE_DAY, *LATE_DAYS)]
    positions = list_positions(loan_ids=sorted({one.loan_id for one in (*soon, *late)}), as_of=today)
    return partial(_remind, item, page, soon, late, positions)


def _is_soon(loan: LoanSnapshot, by: date) -> bool:
    return loan.next_due_date is not None and loan.next_due_date <= by


def _remind(
    item: WorkItem,
    page: pages.Page,
    soon: list[LoanSnapshot],
    late: list[LoanSnapshot],
    positions: dict[str, Position],
    now: datetime,
) -> None:
    coming = [
        (loan, row)
        for loan in soon
        for row in positions[loan.loan_id].rows
        if row.state is not RowState.PAID and positions[loan.loan_id].as_of < row.due_date <= page.by
    ]
    told = list_known_message_ids([tell.id_of(BEFORE_DUE, _about(loan, row)) for loan, row in coming])
    for loan, row in coming:
        if tell.id_of(BEFORE_DUE, _about(loan, row)) not in told:
            _before_due(loan, row, now)
    for loan in late:
        if positions[loan.loan_id].dpd_days in LATE_DAYS:
            _missing(loan, positions[loan.loan_id], now)
        elif positions[loan.loan_id].dpd_days == INVITE_DAY:
            _invite(loan, positions[loan.loan_id], now)
    pages.put_next(item, page, kind=PAGE, now=now)


def _about(loan: LoanSnapshot, row: PositionRow) -> str:
    return f"{loan.loan_id}:{row.due_date}"


def _before_due(loan: LoanSnapshot, row: PositionRow, now: datetime) -> None:
    tell.customer(
        customer_id=loan.customer_id,
        template=BEFORE_DUE,
        about=_about(loan, row),
        params={"amount": Money(row.open_minor, loan.currency), "due": row.due_date},
        now=now,
        expires_at=start_of(shift_days(row.due_date, 1), zone=house.lender().zone),
    )


def _missing(loan: LoanSnapshot, position: Position, now: datetime) -> None:
    oldest = next(row for row in position.rows if row.state is RowState.LATE)
    tell.customer(
        customer_id=loan.customer_id,
        template="payment_late",
        about=f"{loan.loan_id}:{oldest.due_date}:{position.dpd_days}",
        params={
            "amount": Money(position.late_minor, position.currency),
            "due": oldest.due_date,
            "days": position.dpd_days,
        },
        now=now,
        expires_at=start_of(shift_days(house.today(now), 1), zone=house.lender().zone),
    )


def _invite(loan: LoanSnapshot, position: Position, now: datetime) -> None:
    """Ask her for her month before she asks; a loan whose contract knows no relief has nothing to show her."""
    today = house.today(now)
    if position.semantics_version == 1 or INVITATION not in get_script_book(on_date=today).scripts:
        return
    oldest = next(row for row in position.rows if row.state is RowState.LATE)
    tell.customer(
        customer_id=loan.customer_id,
        template=INVITATION,
        about=f"{loan.loan_id}:{oldest.due_date}",
        params={"amount": Money(position.late_minor, position.currency)},
        now=now,
        expires_at=start_of(shift_days(today, 1), zone=house.lender().zone),
    )
