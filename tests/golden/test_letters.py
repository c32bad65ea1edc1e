"""Every letter of every pack in both languages, as text in git, and as paper that reads the same."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import pypdf
import pytest

from puhui.core.canonical import content_hash
from puhui.protection.domain import (
    LetterKind,
    LetterTable,
    LetterText,
    letter_in_force,
    parse_letters,
    render_letter,
)
from puhui.protection.domain.letters import TABLES, VALUES
from puhui.protection.domain.strict import PolicyInvalid
from puhui.runtime.paper import PaperInvalid, make_pdf, text_of
from puhui.runtime.paper.blocks import read_document
from tests.golden import loan_values
from tests.golden.golden import HERE, check

POLICIES = loan_values.POLICIES
FILES = sorted((POLICIES / "letters").glob("*.toml"))
LETTERS = [one for path in FILES for one in parse_letters(path.read_text(encoding="utf-8"), file=path.name)]
NAMES = [f"{one.jurisdiction.replace('*', 'any').lower()}-{one.kind}" for one in LETTERS]
ROWS = (
    ("1", "2026-12-20", "1,807.51", "0.00", "1,807.51"),
    ("2", "2027-01-20", "1,807.51", "0.00", "1,807.51"),
)
SAMPLE = {
    "customer_name": "陈<喆>", "said": "利率 & 合同不一样 <b>", "answer": "已退还 ¥12.00。", "loan_number": "L-20261120-7F3AKQ",
    "principal": "¥20,000.00", "payoff": "¥18,532.01", "penalty_rate": "0.05%", "on_date": "2027-01-21",
    "outcome": "部分属实", "authority": "12378", "lender_name": "普惠消费金融有限公司（演示）",
}  # fmt: skip


def values(kind: LetterKind) -> dict[str, str]:
    return {name: SAMPLE.get(name, f"«{name}»") for name in sorted(VALUES[kind])}


def tables(kind: LetterKind) -> Mapping[str, LetterTable]:
    heads = ("期", "Due", "To pay", "Paid", "Missing")
    listed = LetterTable(head=(), rows=[["每月还款超出可负担的 ¥312.40"], ["征信记录太短"]])
    figures = LetterTable(head=heads, rows=ROWS)
    return {name: listed if kind is LetterKind.DECLINED else figures for name in TABLES.get(kind, ())}


def render(letter: LetterText, language: str) -> str:
    return render_letter(
        letter=letter, language=language, values=values(letter.kind), tables=tables(letter.kind)
    )


@cache
def paper(html: str) -> bytes:
    return make_pdf(html=html, author="Puhui")


def words_of(pdf: bytes) -> str:
    """What a reader copies out, without the page numbers."""
    pages = [
        re.sub(r"\n?\d+ / \d+$", "", page.extract_text().strip())
        for page in pypdf.PdfReader(io.BytesIO(pdf)).pages
    ]
    return "\n".join(pages)


def bare(text: str) -> str:
    return re.sub(r"\s+|•|·", "", text)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("letter", LETTERS, ids=NAMES)
def test_letter(letter: LetterText, language: str) -> None:
    html = render(letter, language)
    check(f"letters/{NAMES[LETTERS.index(letter)]}.{language}.html", html)
    assert not re.search(r"\{[a-z_]+\}|\[\[|\*\*", html), "every place is filled"
    assert "<喆>" not in html and "<b>" not in html, "what she typed is text"
    assert bare(words_of(paper(html))) == bare(text_of(html)), "paper says what the page says, in order"


def contracts() -> list[Path]:
    return sorted((HERE / "contracts").glob("*.html"))


@pytest.mark.parametrize("path", contracts(), ids=lambda path: path.stem)
def test_contract_on_paper(path: Path) -> None:
    html = path.read_text(encoding="utf-8")
    pdf = paper(html)
    assert bare(words_of(pdf)) == bare(text_of(html))
    root = pypdf.PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/StructTreeRoot"], "tagged"
    assert str(root["/Lang"]).startswith("zh" if ".zh." in path.name else "en")
    named = set(re.findall(rb"/S ?/(H1|H2|P|L|LI|Table|TR|TH|TD)\b", pdf)) or _tags(root["/StructTreeRoot"])
    assert {"H1", "H2", "Table", "TH", "TD", "LI"} <= {
        one.decode() if isinstance(one, bytes) else one for one in named
    }


def _tags(node: object) -> set[str]:
    """Tags of the structure tree."""
    if isinstance(node, pypdf.generic.IndirectObject):
        return _tags(node.get_object())
    if isinstance(node, list):
        return {tag for one in node for tag in _tags(one)}
    if not isinstance(node, dict):
        return set()
    own = {str(node["/S"]).removeprefix("/")} if "/S" in node else set()
    return own | _tags(node["/K"]) if "/K" in node else own


def test_the_same_text_gives_the_same_bytes() -> None:
    html = render(LETTERS[0], "zh")
    once, again = make_pdf(html=html, author="Puhui"), make_pdf(html=html, author="Puhui")
    assert content_hash(once) == content_hash(again) and len(once) < 200_000
    assert content_hash(make_pdf(html=html.replace("20,000", "20,001"), author="Puhui")) != content_hash(once)
    assert b"/FontFile" in once or b"/FontFile3" in once or b"ObjStm" in once
    assert not re.search(rb"/CreationDate|/tmp/|/home/", once)


def test_a_rare_character_is_written_as_its_code_point() -> None:
    html = render(LETTERS[0], "zh").replace("陈", "\U00020bb7")
    assert "U+20BB7" in words_of(paper(html))


@pytest.mark.parametrize(
    "bad", ["<p>x<script>1</script></p>", "<table><tr><td>x</td></tr></table>", "loose words"]
)
def test_paper_knows_its_tags_only(bad: str) -> None:
    with pytest.raises(PaperInvalid):
        read_document(f'<html lang="en"><head><title>t</title></head><body>{bad}</body></html>')


def test_a_pack_has_its_own_words_or_the_common_ones() -> None:
    def version(jurisdiction: str, kind: LetterKind) -> str:
        return letter_in_force(
            LETTERS, kind=kind, jurisdiction=jurisdiction, on_date=date(2026, 11, 21)
        ).jurisdiction

    assert [version(one, LetterKind.DECLINED) for one in ("CN", "US", "EU", "UK")] == ["CN", "US", "EU", "*"]
    assert [version(one, LetterKind.ARREARS) for one in ("CN", "US", "EU", "UK")] == ["*", "*", "*", "UK"]
    with pytest.raises(LookupError):
        letter_in_force(LETTERS, kind=LetterKind.ARREARS, jurisdiction="CN", on_date=date(2020, 1, 1))


def test_rules_that_letters_fulfil_are_rows_of_their_pack() -> None:
    for one in LETTERS:
        rows = (POLICIES / f"rules/{one.jurisdiction.lower()}.toml") if one.jurisdiction != "*" else None
        assert rows is None or all(f'"{rule}"' in rows.read_text(encoding="utf-8") for rule in one.rules), (
            one.rules
        )


BAD = [
    ('text_zh = """', 'text_zh = """{surprise} ', "different values"),
    ('kind = "payoff"', 'kind = "surprise"', "not one of"),
    ('kind = "payoff"', 'kind = "statement"', "no such value|twice"),
    ("{freeze_days}", "{apr}", "no such value"),
    ("[[payments]]", "[[reasons]]", "no such value"),
]


@pytest.mark.parametrize(("old", "new", "says"), BAD)
def test_a_file_of_letters_is_read_strictly(old: str, new: str, says: str) -> None:
    text = FILES[0].read_text(encoding="utf-8")
    assert old in text
    count = 1 if "text_zh" in old else -1
    with pytest.raises(PolicyInvalid, match=says):
        parse_letters(text.replace(old, new, count), file=FILES[0].name)
