"""`puhui seal_rotate`: after a new key came first in PUHUI_SEALING_KEYS, move every sealed value to it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from puhui.runtime.clock import utc_now
from puhui.runtime.operations import record_audit
from puhui.runtime.rotation import rotate_blobs, rotate_column
from puhui.runtime.sealing import current_key_id
from puhui.runtime.transactions import transaction


class Command(BaseCommand):
    """Walks SEALED_COLUMNS of the settings and the blob folder; says which old keys must stay listed."""

    help = "reseal every sealed column and blob with the newest key"

    def handle(self, *args: Any, **options: Any) -> None:
        kept: Counter[str] = Counter()
        done = 0
        for table, pk, column in settings.SEALED_COLUMNS:
            found = rotate_column(table=table, pk=pk, column=column)
            self.stdout.write(
                f"puhui: {found.where}: {found.resealed} resealed, {sum(found.kept.values())} kept"
            )
            kept.update(found.kept)
            done += found.resealed
        files = rotate_blobs()
        self.stdout.write(f"puhui: {files.where}: {files.resealed} resealed")
        done += files.resealed
        with transaction():
            record_audit(
                actor="command",
                action="seal.rotated",
                subject=f"key:{current_key_id()}",
                detail={"resealed": done, "kept": dict(kept)},
                now=utc_now(),
            )
        if kept:
            names = ", ".join(f"{key} ({count})" for key, count in sorted(kept.items()))
            self.stdout.write(f"puhui: append-only rows still need these keys, keep them listed: {names}")
        else:
            self.stdout.write(f"puhui: nothing needs a key older than {current_key_id()} any more")
