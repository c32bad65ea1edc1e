"""A plan is followed day by day: what is kept is said, and a broken one returns to her first, never to a collector."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from puhui.contact import operations as contact
from puhui.core.ids import derive_id
from puhui.core.money import Money
from puhui.core.time import business_date
from puhui.journeys import happen, house, tell
from puhui.loans.domain import EventKind, LoanState, Position
from puhui.loans.queries import get_loan, list_events, list_positions
from puhui.relief import operations as relief
from puhui.relief.domain import (
    AgreementAct,
    ReliefAgreement,
    follow_up,
    paid_towards,
    rest_of,
    settle_up,
    talk_ends,
)
from puhui.relief.queries import find_settlement, get_relief_policy, list_live_agreements
from puhui.runtime.domain import Effect, WorkItem
from puhui.runtime.operations import put_work

PAGE = "relief.follow"  # kind of the work of one page
SIZE = 200  # agreements of a page
TALK = "relief_talk"  # reason of the hold while a broken plan is talked over
TALK_DAYS = 14  # how long nobody else writes to her about it
SCRIPTS = {
    AgreementAct.BREAK: "relief_broken",
    AgreementAct.MEND: "relief_mended",
    AgreementAct.KEEP: "relief_kept",
}


def page_of(item: WorkItem) -> Effect:
    """This function will look at one page of running agreements and say what became of each."""
    today = house.today(item.now)
    found = list_live_agreements(after=item.payload.get("after", ""), limit=SIZE)
    there = list_positions(loan_ids=[one.loan_id for one in found], as_of=today)
    return partial(_follow, item, found, there)


def _follow(item: WorkItem, found: list[ReliefAgreement], there: dict[str, Position], now: datetime) -> None:
    patience = get_relief_policy(on_date=house.today(now)).patience_days
    for one in found:
        position = there[one.loan_id]
        settlement = find_settlement(one) if position.state is LoanState.ACTIVE else None
        if settlement is None:
            act = follow_up(one, position, patience_days=patience)
        else:
            act = _settle(one, settlement, position, patience, now)
        if act is not None:
            _let(one, act, position, now)
    if len(found) == SIZE:
        day, last = item.payload["local_date"], found[-1].id
        put_work(key=f"{PAGE}:{day}:{last}", kind=PAGE, payload={"local_date": day, "after": last}, now=now)


def _settle(
    one: ReliefAgreement, settlement: tuple[int, int], there: Position, patience: int, now: datetime
) -> AgreementAct | None:
    """Once the price has come, what is left is given up in the books and the loan is closed."""
    price, since = settlement
    act = settle_up(
        one, price_minor=price, paid_minor=paid_towards(list_events(loan_id=one.loan_id), since=since),
        signed_on=business_date(one.signed_at, zone=house.lender().zone), today=house.today(now), patience_days=patience,
    )  # fmt: skip
    if act is AgreementAct.KEEP:
        for name, amount in rest_of(there):
            happen.record(
                id=derive_id("event", one.id, f"rest-{name}"), loan=get_loan(id=one.loan_id), kind=EventKind.WAIVE,
                value_date=house.today(now), amount_minor=amount, payload={"component": name}, now=now,
            )  # fmt: skip
    return act


def _let(one: ReliefAgreement, act: AgreementAct, there: Position, now: datetime) -> None:
    relief.move_agreement(id=one.id, act=act, now=now)
    if act not in SCRIPTS or there.state not in (LoanState.ACTIVE, LoanState.CLOSED):
        return
    params: dict[str, str | int | Money] = {"number": one.number}
    if act is AgreementAct.BREAK:
        params.update(amount=Money(there.late_minor, there.currency), days=there.dpd_days)
        until = talk_ends(now, days=TALK_DAYS, zone=house.lender().zone)
        contact.place_hold(
            id=derive_id("hold", TALK, one.id, house.today(now).isoformat()), customer_id=one.customer_id,
            reason=TALK, from_=now, until=until,
        )  # fmt: skip
    about = f"{one.id}:{house.today(now)}"
    tell.customer(
        customer_id=one.customer_id, template=SCRIPTS[act], about=about, params=dict(params), now=now
    )
