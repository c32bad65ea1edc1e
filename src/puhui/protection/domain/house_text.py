"""Reading house policies: strict text into `HousePolicy`, checked against the rule packs it adopts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from puhui.core.canonical import content_hash
from puhui.core.money import EXPONENTS
from puhui.protection.domain.house import (
    LIMIT_KINDS,
    Adopted,
    Duty,
    EssentialFloor,
    HousePolicy,
    NotAdopted,
    Side,
    parse_times,
)
from puhui.protection.domain.rules import RulePack, RuleRow, parse_window
from puhui.protection.domain.strict import OPEN, PolicyInvalid, StrictFile, StrictTable

BASES = frozenset({"effective", "nominal"})
LONGEST_YEAR_DAYS = 366  # the dearest year of a daily rate
OWN_FIGURE = "house figure; no rule adopted"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """The rows that a policy may name, and its period."""

    packs: Mapping[str, RulePack]  # by jurisdiction
    jurisdiction: str  # the policy's own
    valid_from: date  # first day of the policy
    valid_to: date  # first day after it

    def _overlaps(self, row: RuleRow) -> bool:
        return (row.valid_from or date.min) < self.valid_to and self.valid_from < (row.valid_to or date.max)

    def versions(self, id: str, table: StrictTable) -> list[RuleRow]:
        """Return the versions of a row in force in the period; if none is, its next one, adopted early."""
        known = [row for pack in self.packs.values() for row in pack.rows if row.id == id]
        if not known:
            raise table.invalid(f"rule {id} is in no pack")
        in_force = [row for row in known if self._overlaps(row)]
        return in_force or [min(known, key=lambda row: row.valid_from or date.min)]

    def numeric(self) -> set[str]:
        """Return the ids of the own pack's numeric limits that are in force in the period."""
        return {row.id for row in self.packs[self.jurisdiction].rows if row.is_limit and self._overlaps(row)}


def parse_house_policy(text: str, *, packs: Mapping[str, RulePack], file: str = "house.toml") -> HousePolicy:
    """This function will turn the text of a house policy into a value, checked against the rule packs.

    Raises: PolicyInvalid naming file, row and line for an unknown or missing field, a wrong type or unit, a required
    limit that is missing, a limit looser than a row it adopts, a numeric row of the pack that is neither adopted nor
    declined with a reason (gap) or is both (overlap), a region twice, or no floor for everywhere else.
    """
    whole = StrictFile(text, file=file)
    head = whole.table("policy")
    jurisdiction = head.choice("jurisdiction", frozenset(packs))
    currency = head.choice("currency", frozenset(EXPONENTS))
    policy_id, version, lender = head.text("id"), head.text("version"), head.text("lender")
    valid_from, valid_to = head.day("valid_from"), head.day_or("valid_to", OPEN)
    if valid_to is not None and valid_to <= valid_from:
        raise head.invalid("valid_from is not before valid_to")
    head.done()
    rules = _Rules(
        packs=packs, jurisdiction=jurisdiction, valid_from=valid_from, valid_to=valid_to or date.max
    )
    limits = _parse_limits(whole.rows("limit", called="name"), currency, rules, file)
    duties = tuple(_parse_duty(row, rules) for row in whole.rows("duty", called="rule"))
    declined = tuple(_parse_declined(row, rules) for row in whole.rows("not_adopted", called="rule"))
    floors = _parse_floors(whole.table("essential_floor"), file)
    whole.done()
    _refuse_gap(rules, limits, declined, file)
    _refuse_dear_penalty(limits, file)
    return HousePolicy(
        id=policy_id,
        jurisdiction=jurisdiction,
        version=version,
        hash=content_hash(text.encode()),
        lender=lender,
        currency=currency,
        valid_from=valid_from,
        valid_to=valid_to,
        limits=limits,
        duties=duties,
        not_adopted=declined,
        floors=floors,
    )


def _parse_limits(rows: Sequence[StrictTable], currency: str, rules: _Rules, file: str) -> dict[str, Adopted]:
    limits: dict[str, Adopted] = {}
    for row in rows:
        name = row.choice("name", frozenset(LIMIT_KINDS))
        if name in limits:
            raise row.invalid("the limit is stated twice")
        limits[name] = _parse_limit(row, name, currency, rules)
    if missing := {name for name, kind in LIMIT_KINDS.items() if kind.required} - set(limits):
        raise PolicyInvalid(f"limits missing: {', '.join(sorted(missing))}", file=file)
    return limits


def _parse_limit(row: StrictTable, name: str, currency: str, rules: _Rules) -> Adopted:
    kind = LIMIT_KINDS[name]
    unit = row.choice("unit", {f"{currency}_minor" if kind.unit == "minor" else kind.unit})
    value: int | str
    if kind.side is Side.WINDOW:
        value = row.text("value")
        parse_window(value, row)
    else:
        value = row.integer("value")
        if value < 0:
            raise row.invalid("value is below 0")
    rule_ids = row.texts("rules", required=True)
    for id in rule_ids:
        for rule in rules.versions(id, row):
            _refuse_loose(row, kind.side, value, unit, rule)
    limit = Adopted(
        name=name,
        value=value,
        unit=unit,
        basis=row.choice("basis", BASES) if name == "apr_cap" else "",
        rule_ids=rule_ids,
        law=_law(rule_ids, rules, row),
        note=row.text_or("note", ""),
    )
    row.done()
    return limit


