"""`puhui messages`: bring the message catalogues up to date, compile them, and name what has no Chinese yet."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from puhui.web.catalogues import update


class Command(BaseCommand):
    """Needs no outside program."""

    help = "collect msgids, write the .po files, compile the .mo files"

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        missing = update()
        if missing:
            listed = "\n".join(f"  {text}" for text in missing)
            raise CommandError(f"{len(missing)} texts have no Chinese yet:\n{listed}")
        self.stdout.write("puhui: catalogues are complete")
