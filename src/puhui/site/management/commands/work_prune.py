"""`puhui work_prune --days N`: delete done work that no outside party remembers any more."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from puhui.runtime.clock import utc_now
from puhui.runtime.domain import DONE_RETENTION_DAYS
from puhui.runtime.operations import delete_done_work
from puhui.runtime.transactions import transaction

CHUNK = 5000


class Command(BaseCommand):
    """Deletes in chunks, so that nobody waits for the write lock."""

    help = "delete work that was done more than N days ago"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=DONE_RETENTION_DAYS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < DONE_RETENTION_DAYS:
            raise CommandError(
                f"--days must be at least {DONE_RETENTION_DAYS}: a key that is forgotten here while the payment "
                "rail still knows it could be put, and paid, again"
            )
        before = utc_now() - timedelta(days=options["days"])
        total = 0
        while True:
            with transaction():
                gone = delete_done_work(before=before, limit=CHUNK)
            total += gone
            if gone < CHUNK:
                break
        self.stdout.write(f"puhui: {total} done items deleted")
