"""The sentences of reasons and helps, in both languages, as dated text beside the policy that uses their codes.

Decisions store codes and figures, never sentences, so an old decision can be read in today's words and the words can be
reviewed by someone who does not read code. Placeholders are the names of figures; a page writes `…_minor` as money,
`…_ppm` as a rate, `…_date` as a date and anything else as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from puhui.core.dated import DatedText
from puhui.protection.domain.dated_head import take_dated
from puhui.protection.domain.strict import PolicyInvalid, StrictFile, StrictTable

KINDS = frozenset({"reason", "score", "help", "no_help"})
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
CODE = re.compile(r"[A-Z][A-Z0-9_]*")

Figure = int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonText:
    """How one code is said."""

    code: str  # stable code that decisions store
    kind: str  # "reason" of a verdict, "score" feature, "help", or "no_help" (what does not help)
    figures: tuple[str, ...]  # names of the figures that its sentences may use
    title_en: str  # a few words, English
    title_zh: str  # a few words, Chinese
    en: str  # a sentence, English
    zh: str  # a sentence, Chinese


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonTexts(DatedText):
    """A whole file of texts, in force until the next file."""

    texts: dict[str, ReasonText]  # by code


def parse_reason_texts(text: str, *, file: str) -> ReasonTexts:
    """This function will read a file of texts strictly; `file` names it in errors.

    Raises: PolicyInvalid for an unknown field, a code named twice or not written in capitals, an empty sentence, or a
    placeholder that is no declared figure, or not the same figures in both languages.
    """
    source = StrictFile(text, file=file)
    head = source.table("reasons")
    rows = source.rows("reason", called="code")
    source.done()
    dated = take_dated(head, text=text, ends=False)
    head.done()
    texts: dict[str, ReasonText] = {}
    for row in rows:
        one = _text(row)
        if one.code in texts:
            raise row.invalid("the code is named twice")
        texts[one.code] = one
    if not texts:
        raise PolicyInvalid("no [[reason]]", file=file)
    return ReasonTexts(**dated, texts=texts)


def _text(row: StrictTable) -> ReasonText:
    found = ReasonText(
        code=row.text("code"),
        kind=row.choice("kind", KINDS),
        figures=row.texts("figures"),
        title_en=row.text("title_en"),
        title_zh=row.text("title_zh"),
        en=row.text("en"),
        zh=row.text("zh"),
    )
    row.done()
    if not CODE.fullmatch(found.code):
        raise row.invalid("a code is written in capitals, digits and _")
    for english, chinese in ((found.title_en, found.title_zh), (found.en, found.zh)):
        used = set(PLACEHOLDER.findall(english))
        if used != set(PLACEHOLDER.findall(chinese)):
            raise row.invalid("the two languages name different figures")
        if strangers := sorted(used - set(found.figures)):
            raise row.invalid(f"{{{strangers[0]}}} is no declared figure")
    return found


def fill(sentence: str, figures: Mapping[str, Figure], *, write: Callable[[str, Figure], str]) -> str:
    """This function will put figures into a sentence; `write(name, value)` says how one is written."""
    return PLACEHOLDER.sub(lambda match: write(match[1], figures[match[1]]), sentence)
