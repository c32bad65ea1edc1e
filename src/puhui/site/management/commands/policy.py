"""`puhui policy`: texts of the house as files, as Excel workbooks and back, and drafts from either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from puhui.core.refusals import Refusal
from puhui.journeys import policy_texts, policy_workbooks
from puhui.protection.texts.operations import PolicyTextAltered
from puhui.protection.texts.queries import list_texts
from puhui.protection.texts.workbook.excel import read_workbook, write_workbook
from puhui.protection.texts.workbook.layout import TextHasNoSheets
from puhui.runtime.clock import utc_now
from puhui.web.middleware import words_of


class Command(BaseCommand):
    """Looks after published policy texts."""

    help = "list or write the policy texts that two people published; take a text as Excel and give it back"

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="list|write|excel|text|draft")
        acts.add_parser("list", help="list drafts and published texts")
        acts.add_parser("write", help="write the file of every published text, as after a restore")
        excel = acts.add_parser("excel", help="write a text as an Excel workbook")
        excel.add_argument("text", help="a file, or a path of the house such as prices/2026-07-01.toml")
        excel.add_argument("--out", type=Path, required=True, metavar="FILE", help="the .xlsx file to write")
        text = acts.add_parser("text", help="write the text that an Excel workbook says")
        text.add_argument("file", type=Path, help="the .xlsx file")
        text.add_argument("--out", type=Path, required=True, metavar="FILE", help="the .toml file to write")
        draft = acts.add_parser(
            "draft", help="compile a workbook beside all other texts and keep it as a draft"
        )
        draft.add_argument("file", type=Path, help="the .xlsx file")
        draft.add_argument(
            "--by", required=True, metavar="LOGIN", help="who drafts it; somebody else publishes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['act']}")(options)
        except Refusal as refusal:
            with translation.override("en"):
                said = words_of(refusal)
            raise CommandError("\n".join([said.sentence, *said.each])) from None
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise CommandError(str(error)) from None

    def _list(self, options: dict[str, Any]) -> None:
        for one in list_texts():
            people = " + ".join(name for name in (one.drafted_by, one.agreed_by) if name)
            self.stdout.write(
                f"{one.path:40} {one.state.value:9} from {one.valid_from}  {people}  {one.sha256}"
            )

    def _write(self, options: dict[str, Any]) -> None:
        try:
            written = policy_texts.write_all()
        except PolicyTextAltered as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"puhui: {len(written)} published texts stand in their folder")

    def _excel(self, options: dict[str, Any]) -> None:
        file = Path(options["text"])
        try:
            if file.is_file():
                path = "/".join(file.resolve().parts[-2:])
                body = write_workbook(text=file.read_bytes().decode(), path=path)
            else:
                body = policy_workbooks.write_standing(options["text"])
        except TextHasNoSheets as error:
            raise CommandError(f"{file}: {error} holds what a cell cannot say exactly") from None
        options["out"].write_bytes(body)
        self.stdout.write(f"puhui: {options['out']}, {len(body):,} bytes")

    def _text(self, options: dict[str, Any]) -> None:
        returned = read_workbook(options["file"].read_bytes())
        options["out"].write_text(returned.text, encoding="utf-8", newline="")
        self.stdout.write(f"puhui: {options['out']}, from {returned.path} {returned.sha256}")

    def _draft(self, options: dict[str, Any]) -> None:
        made = policy_workbooks.draft(body=options["file"].read_bytes(), by=options["by"], now=utc_now())
        self.stdout.write(f"puhui: draft {made.id}, {made.path} from {made.valid_from} on")
