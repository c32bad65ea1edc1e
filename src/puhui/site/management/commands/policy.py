"""`puhui policy`: list the texts that the house published, and write their files on a machine that lacks them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from puhui.journeys import policy_texts
from puhui.protection.texts.operations import PolicyTextAltered
from puhui.protection.texts.queries import list_texts


class Command(BaseCommand):
    """Looks after published policy texts."""

    help = "list or write the policy texts that two people published"

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="list|write")
        acts.add_parser("list", help="list drafts and published texts")
        acts.add_parser("write", help="write the file of every published text, as after a restore")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "write":
            try:
                written = policy_texts.write_all()
            except PolicyTextAltered as error:
                raise CommandError(str(error)) from None
            self.stdout.write(f"puhui: {len(written)} published texts stand in their folder")
            return
        for one in list_texts():
            people = " + ".join(name for name in (one.drafted_by, one.agreed_by) if name)
            self.stdout.write(
                f"{one.path:40} {one.state.value:9} from {one.valid_from}  {people}  {one.sha256}"
            )
