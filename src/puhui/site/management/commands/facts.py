"""`puhui facts`: check a source of facts, take what it says about customers, list what was taken."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from puhui.core.refusals import Refusal
from puhui.facts.intake import IntakeState
from puhui.facts.queries import list_intakes, list_sources
from puhui.journeys import house, take_facts
from puhui.runtime.clock import utc_now
from puhui.site.words import said

TOKEN = "PUHUI_SOURCE_TOKEN"  # environment: bearer token of an HTTP source
EVERY = 50_000  # rows between two lines of progress


class Command(BaseCommand):
    """Takes facts from sources that are described in policies/sources."""

    help = "check or take a source of facts, or list sources and intakes"

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="check|take|list")
        for name, help in (
            ("check", "read it whole, print what was counted, keep nothing"),
            ("take", "keep what it says about customers of ours"),
        ):
            act = acts.add_parser(name, help=help)
            act.add_argument("source", help="name of a text in policies/sources")
            act.add_argument(
                "place",
                help=f"FILE.csv, FILE.parquet, sqlite:///FILE, postgresql://… or https://… (token in {TOKEN})",
            )
            act.add_argument("--by", default="command", help="who asks, for the audit chain")
        acts.add_parser("list", help="list sources and the last intakes")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['act']}")(options)
        except Refusal as refusal:
            raise CommandError(said(refusal)) from None

    def _check(self, options: dict[str, Any]) -> None:
        rows, report = take_facts.check(
            source=options["source"],
            place=options["place"],
            token=os.environ.get(TOKEN, ""),
            now=utc_now(),
            progress=_tell,
        )
        self._print(rows, report)
        self.stdout.write("nothing was kept")

    def _take(self, options: dict[str, Any]) -> None:
        intake = take_facts.take(
            source=options["source"],
            place=options["place"],
            token=os.environ.get(TOKEN, ""),
            by=options["by"],
            now=utc_now(),
            progress=_tell,
        )
        self._print(intake.rows, intake.report)
        if intake.state is IntakeState.HELD:
            raise CommandError(
                f"intake {intake.id} is held: {', '.join(intake.report['incomplete'])} less complete than asked"
            )
        self.stdout.write(
            f"intake {intake.id}: {intake.report['facts']} facts about {intake.report['customers']} customers"
        )

    def _list(self, options: dict[str, Any]) -> None:
        for source in list_sources(on_date=house.today(utc_now())):
            self.stdout.write(f"{source.name:20} {source.version}  {source.title['en']}")
        for one in list_intakes():
            self.stdout.write(
                f"{one.id} {one.source:20} {one.state.value:8} {one.started_at:%Y-%m-%d %H:%M} {one.rows:10} rows  {one.place}"
            )

    def _print(self, rows: int, report: Mapping[str, Any]) -> None:
        self.stdout.write(f"{rows} rows")
        for fact, one in report["columns"].items():
            drift = "" if one["drift_ppm"] is None else f"  PSI {one['drift_ppm'] / 1e6:.2f}"
            self.stdout.write(
                f"  {fact:36} {one['complete_ppm'] / 1e4:6.2f} %  {one['least']} to {one['most']}{drift}"
                f"{'  shifted' if one['shifted'] else ''}{'  too few' if fact in report['incomplete'] else ''}"
            )
        for code, count in report["aside"].items():
            self.stdout.write(f"  aside {code:16} {count}")


def _tell(part: str, rows: int) -> None:
    if rows % EVERY == 0:
        print(f"{part}: {rows} rows", file=sys.stderr, flush=True)
