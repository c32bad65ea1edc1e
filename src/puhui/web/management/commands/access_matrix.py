"""`puhui access_matrix`: write docs/reference/access-matrix.md from the router."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from puhui.web.matrix import write

PAGE = Path(settings.BASE_DIR) / "docs/reference/access-matrix.md"


class Command(BaseCommand):
    """Writes one page."""

    help = "write docs/reference/access-matrix.md from the router"

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(write(), encoding="utf-8")
        self.stdout.write(f"puhui: wrote {PAGE.relative_to(settings.BASE_DIR)}")
