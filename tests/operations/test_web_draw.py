"""The draw page proposes what she asked for, never the most that she could have."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.journeys.world import World
from tests.operations.test_letters import client_of


def proposed(html: str) -> int:
    found = re.search(r'id="f-amount"[^>]*value="(\d+)"|value="(\d+)"[^>]*id="f-amount"', html)
    assert found is not None
    return int(found[1] or found[2])


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """One lender, gone after the test."""
    made = World()
    yield made
    made.close()


@pytest.mark.parametrize("asked", ["3000", "5000"])
def test_the_draw_starts_from_what_she_asked_for(world: World, asked: str) -> None:
    borrower = world.approved(0, amount=asked)
    client = client_of(borrower.customer_id)
    page = client.get("/draw").content.decode()
    assert proposed(page) == int(asked)
    assert (
        int(asked)
        < proposed(client.get("/draw", {"amount": "9000", "months": "12"}).content.decode())
        == 9000
    )
