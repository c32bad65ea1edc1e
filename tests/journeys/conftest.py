"""One small world for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.world import World


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A world with a rail that behaves; its books are checked when the test is over."""
    made = World()
    yield made
    made.check()
    made.close()