def _law(rule_ids: tuple[str, ...], rules: _Rules, row: StrictTable) -> str:
    """Return how sure we are of the law behind a limit; other jurisdictions' rows are adopted, not law here."""
    own: list[str] = []
    other: list[str] = []
    for id in rule_ids:
        rule = rules.versions(id, row)[-1]
        (own if rule.jurisdiction == rules.jurisdiction else other).append(f"{rule.status} ({id})")
    parts = [f"law: {', '.join(own)}"] if own else []
    parts += [f"adopted from elsewhere: {', '.join(other)}"] if other else []
    return "; ".join(["house limit", *parts]) if parts else OWN_FIGURE


def _refuse_loose(row: StrictTable, side: Side, value: int | str, unit: str, rule: RuleRow) -> None:
    numbers = rule.numbers(unit)
    if not numbers:
        raise row.invalid(f"{rule.id} has no number in {unit}")
    for number in numbers:
        if not _is_strict(side, value, number):
            raise row.invalid(f"{value} is looser than {number} of {rule.id}")


def _is_strict(side: Side, value: int | str, number: int | str) -> bool:
    if side is Side.WINDOW:
        (first, last), (rule_first, rule_last) = parse_times(str(value)), parse_times(str(number))
        return rule_first <= first and last <= rule_last
    assert isinstance(value, int) and isinstance(number, int)
    if side is Side.LOW:
        return value <= number
    return value >= number if side is Side.HIGH else value == number


def _parse_duty(row: StrictTable, rules: _Rules) -> Duty:
    id = row.text("rule")
    rule = rules.versions(id, row)[-1]
    if rule.is_limit:
        raise row.invalid(f"{id} has a number: adopt it as a limit")
    duty = Duty(rule_id=id, valid_from=rule.valid_from, valid_to=rule.valid_to, met_by=row.text("met_by"))
    row.done()
    return duty


def _parse_declined(row: StrictTable, rules: _Rules) -> NotAdopted:
    id = row.text("rule")
    rules.versions(id, row)
    declined = NotAdopted(rule_id=id, why=row.text("why"))
    row.done()
    return declined


def _parse_floors(table: StrictTable, file: str) -> tuple[EssentialFloor, ...]:
    floors: dict[str, EssentialFloor] = {}
    for row in table.tables("regions"):
        region = row.text("region")
        if region != "*" and (not region.isdigit() or len(region) not in (2, 4)):
            raise row.invalid(f"region {region!r} is neither two or four digits nor *")
        if region in floors:
            raise row.invalid(f"region {region} is stated twice")
        amount_minor = row.integer("minor")
        if amount_minor <= 0:
            raise row.invalid("minor is not above 0")
        floors[region] = EssentialFloor(
            region=region,
            name_en=row.text("en"),
            name_zh=row.text("zh"),
            amount_minor=amount_minor,
            source=row.text("source"),
        )
        row.done()
    table.done()
    if "*" not in floors:
        raise PolicyInvalid("no floor for everywhere else (*)", file=file, row="essential_floor")
    return tuple(sorted(floors.values(), key=lambda f: (-len(f.region), f.region == "*", f.region)))


def _refuse_gap(
    rules: _Rules, limits: Mapping[str, Adopted], declined: Sequence[NotAdopted], file: str
) -> None:
    adopted = {id for limit in limits.values() for id in limit.rule_ids}
    refused = [one.rule_id for one in declined]
    if len(set(refused)) != len(refused):
        raise PolicyInvalid("a rule is declined twice", file=file, row="not_adopted")
    if both := adopted & set(refused):
        raise PolicyInvalid(f"adopted and declined: {', '.join(sorted(both))}", file=file, row="not_adopted")
    if gap := rules.numeric() - adopted - set(refused):
        raise PolicyInvalid(f"neither adopted nor declined: {', '.join(sorted(gap))}", file=file)


def _refuse_dear_penalty(limits: Mapping[str, Adopted], file: str) -> None:
    penalty, cap = limits["penalty_daily_rate"].value, limits["apr_cap"].value
    assert isinstance(penalty, int) and isinstance(cap, int)
    if penalty * LONGEST_YEAR_DAYS > cap:
        raise PolicyInvalid(
            f"{penalty} a day is more than the APR cap of {cap} a year", file=file, row="penalty_daily_rate"
        )


def refuse_gaps_between(policies: Sequence[HousePolicy]) -> None:
    """This function will refuse house policies of one jurisdiction that leave a day without one, or with two.

    Raises: PolicyInvalid naming the later policy.
    """
    by_place: dict[str, list[HousePolicy]] = {}
    for policy in policies:
        by_place.setdefault(policy.jurisdiction, []).append(policy)
    for versions in by_place.values():
        versions.sort(key=lambda policy: policy.valid_from)
        for before, after in pairwise(versions):
            if before.valid_to != after.valid_from:
                word = (
                    "gap" if before.valid_to is not None and before.valid_to < after.valid_from else "overlap"
                )
                raise PolicyInvalid(
                    f"{word} between versions {before.version} and {after.version}",
                    file=after.id,
                    row="policy",
                )
