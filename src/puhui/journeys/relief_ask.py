"""She says for which loan and why she needs help: a request is opened, and all plans of the loan are worked out ahead."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from puhui.core.ids import derive_id
from puhui.journeys import ask_for_help, house
from puhui.journeys.once import keep, recall
from puhui.loans.operations import LoanNotYours
from puhui.loans.queries import find_loan, get_terms, list_events
from puhui.protection.domain import CaseKind
from puhui.protection.queries import list_cases
from puhui.relief import operations as relief
from puhui.relief.domain import (
    ReliefLoan,
    ReliefLoanNotRunning,
    ReliefPlan,
    ReliefPolicy,
    ReliefRequest,
    plans_of,
    relief_loan,
)
from puhui.relief.queries import find_prepared, find_request, get_relief_policy
from puhui.runtime.domain import Effect, WorkItem, no_effect
from puhui.runtime.operations import put_work, record_audit
from puhui.runtime.transactions import transaction

PREPARE = "relief.prepare"  # kind of the work that works plans out ahead
FORGOT = "forgot"  # the cause that needs no budget


def start(*, customer_id: str, loan_id: str, cause: str, key: str, now: datetime) -> ReliefRequest:
    """This function will open a request for relief for a loan of hers, or go on with the open one.

    Whoever has not pressed "Get help" yet is frozen by it first (G7). Raises: LoanNotYours, ReliefLoanNotRunning,
    ReliefCauseUnknown, KeyReusedWithOtherBody.
    """
    loan = loan_as_of(customer_id=customer_id, loan_id=loan_id, now=now)
    open_cases = [one for one in list_cases(customer_id, open_only=True) if one.kind is CaseKind.HELP]
    if open_cases:
        case = max(open_cases, key=lambda one: (one.opened_at, one.id))
    else:
        case = ask_for_help.ask(
            customer_id=customer_id, loan_id=loan_id, text="", key=f"{key}:help", now=now
        ).case
    id = derive_id("relief.request", case.id, loan_id, key)
    body = {"customer_id": customer_id, "loan_id": loan_id, "cause": cause}
    with transaction():
        if (done := recall(scope="relief_ask.start", key=key, body=body, now=now)) is not None:
            found = find_request(done["request"])
            assert found is not None
            return found
        made = relief.open_request(
            id=id, case_id=case.id, customer_id=customer_id, loan_id=loan_id, cause=cause, now=now
        )
        record_audit(
            actor=f"customer:{customer_id}",
            action="relief.asked",
            subject=f"customer:{customer_id}",
            detail={"request": made.id, "loan": loan_id, "cause": cause},
            now=now,
        )
        if cause != FORGOT:
            day, count = loan.asked_on.isoformat(), len(loan.events)
            put_work(
                key=f"{PREPARE}:{loan_id}:{day}:{count}",
                kind=PREPARE,
                payload={"loan_id": loan_id, "customer_id": customer_id},
                now=now,
            )
        keep(scope="relief_ask.start", key=key, body=body, answer={"request": made.id}, now=now)
    return made


def loan_as_of(*, customer_id: str, loan_id: str, now: datetime) -> ReliefLoan:
    """This function will return a loan of hers as it stands today. Raises: LoanNotYours, ReliefLoanNotRunning."""
    found = find_loan(id=loan_id)
    if found is None or found.customer_id != customer_id:
        raise LoanNotYours()
    events = tuple(list_events(loan_id=loan_id))
    return relief_loan(terms=get_terms(loan_id=loan_id), events=events, asked_on=house.today(now))


def plans_for(*, loan: ReliefLoan, loan_id: str, policy: ReliefPolicy) -> tuple[ReliefPlan, ...]:
    """This function will return every plan of a loan: those worked out ahead, else worked out now."""
    ahead = find_prepared(loan=loan, loan_id=loan_id, policy=policy)
    return plans_of(loan, policy.grid) if ahead is None else ahead


def prepare(item: WorkItem) -> Effect:
    """This function will work out every plan of a loan while she states her budget; one that has ended has none."""
    loan_id = item.payload["loan_id"]
    policy = get_relief_policy(on_date=house.today(item.now))
    found = find_loan(id=loan_id)
    assert found is not None
    events = tuple(list_events(loan_id=loan_id))
    try:
        loan = relief_loan(terms=get_terms(loan_id=loan_id), events=events, asked_on=house.today(item.now))
    except ReliefLoanNotRunning:
        return no_effect
    if find_prepared(loan=loan, loan_id=loan_id, policy=policy) is not None:
        return no_effect
    return partial(_keep, loan_id, loan, plans_of(loan, policy.grid), policy)


def _keep(
    loan_id: str, loan: ReliefLoan, plans: tuple[ReliefPlan, ...], policy: ReliefPolicy, now: datetime
) -> None:
    relief.keep_prepared(loan_id=loan_id, loan=loan, plans=plans, policy=policy)
