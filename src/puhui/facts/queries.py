"""What is asked of facts. A fact is seen only if it was known by then and its purpose was consented to by then."""

from __future__ import annotations

from datetime import datetime

from puhui.facts.domain import Fact, latest_known
from puhui.facts.models import FactRow
from puhui.protection.queries import list_purposes_in_force
from puhui.runtime.rows import list_rows


def get_facts(customer_id: str, *, known_at: datetime) -> dict[str, Fact]:
    """This function will return, by name, the latest fact known at `known_at` whose purpose was consented to then."""
    allowed = list_purposes_in_force(customer_id, known_at)
    rows = [row for row in list_rows(FactRow, customer_id=customer_id) if row.purpose in allowed]
    return latest_known([row.to_domain() for row in rows], known_at=known_at)


def list_facts(customer_id: str, *, known_at: datetime | None = None) -> list[Fact]:
    """This function will return every fact kept about a customer, oldest first: her portrait, whatever its use."""
    rows = FactRow.objects.filter(customer_id=customer_id).order_by("known_at", "name", "id")
    return [row.to_domain() for row in (rows if known_at is None else rows.filter(known_at__lte=known_at))]
