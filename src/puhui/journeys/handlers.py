"""Every kind of background work and who does it; every schedule and when it falls due."""

from __future__ import annotations

from functools import partial

from puhui.contact.operations import SEND as SEND_MESSAGE
from puhui.journeys import (
    accrue,
    after_repayment,
    assess,
    autopay,
    day_roll,
    deliver_webhook,
    house,
    notify_partner,
    pages,
    partitions,
    policy_texts,
    prove,
    rail_work,
    rate,
    read_paper,
    reconcile,
    relief_ask,
    relief_follow,
    relief_programmes,
    relief_review,
    remind,
    send_message,
    show_card,
    upload,
)
from puhui.journeys.apply import ASK_BUREAU
from puhui.payments.operations import SEND as SEND_ORDER
from puhui.runtime.domain import Handler
from puhui.runtime.schedules import Schedule

HANDLERS: dict[str, Handler] = {
    ASK_BUREAU: assess.ask_bureau,
    prove.READ: prove.read,
    upload.READ: read_paper.read,
    show_card.READ: show_card.read,
    SEND_MESSAGE: send_message.send,
    SEND_ORDER: rail_work.send,
    rail_work.FOLLOW: rail_work.follow,
    after_repayment.RECEIPT: after_repayment.receipt,
    after_repayment.REFUND: after_repayment.give_back,
    autopay.PAGE: autopay.announce,
    autopay.COLLECT: autopay.collect,
    remind.PAGE: remind.page_of,
    relief_ask.PREPARE: relief_ask.prepare,
    relief_follow.PAGE: relief_follow.page_of,
    relief_review.REVIEW: relief_review.step,
    relief_programmes.PAGE: relief_programmes.page_of,
    day_roll.PAGE: day_roll.page_of,
    notify_partner.ANNOUNCE: notify_partner.announce,
    deliver_webhook.DELIVER: deliver_webhook.deliver,
    policy_texts.WRITE: policy_texts.write_out,
    "schedule.day_roll": partial(pages.begin, kind=day_roll.PAGE),
    f"schedule.{accrue.ACCRUE}": accrue.yesterday,
    "schedule.reconcile": reconcile.yesterday,
    "schedule.autopay": partial(pages.begin, kind=autopay.PAGE),
    "schedule.relief": partial(pages.begin, kind=relief_follow.PAGE),
    "schedule.programmes": partial(pages.begin, kind=relief_programmes.PAGE),
    "schedule.remind": partial(pages.begin, kind=remind.PAGE),
    f"schedule.{partitions.PARTITIONS}": partitions.make_ahead,
    f"schedule.{rate.SWEEP}": rate.sweep,
    "schedule.rail_news": rail_work.rail_news,
}


def _schedules() -> tuple[Schedule, ...]:
    zone = house.lender().zone
    times = {
        "day_roll": "5 0 * * *",
        accrue.ACCRUE: "20 0 * * *",
        "reconcile": "30 1 * * *",
        "autopay": "5 8 * * *",
        "relief": "0 8 * * *",
        "programmes": "2 8 * * *",
        "remind": "10 8 * * *",
        "rail_news": "40 * * * *",
        partitions.PARTITIONS: "40 3 * * *",
        rate.SWEEP: "50 3 * * *",
    }
    return tuple([Schedule(name=name, cron=cron, zone=zone) for name, cron in times.items()])


SCHEDULES = _schedules()
