"""Everything that waits for a person stands in one list, by the deadline that the customer was given."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from puhui.access.staff.domain import Approval
from puhui.access.staff.queries import list_approvals
from puhui.decisions.queries import list_held_scans, list_referred
from puhui.evidence.queries import list_checking
from puhui.journeys import house
from puhui.journeys.staff_queue_kinds import NEEDS as NEEDS
from puhui.journeys.staff_queue_kinds import ItemKind as ItemKind
from puhui.journeys.staff_queue_kinds import QueueItem as QueueItem
from puhui.payments.queries import list_discrepancies, list_orders, list_suspense
from puhui.protection.domain import Case, last_instant
from puhui.protection.queries import list_cases
from puhui.runtime.domain import WorkState
from puhui.runtime.queries import list_work

MOST = 200  # items of one kind on one page; the oldest first


def list_items(*, kinds: Iterable[ItemKind], now: datetime) -> list[QueueItem]:
    """This function will return what waits, of some kinds, the nearest deadline first, in one query a source."""
    wanted = frozenset(kinds)
    cases = [one for one in list_cases(open_only=True, limit=MOST) if _of_case(one) in wanted]
    found = [_case_item(one) for one in cases]
    if ItemKind.DECISION in wanted:
        found.extend(_decisions(now))
    if ItemKind.SCAN in wanted:
        found.extend(_scans())
    if ItemKind.PAPER in wanted:
        found.extend(_papers())
    if ItemKind.SUSPENSE in wanted:
        found.extend(_suspense())
    if ItemKind.DISCREPANCY in wanted:
        found.extend(_discrepancies())
    if ItemKind.WORK in wanted:
        found.extend(_dead_work(now))
    if ItemKind.APPROVAL in wanted:
        found.extend(_approval_item(one) for one in list_approvals(open_only=True, limit=MOST))
    return sorted(found, key=lambda one: (one.due_at, one.subject))


def _of_case(case: Case) -> ItemKind:
    return ItemKind(case.kind.value)


def _soon(since: datetime, *, days: int = 1) -> datetime:
    return last_instant(since, days=days, zone=house.lender().zone)


def _case_item(case: Case) -> QueueItem:
    return QueueItem(
        subject=f"case:{case.id}", id=case.id, kind=_of_case(case), number=case.number, customer_id=case.customer_id,
        why=case.text, amount_minor=0, since=case.opened_at, due_at=case.due_at,
    )  # fmt: skip


def _decisions(now: datetime) -> list[QueueItem]:
    days = house.policy(now).question_days
    return [
        QueueItem(
            subject=f"application:{one.application_id}", id=one.application_id, kind=ItemKind.DECISION, number=one.number,
            customer_id=one.customer_id, why=f"{one.grade} {one.points}", amount_minor=one.limit_minor,
            since=one.decided_at, due_at=_soon(one.decided_at, days=days),
        )
        for one in list_referred(limit=MOST)
    ]  # fmt: skip


def _scans() -> list[QueueItem]:
    found = list_held_scans(limit=MOST)
    orders = {one.id: one.amount_minor for one in list_orders(ids={one.order_id for one in found})}
    return [
        QueueItem(
            subject=f"scan:{one.id}", id=one.id, kind=ItemKind.SCAN, number=one.order_id[:6].upper(),
            customer_id=one.customer_id, why=one.reason, amount_minor=orders.get(one.order_id, 0), since=one.at,
            due_at=_soon(one.at),
        )
        for one in found
    ]  # fmt: skip


def _papers() -> list[QueueItem]:
    return [
        QueueItem(
            subject=f"paper:{one.id}", id=one.id, kind=ItemKind.PAPER, number=one.kind, customer_id=one.customer_id,
            why=one.reason, amount_minor=0, since=one.read_at or one.given_at, due_at=_soon(one.read_at or one.given_at),
        )
        for one in list_checking(limit=MOST)
    ]  # fmt: skip


def _suspense() -> list[QueueItem]:
    return [
        QueueItem(
            subject=f"suspense:{one.id}", id=one.id, kind=ItemKind.SUSPENSE, number=one.line_id, customer_id="",
            why=f"{one.reason.value} {one.flow.value}", amount_minor=one.amount_minor, since=one.recorded_at,
            due_at=_soon(one.recorded_at),
        )
        for one in list_suspense(limit=MOST)
    ]  # fmt: skip


def _discrepancies() -> list[QueueItem]:
    found = list_discrepancies(limit=MOST)
    orders = {one.id: one.customer_id for one in list_orders(ids={one.order_id for one in found})}
    return [
        QueueItem(
            subject=f"discrepancy:{one.id}", id=one.id, kind=ItemKind.DISCREPANCY, number=one.order_id[:6].upper(),
            customer_id=orders.get(one.order_id, ""), why=f"{one.kind.value}: {one.state.value} / {one.heard.value}",
            amount_minor=one.amount_minor, since=one.recorded_at, due_at=_soon(one.recorded_at),
        )
        for one in found
    ]  # fmt: skip


def _dead_work(now: datetime) -> list[QueueItem]:
    return [
        QueueItem(
            subject=f"work:{one.key}", id=one.key, kind=ItemKind.WORK, number=one.kind, customer_id="", why=one.error,
            amount_minor=0, since=one.settled_at or now, due_at=_soon(one.settled_at or now),
        )
        for one in list_work(state=WorkState.DEAD, limit=MOST)
    ]  # fmt: skip


def _approval_item(one: Approval) -> QueueItem:
    return QueueItem(
        subject=f"approval:{one.id}", id=one.id, kind=ItemKind.APPROVAL, number=one.kind.value, customer_id="",
        why=one.why, amount_minor=0, since=one.asked_at, due_at=_soon(one.asked_at),
    )  # fmt: skip
