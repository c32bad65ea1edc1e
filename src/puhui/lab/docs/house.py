"""The page of house policies: what the lender enforces, the law behind each figure, and how sure we are of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from django.conf import settings

from puhui.lab.docs.markdown import cell, code, page, table
from puhui.protection.domain import HousePolicy, RulePack, RuleRow, parse_house_policy, parse_rule_pack
from puhui.protection.domain.house import LIMIT_KINDS

INTRO = (
    "What blocks is the lender's own dated policy. Each figure names the rows of the rule packs it was adopted from, at "
    "their strict side, and what we know of the law: **read** (in the text named), **secondary** (a page or code cites "
    "it), **unverified** (recalled). A limit without a row is the house's own promise. Nothing here is legal advice. "
    "How to change one: [new rule pack or house policy](../how-to/new-rule-pack.md)."
)


def make_page() -> str:
    """This function will return the page: per jurisdiction the newest policy, its limits, duties and rows not adopted."""
    packs = {pack.jurisdiction: pack for pack in _packs()}
    rows = {row.id: row for pack in packs.values() for row in pack.rows}
    policies = sorted(_policies(packs), key=lambda one: (one.jurisdiction, one.valid_from))
    parts = [INTRO, _versions(policies)]
    for jurisdiction in dict.fromkeys(one.jurisdiction for one in policies):
        newest = [one for one in policies if one.jurisdiction == jurisdiction][-1]
        parts += [f"## {jurisdiction}: {packs[jurisdiction].name}", *_policy(newest, rows)]
    return page("House policies", *parts)


def _packs() -> Iterator[RulePack]:
    for path in sorted((settings.POLICIES_DIR / "rules").glob("*.toml")):
        yield parse_rule_pack(path.read_text(encoding="utf-8"), file=path.name)


def _policies(packs: Mapping[str, RulePack]) -> Iterator[HousePolicy]:
    for path in sorted((settings.POLICIES_DIR / "house").glob("*.toml")):
        yield parse_house_policy(path.read_text(encoding="utf-8"), packs=packs, file=path.name)


def _day(day: date | None) -> str:
    return day.isoformat() if day else "open"


def _versions(policies: list[HousePolicy]) -> str:
    rows = [
        [
            one.jurisdiction,
            code(f"{one.id} {one.version}"),
            one.currency,
            _day(one.valid_from),
            _day(one.valid_to),
        ]
        for one in policies
    ]
    return table(["jurisdiction", "policy", "currency", "from", "until (exclusive)"], rows)


def _policy(policy: HousePolicy, rows: Mapping[str, RuleRow]) -> Iterator[str]:
    yield f"Policy `{policy.id}` of {policy.version}, for a {cell(policy.lender)}."
    limits = [
        [
            code(name),
            cell(LIMIT_KINDS[name].meaning),
            cell(f"{one.value:,}" if isinstance(one.value, int) else one.value),
            cell(f"{one.unit} {one.basis}".strip()),
            "<br>".join(_law(rows[rule]) for rule in one.rule_ids) or "house figure",
            cell(one.note),
        ]
        for name, one in policy.limits.items()
    ]
    yield table(["limit", "meaning", "value", "unit", "law: row, status, source", "note"], limits)
    if policy.duties:
        duties = [
            [code(one.rule_id), cell(rows[one.rule_id].parameter), cell(one.met_by)] for one in policy.duties
        ]
        yield f"### Duties of {policy.jurisdiction}"
        yield table(["row", "duty", "how it is met"], duties)
    if policy.not_adopted:
        left = [
            [code(one.rule_id), cell(rows[one.rule_id].parameter), cell(one.why)]
            for one in policy.not_adopted
        ]
        yield f"### Rows of {policy.jurisdiction} that only warn"
        yield table(["row", "what it speaks of", "why it is not adopted"], left)


def _law(row: RuleRow) -> str:
    return f"`{row.id}` {row.status}: {cell(row.source)}"
