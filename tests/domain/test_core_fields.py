"""Values that are made through a draft are the very values that their constructor makes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, replace

import pytest

from puhui.core.fields import draft_of
from puhui.core.trace import Outcome, TraceStep, make_step


def test_a_value_made_through_a_draft_is_the_constructors() -> None:
    below = make_step("inner", "1", {}, "v1")
    made = make_step("outer", "2", {"n": 1}, "v1", Outcome.REFUSED, (below,))
    written = TraceStep(
        step="outer",
        value="2",
        because={"n": 1},
        version="v1",
        outcome=Outcome.REFUSED,
        children=(TraceStep(step="inner", value="1", because={}, version="v1"),),
    )
    assert type(made) is TraceStep and made == written and repr(made) == repr(written)
    assert replace(made, value="3").value == "3"
    with pytest.raises(FrozenInstanceError):
        made.value = "4"  # type: ignore[misc]


def test_only_a_slotted_dataclass_that_stands_alone_has_drafts() -> None:
    @dataclass(frozen=True)
    class Open:
        a: int

    @dataclass(frozen=True, slots=True)
    class Slotted:
        a: int

    @dataclass(frozen=True, slots=True)
    class Grown(Slotted):
        b: int

    made = draft_of(Slotted)()
    made.a = 7
    made.__class__ = Slotted
    assert made == Slotted(7)
    for kind in (Open, Grown, int):
        with pytest.raises(TypeError, match=f"{kind.__name__} is no slotted dataclass that stands alone"):
            draft_of(kind)
