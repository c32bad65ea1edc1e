"""A paper as PDF: set by typst with the font of our letters, so that the same truth gives the same bytes."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from puhui.evidence.domain import PaperForm
from puhui.lab.documents.truth import ISSUERS, PaperTruth
from puhui.runtime.paper import FOLDER as FONTS

FOLDER = Path(__file__).parent
NOTES = {
    "zh": "本文件由测试程序生成，所载人员与机构均为虚构，不具有任何法律效力。",
    "en": "Made by a test program. People and offices are invented; this paper has no legal effect.",
}
HEADS = {"zh": ["所属月份", "项目", "金额（元）"], "en": ["Month", "Item", "Amount (yuan)"]}
ITEMS = {"zh": "工资薪金", "en": "Wages"}


def make_page(truth: PaperTruth, *, form: PaperForm) -> bytes:
    """This function will return the paper as PDF, one or two pages."""
    import typst

    english = truth.language == "en"
    page: dict[str, Any] = {
        "title": truth.wording["title"],
        "issuer": form.signers[0] if english else ISSUERS[form.signers[0]],
        "pairs": _pairs(truth, form),
        "head": HEADS[truth.language],
        "rows": _table(truth),
        "note": NOTES[truth.language],
        "lang": truth.language,
        "look": truth.look,
    }
    made: object = typst.compile(  # type: ignore[misc]  # its stubs leave the type of the input open
        (FOLDER / "layout.typ").read_bytes(),
        root=str(FOLDER),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"page": json.dumps(page, ensure_ascii=False)},
    )
    assert isinstance(made, bytes)
    return made


def _pairs(truth: PaperTruth, form: PaperForm) -> list[list[str]]:
    words, english = truth.wording, truth.language == "en"
    found = [
        [words["serial"], truth.serial],
        [words["name"], truth.name],
        [words["number"], truth.number],
        [words["issued"], _day(truth.issued_on.isoformat(), english)],
        [words["period"], _day(truth.period_end.isoformat(), english)],
    ]
    for one in form.fields:
        value = truth.fields[one.name]
        match one.unit:
            case "yuan":
                text = f"{value // 100:,}.{value % 100:02d}" + ("" if english else " 元")
            case "count":
                text = str(value)
            case "day":
                text = _day((truth.issued_on - timedelta(days=value)).isoformat(), english)
            case _:
                text = {
                    (True, 1): "confirmed",
                    (True, 0): "not confirmed",
                    (False, 1): "已核验",
                    (False, 0): "未核验",
                }[english, value]
        found.append([words[one.name], text])
    return found


def _day(iso: str, english: bool) -> str:
    if english:
        return iso
    year, month, day = iso.split("-")
    return f"{year}年{month}月{day}日"


def _table(truth: PaperTruth) -> list[list[str]]:
    found, year, month = [], truth.period_end.year, truth.period_end.month
    for amount in reversed(truth.rows):
        found.append([f"{year}-{month:02d}", ITEMS[truth.language], f"{amount // 100:,}.{amount % 100:02d}"])
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return found[::-1]
