"""She shows her card: a worker reads the picture, compares, asks the register, and the picture is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from puhui.customers.domain import IdentityCardState
from puhui.customers.gateways.sandbox import SandboxRegister
from puhui.customers.models import IdentityCardRow
from puhui.customers.operations import IdentityCardBeingRead
from puhui.customers.queries import find_card, get_card_picture
from puhui.evidence.domain.files import PaperTypeUnknown
from puhui.evidence.gateways.papers.reader import PaperDesk
from puhui.journeys import parties, show_card
from puhui.lab.borrower import Borrower
from tests.journeys.world import World, refuses
from tests.papers_kit import card_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    parties.put(name="papers", party=PaperDesk(isolated=False))
    parties.put(name="register", party=SandboxRegister())
    yield made
    for name in ("papers", "register"):
        parties.put(name=name, party=None)
    made.close()


@pytest.fixture
def her(world: World) -> Borrower:
    return world.approved(0)


def test_a_picture_of_her_card_matches_and_is_deleted(world: World, her: Borrower) -> None:
    content = card_of(her.person.name, her.person.resident_number, picture=True)
    given = show_card.give(customer_id=her.customer_id, content=content, key="c1", now=world.now)
    assert given.state is IdentityCardState.ASKED and get_card_picture(given.id)[1] == content
    with pytest.raises(IdentityCardBeingRead):
        show_card.give(customer_id=her.customer_id, content=content, key="c2", now=world.now)
    world.work()
    found = find_card(her.customer_id)
    assert found is not None and (found.state, found.reason) == (IdentityCardState.MATCHED, "")
    assert get_card_picture(given.id)[1] == b"" and IdentityCardRow.objects.get().content_sealed == ""
    again = show_card.give(customer_id=her.customer_id, content=content, key="c1", now=world.now)
    assert again == found, "the same click acts once"


@pytest.mark.parametrize(
    "reason", ["CARD_OTHER_NUMBER", "CARD_OTHER_NAME", "CARD_UNREADABLE", "REGISTER_OTHER"]
)
def test_what_does_not_fit_is_told_and_another_can_be_given(world: World, her: Borrower, reason: str) -> None:
    name, number = her.person.name, her.person.resident_number
    contents = {
        "CARD_OTHER_NUMBER": card_of(name, world.person(7).resident_number),
        "CARD_OTHER_NAME": card_of(world.person(7).name + "甲", number),
        "CARD_UNREADABLE": card_of("", ""),
        "REGISTER_OTHER": card_of(name, number),
    }
    if reason == "REGISTER_OTHER":
        parties.put(name="register", party=SandboxRegister(others={number}))
    show_card.give(customer_id=her.customer_id, content=contents[reason], key="c1", now=world.now)
    world.work()
    found = find_card(her.customer_id)
    assert found is not None and (found.state, found.reason) == (IdentityCardState.REFUSED, reason)
    parties.put(name="register", party=SandboxRegister())
    right = card_of(name, number)
    show_card.give(customer_id=her.customer_id, content=right, key="c2", now=world.wait(minutes=1))
    world.work()
    last = find_card(her.customer_id)
    assert last is not None and last.state is IdentityCardState.MATCHED


def test_a_silent_register_is_asked_again(world: World, her: Borrower) -> None:
    parties.put(name="register", party=SandboxRegister(silent=True))
    content = card_of(her.person.name, her.person.resident_number)
    show_card.give(customer_id=her.customer_id, content=content, key="c1", now=world.now)
    world.work()
    waiting = find_card(her.customer_id)
    assert waiting is not None and waiting.state is IdentityCardState.ASKED, (
        "nothing is lost, nobody is refused"
    )
    parties.put(name="register", party=SandboxRegister())
    world.now += timedelta(minutes=5)
    world.work()
    found = find_card(her.customer_id)
    assert found is not None and found.state is IdentityCardState.MATCHED


def test_what_is_no_picture_is_refused_at_once(world: World, her: Borrower) -> None:
    refuses(
        PaperTypeUnknown,
        lambda: show_card.give(
            customer_id=her.customer_id, content=b"PK\x03\x04" + bytes(400), key="c1", now=world.now
        ),
    )
    assert find_card(her.customer_id) is None
