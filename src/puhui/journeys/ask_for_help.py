"""She presses "Get help", and from this second nobody chases her and nothing is added (guarantee G7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from puhui.contact import operations as contact
from puhui.contact.domain import ScriptValue
from puhui.contact.queries import list_holds
from puhui.core.ids import derive_id
from puhui.core.time import shift_days, start_of
from puhui.journeys import happen, house, tell
from puhui.journeys.once import keep, recall
from puhui.loans.domain import EventKind, LoanState, freeze_payload
from puhui.loans.queries import list_loans
from puhui.protection import operations as protection
from puhui.protection.domain import Case, CaseKind, last_instant
from puhui.protection.domain.house import may_freeze
from puhui.protection.queries import get_case
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction

HELP = "help"  # reason of the hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What happened when she asked."""

    case: Case  # with number and clock
    frozen: bool  # whether contact and penalties rest from this request on
    frozen_until: datetime | None  # first instant no longer calm, None when the house's uses are spent


def ask(*, customer_id: str, text: str, key: str, now: datetime, loan_id: str | None = None) -> Help:
    """This function will open a case and, in the same commit, hold contact and stop penalties on all her loans.

    No document and no reason are asked for. When the uses of the house policy are spent the case is opened all the
    same, without a freeze. Raises: CaseTextTooLong, KeyReusedWithOtherBody.
    """
    policy, zone = house.policy(now), house.lender().zone
    id = derive_id("case", customer_id, key)
    last_day = house.today(last_instant(now, days=policy.freeze_days, zone=zone))
    until = start_of(shift_days(last_day, 1), zone=zone)
    body = {"customer_id": customer_id, "loan_id": loan_id, "text": text}
    with transaction():
        if (done := recall(scope="ask_for_help.ask", key=key, body=body, now=now)) is not None:
            return _answer(get_case(id), _calm_until(customer_id, now) if done["frozen"] else None)
        calm = _calm_until(customer_id, now)
        earlier = [one.from_at for one in list_holds(customer_id) if one.reason == HELP]
        begins = calm is None and may_freeze(policy, asked_at=now, earlier=earlier)
        calm = until if begins else calm
        case = protection.open_case(
            id=id,
            customer_id=customer_id,
            kind=CaseKind.HELP,
            about=f"loan:{loan_id}" if loan_id else "",
            text=text,
            now=now,
            due_at=last_instant(now, days=policy.case_days(CaseKind.HELP), zone=zone),
            hold=calm is not None,
        )
        if begins:
            contact.place_hold(
                id=derive_id("hold", id), customer_id=customer_id, reason=HELP, from_=now, until=until
            )
            _freeze_loans(case, until_date=house.today(until), now=now)
        _tell(case, calm, now)
        record_audit(
            actor=f"customer:{customer_id}",
            action="help.asked",
            subject=f"customer:{customer_id}",
            detail={"case": id, "frozen": calm is not None},
            now=now,
        )
        keep(scope="ask_for_help.ask", key=key, body=body, answer={"frozen": calm is not None}, now=now)
    return _answer(case, calm)


def _answer(case: Case, until: datetime | None) -> Help:
    return Help(case=case, frozen=until is not None, frozen_until=until)


def _calm_until(customer_id: str, now: datetime) -> datetime | None:
    """When the calm that she has at this moment ends; a second press neither adds to it nor uses it up."""
    active = [one.until for one in list_holds(customer_id) if one.reason == HELP and one.active(now)]
    return max([one for one in active if one is not None], default=None)


def _freeze_loans(case: Case, *, until_date: date, now: datetime) -> None:
    today = house.today(now)
    for loan in list_loans(customer_id=case.customer_id):
        if loan.state is LoanState.ACTIVE:
            happen.record(
                id=derive_id("event", "freeze", case.id, loan.id),
                loan=loan,
                kind=EventKind.PENALTY_FREEZE,
                value_date=today,
                amount_minor=0,
                payload=freeze_payload(from_date=today, until_date=until_date),
                now=now,
            )


def _tell(case: Case, until: datetime | None, now: datetime) -> None:
    by = house.today(case.due_at)
    named: dict[str, ScriptValue] = {"number": case.number, "by": by}
    if until is None:
        tell.customer(
            customer_id=case.customer_id, template="case_received", about=case.id, params=named, now=now
        )
    else:
        last_day = shift_days(house.today(until), -1)
        calm: dict[str, ScriptValue] = {**named, "until": last_day}
        tell.customer(
            customer_id=case.customer_id, template="help_received", about=case.id, params=calm, now=now
        )
