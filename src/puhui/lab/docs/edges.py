"""The page of edges: where life runs backwards, and the value by which an earlier stage hears of a later one.

An earlier stage cannot import a later one. It declares a value type; a journey that knows both fills it. Each row names
the type, its fields and the journey; what the row says is checked against the source whenever the page is written.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from puhui.lab.docs.markdown import cell, code, page, table
from puhui.lab.docs.source import PACKAGE, first_sentence

INTRO = (
    "A stage may import earlier stages, never later ones. Where something later bears on something earlier, the earlier stage "
    "declares a **value type**, and a journey, which stands above both, fills it "
    "([architecture, section 1](../architecture.md#1-one-journey-one-direction)). Each row is checked against the source when the page is written. `decisions.domain.prices.Benefit` (what lowers a price) is declared for stages to come; no journey fills it yet."
)
JOINED = "Every journey in one sentence, and the stages that it joins. Foundations are left out."


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One value by which an earlier stage hears of a later one."""

    later: str  # stage that knows
    earlier: str  # stage that needs it and declares the type
    declared: str  # dotted name of the type
    carried: tuple[str, ...]  # its fields that carry the news
    journey: str  # module of puhui.journeys that fills it
    says: str  # what is carried


EDGES: tuple[Edge, ...] = (
    Edge(later="loans", earlier="contact", declared="puhui.contact.domain.Hold", carried=("reason", "from_at", "until"),
         journey="ask_for_help", says="a request for help stops reminders from this second, until the freeze ends"),
    Edge(later="loans", earlier="contact", declared="puhui.contact.domain.Message", carried=("template", "text"),
         journey="remind", says="what is due when, as parameters of a script; the gate decides whether it may be said"),
    Edge(later="loans", earlier="payments", declared="puhui.payments.domain.PaymentOrder", carried=("loan_id", "purpose", "amount_minor"),
         journey="repay", says="what a loan collects or pays out; payments knows an id and a word, no loan"),
    Edge(later="loans", earlier="payments", declared="puhui.payments.domain.MandateDebit", carried=("debit_date", "notice_date", "notice_days"),
         journey="autopay", says="the due date of an instalment, and that she was told of the debit in time"),
    Edge(later="loans", earlier="lines", declared="puhui.lines.domain.LineEvent", carried=("act", "amount_minor", "source"),
         journey="happen", says="principal that an event repaid, or took back: the line restores by it"),
    Edge(later="loans", earlier="protection", declared="puhui.protection.domain.Case", carried=("about",),
         journey="ask_for_help", says="which loan a request is about, as a free reference that protection never follows"),
)  # fmt: skip


def make_page() -> str:
    """This function will return the page. Raises: AssertionError for a row that the source does not bear out."""
    order = _order()
    rows = []
    for edge in EDGES:
        check_edge(edge, order=order)
        rows.append(
            [
                f"{edge.later} → {edge.earlier}",
                code(edge.declared.removeprefix("puhui.")),
                ", ".join(code(name) for name in edge.carried),
                code(f"journeys.{edge.journey}"),
                cell(edge.says),
            ]
        )
    return page(
        "Edges: what later stages tell earlier ones",
        INTRO,
        table(["from → to", "value type", "fields that carry it", "filled by", "what it says"], rows),
        "## Journeys and the stages they join",
        JOINED,
        table(["journey", "in one sentence", "stages"], _journeys(order)),
    )


def check_edge(edge: Edge, *, order: Sequence[str]) -> None:
    """This function will pass when the type, its fields and the journey are there and run backwards.

    Raises: AssertionError naming what is not so.
    """
    assert order.index(edge.later) > order.index(edge.earlier), f"{edge.declared} does not run backwards"
    home, _, name = edge.declared.rpartition(".")
    kind: Any = getattr(importlib.import_module(home), name)
    assert kind.__module__.startswith(f"puhui.{edge.earlier}.domain"), (
        f"{edge.declared} is declared elsewhere"
    )
    known = {one.name for one in fields(kind)} if is_dataclass(kind) else set()
    assert set(edge.carried) <= known, f"{edge.declared} has no {set(edge.carried) - known}"
    assert {edge.later, edge.earlier} <= _stages(edge.journey, order), (
        f"{edge.journey} does not know both stages"
    )


def _order() -> list[str]:
    from django.conf import settings

    return [str(stage) for stage in settings.STAGES]


def _stages(journey: str, order: Sequence[str], seen: frozenset[str] = frozenset()) -> set[str]:
    """Stages that a journey imports, itself or through the journeys that it calls."""
    found: set[str] = set()
    for node in _imports(journey):
        parts = str(node.module).split(".")
        if parts[1] in order:
            found.add(parts[1])
        elif parts[1] == "journeys":
            called = [parts[2]] if len(parts) > 2 else [alias.name for alias in node.names]
            for name in sorted(set(called) - seen - {"house"}):
                found |= _stages(name, order, seen | {journey, name})
    return found


def _imports(journey: str) -> list[ast.ImportFrom]:
    """The imports of a journey from our own packages; none where the name is no journey."""
    path = PACKAGE / "journeys" / f"{journey}.py"
    if not path.is_file():
        return []
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [n for n in nodes if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("puhui.")]


def _journeys(order: Sequence[str]) -> list[list[str]]:
    rows = []
    for path in sorted((PACKAGE / "journeys").glob("[a-z]*.py")):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        own = _own_stages(path.stem, order)
        rows.append([code(path.stem), cell(first_sentence(said)), ", ".join(own) or "–"])
    return rows


def _own_stages(journey: str, order: Sequence[str]) -> list[str]:
    named = {str(node.module).split(".")[1] for node in _imports(journey)}
    return [
        stage
        for stage in order
        if stage in named and stage not in ("runtime", "access", "ledger", "protection")
    ]
