"""Traces: why a value is what it is, step by step, for a customer, an analyst, a court."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from puhui.core.fields import field_setters


class Outcome(Enum):
    """How a step ended; the trace shows a tick, a dash or a cross."""

    PASSED = "passed"
    NOT_TRIGGERED = "not_triggered"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceStep:
    """One line of a trace."""

    step: str  # stable name of the step, a key of the message catalogue ("affordable_payment")
    value: str  # what came out, machine readable ("282200")
    because: dict[str, str | int | bool | None]  # the inputs that decided, by name
    version: str  # version or content hash prefix of the rule that ran
    outcome: Outcome = Outcome.PASSED  # tick, dash or cross
    children: tuple[TraceStep, ...] = ()  # finer steps, folded in the page


_SET_STEP, _SET_VALUE, _SET_BECAUSE, _SET_VERSION, _SET_OUTCOME, _SET_CHILDREN = field_setters(TraceStep)
_new: Any = object.__new__


def make_step(
    step: str,
    value: str,
    because: dict[str, str | int | bool | None],
    version: str,
    outcome: Outcome = Outcome.PASSED,
    children: tuple[TraceStep, ...] = (),
) -> TraceStep:
    """This function will make a TraceStep in half the time of its constructor, for decisions made by the million."""
    made: TraceStep = _new(TraceStep)
    _SET_STEP(made, step)
    _SET_VALUE(made, value)
    _SET_BECAUSE(made, because)
    _SET_VERSION(made, version)
    _SET_OUTCOME(made, outcome)
    _SET_CHILDREN(made, children)
    return made
