"""How fast somebody may call: tokens of one bucket in the database, so that all web processes share one rate."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from puhui.access.partners import operations as partners
from puhui.access.partners.domain import BucketRate
from puhui.runtime.domain import Effect, WorkItem
from puhui.runtime.sealing import blind_index
from puhui.runtime.transactions import transaction

SWEEP = "sweep"  # name of the schedule that removes what has run out


def draw(*, name: str, rate: BucketRate, want: int, now: datetime) -> tuple[int, int]:
    """This function will draw up to `want` tokens for a caller: (drawn, whole seconds to wait when none were).

    `name` may be an address of a person: only its blind index is stored. `now` is real time, not the demo's clock.
    The commit does not wait for the disk on PostgreSQL: tokens that a power cut gives back harm nobody.
    """
    hidden = blind_index(name, purpose="partners.rate")
    with transaction():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit = off")
        return partners.draw_from_bucket(name=hidden, rate=rate, want=want, now=now)


def sweep(item: WorkItem) -> Effect:
    """This function will remove full buckets and ended tokens, once a day."""
    return _remove


def _remove(now: datetime) -> None:
    partners.delete_what_ran_out(now=now)
