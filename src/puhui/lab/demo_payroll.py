"""The demo's payroll office: salaries of some applicants, as an intake would bring them, flaws included."""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from puhui.core.periods import add_months
from puhui.core.time import business_date
from puhui.facts.intake import IntakeAlreadyTaken
from puhui.facts.queries import list_sources
from puhui.journeys import take_facts
from puhui.lab.people import invent_person

SEED = 20261122
SOURCE = "payroll"
MONTHS = 6  # of salaries for each person
PEOPLE = 40  # customers among the people that the office pays
STRANGERS = 15  # people whom it pays, too, and who are nobody's customers
FIRST_STRANGER = 880_001
ENOUGH = 200  # rows among which two flaws hold nothing
HEAD = ("resident_number", "paid_on", "net_salary", "months_employed", "employer_kind", "fund_rate")
KINDS = ("private", "private", "private", "public", "foreign", "own", "")


def take(numbers: Sequence[str], *, now: datetime, zone: str) -> None:
    """This function will take the salaries of people, by their resident numbers; nothing on days before the source is
    described, and nothing twice.
    """
    today = business_date(now, zone=zone)
    if SOURCE not in {one.name for one in list_sources(on_date=today)}:
        return
    with tempfile.TemporaryDirectory() as folder, suppress(IntakeAlreadyTaken):
        place = Path(folder) / "salaries.csv"
        with place.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows([HEAD, *_rows(numbers[:PEOPLE], today)])
        take_facts.take(source=SOURCE, place=str(place), by="payroll-demo", now=now)


def _rows(numbers: Sequence[str], today: date) -> list[list[object]]:
    chance = random.Random(SEED)
    strangers = [
        invent_person(seed=SEED, index=FIRST_STRANGER + place).resident_number for place in range(STRANGERS)
    ]
    rows: list[list[object]] = []
    for number in [*numbers, *strangers]:
        salary, worked, kind = chance.randint(4_200, 21_000), chance.randint(3, 140), chance.choice(KINDS)
        for back in range(MONTHS, 0, -1):
            paid = add_months(today.replace(day=15), -back)
            amount = f"{salary + chance.randint(-300, 300)}.{chance.randint(0, 99):02}"
            rows.append(
                [number, paid, amount, max(worked - back, 0), kind, chance.choice(("5", "7", "12", ""))]
            )
    if len(rows) > ENOUGH:
        rows[len(rows) // 3][2] = "-100.00"  # a month that was taken back, which is no salary
        rows[len(rows) // 2][1] = today + timedelta(days=40)  # and one that was not yet paid
    return rows
