"""A member of staff sees a customer's numbers in full, and the customer's log says who did."""

from __future__ import annotations

from datetime import datetime

from puhui.customers.queries import get_identity, get_phone
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


def show(*, customer_id: str, actor: str, key: str, now: datetime) -> tuple[str, str, str]:
    """This function will return (name, resident number, phone) in full and write one audit row, naming `actor`."""
    name, number = get_identity(customer_id)
    phone = get_phone(customer_id)
    with transaction():
        record_audit(
            actor=f"staff:{actor}",
            action="customer.unmasked",
            subject=f"customer:{customer_id}",
            detail={"form": key},
            now=now,
        )
    return name, number, phone
