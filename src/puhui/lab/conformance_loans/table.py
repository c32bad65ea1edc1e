"""The tables of `docs/reference/loans.md`, written by the run that measured them: families, goals, and speed."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from puhui.lab.conformance_loans.report import GOALS, LoanFamily

BEGIN, END = "<!-- conformance: begin -->", "<!-- conformance: end -->"
WHAT = {
    "fineract_plain": "first schedules, plain and late",
    "fineract_core": "other checks of the core groups",
    "fineract_other": "the remaining priority-1 groups",
    "fineract_niche": "priority 2",
    "frappe": "complete terms",
    "printed_instalments": "real loans, instalment as printed",
}
SPEED = (
    "calibration_us", "kernel_vs_python", "kernel_loans_per_s", "kernel_changes_loans_per_s", "threads_2_vs_1",
    "book_vs_mutating_cpu", "mutating_loans_per_s", "memory_10m_vs_1m", "spark_vs_embedded_cpu",
    "ns_per_event_700_vs_8", "loan_page_700_vs_8", "cold_compile_s",
)  # fmt: skip


class TableMarksMissing(Exception):
    """The page has no place for the tables: the two marks are not there, once each, in order."""


def tables(
    *, finance: Sequence[tuple[str, int, int]], loans: Sequence[LoanFamily], on_date: date, bench: Path
) -> str:
    """This function will write both tables as Markdown, with date and cores; speed only where `bench` has been made."""
    lines = [
        f"Measured on {on_date.isoformat()}, {os.cpu_count()} cores, Python {platform.python_version()}.",
        "",
    ]
    lines += [
        "| family | what | agree | of | share | must agree |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    for one in loans:
        goal = GOALS.get(one.name)
        share = f"{100 * one.agree / one.of:.2f} %" if one.of else "–"
        must = (
            "reported by feature"
            if goal is None
            else f"≥ {goal / 100:g} %" + ("" if one.is_met else " **not met**")
        )
        lines.append(f"| `{one.name}` | {WHAT[one.name]} | {one.agree} | {one.of} | {share} | {must} |")
    lines += [
        f"| `{name}` | figures of `puhui.core` | {agree} | {of} | {100 * agree / of:.2f} % | all |"
        for name, agree, of in finance
    ]
    measured = json.loads(bench.read_text(encoding="utf-8")) if bench.is_file() else []
    rows = {one["name"]: one for one in measured if one["name"] in SPEED}
    if rows:
        lines += ["", "| speed | measured | goal | met |", "| --- | ---: | ---: | --- |"]
        for name in SPEED:
            if name in rows:
                one = rows[name]
                met = "–" if one.get("met") is None else "yes" if one["met"] else "**no**"
                lines.append(f"| `{name}` | {one['value']} {one['unit']} | {one.get('goal', '–')} | {met} |")
    return "\n".join(lines)


def write_table(*, page: Path, text: str) -> None:
    """This function will put the tables between the marks of a page. Raises: TableMarksMissing, OSError."""
    whole = page.read_text(encoding="utf-8")
    if whole.count(BEGIN) != 1 or whole.count(END) != 1 or whole.index(BEGIN) > whole.index(END):
        raise TableMarksMissing(f"{page}: put the lines {BEGIN} and {END} where the tables belong")
    before, _, rest = whole.partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
