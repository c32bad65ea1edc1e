"""A word that is not in the glossary may not name a type of the domain."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.architecture.rules import Source, product_sources

REPO = Path(__file__).resolve().parents[2]
CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z][a-z]+|[A-Z]+|\d+")


def glossary_words() -> set[str]:
    """Every English word of the first column and of the list of craft words, lower case, singular."""
    words: set[str] = set()
    for line in (REPO / "GLOSSARY.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("|"):
            words |= {w.lower() for w in re.findall(r"[A-Za-z]+", line.split("|")[1])}
        elif line.startswith("Craft words:"):
            words |= {w.lower() for w in re.findall(r"[A-Za-z]+", line.partition(":")[2])}
    return (
        words
        | {w.removesuffix("s") for w in words}
        | {w.removesuffix("ies") + "y" for w in words if w.endswith("ies")}
    )


def exceptions(sources: list[Source]) -> set[str]:
    """Names of refusals and other exceptions: they are facts ("QuoteExpired"), not things, and need no row."""
    bases = {
        node.name: {ast.unparse(b).split(".")[-1] for b in node.bases}
        for s in sources
        for node in ast.walk(s.tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"Refusal", "Exception", "AssertionError", "ValueError"}
    while grown := {name for name, its in bases.items() if its & found} - found:
        found |= grown
    return found


def strangers(known: set[str]) -> dict[str, str]:
    """Words of public domain types that the glossary does not know, with where they stand."""
    found: dict[str, str] = {}
    sources = product_sources(REPO / "src" / "puhui")
    facts = exceptions(sources)
    for source in sources:
        if not source.is_domain:
            continue
        for node in source.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name not in facts:
                for word in CAMEL.findall(node.name):
                    if word.lower() not in known and word.lower().removesuffix("s") not in known:
                        found[word] = f"{source.path}:{node.lineno} {node.name}"
    return found


def test_every_type_is_named_from_the_glossary() -> None:
    found = strangers(glossary_words())
    assert not found, "\n" + "\n".join(f"{word}: {where}" for word, where in sorted(found.items()))


def test_the_rule_bites() -> None:
    assert "Loan" in strangers(set()) or "Money" in strangers(set())
