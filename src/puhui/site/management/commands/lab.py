"""`puhui lab`: tools of the analyst. `train` fits models to past loans, `score` scores a file, `ks` measures the recipe,
`documents` makes and reads papers, `worth` holds what proofs are said to be worth against real rows, `simulate` runs relief against
other ways in a simulated world, `lenders` plants multi-lender and over-indebted customers for the second scan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

FILES = ("data", "notes", "holdout", "rejects", "key", "world", "taiwan", "spain", "scan_policy")


class Command(BaseCommand):
    """Dispatches to one tool of the lab."""

    help = "Tools of the analyst: train, score, ks, documents, worth, simulate, lenders"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """This function will declare the tools and their options."""
        tools = parser.add_subparsers(dest="tool", required=True, metavar="TOOL")
        train = tools.add_parser("train", help="fit a scorecard and a challenger to a file of past loans")
        _add_train(train)
        score = tools.add_parser("score", help="score every row of a file with a trained model")
        _add_score(score)
        ks = tools.add_parser("ks", help="measure the recipe on a file, against the reference and chance")
        _add_ks(ks)
        documents = tools.add_parser(
            "documents", help="make invented papers, or report how well papers are read"
        )
        _add_documents(documents)
        worth = tools.add_parser("worth", help="hold what proofs are said to be worth against real rows")
        _add_worth(worth)
        simulate = tools.add_parser(
            "simulate", help="run relief and other arms in a simulated world of households"
        )
        _add_simulate(simulate)
        lenders = tools.add_parser(
            "lenders", help="plant multi-lender and over-indebted customers for the second scan"
        )
        _add_lenders(lenders)

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will run the chosen tool."""
        for option in FILES:
            if options.get(option) is not None and not options[option].is_file():
                raise CommandError(f"--{option.replace('_', '-')} {options[option]}: no such file")
        tools: dict[str, Callable[..., None]] = {
            "train": self._train,
            "score": self._score,
            "ks": self._ks,
            "documents": self._documents,
            "worth": self._worth,
            "simulate": self._simulate,
            "lenders": self._lenders,
        }
        try:
            tools[options["tool"]](options)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("puhui"):
                raise
            extra = "documents" if options["tool"] == "documents" else "train"
            raise CommandError(f"{error.name} is not installed; pip install 'puhui[{extra}]'") from None

    def _train(self, options: dict[str, Any]) -> None:
        from puhui.decisions.registry.signing import ModelFilesInvalid
        from puhui.lab.train.run import Options, train
        from puhui.lab.train.table import TrainingDataInvalid

        try:
            done = train(
                data=options["data"],
                target=options["target"],
                out=options["out"],
                name=options["name"],
                options=Options(
                    exclude=tuple(options["exclude"]),
                    special=_special(options["special"]),
                    notes=options["notes"],
                    holdout=options["holdout"],
                    time=options["time"],
                    groups=tuple(options["group"]),
                    bad_value=options["bad"],
                    key=options["key"],
                    missing=options["missing"],
                    binning=options["binning"],
                    challenger=not options["no_challenger"],
                    trust=tuple(options["trust"]),
                    ceiling=options["ceiling"],
                    rejects=options["rejects"],
                    propensity=options["propensity"],
                    sources=tuple(options["ablate"]),
                    record=options["record"],
                ),
            )
        except (TrainingDataInvalid, ModelFilesInvalid) as error:
            raise CommandError(str(error)) from None
        for language in ("en", "zh"):
            self.stdout.write(done.summary[language])
        for file in done.files:
            self.stdout.write(f"wrote {file}")
        self.stdout.write(f"content sha256 {done.sha256}")

    def _score(self, options: dict[str, Any]) -> None:
        from puhui.decisions.registry.signing import ModelFilesInvalid
        from puhui.lab.score.errors import ScoringDataInvalid
        from puhui.lab.score.run import score

        try:
            done = score(
                model=options["model"],
                data=options["data"],
                out=options["out"],
                key=options["key"],
                reasons=options["reasons"],
                allow_empty=options["allow_empty"],
            )
        except (ScoringDataInvalid, ModelFilesInvalid) as error:
            raise CommandError(str(error)) from None
        for line in done.lines():
            self.stdout.write(line)

    def _ks(self, options: dict[str, Any]) -> None:
        from puhui.lab.reference import measure, render
        from puhui.lab.train.table import TrainingDataInvalid

        try:
            found = measure(
                data=options["data"],
                target=options["target"],
                exclude=options["exclude"],
                bad_value=options["bad"],
                ceiling=options["ceiling"],
            )
        except TrainingDataInvalid as error:
            raise CommandError(str(error)) from None
        self.stdout.write(render(found))
        if failed := found.failures():
            raise CommandError("; ".join(failed))

    def _documents(self, options: dict[str, Any]) -> None:
        from puhui.lab.documents.evaluate import LabelsInvalid
        from puhui.lab.documents.run import run

        try:
            for line in run(
                out=options["out"],
                folder=options["evaluate"],
                seed=options["seed"],
                levels=options["difficulty"],
                each=options["each"],
                kinds=options["kind"],
                on_date=options["on_date"],
            ):
                self.stdout.write(line)
        except LabelsInvalid as error:
            raise CommandError(str(error)) from None

    def _worth(self, options: dict[str, Any]) -> None:
        from puhui.lab.worth_report import holds, measure_all, page

        found = measure_all(taiwan=options["taiwan"], spain=options["spain"])
        text = page(found)
        self.stdout.write(text)
        if options["page"] is not None:
            options["page"].write_text(text, encoding="utf-8")
        if broken := [one.source.name for one in found if not holds(one.same)]:
            raise CommandError(f"what was said did not come true: {', '.join(broken)}")

    def _simulate(self, options: dict[str, Any]) -> None:
        from puhui.lab.simulate.command import PolicyUnknown, WorkersLost, WorldInvalid, simulate
        from puhui.lab.simulate.pool import processors

        for option in ("cohorts", "size", "workers"):
            if options.get(option) is not None and options[option] < 1:
                raise CommandError(f"--{option} {options[option]}: write 1 or more / 请写 1 或更大的整数")
        if options.get("path") == "journeys":
            self._simulate_journeys(options)
            return
        try:
            simulate(
                world=options["world"],
                policy=options["policy"],
                cohorts=options["cohorts"],
                size=options["size"],
                seed=options["seed"],
                out=options["out"],
                relief_policies=settings.POLICIES_DIR / "relief",
                workers=options["workers"] or processors(),
                say=self.stdout.write,
            )
        except (WorldInvalid, PolicyUnknown, WorkersLost, ValueError) as error:
            raise CommandError(str(error)) from None

    def _simulate_journeys(self, options: dict[str, Any]) -> None:
        from puhui.lab.simulate.stage import simulate_journeys

        if options["policy"] not in ("all", "relief"):
            raise CommandError(f"--policy {options['policy']}: the journeys know one arm; write relief")
        try:
            agrees = simulate_journeys(
                world=options["world"], people=options["people"], seed=options["seed"], out=options["out"],
                relief_policies=settings.POLICIES_DIR / "relief", say=self.stdout.write,
            )  # fmt: skip
        except ValueError as error:
            raise CommandError(str(error)) from None
        if not agrees:
            raise CommandError("the fast path and the real journeys part; see journeys.md")

    def _lenders(self, options: dict[str, Any]) -> None:
        from puhui.lab.multilender.command import WorldInvalid, newest_scan_policy, scan_lenders
        from puhui.protection.domain import PolicyInvalid

        try:
            scan_lenders(
                world=options["world"],
                policy=options["scan_policy"] or newest_scan_policy(Path(settings.POLICIES_DIR)),
                seed=options["seed"],
                out=options["out"],
                say=self.stdout.write,
            )
        except (WorldInvalid, PolicyInvalid, FileNotFoundError) as error:
            raise CommandError(str(error)) from None


