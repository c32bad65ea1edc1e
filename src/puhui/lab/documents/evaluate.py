"""How well a folder of papers is read and judged: `puhui lab documents --evaluate DIR`, for any folder with labels.

labels.json is a list of `{file, kind, truth: {name, number, issued_on, period_end, serial, fields, rows}}`; what is left
out of a truth is not counted. `person`, `customer`, `on_date`, `case`, `how`, `level` and `refused` may stand in it too.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from puhui.evidence.domain import (
    EvidenceKind,
    PaperReader,
    PaperReading,
    PaperRefused,
    Papers,
    PaperVerdict,
    Person,
    judge_paper,
    read_paper,
)
from puhui.lab.documents.make import LABELS


class LabelsInvalid(Exception):
    """labels.json is missing or does not have the form that it needs."""


@dataclass(slots=True, kw_only=True)
class Counts:
    """How often fields of one level were right."""

    right: int = 0  # read and right
    wrong: int = 0  # read and not right
    missing: int = 0  # not read

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        found = 2 * self.right + 2 * self.wrong + self.missing
        return 2 * self.right / found if found else 1.0


@dataclass(slots=True, kw_only=True)
class Report:
    """What a folder showed."""

    fields: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))  # by level
    outcomes: dict[tuple[str, str, str], Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )  # case, how, level → "counts", "person" or a reason
    seen: dict[str, set[str]] = field(default_factory=dict)  # fingerprint → customers that showed it

    def share_refused(self, case: str) -> float:
        """Share of the papers of a case that the machine refused; 1 where there are none."""
        return self._share(case, lambda said: said not in ("counts", "person"))

    def share_stopped(self, case: str) -> float:
        """Share of the papers of a case that did not count by themselves: refused, or looked at by a person."""
        return self._share(case, lambda said: said != "counts")

    def share_found_reused(self) -> float:
        """Share of the reused papers that were refused for being reused."""
        return self._share("reused", lambda said: said == "USED_ELSEWHERE")

    def _share(self, case: str, holds: Any) -> float:
        all_of = [
            (said, n)
            for (one, _, _), found in self.outcomes.items()
            if one == case
            for said, n in found.items()
        ]
        total = sum(n for _, n in all_of)
        return sum(n for said, n in all_of if holds(said)) / total if total else 1.0

    def lines(self) -> list[str]:
        """Return the report as text."""
        found = ["level    fields      F1   read wrong  not read"]
        for level, one in self.fields.items():
            total = one.right + one.wrong + one.missing
            found.append(f"{level:<8} {total:>6}  {one.f1:.4f}  {one.wrong:>10}  {one.missing:>8}")
        found.append("case      how             level    outcomes")
        for (case, how, level), said in sorted(self.outcomes.items()):
            text = ", ".join(f"{name} {n}" for name, n in said.most_common())
            found.append(f"{case:<9} {how:<15} {level:<8} {text}")
        found.append(f"genuine refused by the machine: {self.share_refused('genuine'):.2%}")
        for case in ("forged", "altered", "wrong"):
            found.append(f"{case} refused: {self.share_refused(case):.2%}")
        found.append(f"reused found: {self.share_found_reused():.2%}")
        return found


def evaluate(
    *, folder: Path, reader: PaperReader, kinds: Mapping[str, EvidenceKind], papers: Papers, on_date: date
) -> Report:
    """This function will read and judge every paper of a folder in its order. Raises: LabelsInvalid."""
    report = Report()
    for label in _labels(folder):
        try:
            given = date.fromisoformat(label["on_date"]) if "on_date" in label else on_date
            kind, truth = kinds[label["kind"]], label.get("truth", {})
            data = (folder / label["file"]).read_bytes()
        except (KeyError, OSError, ValueError) as error:
            raise LabelsInvalid(f"{label}: {error}") from None
        at = datetime.combine(given, time(12), tzinfo=UTC)
        level = str(label.get("level", "given"))
        try:
            content = reader.content(data, at=at)
        except PaperRefused as refused:
            _note(report, label, level, refused.reason)
            continue
        reading = read_paper(content, papers=papers, kind=kind.code)
        if truth and label.get("case", "genuine") == "genuine":
            count_fields(report.fields[level], reading, truth)
        person = label.get("person") or {"name": truth.get("name", ""), "number": truth.get("number", "")}
        customer = str(label.get("customer", person["number"]))
        verdict = judge_paper(
            content,
            reading,
            kind=kind,
            form=papers.forms[kind.code],
            person=Person(
                name=person["name"], number=person["number"], used_elsewhere=_elsewhere(report, customer)
            ),
            proven={},
            on_date=given,
        )
        _note(report, label, level, _said(verdict))
        if not verdict.reason:  # what was refused is nobody's, so it cannot be used twice
            for one in verdict.prints:
                report.seen.setdefault(one, set()).add(customer)
    return report


def _labels(folder: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LabelsInvalid(f"{folder / LABELS}: {error}") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) and "file" in one for one in found):
        raise LabelsInvalid(f"{folder / LABELS}: a list of objects with `file`, `kind` and `truth` is needed")
    return found


def _said(verdict: PaperVerdict) -> str:
    if not verdict.reason:
        return "counts"
    return "person" if verdict.person else verdict.reason


def _note(report: Report, label: Mapping[str, Any], level: str, said: str) -> None:
    report.outcomes[str(label.get("case", "genuine")), str(label.get("how", "")), level][said] += 1


def _elsewhere(report: Report, customer: str) -> set[str]:
    return {one for one, whose in report.seen.items() if whose - {customer}}


def count_fields(counts: Counts, reading: PaperReading, truth: Mapping[str, Any]) -> None:
    """This function will count the fields of one paper that were read right, wrong or not at all."""
    expected: dict[str, str] = {
        ours: str(truth[theirs])
        for ours, theirs in (
            ("name", "name"),
            ("number", "number"),
            ("serial", "serial"),
            ("issued", "issued_on"),
            ("period", "period_end"),
        )
        if truth.get(theirs)
    }
    expected |= {name: str(value) for name, value in truth.get("fields", {}).items()}
    for name, value in expected.items():
        got = reading.figures.get(name)
        if got is None:
            counts.missing += 1
        elif str(got.value) == value:
            counts.right += 1
        else:
            counts.wrong += 1
    if truth.get("rows"):
        counts.right += list(reading.rows) == truth["rows"]
        counts.wrong += list(reading.rows) != truth["rows"]
