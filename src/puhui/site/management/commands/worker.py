"""`puhui worker`: drain the work table beside the web server. Any number may run; more than one gains on PostgreSQL."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from puhui.runtime import row_seals
from puhui.runtime.clock import utc_now
from puhui.runtime.worker import run_worker
from puhui.site.checks import list_sandboxes
from puhui.site.management.commands.migrate import missing_migrations

log = logging.getLogger("puhui.site")


class Command(BaseCommand):
    """Runs background work until it is told to stop; then it ends after the batch at hand."""

    help = "run background work and schedules (SIGTERM or Ctrl-C ends it after the batch at hand)"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is due")
        parser.add_argument("--poll", type=float, default=0.5, help="seconds between looks for work")

    def handle(self, *args: Any, **options: Any) -> None:
        from puhui.journeys.handlers import HANDLERS, SCHEDULES

        if lacking := missing_migrations():
            raise CommandError(f"the database lacks {', '.join(lacking)}: run `puhui migrate` first")
        if not row_seals.are_standing():
            raise CommandError(
                "a migration was cut off and the seals of rows are lifted: run `puhui migrate` first"
            )
        if not settings.DEMO and (sandboxes := list_sandboxes()):
            log.warning(
                "sandboxes stand for outside parties: nothing leaves the house: %s", ", ".join(sandboxes)
            )
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        done = run_worker(
            handlers=HANDLERS,
            schedules=SCHEDULES,
            clock=utc_now,
            stop=stop,
            once=options["once"],
            poll_seconds=options["poll"],
        )
        self.stdout.write(f"puhui: worker ended after {done} items")
