"""One planned act of an invented customer, carried out through the product's own journeys."""

from __future__ import annotations

from datetime import datetime, timedelta

from puhui.access.domain import Role
from puhui.core.ids import derive_id
from puhui.core.refusals import Refusal
from puhui.customers.queries import get_customer
from puhui.journeys import (
    account,
    ask_for_help,
    complain,
    house,
    payoff,
    repay,
    staff_case,
    withdraw_loan,
)
from puhui.lab.borrower import Borrower
from puhui.lab.demo_behaviour import Act, Planned
from puhui.loans.domain import LoanState
from puhui.loans.queries import get_position
from puhui.protection.domain import CaseKind
from puhui.protection.queries import list_cases
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

ANSWERS = {
    CaseKind.COMPLAINT: (
        "upheld",
        {
            "zh-hans": "您说得对，上夜班的人上午要休息。我们记下了，会改。",
            "en": "You are right: who works at night sleeps in the morning. We have noted it and will change it.",
        },
    ),
    CaseKind.QUESTION: (
        "answered",
        {
            "zh-hans": "在借款页点“试试‘如果’”，填上金额，就能看到以后每期少多少。提前还不收费。",
            "en": "Press “Try what if” on the page of your loan and type an amount: it shows every later payment. It is free.",
        },
    ),
    CaseKind.HELP: (
        "helped",
        {
            "zh-hans": "收到您的求助，罚息已经停了。说说每月收支，就能看到您负担得起的办法。",
            "en": "We have your request, and no penalty is added. Tell us about your month and you see the plans that fit it.",
        },
    ),
}
IN_TIME = timedelta(
    hours=28
)  # before a deadline at which the demo's staff answer: on the evening before its day


def answer_cases(now: datetime) -> None:
    """This function will let the demo's staff answer every open case whose deadline is near."""
    for case in list_cases(open_only=True):
        if case.due_at > now + IN_TIME:
            return  # the nearest deadline comes first
        outcome, words = ANSWERS[case.kind]
        with savepoint():
            staff_case.answer(
                case_id=case.id,
                by=Role.COMPLAINTS.value,
                outcome=outcome,
                text=words[get_customer(case.customer_id).language],
                key=derive_id("demo.answer", case.id),
                now=now,
            )


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
