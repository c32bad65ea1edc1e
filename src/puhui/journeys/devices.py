"""A device of hers is bound by a passkey, used to come back, or unbound: each is in the audit chain."""

from __future__ import annotations

from datetime import datetime

from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


def record(*, customer_id: str, what: str, now: datetime) -> None:
    """This function will write that a device was "bound", "used" or "unbound"."""
    with transaction():
        record_audit(
            actor=f"customer:{customer_id}",
            action=f"device.{what}",
            subject=f"customer:{customer_id}",
            detail={},
            now=now,
        )
