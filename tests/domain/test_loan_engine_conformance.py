"""The loan families' counting: a timeline of the peers' form that agrees, one that does not, one that we cannot read."""

from __future__ import annotations

from typing import Any

import pytest

from puhui.lab.conformance_loans.fineract import run_case
from puhui.lab.conformance_loans.frappe import compare_case
from puhui.lab.conformance_loans.report import GOALS, LoanFamily, is_loan

TERMS: dict[str, Any] = {
    "currency": "EUR", "decimals": 2, "principal": 100.0, "rate": 7.0, "rate_unit": "YEAR", "repayments": 6,
    "repay_every": 1, "repay_unit": "MONTHS", "interest_type": "DECLINING_BALANCE", "interest_calc_period": "DAILY",
    "amortization": "EQUAL_INSTALLMENTS", "days_in_month": "30", "days_in_year": "360", "schedule_type": "PROGRESSIVE",
    "interest_recalculation": False, "submitted": "2024-01-01", "expected_disbursement": "2024-01-01",
}  # fmt: skip


def case(*events: dict[str, Any], **check: Any) -> dict[str, Any]:
    """A case with one entry of checks after all its events."""
    first = {"type": "disburse", "date": "2024-01-01", "on": "2024-01-01", "amount": 100.0}
    entry = {"after_events": 1 + len(events), "as_of": "2024-02-01", **check}
    return {
        "id": "own-1", "group": "repayment", "priority": 1, "terms": TERMS, "events": [first, *events],
        "checks": [entry], "first_schedule_reproduced": None,
    }  # fmt: skip


REPAYMENT = {"type": "repayment", "date": "2024-02-01", "on": "2024-02-01", "amount": 17.01}


def test_one_check_is_one_key() -> None:
    found = list(run_case(case(REPAYMENT, outstanding=85.04, status="ACTIVE", overdue=0.0)))
    assert [(check.key, check.difference) for check in found] == [("status", ""), ("outstanding", "")]
    assert {check.family for check in found} == {"fineract_core"}


def test_a_cent_is_a_difference() -> None:
    (found,) = run_case(case(REPAYMENT, outstanding=85.05))
    assert found.difference == "outstanding: expected 85.05, ours 85.04"


def test_what_we_cannot_read_disagrees_by_feature() -> None:
    strange = {"type": "teleport", "date": "2024-02-01", "on": "2024-02-01"}
    family = LoanFamily(name="fineract_core")
    for check in run_case(case(strange, outstanding=1.0, status="ACTIVE")):
        family.count(case=check.case, group=check.group, key=check.key, difference=check.difference)
    assert (family.agree, family.of, dict(family.features)) == (0, 2, {"teleport": 2})
    assert not family.is_met and "NOT MET" in family.line()


def differences(one: dict[str, Any]) -> list[str]:
    """What each check of a case says."""
    return [check.difference for check in run_case(one)]


def test_neither_names_nor_the_order_of_checks_matter() -> None:
    one = case(REPAYMENT, outstanding=85.04)
    one["checks"].append({"after_events": 1, "as_of": "2024-01-01", "outstanding": 102.05})
    other = {**one, "id": "renamed", "checks": one["checks"][::-1]}
    assert differences(one) == differences(other) == ["", ""]


@pytest.mark.parametrize("name", ["group", "terms", "events", "checks"])
@pytest.mark.parametrize("value", [None, 7, "x"])
def test_a_case_that_cannot_be_run_is_one_check(name: str, value: object) -> None:
    one = case(REPAYMENT, outstanding=85.04)
    if name == "group" and isinstance(value, str):
        return
    (found,) = differences({**one, name: value})
    assert found.startswith("malformed: " + name)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("rounding_mode", "HALF_UP", "unsupported: rounding_mode HALF_UP"),
        ("grace_interest", 2, "unsupported: grace_interest 2"),
        ("charge_off_behaviour", "NEW", "unsupported: charge_off_behaviour NEW"),
        ("strategy", "NEW", "unsupported: strategy NEW"),
        ("payment_allocation", {"NEW": {}}, "unsupported: payment_allocation NEW"),
        ("repayments", 10**9, "unsupported: 1000000000 repayments"),
        ("rate", None, "failed"),
        ("principal", 100.001, "unsupported: an amount of 100.001 in 2 decimals"),
    ],
)
def test_terms_that_we_would_misread_are_refused(name: str, value: object, said: str) -> None:
    one = case(REPAYMENT, outstanding=85.04)
    (found,) = differences({**one, "terms": {**TERMS, name: value}})
    assert found.startswith(said)


def test_a_missing_term_or_event_is_named() -> None:
    one = case({"type": "repayment", "date": "2024-02-01", "amount": 17.01}, outstanding=85.04)
    assert differences(one) == ["malformed: 'on' is missing, or a value of it unknown"]
    short = {name: value for name, value in TERMS.items() if name != "repay_unit"}
    assert differences({**one, "terms": short}) == [
        "malformed: 'repay_unit' is missing, or a value of it unknown"
    ]
    late = case(REPAYMENT, outstanding=85.04)
    late["checks"][0]["after_events"] = 3
    assert differences(late) == ["unsupported: a check after 3 of 2 events"]


def test_what_is_expected_wrongly_spoils_its_own_check_only() -> None:
    one = case(REPAYMENT, schedule={"rows": None}, outstanding=85.04)
    first, second = differences(one)
    assert first.startswith("failed") and second == ""


def test_an_applicant_who_is_refused() -> None:
    refused = {"type": "reject", "date": "2024-01-01", "on": "2024-01-01"}
    one = case(refused, status="REJECTED")
    one["events"] = [refused]
    one["checks"][0]["after_events"] = 1
    assert differences(one) == [""]
    one["checks"][0]["status"] = "ACTIVE"
    assert differences(one) == ["status rejected, not ACTIVE"]


def test_interest_refunded_goes_back_with_its_refund() -> None:
    day = {"date": "2024-02-01", "on": "2024-02-01"}
    refund = {"type": "merchant_issued_refund", "amount": 10.0, "interest_refund": False, **day}
    given = {
        "type": "interest_refund",
        "for": "MERCHANT_ISSUED_REFUND",
        "for_date": "2024-02-01",
        "amount": 0.5,
        **day,
    }
    undo = {"type": "undo", "what": "Merchant Issued Refund", "nth": 1, **day}
    assert differences(case(refund, given, undo, outstanding=102.05)) == [""]


def test_goals_are_counted_exactly() -> None:
    family = LoanFamily(name="printed_instalments", agree=9_997, of=10_000)
    assert family.is_met and not LoanFamily(name="printed_instalments", agree=9_996, of=10_000).is_met
    assert LoanFamily(name="fineract_niche", agree=0, of=5).is_met and set(GOALS) > {"frappe"}
    assert is_loan(case()) and not is_loan({"id": "x", "kind": "apr", "terms": {}})


def test_a_frappe_instalment_is_rounded_up() -> None:
    loan = {
        "id": "own-2", "group": "schedule", "terms": {
            "schedule": "MONTHLY_FROM_FIRST_DUE", "principal": 280000, "rate": 8.4, "repayments": 20, "currency": "INR",
            "day_count": "ACTUAL/365", "auto_close_tolerance": [-100, 100],
        },
        "events": [{"type": "disburse", "date": "2025-01-27", "amount": 280000, "first_due": "2025-02-27"}],
        "expected": {"installment": 15052, "n": 20},
    }  # fmt: skip
    assert compare_case(loan) == ""
    assert (
        compare_case(loan | {"expected": {"installment": 15051, "moon": 1}}) == "differs: installment, moon"
    )
