"""The house's own rules, read off the syntax tree. Each says in its docstring what it saves us from.

A rule is a function from one parsed source file to the violations found in it. There is no allow-list: a rule that is
wrong for a place is changed for every place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "puhui"
STAGES = [
    "runtime",
    "access",
    "ledger",
    "protection",
    "customers",
    "contact",
    "payments",
    "facts",
    "evidence",
    "products",
    "decisions",
    "lines",
    "offers",
    "loans",
    "relief",
    "collections",
    "facilitation",
    "growth",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file of the product, parsed."""

    path: str  # relative to src/puhui, with slashes
    text: str  # as stored
    tree: ast.Module  # parsed

    @property
    def top(self) -> str:
        """First folder: the stage or layer."""
        return self.path.split("/")[0]

    @property
    def is_domain(self) -> bool:
        """Whether the file is pure domain code."""
        return self.top == "core" or self.path.split("/")[1:2] in (["domain.py"], ["domain"])


Rule = Callable[[Source], Iterator[str]]


def read_source(root: Path, path: Path) -> Source:
    """This function will parse one file below `root` (src/puhui)."""
    text = path.read_text(encoding="utf-8")
    return Source(path=path.relative_to(root).as_posix(), text=text, tree=ast.parse(text))


def product_sources(root: Path) -> list[Source]:
    """This function will parse every file of the product but migrations (written by Django)."""
    return [read_source(root, p) for p in sorted(root.rglob("*.py")) if "migrations" not in p.parts]


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _mentions_money(node: ast.AST) -> bool:
    for inner in ast.walk(node):
        name = (
            inner.id
            if isinstance(inner, ast.Name)
            else inner.attr
            if isinstance(inner, ast.Attribute)
            else ""
        )
        if name.endswith("_minor"):
            return True
    return False


CLOCK = {
    "date.today", "datetime.date.today", "datetime.now", "datetime.datetime.now", "datetime.utcnow", "datetime.today",
    "timezone.now", "time.time", "time.time_ns", "time.monotonic", "timezone.localdate", "timezone.localtime",
}  # fmt: skip
MAY_READ_CLOCK = {"web", "batch", "site", "lab", "runtime"}


def clock(source: Source) -> Iterator[str]:
    """Time is an argument: a hidden clock makes yesterday's decision impossible to replay."""
    if source.top in MAY_READ_CLOCK:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and _dotted(node) in CLOCK:
            yield f"{source.path}:{node.lineno} reads the clock ({_dotted(node)}); take `now` or `as_of` as an argument"
        if isinstance(node, ast.keyword) and node.arg in {"auto_now", "auto_now_add"}:
            yield f"{source.path}:{node.value.lineno} {node.arg}: the clock hidden in a column"


