"""Every night the house makes the months ahead of its partitioned tables, so that a new month finds its place."""

from __future__ import annotations

from datetime import datetime

from puhui.journeys import house
from puhui.runtime import partitions
from puhui.runtime.domain import Effect, WorkItem

PARTITIONS = "partitions"  # name of the schedule


def make_ahead(item: WorkItem) -> Effect:
    """This function will make the partitions of this month and the next three; on SQLite there are none."""
    return _make


def _make(now: datetime) -> None:
    partitions.make_months_ahead(today=house.today(now))
