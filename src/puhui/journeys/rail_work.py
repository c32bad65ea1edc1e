"""The worker hands a payment order to the rail, and follows it until the rail's last word."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from puhui.decisions.domain.second_scan import ScanVerdict
from puhui.journeys import parties, second_scan, settle, stops
from puhui.payments import operations as payments
from puhui.payments.domain import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    OrderOutOfOrder,
    RailUnknown,
    RailView,
    Submission,
    SubmitState,
    Submitted,
    parse_callback,
)
from puhui.payments.queries import OrderNotFound, get_order, get_submission
from puhui.runtime.domain import Effect, Transient, WorkItem, no_effect
from puhui.runtime.operations import put_work

log = logging.getLogger(__name__)

FOLLOW = "payments.follow"  # kind of the work that follows one order
AGAIN_SECONDS = 30  # first wait between two looks


def send(item: WorkItem) -> Effect:
    """This function will hand one order to the rail under its own key; no answer is recorded as unknown.

    A payout passes the second scan first, as long as the rail has certainly not heard of it.
    """
    order_id = item.payload["order_id"]
    submission = get_submission(order_id=order_id)
    if submission is None:
        return no_effect
    order = get_order(id=order_id)
    reason = stops.find_stop(order=order, now=item.now)
    found = None if reason else second_scan.look(order=order, now=item.now)
    passes = found is None or found.verdict is ScanVerdict.PASS
    if (reason or not passes) and _never_heard(submission, item):
        if found is not None and found.verdict is ScanVerdict.HOLD:
            return partial(second_scan.record, found)  # it waits for two people; nothing was sent
        why = reason or f"second_scan_{found.reason.lower() if found else ''}"
        refused = Submitted(state=SubmitState.REJECTED, reason=why)
        return partial(_record, item.key, order_id, refused, found)
    return partial(_record, item.key, order_id, _submit(submission, item), found)


def _never_heard(submission: Submission, item: WorkItem) -> bool:
    try:
        return parties.rail().query(key=submission.key, now=item.now) is None
    except RailUnknown:
        return False


def _submit(submission: Submission, item: WorkItem) -> Submitted:
    try:
        return parties.rail().submit(
            key=submission.key,
            direction=submission.direction,
            amount_minor=submission.amount_minor,
            currency=submission.currency,
            account_number=submission.account_number,
            now=item.now,
        )
    except RailUnknown:
        return Submitted(state=SubmitState.UNKNOWN)


def _record(
    sending: str, order_id: str, outcome: Submitted, found: second_scan.FreshScan | None, now: datetime
) -> None:
    second_scan.record(found, now)
    order = payments.record_submitted(order_id=order_id, outcome=outcome, now=now)
    if order is None:
        return
    settle.apply(order=order, now=now)
    if order.is_open:
        put_work(key=f"follow:{sending}", kind=FOLLOW, payload={"order_id": order.id}, now=now)


def follow(item: WorkItem) -> Effect:
    """This function will take the rail's waiting callbacks, then ask about one order if it is still open."""
    deliver(now=item.now)
    order = get_order(id=item.payload["order_id"])
    if not order.is_open:
        return no_effect
    try:
        view = parties.rail().query(key=order.id, now=item.now)
    except RailUnknown as error:
        raise Transient(AGAIN_SECONDS, "the rail does not know yet") from error
    if view is not None and not view.outcomes:
        raise Transient(AGAIN_SECONDS, "the rail has not finished")
    return partial(_record_view, order.id, view)


def _record_view(order_id: str, view: RailView | None, now: datetime) -> None:
    if view is None:
        payments.record_absent(order_id=order_id, now=now)
        return
    for news in view.outcomes:
        settle.record(
            order_id=order_id,
            outcome=news.outcome,
            settled_date=news.settled_date,
            reason=news.reason,
            amount_minor=None,
            now=now,
        )


def deliver(*, now: datetime) -> int:
    """This function will take every callback that a sandbox rail holds for us, and return how many it took."""
    rail, taken = parties.rail(), []
    for body, headers in rail.due_callbacks(now=now):
        try:
            settle.receive_callback(
                body=body, signature=headers[SIGNATURE_HEADER], timestamp=headers[TIMESTAMP_HEADER], now=now
            )
        except OrderOutOfOrder:
            continue  # the rail tells it again, after the news that it builds on
        except OrderNotFound:
            log.warning("the rail told of an order that is not ours; its statement will show it")
        callback_id = parse_callback(body).callback_id
        rail.ack(callback_id=callback_id)
        taken.append(callback_id)
    return len(taken)


def rail_news(item: WorkItem) -> Effect:
    """This function will take the callbacks that came after the last look, such as returns days later."""
    deliver(now=item.now)
    return no_effect
