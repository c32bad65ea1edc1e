"""Rule packs: transcribed without loss, parsed strictly, and refused with file, row and line."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from puhui.core.canonical import content_hash
from puhui.protection.domain import PolicyInvalid, RulePack, RuleUnknown, parse_rule_pack, rule_in_force

REPO = Path(__file__).resolve().parents[2]
FOUND = REPO.parent / "shared" / "rules" / "rules.jsonl"  # the rows as found; not part of a clone
COLUMNS = ("jurisdiction", "id", "parameter", "operator", "value", "source", "status", "note")
# SHA-256 of the canonical rows as found, so that a clone alone notices a changed word.
AS_FOUND = {
    "CN": "e9cbcaf8351a97b401c64836aecb113b2e7736c0da8c286092e3db55910512f9",
    "EU": "69e4a1e2165be38964ee437468169e733373a6ca674ee14af0934f1d950d07eb",
    "UK": "cd05c3d94b93c3beaff7cbd6b4f5a96007b6c313434d4ecc6b78c039b58e7762",
    "US": "1a541b1830f960228395759a894715dce4c15964230ab66bd8e69a7d3472d136",
}


def load_packs() -> dict[str, RulePack]:
    paths = sorted((REPO / "policies" / "rules").glob("*.toml"))
    packs = [parse_rule_pack(path.read_text(encoding="utf-8"), file=path.name) for path in paths]
    return {pack.jurisdiction: pack for pack in packs}


def as_found(pack: RulePack) -> list[list[str]]:
    return [
        [r.jurisdiction, r.id, r.parameter, r.operator, r.value_text, r.source, r.status, r.note]
        for r in pack.rows
    ]


def test_106_rows_by_place_and_status() -> None:
    rows = [row for pack in load_packs().values() for row in pack.rows]
    assert Counter(row.jurisdiction for row in rows) == {"CN": 64, "EU": 21, "UK": 11, "US": 10}
    assert Counter(row.status for row in rows) == {"read": 54, "secondary": 28, "unverified": 24}
    assert len({row.id for row in rows}) == 106


@pytest.mark.parametrize("place", AS_FOUND)
def test_the_words_are_as_found(place: str) -> None:
    assert content_hash(as_found(load_packs()[place])) == AS_FOUND[place]


@pytest.mark.skipif(
    not FOUND.exists(),
    reason="the hash above holds the same words; a folder `shared` beside the clone turns this on, and names the row",
)
def test_the_words_are_as_found_row_by_row() -> None:
    rows = [json.loads(line) for line in FOUND.read_text(encoding="utf-8").splitlines()]
    for place, pack in load_packs().items():
        assert as_found(pack) == [[r.get(c, "") for c in COLUMNS] for r in rows if r["jurisdiction"] == place]


def test_every_limit_has_a_number_or_says_why_not() -> None:
    rows = [row for pack in load_packs().values() for row in pack.rows]
    limits = {"<=", ">=", "<", ">", "==", "in_window"}
    assert {row.id for row in rows if row.operator in limits and row.value is None} == {"EU-16", "EU-18"}
    assert all(row.no_number for row in rows if row.id in {"EU-16", "EU-18"})
    assert all(row.unit and row.basis for row in rows if row.value is not None)
    assert sum(row.is_limit for row in rows) == 63


PARSED = """
    CN-CAP-01  240000       ppm_per_year        2025-10-01
    CN-CAP-02  4            times_lpr_1y        unknown
    CN-NET-01  20000000     CNY_minor           unknown
    CN-NET-02  12           months              unknown
    CN-COL-01  3            contacts_per_day    2025-02-28
    CN-COL-02  08:00-22:00  local_time_window   2025-02-28
    CN-CMP-01  15           days                2020-03-01
    CN-CR-01   60           months              unknown
    CN-PIPL-09 5000000000   CNY_minor           unknown
    EU-03      14           days                2026-11-20
    EU-06      5000         ppm                 2026-11-20
    UK-01      8000         ppm_per_day         unknown
    UK-03      1500         GBP_minor           unknown
    UK-11      56           days                unknown
    US-01      1250         ppm_per_year        unknown
    US-05      7            contacts_per_7_days unknown
    US-10      360000       ppm_per_year        unknown