def chance(source: Source) -> Iterator[str]:
    """Ids and seeds are arguments: a row that names itself cannot be written twice with one key."""
    if source.top in MAY_READ_CLOCK:
        return
    for node in ast.walk(source.tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            if name.split(".")[0] in {"uuid", "random", "secrets"}:
                yield f"{source.path}:{node.lineno} imports {name}; take the id or the seed as an argument"


def float_money(source: Source) -> Iterator[str]:
    """Money is integer minor units: one bare round() or float moves a cent that nobody can find again."""
    if source.top == "lab":
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "round":
                yield f"{source.path}:{node.lineno} round(); use core.rounding.divide with a named mode"
            if node.func.id == "float" and any(_mentions_money(arg) for arg in node.args):
                yield f"{source.path}:{node.lineno} float of money"
        if isinstance(node, ast.BinOp):
            sides = (node.left, node.right)
            if isinstance(node.op, ast.Div) and _mentions_money(node):
                yield f"{source.path}:{node.lineno} true division of money; use core.rounding.divide"
            elif _mentions_money(node) and any(
                isinstance(s, ast.Constant) and isinstance(s.value, float) for s in sides
            ):
                yield f"{source.path}:{node.lineno} money meets a float"
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            name = node.arg if isinstance(node, ast.arg) else _dotted(node.target)
            if name.endswith("_minor") and "float" in ast.unparse(node.annotation):
                yield f"{source.path}:{node.lineno} {name} annotated as float"


def cross_label(source: Source) -> Iterator[str]:
    """Stages refer by id: a look-up across app labels is an import that the contracts cannot see."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        called = _dotted(node.func).split(".")[-1]
        if called == "get_model" and node.args and isinstance(node.args[0], ast.Constant):
            label = str(node.args[0].value).split(".")[0]
            if label in STAGES and label != source.top:
                yield f"{source.path}:{node.lineno} get_model({label!r}) across stages"
        if called in {"ForeignKey", "OneToOneField", "ManyToManyField"} and node.args:
            target = node.args[0]
            if (
                isinstance(target, ast.Constant)
                and "." in str(target.value)
                and not str(target.value).startswith(source.top + ".")
            ):
                yield f"{source.path}:{node.lineno} {called} to {target.value!r}; keep the id and add a reference in the migration"


def sizes(source: Source) -> Iterator[str]:
    """Rot hides in the tail, so the maximum is policed: files 500 lines, functions 70, nesting 3."""
    lines = source.text.count("\n")
    if lines > 500:
        yield f"{source.path} has {lines} lines (at most 500)"
    for function in _functions(source):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > 70:
            yield f"{source.path}:{function.lineno} {function.name} has {length} lines (at most 70)"
        if (depth := _depth(function.body)) > 3:
            yield f"{source.path}:{function.lineno} {function.name} nests {depth} deep (at most 3)"


def _depth(body: list[ast.stmt]) -> int:
    deepest = 0
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        inner: list[list[ast.stmt]] = []
        if isinstance(statement, ast.If):
            inner = [statement.body]
            chained = len(statement.orelse) == 1 and isinstance(statement.orelse[0], ast.If)
            if chained:  # elif is a table, not a nest
                deepest = max(deepest, _depth(statement.orelse))
            elif statement.orelse:
                inner.append(statement.orelse)
        elif isinstance(statement, ast.For | ast.While | ast.With | ast.AsyncFor | ast.AsyncWith):
            inner = [statement.body]
        elif isinstance(statement, ast.Try):
            inner = [
                statement.body,
                *(h.body for h in statement.handlers),
                statement.orelse,
                statement.finalbody,
            ]
        elif isinstance(statement, ast.Match):
            inner = [case.body for case in statement.cases]
        for block in inner:
            deepest = max(deepest, 1 + _depth(block))
    return deepest


def journeys(source: Source) -> Iterator[str]:
    """A journey joins; it does not compute. Arithmetic found there is a rule that belongs in a stage."""
    if source.top != "journeys":
        return
    lines = source.text.count("\n")
    if lines > 150:
        yield f"{source.path} has {lines} lines (a journey has at most 150)"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.BitOr):
            yield f"{source.path}:{node.lineno} arithmetic in a journey: {ast.unparse(node)}"
        if isinstance(node, ast.AugAssign):
            yield f"{source.path}:{node.lineno} arithmetic in a journey: {ast.unparse(node)}"


MAY_BE_LOST = ("runtime/remembered.py",)  # the process's own memory, which is lost with it and read again


def hidden_control(source: Source) -> Iterator[str]:
    """No signals, no save() overrides, no on_commit: what happens next must be readable where it happens."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            ("django.dispatch", "django.db.models.signals")
        ):
            yield f"{source.path}:{node.lineno} imports signals"
        if isinstance(node, ast.FunctionDef) and node.name == "save" and source.path.endswith("models.py"):
            yield f"{source.path}:{node.lineno} overrides save()"
        if isinstance(node, ast.Attribute) and node.attr == "on_commit" and source.path not in MAY_BE_LOST:
            yield f"{source.path}:{node.lineno} on_commit is lost with the process; put work in the transaction"


PROMISE = re.compile(r"\b(NotImplementedError|TODO|FIXME|XXX)\b")


def promises(source: Source) -> Iterator[str]:
    """A stub is a defect: what is not built is refused by name, not promised."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if PROMISE.search(line):
            yield f"{source.path}:{number} {line.strip()}"


def documented(source: Source) -> Iterator[str]:
    """A public function of a stage says what it will do; a module says why it exists."""
    if source.top in {"web", "site"} or source.path.endswith(("apps.py", "admin.py")):
        return
    if source.tree.body and not ast.get_docstring(source.tree):
        yield f"{source.path}: the module has no docstring"
    for node in source.tree.body:
        if (
            isinstance(node, ast.FunctionDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ):
            yield f"{source.path}:{node.lineno} {node.name} has no docstring"


def commented_fields(source: Source) -> Iterator[str]:
    """Every field of a domain value is explained on its own line, with its unit."""
    if not source.is_domain:
        return
    lines = source.text.splitlines()
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ClassDef) or not any(
            "dataclass" in ast.unparse(d) for d in node.decorator_list
        ):
            continue
        for field in node.body:
            if isinstance(field, ast.AnnAssign):
                span = lines[field.lineno - 2 : field.end_lineno]
                if not any("#" in line for line in span[1:]) and not span[0].strip().startswith("#"):
                    yield f"{source.path}:{field.lineno} {node.name}.{ast.unparse(field.target)} has no comment"


RULES: tuple[Rule, ...] = (
    clock, chance, float_money, cross_label, sizes, journeys, hidden_control, promises, documented, commented_fields,
)  # fmt: skip
