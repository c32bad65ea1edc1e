"""`puhui lab`: tools of the analyst. `puhui lab train` fits a scorecard to a file of past loans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Dispatches to one tool of the lab."""

    help = "Tools of the analyst: train"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """This function will declare the tools and their options."""
        tools = parser.add_subparsers(dest="tool", required=True, metavar="TOOL")
        train = tools.add_parser("train", help="fit a scorecard to a file of past loans")
        train.add_argument(
            "--data", type=Path, required=True, metavar="FILE", help="CSV with a header (.csv, .csv.gz)"
        )
        train.add_argument(
            "--target", required=True, metavar="COL", help="column that tells good from bad (0/1 or good/bad)"
        )
        train.add_argument(
            "--out", type=Path, required=True, metavar="DIR", help="where the scorecard and its card go"
        )
        train.add_argument(
            "--name", default="scorecard", help="name of the scorecard, e.g. scorecard-2026-11-01"
        )
        train.add_argument("--exclude", nargs="+", default=[], metavar="COL", help="columns to leave out")
        train.add_argument(
            "--special",
            nargs="+",
            default=[],
            metavar="COL=V,V",
            help="values that mean something other than a number",
        )
        train.add_argument(
            "--notes", type=Path, metavar="FILE", help="TOML with sentences for the card (en, zh)"
        )
        train.add_argument(
            "--holdout", type=Path, metavar="FILE", help="rows never used in training, scored for the card"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will run the chosen tool."""
        try:
            from puhui.lab.train.run import train
            from puhui.lab.train.table import TrainingDataInvalid
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is not installed; pip install 'puhui[train]'") from None
        for option in ("data", "notes", "holdout"):
            if options[option] is not None and not options[option].is_file():
                raise CommandError(f"--{option} {options[option]}: no such file")
        try:
            done = train(
                data=options["data"],
                target=options["target"],
                out=options["out"],
                name=options["name"],
                exclude=options["exclude"],
                special=_special(options["special"]),
                notes=options["notes"],
                holdout=options["holdout"],
            )
        except TrainingDataInvalid as error:
            raise CommandError(str(error)) from None
        for language in ("en", "zh"):
            self.stdout.write(done.summary[language])
        for file in done.files:
            self.stdout.write(f"wrote {file}")
        self.stdout.write(f"content sha256 {done.sha256}")


def _special(words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        column, equals, values = word.partition("=")
        if not equals:
            raise CommandError(f"--special {word}: write COL=VALUE[,VALUE…]")
        found[column] = values.split(",")
    return found
