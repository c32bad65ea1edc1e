"""The messenger: the party that carries our messages, behind one protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The messenger's answer. No answer at all is an exception of the adapter: the worker asks again with the same key."""

    accepted: bool  # whether it takes the message on
    reason: str = ""  # why not, in the messenger's words; never the text or the phone


class Messenger(Protocol):
    """Sends a text to a phone. The same key twice is one message, never two."""

    def send(self, *, key: str, phone: str, text: str) -> Carried:
        """Send `text` to `phone` (11 digits) under `key`."""
        ...


class MessengerUnreachable(Exception):
    """No answer came; the message may or may not have been taken. Ask again with the same key."""
