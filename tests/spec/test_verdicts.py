"""From a request and a credit file to an answer: one table, the shipped policy of November 2026."""

from __future__ import annotations

from typing import Any

import pytest

from puhui.core.money import parse_minor
from puhui.decisions.domain import Approved, Declined, Referred
from tests.decisions_kit import TODAY, decided, facts, no_file, rules, scorecard

FILES: dict[str, Any] = {
    "clean": facts(),
    "no file": no_file(),
    "thin": [one for one in facts(hit="thin") if one.name in ("bureau.hit", "bureau.inq_last_6mths")],
    "silent": [],
    "late now": facts(acc_now_delinq=1),
    "late often": facts(delinq_2yrs=6),
    "asked widely": facts(inq_last_12m=15),
    "risky": facts(inq_last_6mths=3, open_il_12m=4, open_il_24m=6, all_util=95, all_util_percent=95),
    "nonsense": facts(inq_fi=-3),
    "heavy debts": facts(total_bal_il_minor=30_000_000),
}
# yuan; "line" is what may be drawn, at once, after the answer.
TABLE = """
file         | amount | months | income | others | answer   | line   | rate  | reasons
clean        | 20000  | 12     | 8600   | 680    | approved | 60400  | 11.20 |
clean        | 60400  | 24     | 8600   | 680    | approved | 60400  | 11.20 |
clean        | 60500  | 24     | 8600   | 680    | declined | 60400  | 11.20 | AFFORD_INSTALMENT
clean        | 40000  | 12     | 8600   | 680    | declined | 60400  | 11.20 | AFFORD_INSTALMENT
clean        | 150000 | 24     | 30000  | 680    | declined | 100000 | 11.20 | LIMIT_GRADE
clean        | 20000  | 12     | 4600   | 680    | declined | 0      | 11.20 | AFFORD_NOTHING_LEFT
no file      | 8000   | 12     | 8600   | 680    | approved | 8000   | 16.50 |
no file      | 20000  | 12     | 8600   | 680    | declined | 8000   | 16.50 | LIMIT_THIN
thin         | 12000  | 12     | 8600   | 680    | approved | 12000  | 14.40 |
silent       | 8000   | 12     | 8600   | 680    | referred | 0      | 16.50 | BUREAU_SILENT
late now     | 20000  | 12     | 8600   | 680    | declined | 0      | 11.20 | LATE_ELSEWHERE
late often   | 20000  | 12     | 8600   | 680    | declined | 0      | 11.20 | LATE_OFTEN
asked widely | 20000  | 12     | 8600   | 680    | declined | 0      | 11.20 | MANY_REQUESTS
risky        | 5000   | 12     | 8600   | 680    | declined | 0      | 20.50 | RISK_ABOVE_CAP SCORE_OPEN_IL_12M SCORE_INQ_LAST_6MTHS SCORE_ALL_UTIL
nonsense     | 20000  | 12     | 8600   | 680    | referred | 0      | 11.20 | DATA_UNCLEAR
heavy debts  | 20000  | 12     | 8600   | 0      | referred | 0      | 11.20 | DEBTS_UNSAID
heavy debts  | 20000  | 12     | 8600   | 680    | approved | 60400  | 11.20 |
"""
CASES = [tuple(cell.strip() for cell in line.split("|")) for line in TABLE.strip().splitlines()[1:]]


@pytest.mark.parametrize(
    ("file", "amount", "months", "income", "others", "answer", "line", "rate", "reasons"), CASES
)
def test_an_answer(
    file: str,
    amount: str,
    months: str,
    income: str,
    others: str,
    answer: str,
    line: str,
    rate: str,
    reasons: str,
) -> None:
    decision = decided(
        seen=FILES[file],
        amount_minor=parse_minor(amount, "CNY"),
        months=int(months),
        income_minor=parse_minor(income, "CNY"),
        other_instalments_minor=parse_minor(others, "CNY"),
    )
    verdict = decision.verdict
    assert verdict.kind == answer
    assert (decision.line.limit_minor if decision.line else 0) == parse_minor(line, "CNY")
    assert f"{decision.price.annual_rate_ppm / 10_000:.2f}" == rate
    found = () if isinstance(verdict, Approved) else verdict.reasons
    assert " ".join(one.code for one in found) == reasons