"""


@pytest.mark.parametrize("line", PARSED.strip().splitlines())
def test_numbers_are_parsed_by_hand(line: str) -> None:
    id, value, unit, first = line.split()
    row = next(row for pack in load_packs().values() for row in pack.rows if row.id == id)
    assert (str(row.value), row.unit) == (value, unit)
    assert row.valid_from == (None if first == "unknown" else date.fromisoformat(first))


def test_validity_is_half_open_and_unknown_days_count() -> None:
    packs = load_packs()
    assert rule_in_force(packs, "CN-COST-01", date(2026, 8, 1)).id == "CN-COST-01"
    with pytest.raises(RuleUnknown):
        rule_in_force(packs, "CN-COST-01", date(2026, 7, 31))
    assert rule_in_force(packs, "EU-03", date(2026, 11, 20)).value == 14
    with pytest.raises(RuleUnknown):
        rule_in_force(packs, "EU-03", date(2026, 11, 19))
    assert rule_in_force(packs, "CN-NET-01", date(1999, 1, 1)).value == 200_000_00
    with pytest.raises(RuleUnknown):
        rule_in_force(packs, "CN-NONE-99", date(2026, 11, 20))


GOOD = """
[pack]
jurisdiction = "XX"
name = "Nowhere"
rows = 2

[[rule]]
id = "XX-01"
parameter = "cap"
operator = "<="
text = "24 %"
source = "a page"
status = "read"
value = 240_000
unit = "ppm_per_year"
basis = "all-in"
valid_from = 2026-01-01
valid_to = 2026-07-01

[[rule]]
id = "XX-01"
parameter = "cap"
operator = "<="
text = "20 %"
source = "a page"
status = "read"
value = 200_000
unit = "ppm_per_year"
basis = "all-in"
valid_from = 2026-07-01
valid_to = "unknown"
"""


def test_two_versions_of_a_row_follow_each_other() -> None:
    packs = {"XX": parse_rule_pack(GOOD)}
    assert rule_in_force(packs, "XX-01", date(2026, 6, 30)).value == 240_000
    assert rule_in_force(packs, "XX-01", date(2026, 7, 1)).value == 200_000


SPOILED = [
    ("unknown field", 'text = "20 %"', 'text = "20 %"\ncolour = "red"', "unknown field colour"),
    ("missing field", 'source = "a page"\n', "", "source is missing"),
    ("wrong type", "value = 200_000", 'value = "200_000"', "not an integer"),
    ("float", "value = 200_000", "value = 0.2", "not a text"),
    ("true is no number", "value = 200_000", "value = true", "not a text"),
    ("below zero", "value = 200_000", "value = -1", "at least 0"),
    ("operator", 'operator = "<="', 'operator = "=<"', "operator is '=<'"),
    ("status", 'status = "read"', 'status = "sure"', "status is 'sure'"),
    ("unit", 'unit = "ppm_per_year"', 'unit = "percent"', "unit is 'percent'"),
    (
        "limit without number",
        'value = 200_000\nunit = "ppm_per_year"\nbasis = "all-in"\n',
        "",
        "either value",
    ),
    ("both", 'basis = "all-in"\nvalid_from = 2026-07-01', 'basis = "all-in"\nno_number = "x"\nvalid_from = 2026-07-01', "either value"),
    ("number on a ban", 'operator = "<="', 'operator = "deny"', "is no limit"),
    ("overlap", "valid_from = 2026-07-01", "valid_from = 2026-06-30", "overlaps another row of XX-01"),
    ("overlap by unknown", "valid_from = 2026-07-01", 'valid_from = "unknown"', "overlaps"),
    ("turned round", "valid_to = 2026-07-01", "valid_to = 2025-07-01", "not before"),
    ("date and time", "valid_from = 2026-07-01", "valid_from = 2026-07-01T00:00:00", "not a date"),
    ("date as text", "valid_from = 2026-07-01", 'valid_from = "2026-07-01"', "not a date"),
    ("other place", 'id = "XX-01"', 'id = "YY-01"', "does not begin with XX-"),
    ("count", "rows = 2", "rows = 3", "rows is 3"),
    ("empty", 'parameter = "cap"', 'parameter = " "', "parameter is empty"),
    ("no table", "[pack]", "[pakc]", "[pack] is missing"),
    ("extra table", "[[rule]]", '[more]\na = "b"\n\n[[rule]]', "unknown table more"),
    ("not TOML", "[pack]", "[pack", "not TOML"),
    ("twice", 'status = "read"', 'status = "read"\nstatus = "read"', "not TOML"),
    ("window", 'unit = "ppm_per_year"', 'unit = "local_time_window"', "is not a window"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), [s[1:] for s in SPOILED], ids=[s[0] for s in SPOILED])
def test_a_spoiled_pack_is_refused(old: str, new: str, says: str) -> None:
    assert old in GOOD
    head, _, tail = GOOD.rpartition(old)
    with pytest.raises(PolicyInvalid) as caught:
        parse_rule_pack(head + new + tail, file="xx.toml")
    assert says in str(caught.value)
    assert caught.value.file == "xx.toml"


def test_the_error_names_file_row_and_line() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse_rule_pack(GOOD.replace("value = 200_000", 'value = "x"'), file="xx.toml")
    assert (caught.value.file, caught.value.row) == ("xx.toml", "XX-01")
    assert GOOD.splitlines()[caught.value.line - 1] == "[[rule]]"
    assert caught.value.line > 10, "the second row, not the first"
