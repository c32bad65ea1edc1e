"""What falls due is announced and then debited by mandate, once for each due date."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import partial

from puhui.contact.domain import Message, MessageState
from puhui.contact.queries import find_message, has_hold
from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.core.time import instant_at, shift_days
from puhui.journeys import house, pages, tell
from puhui.journeys.ask_for_help import HELP
from puhui.loans import operations as loans
from puhui.loans.domain import Loan, LoanState, Position, RowState
from puhui.loans.queries import get_loan, get_position, list_positions
from puhui.payments import operations as payments
from puhui.payments.domain import AUTOPAY, DebitWithoutNotice, Direction, Mandate, MandateDebit, check_notice
from puhui.payments.queries import get_account, get_active_mandate, has_open_order, list_active_mandates
from puhui.runtime.domain import Effect, Transient, WorkItem
from puhui.runtime.operations import put_work

PAGE, COLLECT = "autopay.page", "autopay.collect"  # kinds of work
NOTICE = "debit_notice"  # script of the notice
DEBIT_TIME = time(10, 0)  # local time of a debit: salaries are there, and a person can be asked
AGAIN_SECONDS = 21_600  # wait while the notice is on its way, or another payment is


def announce(item: WorkItem) -> Effect:
    """This function will announce the debits of one page of loans and put the work that debits them."""
    today = house.today(item.now)
    policy = house.policy(item.now)
    # The notice is the reminder, too, so it goes out as early as the earlier of the two must.
    by = shift_days(today, max(policy.reminder_days_before, policy.mandate_notice_days))
    page = pages.due_page(item, by=by)
    mandates = list_active_mandates(customer_ids=[one.customer_id for one in page.loans])
    debited = {one.loan_id: mandates[one.customer_id] for one in page.loans if one.customer_id in mandates}
    positions = list_positions(loan_ids=list(debited), as_of=by)
    earliest = shift_days(today, policy.mandate_notice_days)
    return partial(_announce, item, page, debited, positions, earliest)


def _announce(
    item: WorkItem,
    page: pages.Page,
    debited: dict[str, Mandate],
    positions: dict[str, Position],
    earliest: date,
    now: datetime,
) -> None:
    for loan_id, mandate in debited.items():
        position = positions[loan_id]
        due = _newest_due(position, page.by)
        if due is None or not position.due_minor:
            continue
        if has_hold(mandate.customer_id, now, reason=HELP):
            continue  # she is in calm; a debit is announced when it is over
        debit_date = max(due, earliest)
        first = put_work(
            key=f"{COLLECT}:{loan_id}:{due}",
            kind=COLLECT,
            payload={"loan_id": loan_id, "due_date": due.isoformat()},
            now=now,
            run_at=instant_at(debit_date, DEBIT_TIME, zone=house.lender().zone),
        )
        if first:
            _tell(mandate, position, debit_date=debit_date, about=_about(loan_id, due), now=now)
    pages.put_next(item, page, kind=PAGE, now=now)


def _newest_due(position: Position, by: date) -> date | None:
    """The newest due date, up to `by`, on which something is unpaid: one debit takes all that is due by then."""
    open_rows = [
        row.due_date for row in position.rows if row.state is not RowState.PAID and row.due_date <= by
    ]
    return max(open_rows, default=None)


def _about(loan_id: str, due: date) -> str:
    return f"{loan_id}:{due.isoformat()}"


def _tell(mandate: Mandate, position: Position, *, debit_date: date, about: str, now: datetime) -> None:
    tell.customer(
        customer_id=mandate.customer_id,
        template=NOTICE,
        about=about,
        params={
            "amount": Money(position.due_minor, position.currency),
            "due": debit_date,
            "tail": get_account(id=mandate.account_id).tail,
        },
        now=now,
    )


def collect(item: WorkItem) -> Effect:
    """This function will order one announced debit, unless it is paid, she is in calm, or the mandate is gone.

    All of it is read under the loan's lock: she may be paying by herself at this very moment.
    """
    loan_id, due = item.payload["loan_id"], date.fromisoformat(item.payload["due_date"])
    return partial(_collect, get_loan(id=loan_id), due)


def _collect(loan: Loan, due: date, now: datetime) -> None:
    loans.lock_loan(loan_id=loan.id)
    today = house.today(now)
    position = get_position(loan_id=loan.id, as_of=today)
    mandate = get_active_mandate(customer_id=loan.customer_id)
    calm = has_hold(loan.customer_id, now, reason=HELP)
    if position.state is not LoanState.ACTIVE or not position.due_minor or mandate is None or calm:
        return
    notice = find_message(tell.id_of(NOTICE, _about(loan.id, due)))
    if notice is None or (notice.is_over and notice.state is not MessageState.SENT):
        return  # she was never told, so nothing is debited; the reminder asks her to pay by herself
    debit = _debit(mandate, notice, today, now)
    if has_open_order(loan_id=loan.id, direction=Direction.COLLECT):
        raise Transient(AGAIN_SECONDS, "another payment of the loan is with the bank")
    _order(mandate, position, loan.id, due, debit, now)


def _debit(mandate: Mandate, notice: Message, today: date, now: datetime) -> MandateDebit:
    sent_on = house.today(notice.sent_at) if notice.sent_at else None
    days = house.policy(now).mandate_notice_days
    debit = MandateDebit(mandate_id=mandate.id, notice_date=sent_on, debit_date=today, notice_days=days)
    try:
        check_notice(debit)
    except DebitWithoutNotice as error:
        raise Transient(AGAIN_SECONDS, "the notice was not out early enough") from error
    return debit


def _order(
    mandate: Mandate, position: Position, loan_id: str, due: date, debit: MandateDebit, now: datetime
) -> None:
    payments.open_order(
        id=derive_id(AUTOPAY, loan_id, due.isoformat()),
        direction=Direction.COLLECT,
        amount_minor=position.due_minor,
        currency=position.currency,
        account_id=mandate.account_id,
        customer_id=mandate.customer_id,
        loan_id=loan_id,
        purpose=AUTOPAY,
        now=now,
        debit=debit,
    )