def test_silence_costs_nothing() -> None:
    """G2: no file, and a file about which nothing is said, are priced as the whole cohort is: grade D, 16.50 %."""
    only_hit = [one for one in facts(hit="thin") if one.name == "bureau.hit"]
    prices = [decided(seen=seen).price for seen in (no_file(), only_hit, [])]
    assert {one.annual_rate_ppm for one in prices} == {165_000}
    assert scorecard().pd_of(scorecard().base_points) == decided(seen=no_file()).pd_ppm


def test_the_mock_up_of_a_decline() -> None:
    """Mock-up 03: income 6,200, rent 1,500, living 1,800, others 2,490; 30,000 over 24 months does not fit 348.50."""
    decision = decided(
        amount_minor=30_000_00,
        months=24,
        income_minor=6_200_00,
        rent_minor=1_500_00,
        living_minor=1_800_00,
        other_instalments_minor=2_490_00,
        other_lenders=4,
    )
    verdict = decision.verdict
    assert isinstance(verdict, Declined)
    assert (decision.affordability.surplus_minor, decision.affordability.affordable_minor) == (410_00, 348_50)
    (reason,) = verdict.reasons
    assert reason.code == "AFFORD_INSTALMENT" and reason.rule == "should_not_lend"
    assert reason.figures["instalment_minor"] == decision.instalment_minor == 1_401_11
    smaller, settle = verdict.helps
    assert (smaller.code, smaller.now, smaller.amount_minor, smaller.months) == (
        "HELP_SMALLER_AMOUNT",
        True,
        7_400_00,
        24,
    )
    assert smaller.instalment_minor <= 348_50 < smaller.total_minor
    assert (settle.code, settle.now, settle.amount_minor) == ("HELP_SETTLE_OTHER", False, 30_000_00)
    assert 348_50 < settle.instalment_minor <= (410_00 + int(settle.figures["less_minor"])) * 85 // 100
    assert verdict.smaller is not None and verdict.smaller.limit_minor == 7_400_00
    assert verdict.no_helps == rules().policy.no_helps


def test_a_longer_term_is_offered_first() -> None:
    decision = decided(amount_minor=40_000_00, months=12)
    assert isinstance(decision.verdict, Declined)
    first = decision.verdict.helps[0]
    assert (first.code, first.now, first.amount_minor, first.months) == (
        "HELP_LONGER_TERM",
        True,
        40_000_00,
        18,
    )
    assert first.instalment_minor <= decision.affordability.affordable_minor


def test_one_better_habit_is_tried() -> None:
    """The help is not a guess: deciding again with that one value changed gives what it says."""
    spoiled = {"inq_last_6mths": 3, "open_il_12m": 2, "all_util_percent": 20}
    decision = decided(seen=facts(**spoiled), amount_minor=60_000_00, months=24, income_minor=20_000_00)
    assert isinstance(decision.verdict, Declined)
    helps = {one.code: one for one in decision.verdict.helps}
    help = helps["HELP_OPEN_IL_12M"]
    assert (help.now, help.figures["current"], help.figures["target"]) == (False, 2, 0)
    again = decided(
        seen=facts(**spoiled | {"open_il_12m": 0}), amount_minor=60_000_00, months=24, income_minor=20_000_00
    )
    assert again.line is not None and help.amount_minor == min(again.line.limit_minor, 60_000_00)
    assert help.figures["annual_rate_ppm"] == again.price.annual_rate_ppm


def test_a_line_says_what_each_term_bears() -> None:
    verdict = decided().verdict
    assert isinstance(verdict, Approved)
    assert (verdict.expires_on - TODAY).days == 365
    assert [one.months for one in verdict.capacities] == [3, 6, 9, 12, 18, 24]
    amounts = [one.amount_minor for one in verdict.capacities]
    assert amounts == sorted(amounts) and amounts[-1] == verdict.limit_minor
    assert isinstance(decided(seen=[]).verdict, Referred)


def test_the_trace_names_every_step() -> None:
    trace = decided().trace
    assert [one.step for one in trace] == [
        "facts_seen", "score", "probability_of_default", "grade", "stops", "price", "affordable_payment", "capacity",
        "budget", "limit", "should_not_lend", "verdict",
    ]  # fmt: skip
    limit = next(one for one in trace if one.step == "limit")
    assert limit.because["binding"] == "capacity" and all(one.version for one in trace)
