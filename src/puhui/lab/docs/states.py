"""The pages of states: every table of transitions in the domains, drawn and written out."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import Any

from puhui.lab.docs.markdown import cell, code, page, table
from puhui.lab.docs.source import comments_of, first_sentence, list_modules
from puhui.lab.docs.svg import draw_states
from puhui.loans.domain import LoanState
from puhui.runtime.domain import WorkState

INTRO = (
    "Every aggregate has one door and one table of transitions in its domain; these pictures are drawn from the tables. A "
    "step that is not in a table is refused. A state row and an append-only event row are written together. ↺ is an act that "
    "is recorded and changes no state."
)
COMPUTED = (
    "Two states have no table. Where a **loan** stands is computed from its events on a date, never stored as the truth: {loan}. "
    "Where a **work item** stands follows from its lease ([ADR 0003](../decisions/0003-work-table.md)): {work}."
)
NEW = "(new)"
WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One table of transitions."""

    name: str  # of its state, as in "OrderState"
    module: str  # where the table stands
    states: type[Enum]  # all states
    steps: dict[tuple[str, str], list[str]]  # (from, to) → acts; from may be NEW
    idle: dict[tuple[str, str], str]  # (state, news) → why nothing changes, for tables that state it

    @property
    def slug(self) -> str:
        """Name of its picture."""
        return WORDS.sub("-", self.name.removesuffix("State")).lower()


def make_pages() -> dict[str, str]:
    """This function will return the page and its pictures, by path below docs/reference."""
    machines = sorted(_machines(), key=lambda one: one.slug)
    pages = {f"states/{one.slug}.svg": _picture(one) for one in machines}
    return {
        "states.md": page("State diagrams", INTRO, _computed(), *(_section(one) for one in machines)),
        **pages,
    }


def _machines() -> Iterator[Machine]:
    seen: set[int] = set()
    for module in list_modules():
        if ".domain" not in module.__name__:
            continue
        for name, value in vars(module).items():
            wanted = name.endswith(("TRANSITIONS", "ORDER_TABLE")) and isinstance(value, dict)
            if wanted and id(value) not in seen and _home(module, name):
                seen.add(id(value))
                yield _read(module, value)


def _home(module: ModuleType, name: str) -> bool:
    """Whether the table is written in this module, not merely imported by it."""
    source = inspect.getsource(module)
    return re.search(rf"^{name}\b.*[:=]", source, re.MULTILINE) is not None


def _read(module: ModuleType, found: dict[Any, Any]) -> Machine:
    flat: dict[tuple[Any, Any], Any] = {}
    for key, value in found.items():
        if isinstance(value, dict):
            flat.update({(key, act): after for act, after in value.items()})
        else:
            flat[key] = value
    states: type[Enum] = type(next(state for state, _ in flat if state is not None))
    steps: dict[tuple[str, str], list[str]] = defaultdict(list)
    idle: dict[tuple[str, str], str] = {}
    for (state, act), after in flat.items():
        start = NEW if state is None else str(state.value)
        if isinstance(after, states):
            steps[start, str(after.value)].append(_act(act))
        else:
            idle[start, _act(act)] = str(after.value)
    return Machine(name=states.__name__, module=module.__name__, states=states, steps=dict(steps), idle=idle)


def _act(act: Any) -> str:
    return str(act.value if isinstance(act, Enum) else act)


def _picture(machine: Machine) -> str:
    names = [str(one.value) for one in machine.states]
    if any(start == NEW for start, _ in machine.steps):
        names = [NEW, *names]
    return draw_states(title=f"{machine.name}: states and steps", states=names, steps=machine.steps)


def _section(machine: Machine) -> str:
    said = comments_of(machine.states)
    states = [[code(one.value), cell(said.get(one.name, ""))] for one in machine.states]
    steps = [
        [code(start) if start != NEW else start, ", ".join(code(act) for act in acts), code(end)]
        for (start, end), acts in machine.steps.items()
    ]
    parts = [
        f"## {machine.name}",
        f"{cell(first_sentence(machine.states.__doc__))} Table in `{machine.module}`.",
        f"![{machine.name}](states/{machine.slug}.svg)",
        table(["state", "meaning"], states),
        table(["from", "acts", "to"], steps),
    ]
    if machine.idle:
        parts.append("News that changes nothing:")
        why: dict[tuple[str, str], list[str]] = defaultdict(list)
        for (state, act), reason in machine.idle.items():
            why[state, reason].append(code(act))
        parts.append(
            table(["state", "news", "why"], [[code(a), ", ".join(acts), b] for (a, b), acts in why.items()])
        )
    return "\n\n".join(parts)


def _computed() -> str:
    def listed(states: type[Enum]) -> str:
        said = comments_of(states)
        return ", ".join(f"`{one.value}` ({cell(said[one.name])})" for one in states)

    return COMPUTED.format(loan=listed(LoanState), work=listed(WorkState))
