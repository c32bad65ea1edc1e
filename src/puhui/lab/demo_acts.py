"""One planned act of an invented customer, carried out through the product's own journeys."""

from __future__ import annotations

from datetime import datetime

from puhui.core.refusals import Refusal
from puhui.journeys import account, ask_for_help, complain, house, payoff, repay, withdraw_loan
from puhui.lab.borrower import Borrower
from puhui.lab.demo_behaviour import Act, Planned
from puhui.loans.domain import LoanState
from puhui.loans.queries import get_position
from puhui.runtime.transactions import savepoint

WORDS = {
    "zh-hans": {
        Act.COMPLAIN: "提醒短信来得太早了，我是晚上上班的。",
        Act.QUESTION: "提前还一部分，后面每个月会少多少？",
        Act.ASK_HELP: "",
    },
    "en": {
        Act.COMPLAIN: "Your reminders come too early. I work at night.",
        Act.QUESTION: "If I pay a part early, how much less is each month after that?",
        Act.ASK_HELP: "",
    },
}


def perform(planned: Planned, borrower: Borrower) -> bool:
    """This function will let the customer act, and tell whether she could: a refusal is part of life, not an error."""
    try:
        with savepoint():
            return _perform(planned, borrower, planned.at)
    except Refusal:
        return False


def _perform(planned: Planned, borrower: Borrower, now: datetime) -> bool:
    customer_id, key = borrower.customer_id, borrower.key(f"{planned.loan_id}:{planned.name}")
    words = WORDS[borrower.language]
    match planned.act:
        case Act.ASK_HELP:
            ask_for_help.ask(customer_id=customer_id, text="", key=key, now=now, loan_id=planned.loan_id)
        case Act.COMPLAIN | Act.QUESTION:
            kind = "complaint" if planned.act is Act.COMPLAIN else "question"
            about = f"loan:{planned.loan_id}"
            complain.open(
                customer_id=customer_id, kind=kind, about=about, text=words[planned.act], key=key, now=now
            )
        case Act.STOP_AUTOPAY:
            account.withdraw_mandate(customer_id=customer_id, key=key, now=now)
        case _:
            return _pay(planned, borrower, key, now)
    return True


def _pay(planned: Planned, borrower: Borrower, key: str, now: datetime) -> bool:
    position = get_position(loan_id=planned.loan_id, as_of=house.today(now))
    if position.state is not LoanState.ACTIVE:
        return False
    who = {"customer_id": borrower.customer_id, "loan_id": planned.loan_id, "key": key}
    match planned.act:
        case Act.WITHDRAW:
            withdraw_loan.start(**who, now=now)
        case Act.PAY_OFF:
            payoff.start(**who, now=now)
        case Act.PREPAY:
            part = position.payoff_minor // 3 // 10_000 * 10_000
            repay.start(**who, amount_minor=part, intent="prepay", now=now)
        case _:
            due = position.due_minor or position.next_due_minor
            repay.start(**who, amount_minor=due, intent="due", now=now)
    borrower.work(now)
    return True
