"""Message catalogues: English msgids are read out of templates and code, Chinese stands in three .po files.

Written in Python alone, so that updating, compiling and checking them needs no outside program. One catalogue an
audience (borrower, staff, shared); an entry lives with the audience whose template or module uses it first.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.template import Node, engines
from django.template.base import Template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

WEB = Path(__file__).parent
PARTS = ("borrower", "staff", "shared")
CALLS = {"_": 1, "gettext": 1, "lazy": 1, "gettext_lazy": 1, "ngettext": 2, "ngettext_lazy": 2}
HEADER = (
    "Project-Id-Version: puhui\\n"
    "Language: zh_Hans\\n"
    "MIME-Version: 1.0\\n"
    "Content-Type: text/plain; charset=UTF-8\\n"
    "Content-Transfer-Encoding: 8bit\\n"
    "Plural-Forms: nplurals=1; plural=0;\\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text of the interface."""

    text: str  # English msgid
    plural: str  # English plural, "" when there is none
    part: str  # catalogue that it belongs to


def path_of(part: str) -> Path:
    """This function will return the catalogue of an audience."""
    return WEB / part / "locale/zh_Hans/LC_MESSAGES/django.po"


def part_of(path: Path) -> str:
    """This function will tell to which catalogue a template or module belongs."""
    names = path.relative_to(WEB).parts
    return next((part for part in ("borrower", "staff") if part in names), "shared")


def collect() -> dict[tuple[str, str], Message]:
    """This function will read every msgid out of the templates and modules of the web layer, in a stable order."""
    found: dict[tuple[str, str], Message] = {}
    for path in [*sorted(WEB.glob("templates/**/*.html")), *sorted(WEB.rglob("*.py"))]:
        texts = _of_template(path) if path.suffix == ".html" else _of_module(path)
        for text, plural in texts:
            found.setdefault((text, plural), Message(text=text, plural=plural, part=part_of(path)))
    return found


def _of_template(path: Path) -> Iterator[tuple[str, str]]:
    engine: Any = engines["django"]
    compiled = Template(path.read_text(encoding="utf-8"), engine=engine.engine)
    for node in compiled.nodelist.get_nodes_by_type(Node):
        if isinstance(node, TranslateNode):
            text = node.filter_expression.var
            yield (text if isinstance(text, str) else str(text.literal)), ""
        elif isinstance(node, BlockTranslateNode):
            singular, _vars = node.render_token_list(node.singular)
            plural = node.render_token_list(node.plural)[0] if node.plural else ""
            yield singular, plural


def _of_module(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS):
            continue
        texts = [arg.value for arg in node.args[: CALLS[node.func.id]] if isinstance(arg, ast.Constant)]
        if texts and all(isinstance(text, str) for text in texts):
            yield str(texts[0]), str(texts[1]) if len(texts) > 1 else ""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _unquoted(line: str) -> str:
    return str(ast.literal_eval(line))


def read_po(path: Path) -> dict[tuple[str, str], str]:
    """This function will read {(msgid, plural): Chinese} from a catalogue, {} when there is none yet."""
    entries: dict[tuple[str, str], str] = {}
    if not path.exists():
        return entries
    fields: dict[str, str] = {}
    name = ""
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if not line.strip():
            if fields.get("msgid"):
                entries[fields["msgid"], fields.get("msgid_plural", "")] = fields.get("msgstr", "")
            fields = {}
        elif match := re.match(r'(msgid_plural|msgid|msgstr)(?:\[0\])? (".*")$', line):
            name = match[1]
            fields[name] = _unquoted(match[2])
        elif line.startswith('"'):
            fields[name] += _unquoted(line)
    return entries


def write_po(path: Path, entries: dict[tuple[str, str], str]) -> None:
    """This function will write a catalogue, one entry after the other, sorted."""
    lines = [
        "# Chinese of the interface. Updated by `puhui messages`; only the msgstr lines are written by hand."
    ]
    lines += ['msgid ""', f'msgstr "{HEADER}"', ""]
    for (text, plural), chinese in sorted(entries.items()):
        lines.append(f"msgid {_quoted(text)}")
        if plural:
            lines += [f"msgid_plural {_quoted(plural)}", f"msgstr[0] {_quoted(chinese)}", ""]
        else:
            lines += [f"msgstr {_quoted(chinese)}", ""]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")


def compile_mo(entries: dict[tuple[str, str], str]) -> bytes:
    """This function will compile a catalogue into the bytes of a .mo file (GNU gettext, version 0, little endian)."""
    pairs = {"": HEADER.replace("\\n", "\n")}
    pairs |= {f"{text}\0{plural}" if plural else text: zh for (text, plural), zh in entries.items() if zh}
    ids = sorted(key.encode() for key in pairs)
    texts = [pairs[key.decode()].encode() for key in ids]
    start = 28 + 16 * len(ids)
    tables: list[bytes] = []
    blob = b""
    for group in (ids, texts):
        for one in group:
            tables.append(struct.pack("<II", len(one), start + len(blob)))
            blob += one + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(ids), 28, 28 + 8 * len(ids), 0, start)
    return head + b"".join(tables) + blob


def update() -> list[str]:
    """This function will bring all catalogues up to date and compile them; it returns the msgids without Chinese."""
    known: dict[tuple[str, str], str] = {}
    for part in PARTS:
        known |= read_po(path_of(part))
    messages = collect()
    for part in PARTS:
        entries = {key: known.get(key, "") for key, message in messages.items() if message.part == part}
        write_po(path_of(part), entries)
        path_of(part).with_suffix(".mo").write_bytes(compile_mo(entries))
    return [text for text, plural in messages if not known.get((text, plural))]
