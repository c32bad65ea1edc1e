"""`make conformance`: do our figures agree with peers' and official ones?

A case is one line of JSON with an id, a kind (its family), inputs, an expected figure with its source, and a tolerance.
Nothing here knows a case by its id: a family's function turns the inputs into a call of `puhui.core` and the answer is
compared. What disagrees is listed with both figures, and the run fails.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from puhui.core.refusals import Refusal
from puhui.lab.conformance_finance import (
    FAMILIES,
    Case,
    CaseUnsupported,
    Figures,
    compute,
    fraction,
    same,
    show_value,
)
from puhui.lab.conformance_loans.report import LoanFamily, count_loans, is_loan, skipped
from puhui.lab.conformance_loans.table import TableMarksMissing, tables, write_table

ROOT = Path(__file__).resolve().parents[3]
COMMITTED = ROOT / "tests" / "conformance" / "cases"
SHARED = ROOT.parent / "shared" / "cases"
REPORT = ROOT / "build" / "conformance.json"


class CaseFileInvalid(Exception):
    """A line of a case file cannot be read; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One case, compared."""

    id: str  # of the case
    family: str  # its kind
    agrees: bool  # within its tolerance, or refused where it must be
    expected: str  # as the case says
    actual: str  # what we answer
    source: str  # where the expected figure comes from
    recalled: bool  # the case's text was recalled by its collectors, not read


@dataclass(slots=True)
class Tally:
    """A family's count."""

    agree: int = 0  # cases that agree
    of: int = 0  # cases
    reasons: list[str] = field(default_factory=list)  # why a case could not even be tried, each once


def main(
    cases: Path | None = None,
    *,
    written_to: Path = REPORT,
    with_loans: bool = False,
    table: Path | None = None,
    on_date: date | None = None,
) -> int:
    """This function will compare the cases of `cases`, or of the stored files, print the counts, write them as JSON
    (build/conformance.json), and return 0 if the finance cases agree and the loan families reach their goals, 1 if not
    or if there are none, 2 if the cases cannot be read or the page `table` cannot take the tables of `on_date`.
    """
    try:
        rows, notes = (list(read_cases(cases)), []) if cases else stored_cases()
    except (CaseFileInvalid, OSError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    loans = count_loans(rows if cases else None) if with_loans else ()
    outcomes = [compare(row) for row in rows if not (with_loans and is_loan(row))]
    for note in () if with_loans else notes:
        print(note)
    for note in skipped() if with_loans and cases is None else ():
        print(note)
    status = report(outcomes, written_to=written_to, loans=loans)
    if table is not None and on_date is not None:
        counted = [
            (
                name,
                sum(one.agrees for one in outcomes if one.family == name),
                sum(one.family == name for one in outcomes),
            )
            for name in FAMILIES
            if any(one.family == name for one in outcomes)
        ]
        text = tables(finance=counted, loans=loans, on_date=on_date)
        try:
            write_table(page=table, text=text)
        except (TableMarksMissing, OSError) as error:
            print(f"conformance: {error}", file=sys.stderr)
            return 2
    return status


def read_cases(path: Path) -> Iterator[Case]:
    """This function will yield the cases of a JSON-lines file (plain or .gz), blank lines left out.

    Raises: CaseFileInvalid naming the line, for what is no JSON object with an `id`; OSError.
    """
    raw = path.read_bytes()
    try:
        raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
        lines = raw.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        number = raw[: error.start].count(b"\n") + 1
        raise CaseFileInvalid(f"{path}, line {number}: not UTF-8 text") from None
    except (EOFError, zlib.error) as error:
        raise CaseFileInvalid(f"{path}: not a gzip file ({error})") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_float=Decimal)
        except (json.JSONDecodeError, InvalidOperation, RecursionError) as error:
            raise CaseFileInvalid(f"{path}, line {number}: not JSON ({error})") from None
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            raise CaseFileInvalid(f"{path}, line {number}: a case is a JSON object with a text `id`")
        yield row


def stored_cases() -> tuple[list[Case], list[str]]:
    """This function will gather the committed cases and, where that folder exists beside the repository, the shared
    ones; one id counts once, and the shared text of it is the one used. Files of another form are named, not counted.

    Raises: CaseFileInvalid, OSError.
    """
    by_id: dict[str, Case] = {}
    notes: list[str] = []
    for folder in (COMMITTED, SHARED):
        for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else []:
            rows = list(read_cases(path))
            if rows and not any("kind" in row for row in rows):
                notes.append(
                    f"left out: {path.name}, {len(rows)} cases that name no kind (not of the finance families)"
                )
                continue
            by_id.update({row["id"]: row for row in rows})
    return list(by_id.values()), notes


