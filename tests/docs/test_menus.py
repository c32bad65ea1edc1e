"""What can be said of the documents without running them: menus, twins, and commands that exist with their options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from tests.docs.blocks import REPO, pages, read_steps

DOCS = REPO / "docs"
PUHUI = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?puhui (?P<rest>.+)$")
MAKE = re.compile(r"^make (?P<target>[a-z-]+)")
TARGETS = set(re.findall(r"^([a-z-]+):", (REPO / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
LINES = [
    (path.relative_to(REPO).as_posix(), line.strip())
    for path in pages()
    for step in read_steps(path)
    for line in step.text.splitlines()
]


@pytest.mark.parametrize("folder", ["how-to", "tutorial"])
def test_every_page_has_its_twin_and_stands_in_both_menus(folder: str) -> None:
    english = {
        path.name.removesuffix(".md") for path in (DOCS / folder).glob("*.md") if ".zh." not in path.name
    }
    chinese = {path.name.removesuffix(".zh.md") for path in (DOCS / folder).glob("*.zh.md")}
    assert english == chinese and english
    for menu, ending in (("index.md", ""), ("index.zh.md", ".zh")):
        text = (DOCS / menu).read_text(encoding="utf-8")
        listed = set(re.findall(rf"^{folder}/([a-z-]+){re.escape(ending)}$", text, re.MULTILINE))
        assert listed == english, menu


def command(name: str) -> BaseCommand:
    return load_command_class(get_commands()[name], name)


@pytest.mark.parametrize(("page", "line"), [one for one in LINES if PUHUI.match(one[1])])
def test_every_command_and_option_exists(page: str, line: str) -> None:
    found = PUHUI.match(line)
    assert found is not None
    rest = re.split(r" [|&>]|;", re.sub(r'"?\$\([^)]*\)"?', "x", found["rest"]))[0]
    try:
        words = shlex.split(rest, comments=True)
    except ValueError:  # a quotation that goes on in the next line
        words = [*shlex.split(rest.partition(' -c "')[0]), "-c", "x"]
    assert words[0] in get_commands(), f"{page}: {line}"
    try:
        command(words[0]).create_parser("puhui", words[0]).parse_args(words[1:])
    except SystemExit as ended:
        assert ended.code == 0, f"{page}: {line}"
    except Exception as error:  # Django raises CommandError for a wrong option when called as a function
        raise AssertionError(f"{page}: {line}: {error}") from None


@pytest.mark.parametrize(("page", "line"), [one for one in LINES if MAKE.match(one[1])])
def test_every_make_target_exists(page: str, line: str) -> None:
    found = MAKE.match(line)
    assert found is not None and found["target"] in TARGETS, f"{page}: {line}"


def test_there_is_something_to_check() -> None:
    names = {PUHUI.match(line)["rest"].split()[0] for _, line in LINES if PUHUI.match(line)}  # type: ignore[index]
    assert {"backup", "restore", "migrate", "release", "audit_verify", "worker"} <= names
    assert Path(DOCS / "index.md").exists() and TARGETS