def _add_worth(worth: CommandParser) -> None:
    worth.add_argument(
        "--taiwan",
        type=Path,
        required=True,
        metavar="FILE",
        help="UCI 350 as gzip CSV: 6 months of bills and payments",
    )
    worth.add_argument(
        "--spain",
        type=Path,
        required=True,
        metavar="FILE",
        help="credit_data as CSV: income, seniority, assets, debt",
    )
    worth.add_argument("--page", type=Path, metavar="FILE", help="write the page of evidence there too")


def _add_documents(documents: CommandParser) -> None:
    what = documents.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, metavar="DIR", help="make papers and labels.json there")
    what.add_argument("--evaluate", type=Path, metavar="DIR", help="read the papers there and report")
    documents.add_argument("--seed", type=int, default=20261122)
    documents.add_argument("--each", type=int, default=1, help="papers of every sort of every kind")
    documents.add_argument("--kind", nargs="+", default=[], metavar="KIND", help="only these kinds of proof")
    documents.add_argument(
        "--difficulty",
        nargs="+",
        choices=["text", "scan", "photo1", "photo2", "photo3", "photo4"],
        default=["text", "scan", "photo1", "photo2", "photo3", "photo4"],
        help="how the papers come, the easiest first",
    )
    documents.add_argument(
        "--on-date", type=date.fromisoformat, default=date(2026, 11, 23), help="day on which they are given"
    )


