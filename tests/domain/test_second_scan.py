"""The policy of the second scan: compiled strictly, silent about nothing, and only with reasons of the exception list."""

from __future__ import annotations

from pathlib import Path

import pytest

from puhui.decisions.domain.second_scan import (
    FACTS,
    ScanPolicy,
    ScanVerdict,
    burden_permille,
    compile_scan_policy,
    run_scan,
)
from puhui.decisions.domain.tables import Value
from puhui.protection.domain import PolicyInvalid

FILE = "2026-11-22.toml"
TEXT = (Path(__file__).parents[2] / "policies" / "scans" / FILE).read_text(encoding="utf-8")
CLEAR: dict[str, Value] = {
    "scan.identity": "match",
    "scan.watch": "clear",
    "scan.open_lenders": 1,
    "scan.new_lenders_30d": 0,
    "scan.requests_7d": 0,
    "scan.burden_permille": 200,
}


def shipped() -> ScanPolicy:
    return compile_scan_policy(TEXT, file=FILE)


@pytest.mark.parametrize(
    ("changed", "verdict", "reason"),
    [
        ({}, ScanVerdict.PASS, ""),
        ({"scan.burden_permille": None}, ScanVerdict.PASS, ""),  # what she owes is not known everywhere
        ({"scan.identity": "mismatch"}, ScanVerdict.STOP, "IDENTITY_CHANGED"),
        ({"scan.watch": "listed"}, ScanVerdict.HOLD, "WATCH_LIST"),
        ({"scan.identity": None}, ScanVerdict.HOLD, "SCAN_SILENT"),
        ({"scan.watch": None}, ScanVerdict.HOLD, "SCAN_SILENT"),
        ({"scan.new_lenders_30d": None}, ScanVerdict.HOLD, "SCAN_SILENT"),
        ({"scan.new_lenders_30d": 2}, ScanVerdict.PASS, ""),
        ({"scan.new_lenders_30d": 3}, ScanVerdict.HOLD, "MULTI_LENDER"),
        ({"scan.new_lenders_30d": 5}, ScanVerdict.STOP, "MULTI_LENDER"),
        ({"scan.open_lenders": 8}, ScanVerdict.HOLD, "MULTI_LENDER"),
        ({"scan.requests_7d": 8}, ScanVerdict.HOLD, "MULTI_LENDER"),
        ({"scan.burden_permille": 600}, ScanVerdict.HOLD, "OVER_INDEBTED"),
        ({"scan.burden_permille": 850}, ScanVerdict.STOP, "OVER_INDEBTED"),
        ({"scan.new_lenders_30d": 5000}, ScanVerdict.HOLD, "SCAN_SILENT"),  # outside its type: not believed
        ({"scan.identity": True}, ScanVerdict.HOLD, "SCAN_SILENT"),
        (dict.fromkeys(CLEAR), ScanVerdict.HOLD, "SCAN_SILENT"),
    ],
)
def test_the_shipped_policy(changed: dict[str, Value], verdict: ScanVerdict, reason: str) -> None:
    found = run_scan(shipped(), CLEAR | changed)
    assert (found.verdict, found.reason) == (verdict, reason)
    assert found.step.because["row"] == found.rule and set(found.step.because) == {*CLEAR, "row"}
    assert found.step.version == "scan-cn 2026-11-22"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '{ verdict = "hold", reason = "WATCH_LIST" }',
            '{ verdict = "hold", reason = "NONE" }',
            "a hold or a stop has a reason",
        ),
        ('verdict = "pass", reason = "NONE"', 'verdict = "pass", reason = "WATCH_LIST"', "a pass has none"),
        ('"scan.new_lenders_30d" = ">= 5"', '"scan.new_lenders_30d" = ">= 2"', "unreachable"),
        ('id = "clear", when = {}', 'id = "clear", when = { "scan.open_lenders" = "< 2" }', "gap"),
        ('"scan.identity" = "mismatch"', '"score.points" = "< 3"', "score.points"),
        ("fresh_hours = 24", "fresh_hours = 0", "fresh_hours"),
        ("fresh_hours = 24", "fresh_hours = 24\nsurprise = 1", "surprise"),
        ('name = "scan"', 'name = "other"', "one table 'scan'"),
        ('reason = "WATCH_LIST"', 'reason = "UNFAIR"', "outside its type"),
    ],
)
def test_what_cannot_be_proved_is_refused(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(PolicyInvalid, match=said):
        compile_scan_policy(TEXT.replace(old, new), file=FILE)


def test_a_burden_counts_our_own_instalment_and_rounds_against_the_lender() -> None:
    assert burden_permille(instalments_minor=None, own_minor=1, income_minor=1) is None
    assert burden_permille(instalments_minor=1_000_00, own_minor=500_00, income_minor=3_000_00) == 500
    assert burden_permille(instalments_minor=1, own_minor=0, income_minor=10_000) == 1
    assert burden_permille(instalments_minor=0, own_minor=1, income_minor=0) == 100_000
    assert set(shipped().table.inputs) <= set(FACTS)
