"""She shows her identity card: the picture is read by a worker, held against what she said, and deleted."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from puhui.core.ids import derive_id
from puhui.customers import operations as customers
from puhui.customers.domain import (
    CustomerState,
    IdentityCard,
    RegisterAnswer,
    RegisterUnavailable,
    in_reading_order,
    judge_card,
    read_card,
)
from puhui.customers.queries import find_card, get_card_picture, get_customer, get_identity
from puhui.evidence.domain import PaperReaderMissing, PaperRefused
from puhui.evidence.domain.files import check_file
from puhui.journeys import parties
from puhui.journeys.identify import IdentityMissing
from puhui.journeys.once import keep, recall
from puhui.runtime.domain import Effect, Transient, WorkItem, no_effect
from puhui.runtime.operations import put_work, record_audit
from puhui.runtime.transactions import transaction

READ = "card.read"  # kind of the work that reads a card
AGAIN_SECONDS = 20  # first wait after a register that did not answer


def give(*, customer_id: str, content: bytes, key: str, now: datetime) -> IdentityCard:
    """This function will keep a picture of her card and put the work that reads it.

    Raises: PaperTooLarge, PaperEmpty, PaperTypeUnknown, IdentityMissing, IdentityCardBeingRead, KeyReusedWithOtherBody.
    """
    check_file(content)
    if get_customer(customer_id).state is not CustomerState.IDENTIFIED:
        raise IdentityMissing()
    body = {"customer_id": customer_id, "size": len(content)}
    id = derive_id("identity_card", customer_id, key)
    with transaction():
        if recall(scope="card.give", key=key, body=body, now=now) is not None:
            found = find_card(customer_id)
            assert found is not None
            return found
        made = customers.open_card(id=id, customer_id=customer_id, content=content, now=now)
        put_work(key=f"card:{id}", kind=READ, payload={"card_id": id}, now=now)
        _audit(made.customer_id, id, "given", "", now)
        keep(scope="card.give", key=key, body=body, answer={}, now=now)
    return made


def read(item: WorkItem) -> Effect:
    """This function will read a card, hold it against what she said, and ask the register, with no transaction open."""
    card_id = item.payload["card_id"]
    customer_id, content = get_card_picture(card_id)
    if not content:
        return no_effect
    name, number = get_identity(customer_id)
    try:
        found = parties.papers().content(content, at=item.now)
    except PaperRefused:
        return partial(_conclude, customer_id, card_id, "CARD_UNREADABLE")
    except PaperReaderMissing:
        return partial(_conclude, customer_id, card_id, "CARD_NO_READER")
    lines = in_reading_order((one.top, one.left, one.text) for one in found.lines if one.page == 0)
    reason = judge_card(read_card(lines), name=name, number=number)
    if not reason:
        try:
            answer = parties.register().check(name=name, number=number, now=item.now)
        except RegisterUnavailable as error:
            raise Transient(AGAIN_SECONDS, "the register does not answer") from error
        reason = "" if answer is RegisterAnswer.SAME else f"REGISTER_{answer.value.upper()}"
    return partial(_conclude, customer_id, card_id, reason)


def _conclude(customer_id: str, card_id: str, reason: str, now: datetime) -> None:
    customers.conclude_card(id=card_id, reason=reason, now=now)
    _audit(customer_id, card_id, "refused" if reason else "matched", reason, now)


def _audit(customer_id: str, card_id: str, what: str, reason: str, now: datetime) -> None:
    record_audit(
        actor=f"customer:{customer_id}" if what == "given" else "house",
        action=f"card.{what}",
        subject=f"customer:{customer_id}",
        detail={"card": card_id, **({"reason": reason} if reason else {})},
        now=now,
    )