def _add_train(train: CommandParser) -> None:
    _add_source(train)
    train.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the models and cards go")
    train.add_argument("--name", default="scorecard", help="name of the scorecard, e.g. scorecard-2026-11-01")
    train.add_argument("--time", metavar="COL", help="dates or numbers: the latest fifth tests both models")
    train.add_argument(
        "--group", nargs="+", default=[], metavar="COL", help="groups of the fairness report, never scored"
    )
    train.add_argument(
        "--special",
        nargs="+",
        default=[],
        metavar="COL=V,V",
        help="values that mean something else than a number",
    )
    train.add_argument("--notes", type=Path, metavar="FILE", help="TOML with sentences for the card (en, zh)")
    train.add_argument(
        "--holdout", type=Path, metavar="FILE", help="rows never used in training, scored for the card"
    )
    train.add_argument(
        "--key", type=Path, metavar="FILE", help="sign with it: Ed25519 private key (PEM) or a shared secret"
    )
    train.add_argument(
        "--missing",
        choices=["scored", "neutral"],
        default="scored",
        help="absent and special values: points of their own, or 0 as a credit policy requires",
    )
    train.add_argument(
        "--binning",
        choices=["auto", "optbinning", "isotonic"],
        default="auto",
        help="optbinning in a process of its own; auto: if it is there",
    )
    train.add_argument(
        "--trust",
        nargs="+",
        default=[],
        metavar="COL",
        help="columns known before the outcome, however well they tell it",
    )
    train.add_argument(
        "--ceiling",
        type=float,
        default=80.0,
        metavar="PERCENT",
        help="KS that nobody reaches honestly; above it nothing is written",
    )
    train.add_argument("--no-challenger", action="store_true", help="only the scorecard")
    _add_studies(train)


def _add_studies(train: CommandParser) -> None:
    train.add_argument(
        "--rejects",
        type=Path,
        metavar="FILE",
        help="refused applications with the same columns: reject inference by parcelling, beside the model in its card",
    )
    train.add_argument(
        "--propensity",
        metavar="COL",
        help="column of --rejects: the probability with which a refused row was financed all the same",
    )
    train.add_argument(
        "--ablate",
        nargs="+",
        default=[],
        metavar="SOURCE=COL,COL",
        help="columns by source: what each adds alone, and what is lost without it, with a picture in the card",
    )
    train.add_argument(
        "--record",
        metavar="SOURCE",
        help="the source of --ablate that people without a credit record lack; if not the first",
    )


def _add_score(score: CommandParser) -> None:
    score.add_argument("--model", type=Path, required=True, metavar="DIR", help="a folder that train wrote")
    score.add_argument(
        "--data", type=Path, required=True, metavar="FILE", help="rows to score (.csv, .csv.gz, .parquet)"
    )
    score.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="scores in the same order (.csv, .parquet)"
    )
    score.add_argument(
        "--key", type=Path, metavar="FILE", help="check the signature: public key (PEM) or the shared secret"
    )
    score.add_argument("--reasons", action="store_true", help="four reason codes for every score")
    score.add_argument(
        "--allow-empty", nargs="+", default=[], metavar="COL", help="columns that may be empty in every row"
    )


def _add_ks(ks: CommandParser) -> None:
    _add_source(ks)
    ks.add_argument(
        "--ceiling",
        type=float,
        metavar="PERCENT",
        help="KS that nobody reaches honestly; above it is leakage",
    )


def _add_simulate(simulate: CommandParser) -> None:
    simulate.add_argument(
        "--world",
        type=Path,
        required=True,
        metavar="FILE",
        help="a world's file, e.g. data/worlds/towns.toml",
    )
    simulate.add_argument(
        "--policy",
        default="all",
        metavar="NAME",
        help="an arm, all of them, or package.module:factory of your own",
    )
    simulate.add_argument(
        "--path", choices=["fast", "journeys"], default="fast",
        help="journeys: a small sample on the product's own journeys, held against the fast path",
    )  # fmt: skip
    simulate.add_argument(
        "--people", type=int, default=8, metavar="N", help="with --path journeys: how many people, 6 or more"
    )
    simulate.add_argument(
        "--cohorts", type=int, default=1, metavar="N", help="how many cohorts of the world's size"
    )
    simulate.add_argument("--size", type=int, metavar="N", help="households of a cohort, if not the world's")
    simulate.add_argument(
        "--workers", type=int, metavar="N", help="processes that share the work, if not one a processor; the figures are the same"
    )  # fmt: skip
    simulate.add_argument(
        "--seed", type=int, default=1, metavar="S", help="of all chance; the same seed, the same figures"
    )
    simulate.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where report, figures and logs go"
    )


def _add_lenders(lenders: CommandParser) -> None:
    lenders.add_argument(
        "--world",
        type=Path,
        required=True,
        metavar="FILE",
        help="a world's file, e.g. data/multi-lender/city.toml",
    )
    lenders.add_argument(
        "--scan-policy", type=Path, metavar="FILE", help="a policy of the second scan, if not the newest"
    )
    lenders.add_argument(
        "--seed", type=int, default=1, metavar="S", help="of all chance; the same seed, the same figures"
    )
    lenders.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where curve.csv, report and figures go"
    )


def _add_source(tool: CommandParser) -> None:
    tool.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="FILE",
        help="rows with a header (.csv, .csv.gz, .parquet)",
    )
    tool.add_argument(
        "--target",
        required=True,
        metavar="COL",
        help="column that tells good from bad (0/1, good/bad, false/true)",
    )
    tool.add_argument(
        "--bad", metavar="VALUE", help="the target's value that means bad, if it is none of these"
    )
    tool.add_argument("--exclude", nargs="+", default=[], metavar="COL", help="columns to leave out")


def _special(words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        column, equals, values = word.partition("=")
        if not equals:
            raise CommandError(f"--special {word}: write COL=VALUE[,VALUE…]")
        found[column] = values.split(",")
    return found
