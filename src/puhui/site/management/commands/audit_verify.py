"""`puhui audit_verify`: walk the audit chain and hold every row against its seal; exit 1 when anything was changed."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from puhui.runtime.queries import has_audit_link, verify_audit_chain
from puhui.runtime.row_seals import verify_rows

HEAD = re.compile(r"[1-9]\d{0,17}:[0-9a-f]{64}")


class Command(BaseCommand):
    """Prints the head, which belongs on paper or with another party: only that detects a chain re-written whole."""

    help = "check every link of the audit trail and the seal of every stored row"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head", metavar="SEQ:HASH", help="a head printed earlier, which must still be a link"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        check = verify_audit_chain()
        if not check.ok:
            raise CommandError(
                f"the audit chain breaks at row {check.first_bad}; {check.count} rows before it hold"
            )
        if kept := options["head"]:
            seq, _, digest = kept.partition(":")
            if not HEAD.fullmatch(kept):
                raise CommandError(
                    "--head: give it as it was printed: SEQ:HASH, a number and 64 hexadecimal digits"
                )
            if not has_audit_link(seq=int(seq), hash=digest):
                raise CommandError(
                    f"row {seq} no longer has the hash that was kept: the chain was re-written"
                )
        rows = verify_rows()
        if not rows.ok:
            named = ", ".join(rows.bad) + (" …" if rows.bad_count > len(rows.bad) else "")
            raise CommandError(f"{rows.bad_count} stored rows were changed outside the house: {named}")
        self.stdout.write(f"puhui: {rows.count} rows of {rows.tables} tables fit their seals")
        self.stdout.write(f"puhui: {check.count} audit rows hold; head {check.count}:{check.head}")
