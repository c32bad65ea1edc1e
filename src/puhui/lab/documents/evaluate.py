"""How well a folder of papers is read and judged: `puhui lab documents --evaluate DIR`, for any folder with labels.

labels.json is a list of `{file, kind, truth: {name, number, issued_on, period_end, serial, fields, rows}}`; what is left
out of a truth is not counted. `person`, `customer`, `on_date`, `case`, `how`, `level` and `refused` may stand in it too.
A label that cannot be followed is told at the end and stops nothing; a file is held to the bounds of the product's own upload
before it is opened.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from puhui.core.refusals import Refusal
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
from puhui.evidence.domain.files import MOST_BYTES, check_file
from puhui.evidence.domain.reading import plain_text
from puhui.lab.documents.make import LABELS


class LabelsInvalid(Exception):
    """labels.json is missing or is no list, so nothing can be reported."""


class LabelFault(Exception):
    """One label cannot be followed; the message names the field and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One label that can be followed, and its file."""

    said: Mapping[str, Any]  # the label as written
    kind: EvidenceKind  # that it is given as
    truth: Mapping[str, Any]  # what the paper says, as far as told
    person: Person  # who gives it
    customer: str  # by which she is known
    given: date  # day on which she gives it
    data: bytes  # of the file


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
    misses: dict[str, list[str]] = field(
        default_factory=dict
    )  # file → fields of a genuine paper, wrong or not read
    faults: list[str] = field(default_factory=list)  # labels that could not be followed
    unlabelled: list[str] = field(default_factory=list)  # files of the folder that no label names

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
        cases = {case for case, _, _ in self.outcomes}
        for case, text, share in (
            ("genuine", "genuine refused by the machine", self.share_refused("genuine")),
            *((case, f"{case} refused", self.share_refused(case)) for case in ("forged", "altered", "wrong")),
            ("reused", "reused found", self.share_found_reused()),
        ):
            found.append(f"{text}: {share:.2%}" if case in cases else f"{text}: – (none in the folder)")
        if self.misses:
            found.append("fields of genuine papers that were read wrong or not at all:")
            found += [f"  {file}: {', '.join(names)}" for file, names in self.misses.items()]
        if self.faults:
            found.append(f"labels that could not be followed / 无法采用的标签: {len(self.faults)}")
            found += [f"  {one}" for one in self.faults]
        if self.unlabelled:
            found.append(f"files that no label names / 没有标签的文件: {', '.join(self.unlabelled)}")
        return found


def evaluate(
    *, folder: Path, reader: PaperReader, kinds: Mapping[str, EvidenceKind], papers: Papers, on_date: date
) -> Report:
    """This function will read and judge every paper of a folder in its order; what cannot be is told in the report.

    Raises: LabelsInvalid where there are no labels.
    """
    report = Report()
    labels = _labels(folder)
    for place, said in enumerate(labels, 1):
        try:
            label = _follow(said, folder, kinds, on_date)
        except LabelFault as fault:
            named = said.get("file") if isinstance(said, dict) else None
            report.faults.append(f"label {place}{f' ({named!r})' if named else ''}: {fault}")
            continue
        _one(report, label, reader, papers)
    named = {str(one.get("file")) for one in labels if isinstance(one, dict)}
    report.unlabelled = sorted(
        one.name for one in folder.iterdir() if one.is_file() and one.name not in {LABELS, *named}
    )
    return report


def _one(report: Report, label: Labelled, reader: PaperReader, papers: Papers) -> None:
    """Read and judge one paper."""
    at = datetime.combine(label.given, time(12), tzinfo=UTC)
    level = str(label.said.get("level", "given"))
    genuine = bool(label.truth) and label.said.get("case", "genuine") == "genuine"
    try:
        check_file(label.data)
        content = reader.content(label.data, at=at)
    except (PaperRefused, Refusal) as refused:
        _note(
            report, label.said, level, refused.reason if isinstance(refused, PaperRefused) else _code(refused)
        )
        if genuine:
            report.misses[str(label.said["file"])] = ["the whole file"]
            report.fields[level].missing += len(expected_of(label.truth))
        return
    reading = read_paper(content, papers=papers, kind=label.kind.code)
    if genuine:
        missed = count_fields(report.fields[level], reading, label.truth)
        if missed:
            report.misses[str(label.said["file"])] = missed
    person = Person(
        name=label.person.name, number=label.person.number, used_elsewhere=_elsewhere(report, label.customer)
    )
    verdict = judge_paper(
        content, reading, kind=label.kind, form=papers.forms[label.kind.code], person=person, proven={},
        on_date=label.given,
    )  # fmt: skip
    _note(report, label.said, level, _said(verdict))
    if not verdict.reason:  # what was refused is nobody's, so it cannot be used twice
        for one in verdict.prints:
            report.seen.setdefault(one, set()).add(label.customer)


def _code(refused: Refusal) -> str:
    """The refusal of an upload as a reason: PaperTooLarge → TOO_LARGE."""
    words = re.findall(r"[A-Z][a-z]*", type(refused).__name__)
    return "_".join(words[1:]).upper()


def _labels(folder: Path) -> list[Any]:
    form = f"{folder / LABELS}: a list of objects with `file`, `kind` and `truth` is needed / 应为由 file、kind、truth 组成的列表"
    try:
        found = json.loads((folder / LABELS).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise LabelsInvalid(f"{form}: {error}") from None
    if not isinstance(found, list):
        raise LabelsInvalid(form)
    return found


def _follow(said: Any, folder: Path, kinds: Mapping[str, EvidenceKind], on_date: date) -> Labelled:
    """Check one label and read its file. Raises: LabelFault."""
    if not isinstance(said, dict):
        raise LabelFault(
            f"{said!r} is no object; write {{file, kind, truth}} / 不是对象；请写 {{file, kind, truth}}"
        )
    if said.get("kind") not in kinds:
        raise LabelFault(
            f"kind {said.get('kind')!r} is unknown; write one of / 请写其中之一: {', '.join(kinds)}"
        )
    truth = said.get("truth") or {}
    if not isinstance(truth, dict) or not isinstance(truth.get("fields", {}), dict):
        raise LabelFault(
            "truth and its fields are objects; write {name, number, …, fields: {…}} / truth 和 fields 应为对象"
        )
    own = {one.name for one in kinds[said["kind"]].fields}
    if odd := sorted(set(truth.get("fields", {})) - own):
        raise LabelFault(
            f"truth.fields {', '.join(odd)} is unknown; {said['kind']} has / 没有这个字段，这类材料有: {', '.join(sorted(own))}"
        )
    person = said.get("person") or {}
    if not isinstance(person, dict):
        raise LabelFault("person is an object; write {name, number} / person 应为对象 {name, number}")
    name, number = (str(person.get(key) or truth.get(key) or "") for key in ("name", "number"))
    try:
        given = date.fromisoformat(said["on_date"]) if said.get("on_date") else on_date
    except (TypeError, ValueError):
        raise LabelFault(f"on_date {said['on_date']!r}: write YYYY-MM-DD / 请写 年-月-日") from None
    return Labelled(
        said=said, kind=kinds[said["kind"]], truth=truth, given=given, data=_bytes(folder, said.get("file")),
        person=Person(name=name, number=number, used_elsewhere=frozenset()),
        customer=str(said.get("customer") or number),
    )  # fmt: skip


def _bytes(folder: Path, file: Any) -> bytes:
    """The bytes of a file that truly lies in the folder; no more of it than tells that it is too large."""
    try:
        path = (folder / str(file)).resolve()
        if not isinstance(file, str) or not file or folder.resolve() not in path.parents:
            raise LabelFault(f"file {file!r}: name a file inside the folder / 请写文件夹里的文件名")
        with path.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise LabelFault(
            f"file {file!r} cannot be read ({why}); put it there, or remove the label / 无法读取"
        ) from None


def _said(verdict: PaperVerdict) -> str:
    if not verdict.reason:
        return "counts"
    return "person" if verdict.person else verdict.reason


def _note(report: Report, label: Mapping[str, Any], level: str, said: str) -> None:
    report.outcomes[str(label.get("case", "genuine")), str(label.get("how", "")), level][said] += 1


def _elsewhere(report: Report, customer: str) -> set[str]:
    return {one for one, whose in report.seen.items() if whose - {customer}}


def expected_of(truth: Mapping[str, Any]) -> dict[str, str]:
    """This function will return what a paper says by our names, as text; what its label leaves out is not there."""
    found: dict[str, str] = {
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
    return found | {name: str(value) for name, value in truth.get("fields", {}).items()}


def count_fields(counts: Counts, reading: PaperReading, truth: Mapping[str, Any]) -> list[str]:
    """This function will count the fields of one paper that were read right, wrong or not at all; it names the latter two."""
    missed = []
    for name, value in expected_of(truth).items():
        got = reading.figures.get(name)
        if got is not None and plain_text(str(got.value)) == plain_text(value):
            counts.right += 1
            continue
        missed.append(f"{name} {'not read' if got is None else 'wrong'}")
        counts.missing += got is None
        counts.wrong += got is not None
    if truth.get("rows"):
        same = list(reading.rows) == truth["rows"]
        counts.right += same
        counts.wrong += not same
        missed += [] if same else ["rows wrong"]
    return missed
