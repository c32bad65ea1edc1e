"""Papers as people show them: what is read, what is refused and why, on a folder that is made and read back."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from puhui.evidence.domain import (
    PaperContent,
    PaperLine,
    PaperSignature,
    parse_papers,
    read_paper,
)
from puhui.evidence.gateways.papers.reader import PaperDesk
from puhui.evidence.queries import get_evidence_kinds, get_papers
from puhui.lab.documents.evaluate import LabelsInvalid, Report, evaluate
from puhui.lab.documents.make import make_folder
from puhui.lab.documents.offices import make_root
from puhui.protection.domain.strict import PolicyInvalid
from tests.open_hand_kit import kinds, read

SEED = 20261122
TODAY = date(2026, 11, 22)
FEW = ("income_tax", "salary_flow", "hardship", "education")


def report_of(folder: Path, *, levels: tuple[str, ...], codes: tuple[str, ...], each: int = 1) -> Report:
    known, papers = get_evidence_kinds(on_date=TODAY).kinds, get_papers(on_date=TODAY)
    chosen = [known[code] for code in codes]
    make_folder(out=folder, seed=SEED, kinds=chosen, papers=papers, on_date=TODAY, levels=levels, each=each)
    return evaluate(
        folder=folder, reader=PaperDesk(isolated=False), kinds=known, papers=papers, on_date=TODAY
    )


def test_text_layers_are_read_and_no_forgery_counts(tmp_path: Path) -> None:
    report = report_of(tmp_path, levels=("text",), codes=FEW)
    said = "\n".join(report.lines())
    assert report.fields["text"].f1 >= 0.98, said
    assert report.share_refused("altered") == report.share_refused("forged") == 1, said
    assert report.share_refused("wrong") == 1, said
    assert report.share_found_reused() == 1, said
    assert report.share_refused("genuine") <= 0.01, said
    reasons = {how: next(iter(found)) for (_, how, _), found in report.outcomes.items()}
    assert reasons["page_added"] == "ALTERED" and reasons["other_root"] == "ISSUER_UNKNOWN"
    assert reasons["last_year"] == "TOO_OLD" and reasons["other_person"] == "OTHER_PERSON"
    assert reasons["other_language"] == "NOT_UNDERSTOOD" and reasons["half_filled"] == "FIELD_MISSING"


def test_a_photograph_is_read(tmp_path: Path) -> None:
    report = report_of(tmp_path, levels=("photo1",), codes=("employment",))
    assert report.fields["photo1"].f1 >= 0.95, report.lines()


@pytest.mark.release
def test_the_curve_of_photographs(tmp_path: Path) -> None:
    """Every kind at every level; goals at the lightest, and never a wrong figure that counts by itself at any."""
    levels = ("scan", "photo1", "photo2", "photo3", "photo4")
    report = report_of(tmp_path, levels=levels, codes=tuple(kinds()), each=2)
    print("\n".join(report.lines()))
    assert report.fields["scan"].f1 >= 0.95 and report.fields["photo1"].f1 >= 0.95
    assert report.share_refused("genuine") <= 0.01


def test_the_pinned_root_is_the_labs(tmp_path: Path) -> None:
    """Without its root nothing signed counts: the demo pins the root of invented offices and no other."""
    from cryptography.hazmat.primitives.serialization import Encoding
    from django.conf import settings

    assert [path.read_bytes() for path in settings.EVIDENCE_ROOTS] == [make_root().public_bytes(Encoding.PEM)]
    known, papers = get_evidence_kinds(on_date=TODAY).kinds, get_papers(on_date=TODAY)
    make_folder(
        out=tmp_path, seed=SEED, kinds=[known["education"]], papers=papers, on_date=TODAY, levels=("text",)
    )
    report = evaluate(
        folder=tmp_path,
        reader=PaperDesk(roots=[], isolated=False),
        kinds=known,
        papers=papers,
        on_date=TODAY,
    )
    assert report.outcomes["genuine", "signed", "text"] == {"ISSUER_UNKNOWN": 1}


def test_a_folder_not_made_here_is_reported(tmp_path: Path) -> None:
    """Only what a label says is counted; a broken label names itself."""
    known, papers = get_evidence_kinds(on_date=TODAY).kinds, get_papers(on_date=TODAY)
    make_folder(
        out=tmp_path, seed=7, kinds=[known["employment"]], papers=papers, on_date=TODAY, levels=("text",)
    )
    first = json.loads((tmp_path / "labels.json").read_text(encoding="utf-8"))[0]
    truth = {"name": first["truth"]["name"], "fields": first["truth"]["fields"]}
    bare = [{"file": first["file"], "kind": "employment", "truth": truth}]
    (tmp_path / "labels.json").write_text(json.dumps(bare), encoding="utf-8")
    reader = PaperDesk(isolated=False)
    report = evaluate(folder=tmp_path, reader=reader, kinds=known, papers=papers, on_date=TODAY)
    assert report.fields["given"].right == 2 and report.fields["given"].f1 == 1
    (tmp_path / "labels.json").write_text('[{"file": "none.pdf", "kind": "employment"}]', encoding="utf-8")
    with pytest.raises(LabelsInvalid, match=r"none\.pdf"):
        evaluate(folder=tmp_path, reader=reader, kinds=known, papers=papers, on_date=TODAY)


def content_of(*rows: str, sure: int = 1000) -> PaperContent:
    lines = tuple(
        PaperLine(text=cell, page=0, left=place * 300, top=20 * number, width=200, height=12, sure=sure)
        for number, row in enumerate(rows)
        for place, cell in enumerate(row.split("|"))
    )
    return PaperContent(
        sha256="a" * 64,
        pages=1,
        lines=lines,
        by_sight=False,
        signature=PaperSignature.NONE,
        signer="",
        marks=(),
        view=b"",
    )


@pytest.mark.parametrize(
    ("row", "name", "value"),
    [
        ("收入合计：30,725.91 元", "total_minor", 3072591),
        ("收入合计|30.725.91", "total_minor", 3072591),  # a comma read as a point
        ("收入合计：3万元", "total_minor", None),
        ("收人合计：12.00", "total_minor", 1200),  # one character misread
        ("纳税月数：12 收入合计：1.00", "months", 12),
        ("纳税月数|十二", "months", None),
        ("开具日期：2026年11月04日", "issued", date(2026, 11, 4)),
        ("开具日期：2026-13-04", "issued", None),
        ("身份证号：35029919990901003x", "number", "35029919990901003X"),
        ("身份证号：3502991999090100", "number", None),
    ],
)
def test_a_figure_is_found_or_missing_never_guessed(row: str, name: str, value: object) -> None:
    papers = get_papers(on_date=TODAY)
    found = read_paper(content_of("个人所得税纳税记录", row), papers=papers, kind="income_tax").figures.get(
        name
    )
    assert (found.value if found else None) == value


def test_a_value_below_its_label_is_found() -> None:
    papers = get_papers(on_date=TODAY)
    reading = read_paper(
        content_of("Settled loans", "No longer paid each month:", "1,234.00"),
        papers=papers,
        kind="settled_loans",
    )
    assert reading.kind == "settled_loans" and reading.figures["monthly_minor"].value == 123400


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('unit = "yuan"', 'unit = "dollar"', "unit"),
        ('kind = "income_tax"', 'kind = "star_sign"', "kind"),
        ('name = "total_minor"', 'name = "other_minor"', "fields"),
        ('serial = ["记录编号"', 'serail = ["记录编号"', "serial"),
    ],
)
def test_a_slip_in_the_forms_is_an_error(old: str, new: str, says: str) -> None:
    file = "evidence/papers-2026-11-22.toml"
    text = read(file)
    parse_papers(text, file=file, kinds=kinds())
    with pytest.raises(PolicyInvalid, match=says):
        parse_papers(text.replace(old, new, 1), file=file, kinds=kinds())
