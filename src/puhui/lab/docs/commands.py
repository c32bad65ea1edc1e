"""The page of commands: `make`, `puhui` and the tools that are run as modules, with every option."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from puhui.lab.docs.markdown import cell, code, page, table
from puhui.lab.docs.source import REPO, first_sentence

TARGET = re.compile(r"^(?P<names>[a-z][a-z -]*):(?P<needs>[^#=]*)## (?P<what>.+)$")
KNOBS = {
    "ARGS": "more arguments for the program behind it",
    "CASES": "another file of cases",
    "PORT": "port of the web server, 8000",
    "TABLE": "a page of the documentation whose measured tables are written anew",
    "SIZE": "`small` (1,500 applicants) or `full`",
}
INTRO = (
    "In a checkout the command is `.venv/bin/puhui`, made by `make run` or `make install`. Django's own commands "
    "(`migrate`, `check`, `shell`, …) stand beside ours: `puhui help` lists them all."
)


def make_page() -> str:
    """This function will return the page."""
    return page("Commands", INTRO, "## make", _make(), "## puhui", *_puhui())


def _make() -> str:
    lines = (REPO / "Makefile").read_text(encoding="utf-8").splitlines()
    rows: list[list[str]] = []
    for number, line in enumerate(lines):
        if not (match := TARGET.match(line)):
            continue
        recipe = " ".join(_recipe(lines[number + 1 :]))
        knobs = [
            f"`{name}=`: {what}"
            for name, what in KNOBS.items()
            if f"$({name})" in recipe or f"{name})" in recipe
        ]
        for name in match["names"].split():
            rows.append([code(f"make {name}"), cell(match["what"]), "; ".join(knobs)])
    return table(["command", "what it does", "variables"], rows)


def _recipe(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("\t"):
            return
        yield line


def _puhui() -> Iterator[str]:
    for name, app in sorted(get_commands().items()):
        if not str(app).startswith("puhui."):
            continue
        command = load_command_class(str(app), name)
        parser = command.create_parser("puhui", name)
        yield f"### puhui {name}\n\n{cell(_sentence(command))}"
        yield from _options(f"puhui {name}", parser)


def _sentence(command: BaseCommand) -> str:
    said = command.help or first_sentence(type(command).__doc__)
    return said[:1].upper() + said[1:] + ("" if said.endswith(".") else ".")


def _options(prefix: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    plain = BaseCommand().create_parser("puhui", "none")
    common = {option for action in plain._actions for option in action.option_strings}
    own = [action for action in parser._actions if not common & set(action.option_strings)]
    rows = [_row(action) for action in own if not isinstance(action, argparse._SubParsersAction)]
    if rows:
        yield table(["option", "default", "what it does"], rows)
    for action in own:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield f"#### {prefix} {name}"
                yield from _options(f"{prefix} {name}", inner)


def _row(action: argparse.Action) -> list[str]:
    name = ", ".join(action.option_strings) or action.dest
    takes = action.nargs != 0
    value = f" {action.metavar or action.dest.upper()}" if takes and action.option_strings else ""
    if action.choices is not None and takes:
        value = " " + "/".join(map(str, action.choices))
    default = (
        "required" if action.required else "" if action.default in (None, False, []) else code(action.default)
    )
    return [code(name + value), default, cell(action.help or "")]
