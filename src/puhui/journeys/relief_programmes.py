"""Every morning the house gives by itself what a waiver programme promises, without being asked, within its budget; a plan
programme is offered to who asks and fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.customers.queries import get_customer
from puhui.journeys import happen, house, pages, tell
from puhui.loans.domain import EventKind, LoanSnapshot, Position
from puhui.loans.queries import get_loan, list_positions
from puhui.relief import operations as relief
from puhui.relief.domain import (
    TREATED,
    Programme,
    ProgrammeMember,
    ProgrammeOffer,
    ReliefLoan,
    ReliefRequest,
    arm_of,
    budget_name,
    fits,
    plan_programmes,
    waived_by,
)
from puhui.relief.queries import get_pool_left, list_programmes
from puhui.runtime.domain import Effect, WorkItem
from puhui.runtime.operations import record_audit

PAGE = "relief.programmes"  # kind of the work of one page
WAIVER = "waiver"  # kind of programme that is given without being asked


def page_of(item: WorkItem) -> Effect:
    """This function will look at one page of late loans and give to those that fit, each once in a programme's life."""
    today = house.today(item.now)
    page = pages.due_page(item, by=today)
    waivers = [one for one in list_programmes() if one.kind == WAIVER]
    late = [one for one in page.loans if one.late_minor or one.due_minor] if waivers else []
    positions = list_positions(loan_ids=[one.loan_id for one in late], as_of=today)
    return partial(_give, item, page, late, positions, waivers)


def _give(
    item: WorkItem,
    page: pages.Page,
    late: Sequence[LoanSnapshot],
    positions: dict[str, Position],
    waivers: Sequence[Programme],
    now: datetime,
) -> None:
    for loan in late:
        for programme in waivers:
            _consider(programme, loan, positions[loan.loan_id], now)
    pages.put_next(item, page, kind=PAGE, now=now)


def _consider(programme: Programme, loan: LoanSnapshot, there: Position, now: datetime) -> None:
    person = get_customer(loan.customer_id)
    today = house.today(now)
    if not fits(programme, position=there, region_code=person.region_code, cause=None, on_date=today):
        return
    arm = arm_of(programme, loan.loan_id)
    parts = waived_by(programme, there) if arm == TREATED else ()
    amount = sum(amount for _name, amount in parts)
    member = ProgrammeMember(
        id=derive_id("member", programme.name, loan.loan_id), programme=programme.name, version=programme.version,
        customer_id=loan.customer_id, loan_id=loan.loan_id, arm=arm, on_date=today, dpd_days=there.dpd_days,
        late_minor=there.late_minor, given_minor=amount, at=now,
    )  # fmt: skip
    if (
        not relief.enrol(member=member, budget_minor=programme.budget_minor, currency=there.currency)
        or not amount
    ):
        return
    for name, part in parts:
        happen.record(
            id=derive_id("event", member.id, name), loan=get_loan(id=loan.loan_id), kind=EventKind.WAIVE,
            value_date=today, amount_minor=part, payload={"component": name}, now=now,
        )  # fmt: skip
    title = programme.titles["zh" if person.language.startswith("zh") else "en"]
    tell.customer(
        customer_id=loan.customer_id, template="programme_waived", about=member.id,
        params={"programme": title, "amount": Money(amount, there.currency)}, now=now,
    )  # fmt: skip
    record_audit(
        actor="house", action="programme.waived", subject=f"customer:{loan.customer_id}",
        detail={"member": member.id, "programme": programme.name, "version": programme.version}, now=now,
    )  # fmt: skip


def _fitting(request: ReliefRequest, loan: ReliefLoan) -> list[Programme]:
    """Programmes of plans that her loan fits today, whichever group it is in."""
    region = get_customer(request.customer_id).region_code
    return list(plan_programmes(list_programmes(), loan, region_code=region, cause=request.cause))


def programme_offers(request: ReliefRequest, loan: ReliefLoan) -> list[ProgrammeOffer]:
    """This function will list the programmes whose plans she is offered, with what their budgets have left."""
    return [
        ProgrammeOffer(
            programme=one,
            left_minor=get_pool_left(name=budget_name(one.name), total_minor=one.budget_minor),
        )
        for one in _fitting(request, loan)
        if arm_of(one, request.loan_id) == TREATED
    ]


def enrol_asking(request: ReliefRequest, loan: ReliefLoan, now: datetime) -> None:
    """This function will enrol her loan in either group of the programmes that it fits. That is done when a budget is stated,
    signed or not, so that the groups can be compared; nothing is given yet.
    """
    for one in _fitting(request, loan):
        member = ProgrammeMember(
            id=derive_id("member", one.name, request.loan_id), programme=one.name, version=one.version,
            customer_id=request.customer_id, loan_id=request.loan_id, arm=arm_of(one, request.loan_id),
            on_date=loan.asked_on, dpd_days=loan.now.dpd_days, late_minor=loan.now.late_minor, given_minor=0, at=now,
        )  # fmt: skip
        relief.enrol(member=member, budget_minor=one.budget_minor, currency=house.lender().currency)
