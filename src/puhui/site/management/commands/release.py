"""`puhui release`: archive a release's figures, check that they still hold, and prepare the next tag."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from puhui.core.refusals import Refusal
from puhui.site.words import said


class Command(BaseCommand):
    """Dispatches to one step of a release."""

    help = "steps of a release: archive, check, prepare, figures"

    def add_arguments(self, parser: CommandParser) -> None:
        """This function will declare the steps and their options."""
        steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
        archive = steps.add_parser(
            "archive", help="load a small demo and archive its database and every figure"
        )
        archive.add_argument(
            "--to", type=Path, required=True, metavar="DIR", help="a folder VERSION is made in it"
        )
        archive.add_argument("--applicants", type=int, default=40)
        archive.add_argument("--today", type=date.fromisoformat, default=date(2026, 11, 20), metavar="DATE")
        check = steps.add_parser("check", help="upgrade a copy of an archive and compare every figure")
        check.add_argument("--archive", type=Path, required=True, metavar="DIR")
        figures = steps.add_parser(
            "figures", help="write this deployment's figures, or compare them with an archive's"
        )
        figures.add_argument("--to", type=Path, metavar="FILE")
        figures.add_argument("--archive", type=Path, metavar="DIR")
        prepare = steps.add_parser("prepare", help="gather CHANGELOG.md from changes/ and set the version")
        prepare.add_argument("--version", required=True, dest="next", metavar="X.Y.Z")
        prepare.add_argument(
            "--date", type=date.fromisoformat, metavar="DATE", help="day of the release (default: today)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will do the chosen step."""
        try:
            getattr(self, "do_" + options["step"])(options)
        except Refusal as refusal:
            raise CommandError(said(refusal)) from None
        except RuntimeError as error:
            raise CommandError(str(error)) from None

    def do_archive(self, options: dict[str, Any]) -> None:
        """Load a demo in a scratch folder and archive it."""
        from puhui.lab.release.archive import make_archive

        with tempfile.TemporaryDirectory(prefix="puhui-archive-") as scratch:
            make_archive(
                to=options["to"],
                scratch=Path(scratch),
                applicants=options["applicants"],
                today=options["today"],
                say=self.stdout.write,
            )

    def do_check(self, options: dict[str, Any]) -> None:
        """Upgrade a copy of an archive in a scratch folder and compare."""
        from puhui.lab.release.archive import open_archive, read_archive, run

        manifest = read_archive(archive=options["archive"])
        with tempfile.TemporaryDirectory(prefix="puhui-upgrade-") as scratch:
            open_archive(archive=options["archive"], folder=Path(scratch))
            run(Path(scratch), "migrate", "--verbosity", "0")
            run(Path(scratch), "release", "figures", "--archive", str(options["archive"].resolve()))
        said = ", ".join(f"{count} × {kind}" for kind, count in manifest.counts.items())
        self.stdout.write(f"puhui: the archive of {manifest.version} reads alike: {said}")

    def do_figures(self, options: dict[str, Any]) -> None:
        """Write the figures, or compare them: as stored, and as worked out again."""
        from puhui.lab.release.archive import read_figures
        from puhui.lab.release.figures import again_figures, compare_figures, stored_figures

        stored = stored_figures()
        if options["to"]:
            options["to"].write_text(json.dumps(stored, sort_keys=True), encoding="utf-8")
        if options["archive"]:
            archived = read_figures(archive=options["archive"])
            for name, found in (("stored", stored), ("worked out again", again_figures())):
                differences = compare_figures(archived=archived, found=found)
                for kind, id, one in differences[:20]:
                    self.stderr.write(f"{kind} {id} {one.path}: archived {one.stored}, {name} {one.again}")
                if differences:
                    raise CommandError(f"{len(differences)} fields differ from the archive ({name})")

    def do_prepare(self, options: dict[str, Any]) -> None:
        """Make the checkout ready to be tagged."""
        from puhui.lab.release.changelog import prepare

        on_date = options["date"] or datetime.now(UTC).date()
        changed = prepare(root=settings.BASE_DIR, version=options["next"], on_date=on_date)
        self.stdout.write("\n".join(changed))
        self.stdout.write(f"commit these, then: git tag v{options['next']}")
