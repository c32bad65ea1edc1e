"""`puhui lab simulate --path journeys`: the product itself on a database of its own, with a clock that the world moves.

Run in a process of its own, so that nothing of the deployment is touched: `python -m puhui.lab.simulate.stage`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from puhui.lab.borrower import Borrower
    from puhui.lab.simulate.journeys import Clock
    from puhui.loans.domain import Loan

ZONE = "Asia/Shanghai"
START = date(2026, 12, 1)  # contracts of this day know the events of relief
PARTED = 3  # status where the paths part
GOOD_ROW = 9773  # the safest file of data/lending_club_applicants.csv
SAYS = {
    "amount": "20000", "purpose": "daily", "months": "12", "income": "20000", "rent": "3000", "living": "3000",
    "other_instalments": "0", "other_lenders": "0",
}  # fmt: skip


class Stage:
    """The clock, the outside parties in memory, and the worker."""

    def __init__(self, *, seed: int) -> None:
        from puhui.core.time import instant_at
        from puhui.facts.sandbox_files import Entry
        from puhui.journeys import parties
        from puhui.journeys.handlers import SCHEDULES

        self.seed = seed  # of people and codes
        self.now = instant_at(START, time(10), zone=ZONE)  # the clock
        self.directory: dict[str, Entry] = {}  # whom the bureau knows
        # Waivers that nobody asks for are no arm of a world: the fast path leaves them out.
        self.schedules = [one for one in SCHEDULES if one.name != "programmes"]
        parties.open_anew(name="rail", path=":memory:", faults="")
        parties.open_anew(name="bureau", directory=self.directory)
        self.pass_to(self.now)

    def pass_to(self, at: datetime) -> None:
        """Let the clock come to an instant, with everything done that falls due."""
        from puhui.runtime.schedules import tick

        self.now = at
        tick(schedules=self.schedules, now=at)
        self.work()

    def work(self) -> None:
        """Let the worker do what is due."""
        from puhui.journeys.handlers import HANDLERS
        from puhui.runtime.worker import drain

        drain(handlers=HANDLERS, now=self.now, strict=True)

    def running(self, index: int, *, amount_minor: int, months: int) -> tuple[Borrower, Loan]:
        """Make a borrower whose money is in her account."""
        from puhui.facts.sandbox_files import Entry, key_of
        from puhui.lab.borrower import Borrower, Wish
        from puhui.lab.people import invent_person
        from puhui.loans.queries import get_loan
        from puhui.products.domain import Method

        person = invent_person(seed=self.seed, index=index)
        self.directory[key_of(person.resident_number)] = Entry(row=GOOD_ROW, hit="hit")
        wish = Wish(
            fields=SAYS,
            amount_minor=amount_minor,
            months=months,
            method=Method.EQUAL_INSTALMENT,
            autopay=False,
        )
        one = Borrower(
            person=person, wish=wish, language="zh-hans", seed=self.seed, work=lambda now: self.work()
        )
        one.ask(self.now)
        signed = one.borrow(self.now)
        assert signed is not None, "her line covers the loan"
        self.work()
        return one, get_loan(id=signed.id)

    def clock_from(self, zero: int) -> Clock:
        """Return the clock of days since day `zero`, an ordinal."""
        from puhui.core.time import instant_at

        def clock(day: int, hour: int) -> datetime:
            for at in (time(8, 50), time(9, 50), time(hour, 55)):
                now = instant_at(date.fromordinal(zero + day), at, zone=ZONE)
                if now > self.now:
                    self.pass_to(now)
            return self.now

        return clock


def simulate_journeys(
    *, world: Path, people: int, seed: int, out: Path, relief_policies: Path, say: Callable[[str], None]
) -> bool:
    """This function will run a sample on the real journeys in a process with a database of its own, and tell whether the
    fast path agrees with them; it writes journeys.md and journeys.json. Raises: ValueError with what the process said.
    """
    with tempfile.TemporaryDirectory(prefix="puhui-stage-") as folder:
        own = {"PUHUI_VAR": folder, "PUHUI_DATABASE_URL": f"sqlite://{folder}/stage.sqlite3"}
        done = subprocess.run(
            [
                sys.executable, "-m", "puhui.lab.simulate.stage", "--world", str(world), "--people", str(people),
                "--seed", str(seed), "--out", str(out), "--policies", str(relief_policies),
            ],
            env={**os.environ, **own}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode not in (0, PARTED):
        raise ValueError(done.stderr.strip().rpartition("\n")[2] or "the process of the journeys ended early")
    say(done.stdout.rstrip())
    return done.returncode == 0


def main(argv: Sequence[str] | None = None) -> int:
    """This function will run the sample on the configured database, which must be empty; 0 where the paths agree."""
    parser = argparse.ArgumentParser(prog="python -m puhui.lab.simulate.stage")
    parser.add_argument("--world", type=Path, required=True)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--policies", type=Path, required=True)
    chosen = parser.parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puhui.site.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from puhui.core.canonical import canonical_bytes
    from puhui.lab.simulate.agreement import hold_together, render_agreement
    from puhui.lab.simulate.run import newest_relief_policy
    from puhui.lab.worlds.values import read_world

    call_command("migrate", verbosity=0)
    found = hold_together(
        read_world(chosen.world), newest_relief_policy(chosen.policies), Stage(seed=chosen.seed), people=chosen.people,
        seed=chosen.seed, say=lambda line: print(line, flush=True),
    )  # fmt: skip
    chosen.out.mkdir(parents=True, exist_ok=True)
    text = render_agreement(found)
    (chosen.out / "journeys.md").write_text(text, encoding="utf-8")
    (chosen.out / "journeys.json").write_bytes(canonical_bytes(asdict(found)))
    print(text)
    return PARTED if found.problems() else 0


if __name__ == "__main__":
    sys.exit(main())
