"""A messenger that sends nothing anywhere: what it takes is read on the sandbox's inbox page.

It can refuse and it can stay silent, decided by seed and key, so that a test repeats. Silence comes once for a key
in each process; asked again under the same key, it answers.
"""

from __future__ import annotations

import hashlib
from typing import ClassVar

from puhui.contact.gateways import Carried, MessengerUnreachable

SCALE = 1_000_000


class SandboxMessenger:
    """Faults are shares in millionths: `refuse_ppm` refused for good, `silent_ppm` no answer at first."""

    _asked: ClassVar[set[str]] = set()  # keys that met silence in this process

    def __init__(self, *, refuse_ppm: int = 0, silent_ppm: int = 0, seed: int = 1) -> None:
        assert refuse_ppm >= 0 and silent_ppm >= 0 and refuse_ppm + silent_ppm <= SCALE
        self._refuse_ppm = refuse_ppm
        self._silent_ppm = silent_ppm
        self._seed = seed

    def send(self, *, key: str, phone: str, text: str) -> Carried:
        """Take the message, refuse it for good, or raise MessengerUnreachable once."""
        assert len(phone) == 11 and text, "the worker resolves the phone before it asks the messenger"
        name = f"{self._seed}\x1f{key}"
        draw = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % SCALE
        if draw < self._refuse_ppm:
            return Carried(accepted=False, reason="number not in service (sandbox)")
        if draw < self._refuse_ppm + self._silent_ppm and name not in self._asked:
            self._asked.add(name)
            raise MessengerUnreachable("no answer (sandbox)")
        return Carried(accepted=True)
