"""One intake of salaries, for tests of the pages."""

from __future__ import annotations

import tempfile
from pathlib import Path

from puhui.journeys import take_facts
from puhui.runtime.clock import utc_now


def an_intake(numbers: list[str]) -> str:
    """Salaries of some people, with rows that are set aside."""
    head = "resident_number,paid_on,net_salary,months_employed,employer_kind,fund_rate"
    days = [f"2026-{month:02}-{day:02}" for month in range(1, 9) for day in range(1, 29)]
    rows = [
        f"{number},{day},{7000 + 40 * at},{at % 30},private,12"
        for number in numbers
        for at, day in enumerate(days)
    ]
    rows += [f"{numbers[0]},2026-11-15,-1,,,", f"{numbers[0]},2026-11-16,8000"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "salaries.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        return take_facts.take(
            source="payroll", place=f"{folder}/salaries.csv", by="tang.wei", now=utc_now()
        ).id
