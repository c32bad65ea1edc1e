"""Make a folder of papers with labels: `puhui lab documents --out DIR --seed S`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

from puhui.evidence.domain import EvidenceKind, Papers, Trust
from puhui.lab.documents.offices import FORGER, sign_page
from puhui.lab.documents.pages import make_page
from puhui.lab.documents.photos import LEVELS as PHOTOS
from puhui.lab.documents.photos import photograph
from puhui.lab.documents.tricks import TRICKS, alter
from puhui.lab.documents.truth import LEVELS, Label, PaperTruth, invent_paper
from puhui.lab.people import invent_person

LABELS = "labels.json"
STRANGER = 500_000  # index of the people whose papers somebody else shows
FOREIGN = "Bescheinigung über das Einkommen"


@dataclass(slots=True, kw_only=True)
class Workshop:
    """Everything that making one folder needs."""

    out: Path  # folder that is written
    seed: int  # of people and papers
    random: Random  # everything else
    papers: Papers  # forms in force
    on_date: date  # day on which the papers are given
    levels: Sequence[str]  # how papers come
    made: list[Label]  # so far
    people: int = 0  # so far

    def next_truth(self, kind: EvidenceKind, *, index: int | None = None) -> PaperTruth:
        """Invent a paper about the next person."""
        if index is None:
            self.people += 1
            index = self.people
        return invent_paper(
            self.random, kind=kind, papers=self.papers, index=index, seed=self.seed, on_date=self.on_date
        )

    def page(self, truth: PaperTruth) -> bytes:
        """Set it as PDF."""
        return make_page(truth, form=self.papers.forms[truth.kind])

    def signed(self, truth: PaperTruth, *, family: str = "", organisation: str = "") -> bytes:
        """Set and sign it."""
        by = organisation or self.papers.forms[truth.kind].signers[0]
        at = datetime.combine(truth.issued_on, time(9), tzinfo=UTC)
        return sign_page(self.page(truth), organisation=by, at=at, family=family)

    def put(
        self, data: bytes, truth: PaperTruth, *, case: str, how: str, level: str = "text", giver: int = 0
    ) -> None:
        """Write the file and its label; `giver` is the index of who gives it where that is somebody else."""
        person = invent_person(seed=self.seed, index=giver) if giver else None
        name = f"{len(self.made):05d}.{'pdf' if data.startswith(b'%PDF') else 'jpg'}"
        (self.out / name).write_bytes(data)
        self.made.append(
            Label(
                file=name,
                kind=truth.kind,
                case=case,
                how=how,
                level=level,
                customer=person.resident_number if person else truth.number,
                person={
                    "name": person.name if person else truth.name,
                    "number": person.resident_number if person else truth.number,
                },
                on_date=self.on_date.isoformat(),
                refused=case != "genuine",
                truth=truth.plain(),
            )
        )


def make_folder(
    *,
    out: Path,
    seed: int,
    kinds: Sequence[EvidenceKind],
    papers: Papers,
    on_date: date,
    levels: Sequence[str] = LEVELS,
    each: int = 1,
) -> list[Label]:
    """This function will write `each` of every sort of paper of every kind, and labels.json; it returns the labels."""
    out.mkdir(parents=True, exist_ok=True)
    shop = Workshop(
        out=out, seed=seed, random=Random(seed), papers=papers, on_date=on_date, levels=levels, made=[]
    )
    for kind in kinds:
        for _ in range(each):
            _genuine(shop, kind)
            if "text" in levels:
                _wrong(shop, kind)
                _forged(shop, kind)
                _altered(shop, kind)
                _reused(shop, kind)
    text = json.dumps([asdict(one) for one in shop.made], ensure_ascii=False, indent=1)
    (out / LABELS).write_text(text + "\n", encoding="utf-8")
    return shop.made


def _genuine(shop: Workshop, kind: EvidenceKind) -> None:
    """Signed as the office gives it; where a picture counts, also unsigned and photographed at every level."""
    for level in shop.levels:
        truth = shop.next_truth(kind)
        if level == "text":
            shop.put(shop.signed(truth), truth, case="genuine", how="signed")
            if Trust.OCR in kind.trusts:
                plain = shop.next_truth(kind)
                shop.put(shop.page(plain), plain, case="genuine", how="unsigned")
        elif Trust.OCR in kind.trusts:
            data = photograph(shop.page(truth), level=level, random=shop.random)
            shop.put(data, truth, case="genuine", how="photographed", level=level)


def _wrong(shop: Workshop, kind: EvidenceKind) -> None:
    for how, truth in _slips(shop, kind):
        shop.put(shop.signed(truth), truth, case="wrong", how=how)
    truth = shop.next_truth(kind)
    shop.people += 1
    shop.put(shop.signed(truth), truth, case="wrong", how="other_person", giver=shop.people)


def _slips(shop: Workshop, kind: EvidenceKind) -> Iterator[tuple[str, PaperTruth]]:
    truth = shop.next_truth(kind)
    year = timedelta(days=370)
    yield "last_year", replace(truth, issued_on=truth.issued_on - year, period_end=truth.period_end - year)
    truth = shop.next_truth(kind)
    wording = {name: "" if name == "title" else f"Feld {place}" for place, name in enumerate(truth.wording)}
    yield "other_language", replace(truth, language="en", wording={**wording, "title": FOREIGN})
    truth = shop.next_truth(kind)
    yield "half_filled", replace(truth, number="")
    if kind.rows_sum:
        truth = shop.next_truth(kind)
        more = {**truth.fields, kind.rows_sum: truth.fields[kind.rows_sum] + 800_000}
        yield "sum_wrong", replace(truth, fields=more)


def _forged(shop: Workshop, kind: EvidenceKind) -> None:
    truth = shop.next_truth(kind)
    shop.put(shop.signed(truth, family=FORGER), truth, case="forged", how="other_root")
    truth = shop.next_truth(kind)
    own = shop.papers.forms[kind.code].signers
    other = next(one for form in shop.papers.forms.values() for one in form.signers if one not in own)
    shop.put(shop.signed(truth, organisation=other), truth, case="forged", how="other_office")
    if Trust.OCR not in kind.trusts:
        truth = shop.next_truth(kind)
        shop.put(shop.page(truth), truth, case="forged", how="unsigned")


def _altered(shop: Workshop, kind: EvidenceKind) -> None:
    for trick in TRICKS:
        truth = shop.next_truth(kind)
        shop.put(alter(shop.signed(truth), trick), truth, case="altered", how=trick)


def _reused(shop: Workshop, kind: EvidenceKind) -> None:
    """One paper of two people: the same file, and, where no signature is asked for, another name on the same paper."""
    truth = shop.next_truth(kind)
    data = shop.signed(truth)
    shop.put(data, truth, case="genuine", how="first_of_two")
    shop.people += 1
    shop.put(data, truth, case="reused", how="same_file", giver=shop.people)
    if Trust.OCR not in kind.trusts:
        return
    truth = shop.next_truth(kind)
    shop.put(shop.page(truth), truth, case="genuine", how="first_of_two")
    for level in ("text", *(one for one in ("scan", "photo1") if one in shop.levels)):
        shop.people += 1
        other = invent_person(seed=shop.seed, index=shop.people)
        copy = replace(truth, name=other.name, number=other.resident_number)
        data = shop.page(copy)
        if level in PHOTOS:
            data = photograph(data, level=level, random=shop.random)
        shop.put(data, copy, case="reused", how="other_name", level=level)
