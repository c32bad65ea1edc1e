"""Credit policy: dated tables and a flow, compiled strictly into Python.

Nothing falls through in silence. A table says what it reads and what it gives; the compiler proves that a `unique` or
`first` table answers every possible input, that no row is out of reach, that no two rows of a `unique` table claim the
same case, that every variable is known before it is read, and that every reason has its text. What cannot be proved is
PolicyInvalid, which names file, table, row and line. Kinds of tables:

- `unique`: exactly one row applies to each case, in whatever order the rows stand;
- `first`: the first row that applies counts;
- `collect`: every row that applies is a finding (stop or refer, with its reason).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from puhui.core.dated import HouseText
from puhui.decisions.domain.asking import Ask, make_ask
from puhui.decisions.domain.conditions import InputType, parse_type
from puhui.decisions.domain.generate import load_evaluators, write_source
from puhui.decisions.domain.proof_points import INCOME, SETTLED, ProofPoints, read_proof_points
from puhui.decisions.domain.tables import Known, Table, Values, read_table, read_type
from puhui.evidence.domain import PREFIX
from puhui.protection.domain.dated_head import take_house
from puhui.protection.domain.strict import PolicyInvalid, StrictFile, StrictTable

UNITS = frozenset({"count", "percent"})
BIG = 10**13  # no amount of ours is larger
# What the built-in steps give, and from where in the flow on it may be read.
BUILT_IN: dict[str, dict[str, str]] = {
    "facts": {},
    "score": {"score.points": "integer -10000..10000", "score.pd_ppm": "integer 0..1000000"},
    "price": {"price.annual_rate_ppm": "integer 0..1000000"},
    "affordability": {
        "affordability.surplus_minor": f"integer {-BIG}..{BIG}",
        "affordability.affordable_minor": f"integer 0..{BIG}",
    },
    "capacity": {
        "capacity.longest_minor": f"integer 0..{BIG}",
        "capacity.instalment_minor": f"integer 0..{BIG}",
    },
    "limit": {"limit.limit_minor": f"integer 0..{BIG}"},
    "verdict": {},
}
# Codes that the evaluator itself gives.
OWN_CODES = (
    "ASKED_PERSON", "DATA_UNCLEAR", "AFFORD_NOTHING_LEFT", "AFFORD_INSTALMENT", "LIMIT_GRADE", "LIMIT_HOUSE", "LIMIT_PRODUCT",
    "HELP_SMALLER_AMOUNT", "HELP_LONGER_TERM", "HELP_SETTLE_OTHER",
)  # fmt: skip
# What a built-in step reads: it must come later in the flow than what gives it.
NEEDS = {
    "score": ("facts",),
    "price": ("grade.grade",),
    "capacity": ("price.annual_rate_ppm", "affordability.affordable_minor"),
    "limit": ("capacity.longest_minor", "budget.limit_minor"),
    "verdict": ("limit.limit_minor", "capacity.instalment_minor"),
}
APPLICATION = {
    "application.amount_minor": f"integer 0..{BIG}",
    "application.months": "integer 1..600",
    "application.income_minor": f"integer 0..{BIG}",
    "application.rent_minor": f"integer 0..{BIG}",
    "application.living_minor": f"integer 0..{BIG}",
    "application.other_instalments_minor": f"integer 0..{BIG}",
    "application.other_lenders": "integer 0..99",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """Which fact feeds a feature of the scorecard."""

    name: str  # name in the scorecard
    fact: str  # name of the fact, an integer scaled by 10 ** decimals
    decimals: int  # must be the scorecard's
    unit: str  # "count" or "percent", for sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPolicy(HouseText):
    """A compiled credit policy."""

    id: str  # stable name
    semantics_version: int  # of the evaluator that may run it
    model: str  # name of the scorecard
    model_sha256: str  # its content hash
    line_days: int  # how long a line stands
    flow: tuple[str, ...]  # steps in order: built-in ones and tables
    features: tuple[Feature, ...]  # of the scorecard
    proofs: tuple[ProofPoints, ...]  # what proofs add, () in a policy that knows none
    proof_points_most: int  # all proofs together add at most so many points
    facts: dict[str, InputType]  # facts that may be read, with their types
    improvable: tuple[str, ...]  # features that a person can change by herself
    no_helps: tuple[str, ...]  # codes of what does not help, said with every decline
    tables: dict[str, Table]  # by name
    source: str  # the generated Python, for review
    evaluators: dict[str, Callable[[Values], Any]]  # by table: row number, or numbers for `collect`
    label: str  # how a trace names it
    asks: dict[str, Ask]  # by table: how a decision asks it


def compile_policy(text: str, *, file: str, reason_codes: frozenset[str]) -> CreditPolicy:
    """This function will compile a policy file; `file` names it in errors. Raises: PolicyInvalid, see the module."""
    source = StrictFile(text, file=file)
    head = source.table("policy")
    fact_types = head.mapping("facts")
    feature_rows = source.rows("feature", called="name")
    proof_rows = source.rows("proof", called="name")
    table_rows = source.rows("table", called="name")
    source.done()
    facts = {name: read_type(head, name, text, may_be_missing=True) for name, text in fact_types.items()}
    variables = {name: parse_type(kind, may_be_missing=False) for name, kind in APPLICATION.items()} | facts
    for gives in BUILT_IN.values():
        variables |= {name: parse_type(kind, may_be_missing=False) for name, kind in gives.items()}
    tables: dict[str, Table] = {}
    for row in table_rows:
        table, gives_types = read_table(row, Known(variables=variables, reasons=reason_codes))
        if table.name in tables or table.name in BUILT_IN or table.name == "application":
            raise row.invalid(f"the name {table.name!r} is taken")
        tables[table.name] = table
        variables |= gives_types
    features = tuple(_feature(row, facts) for row in feature_rows)
    if len({one.name for one in features}) != len(features):
        raise PolicyInvalid("a [[feature]] is named twice", file=file)
    proofs = tuple(read_proof_points(row, facts) for row in proof_rows)
    _check_proofs(proofs, features, tables, facts, file)
    written = write_source(tables)
    evaluators = load_evaluators(written, tables)
    id, dated = head.text("id"), take_house(head, text=text)
    label = f"{id} {dated['version']}"
    policy = CreditPolicy(
        id=id,
        **dated,
        semantics_version=head.integer("semantics_version"),
        model=head.text("model"),
        model_sha256=head.text("model_sha256"),
        line_days=head.integer("line_days"),
        flow=head.texts("flow"),
        features=features,
        proofs=proofs,
        proof_points_most=head.integer("proof_points_most") if proofs else 0,
        facts=facts,
        improvable=head.texts("improvable"),
        no_helps=head.texts("no_helps"),
        tables=tables,
        source=written,
        evaluators=evaluators,
        label=label,
        asks={name: make_ask(one, evaluators[name], version=label) for name, one in tables.items()},
    )
    head.done()
    _check_head(policy, head)
    _check_codes(policy, head, reason_codes)
    _check_flow(policy, head)
    return policy


def _feature(row: StrictTable, facts: Mapping[str, InputType]) -> Feature:
    found = Feature(
        name=row.text("name"),
        fact=row.text("fact"),
        decimals=row.integer("decimals"),
        unit=row.choice("unit", UNITS),
    )
    row.done()
    if found.fact not in facts:
        raise row.invalid(f"the fact {found.fact!r} is not declared in [facts]")
    if facts[found.fact].kind != "integer":
        raise row.invalid(f"the fact {found.fact!r} is no integer")
    return found


def _check_proofs(
    proofs: tuple[ProofPoints, ...],
    features: tuple[Feature, ...],
    tables: Mapping[str, Table],
    facts: Mapping[str, InputType],
    file: str,
) -> None:
    """Proven facts speak through [[proof]] alone, where they cannot hurt; no table and no feature reads them."""
    if len({one.name for one in proofs}) != len(proofs):
        raise PolicyInvalid("a [[proof]] is named twice", file=file)
    read = {one.fact for one in features} | {name for table in tables.values() for name in table.inputs}
    if loud := sorted(name for name in read if name.startswith(PREFIX)):
        raise PolicyInvalid(f"{loud[0]} is read outside [[proof]], where a proof could hurt (G1)", file=file)
    used = {one.fact for one in proofs} | {INCOME, SETTLED}
    if idle := sorted(name for name in facts if name.startswith(PREFIX) and name not in used):
        raise PolicyInvalid(f"{idle[0]} is declared and moves nothing", file=file)


def _check_head(policy: CreditPolicy, head: StrictTable) -> None:
    if not 1 <= policy.line_days <= 3660:
        raise head.invalid("line_days is not between 1 and 3660")
    if policy.proofs and not 1 <= policy.proof_points_most <= 1000:
        raise head.invalid("proof_points_most is not between 1 and 1000")
    names = {one.name for one in policy.features}
    if strangers := [one for one in policy.improvable if one not in names]:
        raise head.invalid(f"improvable names {strangers[0]!r}, which is no [[feature]]")


def _check_codes(policy: CreditPolicy, head: StrictTable, reason_codes: frozenset[str]) -> None:
    """Every code that a decision may store has its sentences."""
    codes = {*policy.no_helps, *OWN_CODES, *(f"HELP_{name.upper()}" for name in policy.improvable)}
    for table in policy.tables.values():
        codes |= {str(row.outputs["reason"]) for row in table.rows if "reason" in row.outputs}
    if silent := sorted(codes - reason_codes):
        raise head.invalid(f"{silent[0]} has no text in the reasons file")


def _check_flow(policy: CreditPolicy, head: StrictTable) -> None:
    flow = policy.flow
    for step in flow:
        if step not in BUILT_IN and step not in policy.tables:
            raise head.invalid(f"flow names {step!r}, which is neither a step nor a table")
    if left_out := [one for one in (*BUILT_IN, *policy.tables) if one not in flow]:
        raise head.invalid(f"flow leaves out {left_out[0]!r}")
    if flow[0] != "facts" or flow[-1] != "verdict":
        raise head.invalid("flow must begin with facts and end with verdict")
    known = {"facts", *APPLICATION}
    for step in flow:
        needs = tuple(policy.tables[step].inputs) if step in policy.tables else NEEDS.get(step, ())
        if missing := [one for one in needs if one not in known and one not in policy.facts]:
            raise head.invalid(f"flow: {step} reads {missing[0]}, which is not known by then")
        known |= set(BUILT_IN.get(step, ()))
        if step in policy.tables and policy.tables[step].kind != "collect":
            known |= {f"{step}.{name}" for name in policy.tables[step].rows[0].outputs}
