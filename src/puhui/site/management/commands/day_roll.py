"""`puhui day_roll`: bring the loan lists to a business date and hold the books against everything else."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from puhui.core.time import business_date
from puhui.runtime.clock import utc_now


class Command(BaseCommand):
    """The worker does this by itself every night; the command is for the day on which it did not."""

    help = "bring the loan lists to a business date (default: today) and tie out the books"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--date", type=date.fromisoformat, help="the business date, YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        from puhui.batch.day_roll import roll
        from puhui.batch.tie_out import differences

        today = business_date(utc_now(), zone=settings.LENDER["zone"])
        day = options["date"] or today
        self.stdout.write(f"puhui: {roll(business_date=day)} loans brought to {day}")
        found = differences(currency=settings.LENDER["currency"], as_of=today)
        for one in found:
            self.stdout.write(f"  account {one.code}: ledger {one.ledger_minor}, rebuilt {one.rebuilt_minor}")
        if found:
            raise CommandError(f"{len(found)} control accounts do not agree; see docs/how-to/operate.md")
        self.stdout.write("puhui: every control account agrees")
