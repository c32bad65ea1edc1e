"""Every dependency has its line of reason in decision 0001, and the page names none that is gone."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PAGE = REPO / "docs/decisions/0001-stack-and-dependencies.md"
SPELLED = {
    "psycopg": "psycopg 3 (binary)",
    "django-allauth": "django-allauth (mfa)",
    "django": "django 5.2 lts",
}


def _declared() -> set[str]:
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    return {re.split(r"[\[<>=!~ ]", line)[0].lower() for line in lines}


def _explained() -> dict[str, str]:
    rows = re.findall(r"^\| ([^|]+?) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name.strip().lower(): reason for cell, reason in rows for name in cell.split(",")}


def test_every_dependency_has_its_reason() -> None:
    explained = _explained()
    missing = {one for one in _declared() if len(explained.get(SPELLED.get(one, one), "")) < 20}
    assert not missing, f"no line of reason for {', '.join(sorted(missing))}"


def test_no_reason_outlives_its_dependency() -> None:
    known = {SPELLED.get(one, one) for one in _declared()} | {"dependency", "---"}
    assert not set(_explained()) - known
