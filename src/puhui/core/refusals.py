"""Refusals: an act is not allowed now, and the person can do something about it.

A refusal is an exception named as a fact (`QuoteExpired`), declared beside the function that raises it. It carries
no sentence: the sentences, in every language of the interface, live in the message catalogue under its name
(`puhui.web.shared.refusals`), and a test fails for a refusal without one. A bug is an assertion, never a refusal.
"""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """Base of all refusals. Subclasses set `field` (what to correct) and `status` (what HTTP should answer)."""

    field: ClassVar[str] = ""  # name of the input at fault, empty when none is
    status: ClassVar[int] = 422  # HTTP status that the web layer answers with
    each: tuple[Refusal, ...] = ()  # of a refusal for several reasons, every one

    def __init__(self, **facts: object) -> None:
        self.facts = facts  # values that its sentence may name; never personal data
        super().__init__(self.code, facts)

    @property
    def code(self) -> str:
        """Stable machine name of the refusal: its class name."""
        return type(self).__name__


class InputRefused(Refusal):
    """Base of refusals of one input value; the instance may name the field."""

    def __init__(self, field: str = "", **facts: object) -> None:
        super().__init__(**facts)
        self.at = field or self.field  # the field that this instance speaks of


def all_refusals() -> list[type[Refusal]]:
    """This function will return every refusal class that is loaded, sorted by name (leaves and inner classes)."""
    found: set[type[Refusal]] = set()
    todo: list[type[Refusal]] = [Refusal]
    while todo:
        for child in todo.pop().__subclasses__():
            if child not in found:
                found.add(child)
                todo.append(child)
    return sorted(found, key=lambda one: one.__name__)