def compare(case: Case) -> Outcome:
    """This function will compute one case and compare each expected figure within the case's tolerance."""
    family = case["kind"] if isinstance(case.get("kind"), str) else "without_kind"
    expected = {
        name: case[name] for name in case if name == "expected" or name.startswith(("expected_", "cap"))
    }
    try:
        actual: Figures | str = compute(case)
    except Refusal as refusal:
        actual = f"refused: {refusal.code}"
    except CaseUnsupported as error:
        actual = f"unsupported: {error}"
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        actual = f"unsupported: it could not be computed ({type(error).__name__}: {error})"
    if isinstance(actual, str):
        agrees = actual.startswith("refused") and expected.get("expected", "") is None
        shown = actual
    else:
        tolerance = fraction(case.get("tolerance") or 0)
        agrees = set(actual) == set(expected) and all(same(actual[k], expected[k], tolerance) for k in actual)
        shown = ", ".join(show_value(value) for value in actual.values())
    return Outcome(
        id=case["id"],
        family=family,
        agrees=agrees,
        expected=", ".join("a refusal" if value is None else str(value) for value in expected.values()),
        actual=shown,
        source=str(case.get("source") or case.get("provenance") or ""),
        recalled="recalled" in str(case.get("provenance", "")),
    )


def report(outcomes: Sequence[Outcome], *, written_to: Path, loans: Sequence[LoanFamily] = ()) -> int:
    """This function will print what disagrees and the counts (families, recalled cases apart, total), write them as
    JSON, and return the exit status.
    """
    tallies: dict[str, Tally] = {}
    for one in outcomes:
        tally = tallies.setdefault(one.family, Tally())
        tally.of += 1
        tally.agree += one.agrees
        if one.actual.startswith("unsupported") and one.actual not in tally.reasons:
            tally.reasons.append(one.actual)
    wrong = [one for one in outcomes if not one.agrees]
    for one in wrong:
        print(
            f"disagrees: {one.family} {one.id}: expected {one.expected}; we say {one.actual} ({one.source})"
        )
    known = [name for name in FAMILIES if name in tallies]
    for name in (*known, *sorted(set(tallies) - set(known))):
        reasons = "; ".join(tallies[name].reasons[:3])
        print(
            f"family {name} agree {tallies[name].agree} of {tallies[name].of}"
            + (f" ({reasons})" if reasons else "")
        )
    recalled = [one for one in outcomes if one.recalled]
    if recalled:
        listed = " ".join(one.id + ("" if one.agrees else "(disagrees)") for one in recalled)
        print(
            f"recalled, listed apart: {listed} ({len(recalled)} cases, counted above; their text was recalled, not read)"
        )
    agree = len(outcomes) - len(wrong) + sum(one.agree for one in loans)
    of = len(outcomes) + sum(one.of for one in loans)
    written_to.parent.mkdir(parents=True, exist_ok=True)
    body = {
        "agree": agree,
        "of": of,
        "families": [
            {"name": n, "agree": t.agree, "of": t.of, "reasons": t.reasons}
            for n, t in sorted(tallies.items())
        ]
        + [one.plain() for one in loans],
        "recalled": [{"id": one.id, "agrees": one.agrees} for one in recalled],
        "disagreements": [
            {
                "id": one.id,
                "family": one.family,
                "expected": one.expected,
                "actual": one.actual,
                "source": one.source,
            }
            for one in wrong
        ],
    }
    written_to.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"agree {agree} of {of}")
    return 1 if wrong or not (outcomes or loans) or not all(one.is_met for one in loans) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="make conformance", description="Compare our figures with peers' and official ones."
    )
    parser.add_argument(
        "--cases", type=Path, help="a file of cases, one JSON object a line (default: the stored ones)"
    )
    parser.add_argument(
        "--table", type=Path, help="a page whose tables are written anew, between its two marks"
    )
    given = parser.parse_args()
    sys.exit(main(given.cases, with_loans=True, table=given.table, on_date=datetime.now(UTC).date()))
