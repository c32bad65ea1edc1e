"""The tables of `docs/reference/loans.md`, each written by the run that measured it: families and goals, and speed."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from puhui.lab.conformance_loans.report import GOALS, LoanFamily

MARKS = "<!-- conformance: begin -->", "<!-- conformance: end -->"
SPEED_MARKS = "<!-- speed: begin -->", "<!-- speed: end -->"
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
    "book_vs_mutating_cpu", "mutating_loans_per_s", "book_us_per_loan", "memory_10m_vs_1m", "spark_vs_embedded_cpu",
    "spark_us_per_loan", "ns_per_event_700_vs_8", "loan_page_700_vs_8", "loan_page_700_first_ms", "cold_compile_s",
)  # fmt: skip


class TableMarksMissing(Exception):
    """The page has no place for the tables: the two marks are not there, once each, in order."""


def tables(*, finance: Sequence[tuple[str, int, int]], loans: Sequence[LoanFamily], on_date: date) -> str:
    """This function will write the table of families as Markdown, with date and cores."""
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
    return "\n".join(lines)


def speed_table(*, measured: Sequence[dict[str, Any]], on_date: date) -> str:
    """This function will write the lines of a bench run that belong to the loan engine as Markdown, with date and cores."""
    rows = {one["name"]: one for one in measured}
    lines = [
        f"Measured on {on_date.isoformat()}, {os.cpu_count()} cores, Python {platform.python_version()}.",
        "",
        "| name | measured | goal | met |",
        "| --- | ---: | ---: | --- |",
    ]
    for name in SPEED:
        if name in rows:
            one = rows[name]
            goal = "–" if one.get("goal") is None else f"{shown(one['goal'])} {one['unit']}"
            met = "–" if one.get("met") is None else "yes" if one["met"] else "**no**"
            lines.append(f"| `{name}` | {shown(one['value'])} {one['unit']} | {goal} | {met} |")
    return "\n".join(lines)


def shown(value: float) -> str:
    """This function will write a figure with as many places as it has meaning."""
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"


def write_table(*, page: Path, text: str, marks: tuple[str, str] = MARKS) -> None:
    """This function will put a table between two marks of a page. Raises: TableMarksMissing, OSError."""
    begin, end = marks
    whole = page.read_text(encoding="utf-8")
    if whole.count(begin) != 1 or whole.count(end) != 1 or whole.index(begin) > whole.index(end):
        raise TableMarksMissing(f"{page}: put the lines {begin} and {end} where the tables belong")
    before, _, rest = whole.partition(begin)
    after = rest.partition(end)[2]
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
