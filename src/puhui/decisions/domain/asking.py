"""Asking a table: its row, what the row gives, its findings and its step of the trace, in one go.

What a row always says (its texts, its reason, the step of a table of choices) is made when the policy is compiled; what
is left for each decision is the figures. A property test holds the steps to what the rows and the values say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from puhui.core.fields import draft_of
from puhui.core.trace import STEP_NAMES, Outcome, TraceStep, make_step, write_step
from puhui.decisions.domain.conditions import cells_of
from puhui.decisions.domain.generate import has_cases, write_test
from puhui.decisions.domain.tables import NONE, Row, Table, Value, Values
from puhui.decisions.domain.values import Figures, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRule:
    """What a row of a `collect` table, or a step, says whenever it stops a request or sends it to a person."""

    id: str  # of the row or the step
    verdict: str  # "decline" or "refer"
    code: str  # of the reason
    help: str  # code of what would help
    rule: str  # table and row, or step
    by_score: bool  # whether the score itself is the cause
    written: tuple[str, ...]  # variables that it names

    @classmethod
    def of_row(cls, table: Table, row: Row) -> FindingRule:
        """Take what a row of a `collect` table says."""
        return cls(
            id=row.id,
            verdict=str(row.outputs["verdict"]),
            code=str(row.outputs["reason"]),
            help=str(row.outputs["help"]),
            rule=f"{table.name}.{row.id}",
            by_score=any(name.startswith("score.") for name in row.written),
            written=row.written,
        )

    @classmethod
    def referral(cls, step: str, code: str) -> FindingRule:
        """Make what a step says that needs a person."""
        return cls(id=step, verdict="refer", code=code, help=NONE, rule=step, by_score=False, written=())


@dataclass(frozen=True, slots=True)
class Finding:
    """A stop or a referral that a step found: what it always says, and the values that it met."""

    rule: FindingRule  # what it says
    met: Mapping[str, Value]  # values by variable, None for what is absent

    @property
    def verdict(self) -> str:
        """Return "decline" or "refer"."""
        return self.rule.verdict

    @property
    def reason(self) -> Reason:
        """Return why, with the figures that a sentence may name."""
        figures: Figures = {
            name.rpartition(".")[2]: value for name, value in self.met.items() if value is not None
        }
        return Reason(code=self.rule.code, figures=figures, rule=self.rule.rule)

    @property
    def help(self) -> str:
        """Return the code of what would help, or "none"."""
        return self.rule.help

    @property
    def by_score(self) -> bool:
        """Tell whether the score itself is the cause."""
        return self.rule.by_score


Ask = Callable[[dict[str, Value], list[TraceStep], list[Finding]], None]


def make_ask(table: Table, evaluator: Callable[[Values], Any], *, version: str) -> Ask:
    """This function will return the way to ask one table: it adds to the values known so far (by variable), to the
    trace and to the findings. `version` names the policy in the trace, `evaluator` is the table's generated Python.
    """
    space: dict[str, Any] = {"__builtins__": {"str": str, "len": len}, "version": version, **STEP_NAMES}
    lines = [f"    x{i} = v[{name!r}]" for i, name in enumerate(table.inputs)]
    if table.kind == "collect":
        lines += _stops(table, space, version)
    elif has_cases(table):
        lines = _case(table, space, evaluator, version)
    else:
        lines += _rows(table)
    text = "\n".join(["def ask(v, trace, findings):", *lines, ""])
    exec(compile(text, f"<table {table.name}>", "exec"), space)
    ask: Ask = space["ask"]
    return ask


def _rows(table: Table) -> list[str]:
    """The first row that applies gives its outputs, and its step has the inputs as they were."""
    read = "".join(f"{name!r}: x{i}, " for i, name in enumerate(table.inputs))
    lines, word = [], "if"
    for row in table.rows:
        lines.append(f"    {word} {write_test(table, row)}:")
        lines += [f"        v[{name!r}] = {value!r}" for name, value in row.given.items()]
        because = f"{{{read}'row': {row.id!r}}}"
        step = write_step("step", step=repr(table.name), value=repr(row.shown), because=because)
        lines += [f"        {step}", "        trace.append(step)"]
        word = "elif"
    return [*lines, "    else:", f"        v['{table.name} has a gap that the compiler did not see']"]


def _case(table: Table, space: dict[str, Any], evaluator: Callable[[Values], Any], version: str) -> list[str]:
    """Every case of a table of choices has its one step: steps are never changed, so decisions may share them."""
    cases = dict[tuple[Value, ...], tuple[Mapping[str, Value], TraceStep]]()
    for case in product(*(cells_of(type, []) for type in table.inputs.values())):
        known = dict(zip(table.inputs, case, strict=True))
        row = table.rows[evaluator(known)]
        step = make_step(table.name, row.shown, {**known, "row": row.id}, version)
        cases[case] = row.given, step
    space["cases"] = cases
    key = ", ".join(f"v[{name!r}]" for name in table.inputs)
    return [f"    given, step = cases[{key},]", "    v.update(given)", "    trace.append(step)"]


def _stops(table: Table, space: dict[str, Any], version: str) -> list[str]:
    """Every row that applies is a finding and a step below the table's own."""
    places = {name: i for i, name in enumerate(table.inputs)}
    rules: dict[str, str | int | bool | None] = {"rules": len(table.rows)}
    space |= {
        "Finding": Finding,
        "FindingDraft": draft_of(Finding),
        "REFUSED": Outcome.REFUSED,
        "none": make_step(table.name, "0", rules, version, Outcome.NOT_TRIGGERED),
    }
    lines = ["    below = ()"]
    for number, row in enumerate(table.rows):
        space[f"stop{number}"] = stop = FindingRule.of_row(table, row)
        met = ", ".join(f"{name!r}: x{places[name]}" for name in row.written)
        step = write_step("step", step=repr(row.id), value=repr(stop.code), because="met", outcome="REFUSED")
        lines += [
            f"    if {write_test(table, row)}:",
            f"        met = {{{met}}}",
            f"        one = FindingDraft(); one.rule = stop{number}; one.met = met; one.__class__ = Finding",
            f"        {step}",
            "        findings.append(one)",
            "        below += step,",
        ]
    own = {"because": repr(rules), "outcome": "REFUSED", "children": "below"}
    step = write_step("step", step=repr(table.name), value="str(len(below))", **own)
    return [
        *lines,
        "    if below:",
        f"        {step}",
        "        trace.append(step)",
        "    else:",
        "        trace.append(none)",
    ]
