"""She states a household budget, and the solver answers: options that she can bear, cheapest first, and why others are not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from puhui.contact.queries import list_holds
from puhui.core.ids import derive_id
from puhui.customers.queries import get_customer
from puhui.journeys import ask_for_help, house
from puhui.journeys.once import keep, recall
from puhui.journeys.relief_ask import loan_as_of, plans_for
from puhui.journeys.relief_programmes import enrol_asking, programme_offers
from puhui.loans.queries import get_terms, list_events
from puhui.relief import operations as relief
from puhui.relief.domain import (
    HouseholdBudget,
    ReliefLoan,
    ReliefOffer,
    ReliefPolicy,
    ReliefRequest,
    add_programmes,
    make_budget,
    offer_ends,
    relief_loan,
    solve_relief,
    told,
)
from puhui.relief.queries import (
    ReliefOfferMissing,
    find_offer_row,
    get_offer,
    get_pool_left,
    get_relief_policy,
)
from puhui.relief.queries import get_request as get_request
from puhui.runtime.transactions import transaction

REFUSED_TOLD = 6  # refused plans that are kept with an offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What she types. Minor units a month."""

    income_minor: int  # now
    usual_income_minor: int  # before
    spending_minor: int  # essential, rent included
    other_debts_minor: int  # payments on other debts
    recovers_after_months: int  # until the usual income is expected back
    lump_minor: int = 0  # what she could pay once


def state_budget(*, customer_id: str, request_id: str, month: Month, key: str, now: datetime) -> ReliefOffer:
    """This function will work out the options of a budget and keep them as the newest offer of the request.

    Raises: ReliefRequestNotFound, ReliefRequestOver, ReliefLoanNotRunning, BudgetInvalid, KeyReusedWithOtherBody.
    """
    request = get_request(request_id, customer_id=customer_id)
    loan = loan_as_of(customer_id=customer_id, loan_id=request.loan_id, now=now)
    budget = make_budget(
        **{name: getattr(month, name) for name in Month.__slots__},
        region_code=get_customer(customer_id).region_code,
        house=house.policy(now),
    )
    id = derive_id("relief.offer", request_id, key)
    offer = solve(request=request, loan=loan, budget=budget, id=id, now=now)
    body = {"request_id": request_id, "month": {name: getattr(month, name) for name in Month.__slots__}}
    with transaction():
        if recall(scope="relief_offer.state_budget", key=key, body=body, now=now) is None:
            relief.record_offer(offer=offer)
            enrol_asking(request, loan, now)
            keep(scope="relief_offer.state_budget", key=key, body=body, answer={"offer": id}, now=now)
    return offer


def solve(
    *, request: ReliefRequest, loan: ReliefLoan, budget: HouseholdBudget, id: str, now: datetime
) -> ReliefOffer:
    """This function will work out what can be offered today for a budget; nothing is written."""
    policy = get_relief_policy(on_date=loan.asked_on)
    plans = plans_for(loan=loan, loan_id=request.loan_id, policy=policy)
    answer = solve_relief(
        loan=loan, plans=plans,
        budget=budget, scenarios=policy.scenarios_of(request.cause), policy=policy, pool_minor=pool_left(policy, now),
        every=False,  # she waits; every plan cheaper than the first card is valued all the same
    )  # fmt: skip
    answer = add_programmes(
        answer,
        programme_offers(request, loan),
        loan=loan,
        plans=plans,
        budget=budget,
        policy=policy,
        cause=request.cause,
    )
    return ReliefOffer(
        id=id,
        request_id=request.id,
        customer_id=request.customer_id,
        loan_id=request.loan_id,
        on_date=loan.asked_on,
        event_count=len(loan.events),
        cause=request.cause,
        budget=budget,
        answer=replace(answer, refused=told(answer.refused, most=REFUSED_TOLD)),
        policy_version=policy.version,
        policy_sha256=policy.sha256,
        granted_by="",
        made_at=now,
        valid_until=valid_until(request.customer_id, now),
    )


def pool_name(now: datetime) -> str:
    """This function will name the waiver pool of a day: one for each calendar year."""
    return f"waivers-{house.today(now).year}"


def pool_left(policy: ReliefPolicy, now: datetime) -> int:
    """This function will return what is left for waivers today, minor units."""
    return get_pool_left(name=pool_name(now), total_minor=policy.pool_minor)


def valid_until(customer_id: str, now: datetime) -> datetime:
    """This function will return until when options that are worked out now bind."""
    calm = [
        one.until for one in list_holds(customer_id) if one.reason == ask_for_help.HELP and one.active(now)
    ]
    return offer_ends(
        now,
        calm_until=max([one for one in calm if one is not None], default=None),
        valid_days=house.policy(now).quote_valid_days,
        zone=house.lender().zone,
    )


def current_offer(request: ReliefRequest) -> tuple[ReliefOffer, ReliefLoan]:
    """This function will return the newest offer of a request, with the loan as it was then. Raises: ReliefOfferMissing."""
    found = find_offer_row(request_id=request.id)
    if found is None:
        raise ReliefOfferMissing()
    _id, day, count = found
    events = tuple(list_events(loan_id=request.loan_id)[:count])
    loan = relief_loan(terms=get_terms(loan_id=request.loan_id), events=events, asked_on=day)
    return get_offer(request_id=request.id, loan=loan), loan
