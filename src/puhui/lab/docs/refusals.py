"""The page of refusals: every act that may be refused, with the field, the HTTP status and both sentences."""

from __future__ import annotations

from itertools import groupby

from puhui.core.refusals import InputRefused, Refusal, all_refusals
from puhui.lab.docs.markdown import cell, code, page, table
from puhui.lab.docs.source import first_sentence, list_modules
from puhui.web.shared.refusals import catalogue

INTRO = (
    "A refusal is a fact with a stable name: the act is not allowed now, nothing was changed, and the sentence names the "
    "remedy. The name is the `code` of a page or a problem document. `{name}` in a sentence stands for a fact of the "
    "refusal. A bug is never a refusal. The sentences live in `src/puhui/web/shared/refusals/`, one file a stage."
)


def make_page() -> str:
    """This function will return the page, one section a package."""
    list_modules()  # a refusal is known once its module is imported
    known = [
        one
        for one in all_refusals()
        if one.__module__.startswith("puhui.") and one not in (Refusal, InputRefused)
    ]
    known.sort(key=lambda one: (_package(one), one.__name__))
    parts = [INTRO]
    for package, group in groupby(known, key=_package):
        rows = [_row(one) for one in group]
        parts += [
            f"## {package}",
            table(["code", "field", "status", "what it means", "English", "中文"], rows),
        ]
    return page("Refusals", *parts)


def _package(kind: type[Refusal]) -> str:
    return kind.__module__.split(".")[1]


def _row(kind: type[Refusal]) -> list[str]:
    words = catalogue().get(kind.__name__, {"en": "", "zh": ""})
    return [
        code(kind.__name__),
        code(kind.field),
        str(kind.status),
        cell(first_sentence(kind.__doc__)),
        cell(words["en"]),
        cell(words["zh"]),
    ]
