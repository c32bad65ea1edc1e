"""The page of packages and contracts: what each package is for, and the walls between them."""

from __future__ import annotations

import ast
import tomllib
from typing import Any

from puhui.lab.docs.markdown import cell, code, page, table
from puhui.lab.docs.source import PACKAGE, REPO

INTRO = (
    "The order of the packages is the order in which a loan needs them: a package may import those above it in this table, "
    "never those below ([architecture](../architecture.md)). `make check` holds every contract, and a planted violation of "
    "each proves that it bites."
)


def make_page() -> str:
    """This function will return the page."""
    config = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[dict[str, Any]] = config["tool"]["importlinter"]["contracts"]
    layers: list[str] = next(one["layers"] for one in contracts if one.get("exhaustive"))
    names = [name.strip("() ") for layer in reversed(layers) for name in layer.split(":")]
    rows = [[code(name), _purpose(name)] for name in names]
    return page(
        "Packages and contracts",
        INTRO,
        "## Packages",
        table(["package", "what it is for"], rows),
        "## Contracts",
        table(["contract", "kind", "from", "may not, or order"], [_contract(one) for one in contracts]),
    )


def _purpose(name: str) -> str:
    home = PACKAGE / name / "__init__.py"
    if not home.is_file():
        return "not yet"
    said = ast.get_docstring(ast.parse(home.read_text(encoding="utf-8"))) or ""
    return cell(said.split("\n\n")[0])


def _contract(one: dict[str, Any]) -> list[str]:
    sources = (
        one.get("source_modules")
        or one.get("protected_modules")
        or one.get("containers")
        or one.get("ancestors", [])
    )
    if "allowed_importers" in one:
        says = "imported only by " + ", ".join(code(name) for name in one["allowed_importers"])
    elif "forbidden_modules" in one:
        says = "may not import " + ", ".join(code(name) for name in one["forbidden_modules"])
    elif "layers" in one:
        says = " over ".join(code(name) for name in one["layers"])
    else:
        says = "no cycles"
    return [
        cell(one["name"]),
        one["type"],
        ", ".join(code(name.removeprefix("puhui.")) for name in sources),
        says,
    ]
