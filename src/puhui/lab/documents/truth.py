"""Invented papers: what each says, whose it is, and what ought to become of it, all from one seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from puhui.evidence.domain import EvidenceKind, PaperForm, Papers
from puhui.lab.people import invent_person

LEVELS = ("text", "scan", "photo1", "photo2", "photo3", "photo4")  # how a paper comes, the easiest first
ISSUERS = {
    "Sandbox Tax Office": "国家税务总局沙盒市税务局",
    "Sandbox Housing Fund": "沙盒市住房公积金管理中心",
    "Sandbox Social Insurance": "沙盒市社会保险基金管理中心",
    "Sandbox Bank": "沙盒银行股份有限公司",
    "Sandbox Utilities": "沙盒市公用事业公司",
    "Sandbox Housing Agency": "沙盒市住房租赁公司",
    "Sandbox Education Registry": "沙盒学历注册中心",
    "Sandbox Employer": "沙盒科技有限公司",
    "Sandbox Community Office": "沙盒街道办事处",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTruth:
    """What a paper says."""

    kind: str  # evidence kind
    name: str  # whose
    number: str  # whose resident number
    serial: str  # number of the record
    issued_on: date  # day of issue
    period_end: date  # last day that it speaks of
    fields: Mapping[str, int]  # figures of the kind
    rows: tuple[int, ...]  # amounts of its table, minor units
    language: str  # "zh" or "en"
    look: int  # 0 to 2: how it is laid out
    wording: Mapping[str, str]  # label that stands before each figure

    def plain(self) -> dict[str, Any]:
        """Return it as JSON's own types, as `labels.json` holds it."""
        return {
            "name": self.name,
            "number": self.number,
            "serial": self.serial,
            "issued_on": self.issued_on.isoformat(),
            "period_end": self.period_end.isoformat(),
            "fields": dict(self.fields),
            "rows": list(self.rows),
        }


@dataclass(slots=True, kw_only=True)
class Label:
    """One line of labels.json: a file, what it truly says, and what ought to become of it."""

    file: str  # name inside the folder
    kind: str  # evidence kind that it is given as
    case: str  # "genuine", "wrong", "forged", "altered" or "reused"
    how: str  # which wrong, forged, …, e.g. "page_added"
    level: str  # how it comes: one of LEVELS
    customer: str  # who gives it
    person: dict[str, str]  # her name and number
    on_date: str  # the day on which she gives it, ISO
    refused: bool  # whether it ought to be refused
    truth: dict[str, Any] = field(default_factory=dict)  # what it says


def invent_paper(
    random: Random, *, kind: EvidenceKind, papers: Papers, index: int, seed: int, on_date: date
) -> PaperTruth:
    """This function will invent a genuine, current paper of a kind about the invented person of (seed, index)."""
    person = invent_person(seed=seed, index=index)
    language = random.choice(["zh", "zh", "zh", "en"])
    issued = on_date - timedelta(days=random.randrange(0, min(20, kind.valid_days)))
    period_end = issued.replace(day=1) - timedelta(days=1)
    if (issued - period_end).days > kind.period_days:
        period_end = issued
    fields, rows = invent_figures(random, kind)
    return PaperTruth(
        kind=kind.code,
        name=person.name,
        number=person.resident_number,
        serial=f"{random.choice('ABCDEFGHJK')}{random.choice('LMNPQRSTUV')}{random.randrange(10**11, 10**12)}",
        issued_on=issued,
        period_end=period_end,
        fields=fields,
        rows=rows,
        language=language,
        look=random.randrange(3),
        wording=choose_words(random, papers=papers, form=papers.forms[kind.code], language=language),
    )


def invent_figures(random: Random, kind: EvidenceKind) -> tuple[dict[str, int], tuple[int, ...]]:
    """This function will draw figures that the kind can show, and rows that add up to them."""
    fields: dict[str, int] = {}
    for one in kind.fields:
        most = min(one.most, 3_000_000 if one.name.endswith("_minor") else 120)
        fields[one.name] = random.randint(one.least, most)
    rows: tuple[int, ...] = ()
    if kind.rows_sum:
        rows = tuple(random.randrange(250_000, 4_000_000) for _ in range(fields[kind.rows_count]))
        fields[kind.rows_sum] = sum(rows)
    return fields, rows


def choose_words(random: Random, *, papers: Papers, form: PaperForm, language: str) -> dict[str, str]:
    """This function will choose a label for every figure and the title, all in one language."""
    lists = {**papers.labels, **{one.name: one.labels for one in form.fields}, "title": form.titles}
    return {name: random.choice(_in(language, words)) for name, words in lists.items()}


def _in(language: str, words: tuple[str, ...]) -> list[str]:
    return [one for one in words if one.isascii() == (language == "en")]
