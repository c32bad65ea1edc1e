"""She asks for another way to repay a running loan: what it would leave to pay, and a binding quote of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from puhui.core.ids import derive_id
from puhui.journeys import house
from puhui.journeys.change_gather import change_policy, loan_to_change, terms_within
from puhui.journeys.change_price import price, record
from puhui.journeys.once import keep, recall
from puhui.loans import operations as loans
from puhui.loans.domain import ChangeChoice, ChangePriceStays, ChangeQuote, build_change
from puhui.loans.queries import get_change
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


def work_out(
    *,
    customer_id: str,
    loan_id: str,
    choice: ChangeChoice,
    now: datetime,
    lower_price: bool = False,
    id: str = "preview",
    decision_id: str = "",
) -> ChangeQuote:
    """This function will work a choice out, with `lower_price` at the rate that today would give; nothing is written.

    Raises: what `loan_to_change`, `terms_within` and `build_change` refuse, ChangePriceStays.
    """
    loan = loan_to_change(customer_id=customer_id, loan_id=loan_id, now=now)
    policy, proofs = change_policy(now), frozenset[str]()
    if lower_price:
        found = price(customer_id=customer_id, loan=loan, choice=choice, policy=policy, now=now)
        if not found.is_lower:
            raise ChangePriceStays(now_ppm=found.now_ppm, answer_ppm=found.answer_ppm)
        choice, proofs = replace(choice, annual_rate_ppm=found.answer_ppm), frozenset(found.proof_ids)
    return build_change(
        id=id,
        customer_id=customer_id,
        choice=choice,
        loan=loan,
        within=terms_within(customer_id=customer_id, loan_id=loan_id, loan=loan, now=now),
        policy=policy,
        decision_id=decision_id,
        proof_ids=proofs,
        valid_days=house.policy(now).quote_valid_days,
        zone=house.lender().zone,
        issued_at=now,
    )


def ask(
    *,
    customer_id: str,
    loan_id: str,
    choice: ChangeChoice,
    key: str,
    now: datetime,
    lower_price: bool = False,
) -> ChangeQuote:
    """This function will quote a change, signed by the house. Raises: what `work_out` refuses, KeyReusedWithOtherBody."""
    assert choice.annual_rate_ppm is None, "the rate is ours to work out"
    id = derive_id("change", customer_id, loan_id, key)
    body = {"customer_id": customer_id, "loan_id": loan_id, "choice": choice, "lower_price": lower_price}
    with transaction():
        if recall(scope="change_ask.ask", key=key, body=body, now=now) is not None:
            return get_change(id=id)
        decided = record(customer_id=customer_id, cause=id, now=now) if lower_price else ""
        built = work_out(
            customer_id=customer_id,
            loan_id=loan_id,
            choice=choice,
            lower_price=lower_price,
            id=id,
            decision_id=decided,
            now=now,
        )
        quote = loans.issue_change(quote=built, now=now)
        record_audit(
            actor=f"customer:{customer_id}",
            action="change.quoted",
            subject=f"customer:{customer_id}",
            detail={"change": quote.id, "loan": loan_id, "input": quote.input_hash},
            now=now,
        )
        keep(scope="change_ask.ask", key=key, body=body, answer={"change": id}, now=now)
    return quote
