"""`puhui demo`: load the demo's invented past, or do nothing when it is there."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from puhui.core.time import business_date
from puhui.runtime.clock import utc_now


class Command(BaseCommand):
    """Applicants of a real file walk the product's own journeys over the last eighteen months."""

    help = "load the demo: applicants of a real file walk the journeys of the last 18 months (demo environment only)"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--size", choices=["small", "full"], default="small", help="1,500 applicants, or all"
        )
        parser.add_argument("--applicants", type=int, help="another number of applicants")
        parser.add_argument(
            "--today", type=date.fromisoformat, help="last day of the invented past (default: today)"
        )
        parser.add_argument("--logins", action="store_true", help="only print the demo's logins")

    def handle(self, *args: Any, **options: Any) -> None:
        from puhui.lab import demo

        if not settings.DEMO:
            raise CommandError("the demo is loaded in the demo environment only (PUHUI_ENV=demo)")
        if options["logins"]:
            self.print_logins()
            return
        mark = Path(settings.VAR_DIR) / "demo.state"
        if demo.is_loaded():
            mark.write_text("ready", encoding="utf-8")
            self.stdout.write("puhui: the demo is loaded")
            return
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text("loading", encoding="utf-8")
        until = self.until(options["today"])
        count = options["applicants"] or demo.size_of(options["size"])
        started = time.monotonic()
        self.last = -1
        loans = demo.load(until=until, count=count, progress=self.progress)
        mark.write_text("ready", encoding="utf-8")
        took = time.monotonic() - started
        self.stdout.write(f"\npuhui: {count} applicants and {loans} loans loaded in {took:.0f} s")

    @staticmethod
    def until(today: date | None) -> datetime:
        """The last instant of the past: now, or the evening of another day."""
        now = utc_now()
        if today is None or today == business_date(now, zone=settings.LENDER["zone"]):
            return now
        return datetime(today.year, today.month, today.day, 12, tzinfo=UTC) + timedelta(hours=1)

    def progress(self, day: int, days: int, loans: int) -> None:
        """One line that grows on a terminal, a line at each tenth elsewhere."""
        percent = 100 * day // days
        if sys.stdout.isatty():
            self.stdout.write(f"\rpuhui: loading the demo {percent:3d} %  {loans} loans", ending="")
        elif percent // 10 > self.last:
            self.last = percent // 10
            self.stdout.write(f"puhui: loading the demo {percent:3d} %  {loans} loans")
        self.stdout.flush()

    def print_logins(self) -> None:
        """Who can sign in, and with what."""
        from puhui.lab.demo_logins import list_logins

        for who, login, hint in list_logins():
            self.stdout.write(f"  {who:18} {login:14} {hint}")
