"""A register of names and numbers for the demo and the tests, and a face check that compares nothing and says so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from puhui.customers.domain import FaceAnswer, RegisterAnswer, RegisterUnavailable


class SandboxRegister:
    """Knows every invented person under the name that she gives; `others` are numbers that belong to another name."""

    def __init__(self, *, others: Collection[str] = (), silent: bool = False) -> None:
        self._others, self._silent = frozenset(others), silent

    def check(self, *, name: str, number: str, now: datetime) -> RegisterAnswer:
        """This function will say whether name and number belong together. Raises: RegisterUnavailable."""
        if self._silent:
            raise RegisterUnavailable()
        return RegisterAnswer.OTHER if number in self._others else RegisterAnswer.SAME


class SandboxFace:
    """Compares nothing: no model is embedded here, and no answer is claimed."""

    def compare(self, *, portrait: bytes, taken: bytes, now: datetime) -> FaceAnswer:
        """This function will answer that nothing was compared."""
        return FaceAnswer.NOT_COMPARED
