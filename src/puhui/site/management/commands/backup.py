"""`puhui backup --to DIR`: copy the database and the documents while the house goes on working."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from puhui.core.refusals import Refusal
from puhui.runtime.backup import write_backup
from puhui.site.words import said


class Command(BaseCommand):
    """One consistent instant in a new folder, or nothing."""

    help = "back up the database and the documents into a new folder of DIR"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, required=True, metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            write_backup(directory=options["to"], now=datetime.now(UTC), say=self.stdout.write)
        except OSError as error:
            raise CommandError(f"--to: {error.strerror}: {error.filename or options['to']}") from None
        except Refusal as refusal:
            raise CommandError(said(refusal)) from None
