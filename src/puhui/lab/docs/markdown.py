"""Small pieces of Markdown that every page is put together from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GENERATED = "<!-- Written by `python -m puhui.lab.docs` from the code. Edit the code, not this page. -->"


def cell(text: object) -> str:
    """This function will make a text safe inside a table: one line, no sign that Markdown or HTML would read."""
    plain = " ".join(str(text).split())
    for sign, safe in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("|", "\\|"),
        ("*", "\\*"),
        ("{{", "{ {"),
    ):
        plain = plain.replace(sign, safe)
    return plain


def code(text: object) -> str:
    """This function will set a text as code, or return "" for an empty one."""
    plain = " ".join(str(text).split())
    return f"`{plain}`".replace("|", "\\|") if plain else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """This function will return a table; its cells are Markdown already (see `cell` and `code`)."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(title: str, *parts: str) -> str:
    """This function will return a whole page with its note that it is generated."""
    return "\n\n".join([f"# {title}", GENERATED, *(part for part in parts if part)]) + "\n"
