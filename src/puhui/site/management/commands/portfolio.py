"""`puhui portfolio …`: write loans as event shards, value them on a date, make some up to measure with."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from puhui.core.refusals import Refusal
from puhui.core.time import business_date
from puhui.runtime.clock import utc_now
from puhui.web.shared.refusals import sentence


def _some(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)


class Command(BaseCommand):
    """Nothing that is there is overwritten, and a run that stops halfway publishes nothing."""

    help = "the whole portfolio as files: export | generate | value"

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        value = acts.add_parser("value", help="work out every loan's figures on a date")
        value.add_argument("--as-of", type=date.fromisoformat, required=True, help="the date, YYYY-MM-DD")
        value.add_argument("--in", dest="source", type=Path, required=True, help="a portfolio of events")
        value.add_argument("--threads", type=_some, default=os.cpu_count() or 1)
        value.add_argument(
            "--without-unvalued",
            action="store_true",
            help="publish though some loans have no figures; they are listed",
        )
        export = acts.add_parser("export", help="write the database's loans as a portfolio of events")
        export.add_argument("--as-of", type=date.fromisoformat, help="events counted by then; default: today")
        generate = acts.add_parser("generate", help="make up a portfolio of events to measure with")
        generate.add_argument("--loans", type=_some, required=True)
        generate.add_argument("--seed", type=int, required=True)
        generate.add_argument("--mix", choices=("demo", "changes"), default="demo")
        for one in (value, export, generate):
            one.add_argument("--out", dest="target", type=Path, required=True, help="a new folder")
        for one in (export, generate):
            one.add_argument("--shards", type=_some, default=16)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from puhui.batch.portfolio.value import value_portfolio, write_portfolio
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is missing: pip install 'puhui[batch]'") from None
        try:
            if options["act"] == "value":
                found = value_portfolio(
                    source=options["source"],
                    target=options["target"],
                    as_of=options["as_of"],
                    threads=options["threads"],
                    say=self._say,
                    without_unvalued=options["without_unvalued"],
                )
            else:
                found = write_portfolio(
                    target=options["target"],
                    shards=options["shards"],
                    say=self._say,
                    **self._loans(options),
                )
        except Refusal as refusal:
            raise CommandError(
                sentence(
                    refusal, language="en", currency=settings.LENDER["currency"], zone=settings.LENDER["zone"]
                )
            ) from None
        for name, total in sorted(found.totals.items()):
            self.stdout.write(f"  {name} {total}")
        self.stdout.write(f"puhui: published {options['target']}")

    def _say(self, text: str) -> None:
        self.stdout.write(f"puhui: {text}")

    def _loans(self, options: dict[str, Any]) -> dict[str, Any]:
        """The tables to write, and from what they were made."""
        if options["act"] == "export":
            from puhui.batch.portfolio.export import export_tables

            day = options["as_of"] or business_date(utc_now(), zone=settings.LENDER["zone"])
            made_of = {"database": True, "as_of": day.isoformat()}
            return {"tables": export_tables(as_of=day), "made_of": made_of, "as_of": day}
        from puhui.batch.portfolio.generate import Mix, generate
        from puhui.batch.portfolio.shard_task import kernel

        mix = Mix(name=options["mix"], loans=options["loans"], seed=options["seed"])
        made_of = {"mix": mix.name, "loans": mix.loans, "seed": mix.seed}
        return {"tables": generate(mix, kernel()), "made_of": made_of, "as_of": None}
