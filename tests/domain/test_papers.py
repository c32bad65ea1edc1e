"""Papers as people show them: what is read, what is refused and why, on a folder that is made and read back."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event

import pytest
from PIL import Image, ImageDraw, ImageFont

from puhui.evidence.domain import (
    PaperContent,
    PaperLine,
    PaperRefused,
    PaperSignature,
    parse_papers,
    read_paper,
)
from puhui.evidence.domain.files import MOST_BYTES
from puhui.evidence.gateways.papers.reader import PaperDesk
from puhui.evidence.gateways.papers.sight import list_words
from puhui.evidence.queries import get_evidence_kinds, get_papers
from puhui.lab.documents.evaluate import LabelsInvalid, Report, evaluate
from puhui.lab.documents.guarded import GuardedReader
from puhui.lab.documents.make import make_folder
from puhui.lab.documents.offices import make_root
from puhui.protection.domain.strict import PolicyInvalid
from puhui.runtime.paper import FOLDER as FONTS
from tests.open_hand_kit import kinds, read

SEED = 20261122
TODAY = date(2026, 11, 22)
LATER = date(2026, 11, 23)  # more words are known
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
    (tmp_path / "labels.json").write_text('{"file": "none.pdf"}', encoding="utf-8")
    with pytest.raises(LabelsInvalid, match="a list of objects"):
        evaluate(folder=tmp_path, reader=reader, kinds=known, papers=papers, on_date=TODAY)


def test_what_is_wrong_with_a_folder_is_told_and_stops_nothing(tmp_path: Path) -> None:
    """Labels that cannot be followed, files that are no papers, files that no label names: each is said."""
    known, papers = get_evidence_kinds(on_date=TODAY).kinds, get_papers(on_date=TODAY)
    (tmp_path / "empty.pdf").write_bytes(b"")
    (tmp_path / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(MOST_BYTES))
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.4\n" + b"1 0 obj" * 60)
    (tmp_path / "page.html").write_text("<html>" * 60, encoding="utf-8")
    (tmp_path / "stray.jpg").write_bytes(b"\xff\xd8\xff")
    base = {"kind": "employment", "truth": {"name": "王小明", "fields": {"months": 25}}}
    faulty: list[tuple[object, str]] = [
        ({**base, "file": "none.pdf"}, "'none.pdf' cannot be read (No such file"),
        ({**base, "file": "../../etc/passwd"}, "name a file inside the folder"),
        ({**base, "file": "/etc/passwd"}, "name a file inside the folder"),
        ({**base, "file": "a\0b.pdf"}, "null"),
        ({**base, "file": 7}, "name a file inside the folder"),
        ({**base, "file": "cut.pdf", "kind": "diary"}, "kind 'diary' is unknown; write one of"),
        ({**base, "file": "cut.pdf", "truth": "all true"}, "truth and its fields are objects"),
        ({**base, "file": "cut.pdf", "truth": {"fields": {"years": 2}}}, "truth.fields years is unknown"),
        ({**base, "file": "cut.pdf", "person": "she"}, "person is an object"),
        ({**base, "file": "cut.pdf", "on_date": "soon"}, "write YYYY-MM-DD"),
        ("cut.pdf", "is no object"),
    ]
    good = [{**base, "file": name} for name in ("empty.pdf", "huge.png", "cut.pdf", "page.html")]
    (tmp_path / "labels.json").write_text(json.dumps([one for one, _ in faulty] + good), encoding="utf-8")
    report = evaluate(
        folder=tmp_path, reader=PaperDesk(isolated=False), kinds=known, papers=papers, on_date=TODAY
    )
    assert len(report.faults) == len(faulty)
    for place, (fault, (_, says)) in enumerate(zip(report.faults, faulty, strict=True), 1):
        assert says in fault and fault.startswith(f"label {place}")
    said = sorted(said for found in report.outcomes.values() for said in found)
    assert said == ["EMPTY", "TOO_LARGE", "TYPE_UNKNOWN", "UNREADABLE"]
    assert report.fields["given"].missing == 8, "what was not read is not right"
    told = "\n".join(report.lines())
    assert "stray.jpg" in told and "forged refused: – (none in the folder)" in told
    assert "empty.pdf: the whole file" in told


class Trap:
    """A reader that a file can end or hold up."""

    def content(self, data: bytes, *, at: datetime) -> PaperContent:
        """Do what the file says."""
        if data == b"die":
            os._exit(9)
        if data == b"hang":
            Event().wait()
        if data == b"raise":
            raise ZeroDivisionError
        if data == b"refuse":
            raise PaperRefused("PASSWORD")
        return content_of(data.decode())


def test_a_file_that_ends_its_reader_ends_nothing_else() -> None:
    guarded = GuardedReader(Trap(), most_wait=240)
    at = datetime(2026, 11, 22, tzinfo=UTC)
    try:
        for data, reason in ((b"die", "TOO_MUCH_WORK"), (b"raise", "UNREADABLE"), (b"refuse", "PASSWORD")):
            with pytest.raises(PaperRefused) as caught:
                guarded.content(data, at=at)
            assert caught.value.reason == reason
            assert guarded.content(b"fine", at=at).lines[0].text == "fine", "the next paper is read"
    finally:
        guarded.close()
    held_up = GuardedReader(Trap(), most_wait=0.5)
    try:
        with pytest.raises(PaperRefused, match="TOO_MUCH_WORK"):
            held_up.content(b"hang", at=at)
    finally:
        held_up.close()


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


@pytest.mark.parametrize(
    ("row", "name", "value"),
    [
        ("纳税人识别号：35029919990901003X", "number", "35029919990901003X"),
        ("身份证号码|35029919990901003X", "number", "35029919990901003X"),
        ("身份證號碼：35029919990901003X", "number", "35029919990901003X"),
        ("客户名称：王小明", "name", "王小明"),  # not 户名, and she is not called 称王小明
        ("姓　名：張偉", "name", "張偉"),  # a name stays as it is written
        ("填发日期：20261104", "issued", date(2026, 11, 4)),
        ("開具日期：２０２６年１１月４日", "issued", date(2026, 11, 4)),
        ("Date of issue: 4 November 2026", "issued", date(2026, 11, 4)),
        ("Date of issue: Nov 4, 2026", "issued", date(2026, 11, 4)),
        ("Date of issue: 04/11/2026", "issued", None),  # April or November
        ("应纳税所得额（元）|¥１，２３４，５６７．８９", "total_minor", 123456789),
        ("收入合计：人民币 30,725.91 元", "total_minor", 3072591),
        ("收入总额：30,725", "total_minor", 3072500),
        ("收入总额：30,72", "total_minor", 3072),  # a comma read as a point
        ("收入合计：30725万", "total_minor", None),
        ("納稅月數：共 2 個月", "months", 2),
        ("应纳税所得额：1.00 收入合计：30,725.91", "total_minor", 3072591),  # the label that says it best
    ],
)
def test_other_words_scripts_and_ways_to_write_are_read(row: str, name: str, value: object) -> None:
    papers = get_papers(on_date=LATER)
    read_back = read_paper(content_of("個人所得稅納稅記錄", row), papers=papers, kind="income_tax")
    found = read_back.figures.get(name)
    assert (found.value if found else None) == value and read_back.kind == "income_tax"


def test_whole_yuan_in_a_picture_may_lack_a_point_and_are_not_taken() -> None:
    papers = get_papers(on_date=LATER)
    seen = replace(content_of("个人所得税纳税记录", "收入合计：3072591"), by_sight=True)
    assert "total_minor" not in read_paper(seen, papers=papers, kind="income_tax").figures


def test_values_in_columns_under_their_labels_are_not_mixed_up() -> None:
    papers = get_papers(on_date=LATER)
    content = content_of(
        "个人所得税纳税记录", "姓名|证件号码|开具日期", "王小明|35029919990901003X|2026年11月04日",
        "截止日期|纳税月数|收入合计", "2026年10月31日|2|30,725.91", "2026年9月|工资|15,000.00", "2026-10|15,725.91",
    )  # fmt: skip
    found = read_paper(content, papers=papers, kind="income_tax")
    assert {name: one.value for name, one in found.figures.items()} == {
        "name": "王小明", "number": "35029919990901003X", "issued": date(2026, 11, 4),
        "period": date(2026, 10, 31), "months": 2, "total_minor": 3072591,
    }  # fmt: skip
    assert found.rows == (1500000, 1572591), "a date is no month of the table"


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_180])
def test_a_picture_on_its_side_or_its_head_is_read(turn: Image.Transpose) -> None:
    picture = Image.new("RGB", (800, 400), "white")
    font = ImageFont.truetype(str(FONTS / "NotoSansCJKsc-Subset.otf"), 34)
    for place, line in enumerate(("在职证明", "姓名：王小明", "开具日期：2026年11月04日", "在职月数：25")):
        ImageDraw.Draw(picture).text((60, 40 + 85 * place), line, font=font, fill="black")
    words = [one.text for one in list_words(picture.transpose(turn))]
    assert "姓名：王小明" in words and "在职月数：25" in words, words


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


def test_another_scripts_characters_come_in_pairs() -> None:
    file = "evidence/papers-2026-11-23.toml"
    with pytest.raises(PolicyInvalid, match="two characters"):
        parse_papers(read(file).replace('"稅税"', '"稅"', 1), file=file, kinds=kinds())
