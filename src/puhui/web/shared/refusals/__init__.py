"""Refusals in words: the catalogue of sentences, in every language of the interface.

A refusal carries a name and facts, never a sentence (`puhui.core.refusals`). The sentences live beside this file, one
TOML a stage, `[Name] en = "…" zh = "…"`; placeholders name facts of the refusal and are written by their unit.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from puhui.core.refusals import InputRefused, Refusal
from puhui.web.shared import formats

FOLDER = Path(__file__).parent
MOST_LISTED = 20  # sentences of one refusal; a reader who corrects these comes back for the rest
UNKNOWN = {
    "en": "That isn’t possible right now, and nothing was changed. Try again, or ask us.",
    "zh": "这一步现在办不了，什么都没有改动。请再试一次，或者问我们。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal ready for a page."""

    code: str  # stable machine name
    field: str  # name of the input at fault, "" when none is
    sentence: str  # in the reader's language, with the remedy
    status: int  # HTTP status of the answer
    each: tuple[str, ...] = ()  # sentences of a refusal for several reasons


class CatalogueInvalid(Exception):
    """A file of the catalogue has a wrong shape or a name twice. A bug, found by a test."""


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """This function will return {name: {"en": …, "zh": …}} of every file in this folder.

    Raises: CatalogueInvalid for a name twice, or an entry without exactly the two languages.
    """
    found: dict[str, dict[str, str]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if not isinstance(entry, dict) or set(entry) != {"en", "zh"} or not all(map(str, entry.values())):
                raise CatalogueInvalid(f"{path.name}: [{name}] needs exactly en and zh")
            if name in found and found[name] != entry:
                raise CatalogueInvalid(f"{path.name}: [{name}] stands in another file with other words")
            found[name] = {key: str(value) for key, value in entry.items()}
    return found


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def sentence(refusal: Refusal, *, language: str, currency: str, zone: str) -> str:
    """This function will return the refusal's sentence in `language` with its facts written in place."""
    tongue = "zh" if formats.is_chinese(language) else "en"
    entries = catalogue()
    words = UNKNOWN
    for kind in type(refusal).__mro__:
        if kind.__name__ in entries:
            words = entries[kind.__name__]
            break
    facts = _Facts(
        (name, formats.fact(name, value, currency=currency, language=language, zone=zone))
        for name, value in refusal.facts.items()
    )
    return words[tongue].format_map(facts)


def refused(refusal: Refusal, *, language: str, currency: str, zone: str) -> Refused:
    """This function will turn a refusal into what a page or a problem document shows."""
    field = refusal.at if isinstance(refusal, InputRefused) else refusal.field
    said = sentence(refusal, language=language, currency=currency, zone=zone)
    each = tuple(
        sentence(one, language=language, currency=currency, zone=zone) for one in refusal.each[:MOST_LISTED]
    )
    return Refused(code=refusal.code, field=field, sentence=said, status=refusal.status, each=each)
