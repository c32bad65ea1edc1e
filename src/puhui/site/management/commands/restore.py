"""`puhui restore --from DIR`: put a checked backup back. Stop web and workers first."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from puhui.core.refusals import Refusal
from puhui.runtime.backup import restore_backup
from puhui.site.words import said


class Command(BaseCommand):
    """Check every file, then restore; refuse a database that holds data unless told to replace it."""

    help = "restore a backup folder written by `puhui backup`"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="folder", type=Path, required=True, metavar="DIR")
        parser.add_argument("--replace", action="store_true", help="the database holds data; replace it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            restore_backup(folder=options["folder"], replace=options["replace"], say=self.stdout.write)
        except Refusal as refusal:
            raise CommandError(said(refusal)) from None
