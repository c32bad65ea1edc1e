"""Traces: why a value is what it is, step by step, for a customer, an analyst, a court."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
