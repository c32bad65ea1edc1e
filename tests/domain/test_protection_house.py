"""House policies: adopted at the strict side, inside, on and outside each limit; gaps and loose figures refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from puhui.protection.domain import (
    LIMIT_KINDS,
    HousePolicy,
    PolicyInvalid,
    Side,
    last_instant,
    parse_house_policy,
    refuse_gaps_between,
    strictest,
)
from tests.domain.test_protection_rules import REPO, load_packs

PACKS = load_packs()
FOLDER = REPO / "policies" / "house"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))}
HOUSES = {name: parse_house_policy(text, packs=PACKS, file=name) for name, text in TEXTS.items()}
CN = HOUSES["cn-2026-11-01"]
LATEST = [house for name, house in HOUSES.items() if name.endswith("2026-11-01")]
ADOPTED = [(name, limit) for name, house in HOUSES.items() for limit in sorted(house.limits)]


def test_the_chinese_house() -> None:
    assert (CN.apr_cap_ppm, CN.apr_cap_basis) == (240_000, "effective")
    assert CN.line_max_minor == 200_000_00 and CN.currency == "CNY"
    assert CN.contact_window == (time(8), time(22)) and CN.contact_daily_cap == 3
    assert CN.contact_weekly_cap is None
    assert (CN.complaint_days, CN.question_days, CN.help_clock_days) == (15, 2, 2)
    assert (CN.withdrawal_days, CN.quote_valid_days, CN.minimum_age) == (14, 7, 18)
    assert (CN.freeze_days, CN.freeze_uses_per_year) == (14, 2)
    assert (CN.reminder_days_before, CN.mandate_notice_days) == (3, 1)
    assert (CN.penalty_daily_rate_ppm, CN.affordability_reserve_ppm) == (500, 150_000)
    assert "CN-CAP-02" in {one.rule_id for one in CN.not_adopted}, "4 × LPR addresses other lenders"


def test_the_trace_says_how_sure_we_are() -> None:
    assert CN.law_of("apr_cap") == "house limit; law: secondary (CN-CAP-01), unverified (CN-CAP-05)"
    assert CN.law_of("bullet_term") == "house limit; law: unverified (CN-NET-02)"
    assert CN.law_of("withdrawal") == "house limit; adopted from elsewhere: read (EU-03)"
    assert CN.law_of("question") == "house figure; no rule adopted"


def test_the_demo_history_finds_a_policy() -> None:
    early = HOUSES["cn-2025-01-01"]
    assert early.valid_on(date(2025, 1, 1)) and early.valid_on(date(2026, 10, 31))
    assert not early.valid_on(date(2024, 12, 31)) and not early.valid_on(date(2026, 11, 1))
    assert CN.valid_on(date(2026, 11, 1)) and CN.valid_on(date(2040, 1, 1))


def test_a_duty_begins_with_the_law() -> None:
    early = HOUSES["cn-2025-01-01"]
    assert early.has_duty("CN-COST-01", date(2026, 8, 1))
    assert not early.has_duty("CN-COST-01", date(2026, 7, 31))
    assert CN.has_duty("CN-PIPL-05", date(2026, 11, 20)), "an unknown first day counts as in force"
    assert not CN.has_duty("CN-RISK-01", date(2026, 11, 20))


@pytest.mark.parametrize(("house", "name"), ADOPTED, ids=[f"{h}:{n}" for h, n in ADOPTED])
def test_inside_on_and_outside(house: str, name: str) -> None:
    policy = HOUSES[house]
    value = policy.limits[name].value
    side = LIMIT_KINDS[name].side
    if side is Side.WINDOW:
        first, last = policy.contact_window
        minute = timedelta(minutes=1)
        day = datetime(2026, 11, 20)
        before_close = (datetime.combine(day, last) - minute).time()
        assert policy.is_within(name, first) and policy.is_within(name, before_close)
        assert not policy.is_within(name, last), "the closing time itself is outside"
        assert not policy.is_within(name, (datetime.combine(day, first) - minute).time())
        return
    assert isinstance(value, int)
    inside, outside = (value - 1, value + 1) if side is Side.LOW else (value + 1, value - 1)
    assert policy.is_within(name, value), "on the limit"
    assert policy.is_within(name, inside) is (side is not Side.EXACT)
    assert not policy.is_within(name, outside)


@pytest.mark.parametrize("name", HOUSES)
def test_every_numeric_row_is_adopted_or_declined(name: str) -> None:
    policy = HOUSES[name]
    adopted = {id for limit in policy.limits.values() for id in limit.rule_ids}
    declined = {one.rule_id for one in policy.not_adopted}
    numeric = {row.id for row in PACKS[policy.jurisdiction].rows if row.is_limit}
    assert numeric <= adopted | declined and not adopted & declined


FLOORS = """
    510104  5101  成都          1650.00
    510700  51    四川          1400.00
    440305  4403  深圳          2200.00
    110101  11    北京          2200.00
    990000  *     中国其他地区  1500.00
            *     中国其他地区  1500.00
