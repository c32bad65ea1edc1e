"""Reading our own source: comments beside fields, first sentences of docstrings, every module of the product."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import textwrap
from pathlib import Path
from types import ModuleType

from django.conf import settings

import puhui

PACKAGE = Path(puhui.__file__).parent
REPO = PACKAGE.parents[1]
# Tools that need the extras of a trainer, and settings modules: nothing of the product's vocabulary is declared there.
APART = ("puhui.lab", "puhui.site")


def first_sentence(docstring: str | None) -> str:
    """This function will return the first paragraph's first sentence of a docstring, "" without one."""
    paragraph = " ".join((docstring or "").strip().split("\n\n")[0].split())
    end = paragraph.find(". ")
    return paragraph if end < 0 else paragraph[: end + 1]


def comments_of(kind: type) -> dict[str, str]:
    """This function will return {name: the comment on its line} of a class body's fields or members."""
    lines = inspect.getsource(kind).splitlines()
    tree = ast.parse(textwrap.dedent("\n".join(lines)))
    body = tree.body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for node in body.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign):
            span = lines[node.lineno - 1 : node.end_lineno]
            said = [line.rpartition("  # ")[2].strip() for line in span if "  # " in line]
            found[target.id] = " ".join(said)
    return found


def list_modules() -> list[ModuleType]:
    """This function will import and return every module of the product but tests, migrations, lab and site."""
    importlib.import_module(
        settings.ROOT_URLCONF
    )  # registers what the routes of the parts need, as in the product
    found: list[ModuleType] = []
    for info in pkgutil.walk_packages([str(PACKAGE)], "puhui.", onerror=_raise):
        if info.name.startswith(APART) or ".migrations" in info.name:
            continue
        found.append(importlib.import_module(info.name))
    return found


def _raise(name: str) -> None:
    raise ImportError(name)


def list_sources() -> list[tuple[str, ast.Module]]:
    """This function will return (path below the repository, tree) of every file of src/puhui, migrations left out."""
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts]
    return [
        (path.relative_to(REPO).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in paths
    ]