"""


@pytest.mark.parametrize("line", FLOORS.strip("\n").splitlines())
def test_floors_by_region(line: str) -> None:
    *code, region, name, amount = line.split()
    floor = CN.essential_floor(code[0] if code else "")
    assert (floor.region, floor.name_zh) == (region, name)
    assert floor.amount_minor == int(amount.replace(".", ""))
    assert floor.source == "house figure, assumed"


def test_every_province_has_a_floor_in_both_languages() -> None:
    assert len([f for f in CN.floors if len(f.region) == 2]) == 34
    assert all(f.name_en and f.name_zh and f.amount_minor >= 1000_00 for f in CN.floors)


def test_strictest_of_all() -> None:
    policy = strictest(LATEST, currency="SGD")
    assert policy.apr_cap_ppm == 240_000 and policy.apr_cap_basis == "effective"
    assert policy.contact_window == (time(8), time(21)), "the latest opening and the earliest closing"
    assert policy.contact_daily_cap == 2 and policy.contact_weekly_cap == 7
    assert (policy.complaint_days, policy.freeze_days, policy.withdrawal_days) == (15, 60, 14)
    assert policy.limits["line_max"].unit == "SGD_minor" and policy.currency == "SGD"
    assert policy.essential_floor_minor("510104") == max(h.essential_floor_minor("") for h in LATEST)
    assert policy.law_of("apr_cap").startswith("strictest of all packs; house limit")


def spoil(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)


CAP_LINES = 'value = 240_000\nunit = "ppm_per_year"\nbasis = "effective"'
QUESTION = '[[limit]]\nname = "question"\nvalue = 2\nunit = "days"\nrules = []\n'
SPOILED = [
    ("looser than the law", CAP_LINES, CAP_LINES.replace("240", "241"), "241000 is looser than 240000 of CN-CAP-01"),
    ("right shortened", 'name = "withdrawal"\nvalue = 14', 'name = "withdrawal"\nvalue = 13', "13 is looser than 14 of EU-03"),
    ("record kept longer", 'name = "bad_record"\nvalue = 60', 'name = "bad_record"\nvalue = 61', "61 is looser than 60 of CN-CR-01"),
    ("record kept shorter", 'name = "bad_record"\nvalue = 60', 'name = "bad_record"\nvalue = 59', "59 is looser than 60 of CN-CR-01"),
    ("negative", 'name = "question"\nvalue = 2', 'name = "question"\nvalue = -2', "value is below 0"),
    ("window wider", '"08:00-22:00"', '"07:59-22:00"', "looser than 08:00-22:00 of CN-COL-02"),
    ("window turned", '"08:00-22:00"', '"22:00-08:00"', "opens before it closes"),
    ("other unit", 'value = 15\nunit = "days"', 'value = 15\nunit = "months"', "unit is 'months'"),
    ("rule of another unit", '"CN-CMP-01", "CN-CMP-02"', '"CN-CMP-01", "CN-CMP-02", "CN-COL-01"', "CN-COL-01 has no number in days"),
    ("unknown rule", '"CN-CMP-01", "CN-CMP-02"', '"CN-CMP-01", "CN-CMP-09"', "CN-CMP-09 is in no pack"),
    ("gap", '"CN-CMP-01", "CN-CMP-02"', '"CN-CMP-01"', "neither adopted nor declined: CN-CMP-02"),
    ("adopted and declined", '[[not_adopted]]\nrule = "CN-CAP-02"', '[[not_adopted]]\nrule = "CN-CMP-02"\nwhy = "x"\n\n[[not_adopted]]\nrule = "CN-CAP-02"', "adopted and declined: CN-CMP-02"),
    ("declined twice", '[[not_adopted]]\nrule = "CN-CAP-02"', '[[not_adopted]]\nrule = "CN-CAP-07"\nwhy = "x"\n\n[[not_adopted]]\nrule = "CN-CAP-02"', "declined twice"),
    ("rules missing", 'rules = ["EU-03"]\n', "", "rules is missing"),
    ("limit missing", QUESTION, "", "limits missing: question"),
    ("limit unknown", 'name = "question"', 'name = "quesiton"', "name is 'quesiton'"),
    ("limit twice", QUESTION, QUESTION + "\n" + QUESTION, "stated twice"),
    ("field unknown", 'name = "question"', 'name = "question"\ntone = "kind"', "unknown field tone"),
    ("text for a number", 'name = "question"\nvalue = 2', 'name = "question"\nvalue = "2"', "not an integer"),
    ("penalty above the cap", "value = 500\n", "value = 656\n", "656 a day is more than the APR cap"),
    ("region twice", 'region = "12"', 'region = "11"', "region 11 is stated twice"),
    ("region odd", 'region = "12"', 'region = "120"', "neither two or four digits"),
    ("no floor elsewhere", 'region = "*"', 'region = "99"', "no floor for everywhere else"),
    ("no money", "minor = 175_000", "minor = 0", "minor is not above 0"),
    ("currency", 'currency = "CNY"', 'currency = "RMB"', "currency is 'RMB'"),
    ("place", 'jurisdiction = "CN"', 'jurisdiction = "CH"', "jurisdiction is 'CH'"),
    ("basis missing", 'basis = "effective"\n', "", "basis is missing"),
    ("basis odd", 'basis = "effective"', 'basis = "flat"', "basis is 'flat'"),
    ("ends before it begins", 'valid_to = "open"', "valid_to = 2026-11-01", "not before"),
    ("duty with a number", '[[duty]]\nrule = "CN-COST-02"', '[[duty]]\nrule = "CN-CMP-01"', "adopt it as a limit"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), [s[1:] for s in SPOILED], ids=[s[0] for s in SPOILED])
def test_a_spoiled_policy_is_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse_house_policy(spoil(TEXTS["cn-2026-11-01"], old, new), packs=PACKS, file="cn.toml")
    assert says in str(caught.value) and "cn.toml" in str(caught.value)


def test_no_setting_may_be_lost() -> None:
    """Dropping any one setting is an error, never a limit that silently is not there."""
    lines = TEXTS["cn-2026-11-01"].splitlines()
    tried = 0
    for place, line in enumerate(lines):
        if " = " not in line or line.startswith(("#", "note = ")):
            continue
        if line.strip().startswith("{ region") and 'region = "*"' not in line:
            continue  # a region without a figure of its own takes its province's or everybody's
        tried += 1
        with pytest.raises(PolicyInvalid):
            parse_house_policy("\n".join(lines[:place] + lines[place + 1 :]), packs=PACKS)
    assert tried > 150


def test_days_without_a_policy_or_with_two_are_refused() -> None:
    def versions(end: str) -> list[HousePolicy]:
        early = spoil(TEXTS["cn-2025-01-01"], "valid_to = 2026-11-01", f"valid_to = {end}")
        return [parse_house_policy(early, packs=PACKS), CN]

    refuse_gaps_between(list(HOUSES.values()))
    with pytest.raises(PolicyInvalid, match="gap between versions"):
        refuse_gaps_between(versions("2026-10-31"))
    with pytest.raises(PolicyInvalid, match="overlap between versions"):
        refuse_gaps_between(versions("2026-11-02"))
    with pytest.raises(PolicyInvalid, match="overlap between versions"):
        refuse_gaps_between(versions('"open"'))


CLOCKS = """
    2026-11-20T14:47:00  15  Asia/Shanghai     2026-12-05T15:59:59   late evening of 20 November, last day 5 December
    2026-11-20T15:59:59  15  Asia/Shanghai     2026-12-05T15:59:59   the last second of 20 November
    2026-11-20T16:00:00  15  Asia/Shanghai     2026-12-06T15:59:59   the first second of 21 November
    2026-11-20T02:00:00  0   Asia/Shanghai     2026-11-20T15:59:59   today
    2026-10-30T12:00:00  2   America/New_York  2026-11-02T04:59:59   over the end of summer time
"""


@pytest.mark.parametrize("line", CLOCKS.strip().splitlines())
def test_a_clock_counts_calendar_days_and_includes_the_last(line: str) -> None:
    opened, days, zone, ends, *_ = line.split()
    found = last_instant(datetime.fromisoformat(opened).replace(tzinfo=UTC), days=int(days), zone=zone)
    assert found == datetime.fromisoformat(ends).replace(tzinfo=UTC)
