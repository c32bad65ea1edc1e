"""Compares what a Fineract case expects with our position: one check is one counted key of one entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from puhui.lab.conformance_loans.fineract_terms import minor
from puhui.loans.domain.engine import BookPosition, BookRow, LoanStatus, StatementLine
from puhui.loans.domain.engine.codes import Kind
from puhui.loans.domain.engine.lateness import DaysPastDue

Bucket = list[tuple[str, int, int | None]]

COUNTED = (
    "schedule", "schedule_total", "transactions", "transactions_without_accruals", "status", "closed_obligations_met",
    "outstanding", "delinquency", "loan_delinquency", "installment_delinquency",
)  # fmt: skip

NAMES = {
    Kind.REPAY: "Repayment",
    Kind.DOWN_PAYMENT: "Down Payment",
    Kind.GOODWILL: "Goodwill Credit",
    Kind.MERCHANT_REFUND: "Merchant Issued Refund",
    Kind.PAYOUT_REFUND: "Payout Refund",
    Kind.INTEREST_REFUND: "Interest Refund",
    Kind.INTEREST_WAIVER: "Interest Payment Waiver",
    Kind.CHARGE_ADJUSTMENT: "Charge Adjustment",
    Kind.DISBURSE: "Disbursement",
    Kind.CHARGE_WAIVER: "Waive loan charges",
    Kind.CREDIT_REFUND: "Credit Balance Refund",
    Kind.CHARGEBACK: "Chargeback",
    Kind.CHARGE_OFF: "Charge-off",
    Kind.WRITE_OFF: "Close (as written-off)",
    Kind.RE_AGE: "Re-age",
    Kind.RE_AMORTISE: "Re-amortize",
    Kind.TERMINATE: "Contract Termination",
    Kind.RECOVERY: "Recovery Repayment",
    Kind.CAPITALISE: "Capitalized Income",
    Kind.CAPITALISE_ADJUSTMENT: "Capitalized Income Adjustment",
    Kind.FEE_BUYDOWN: "Buy Down Fee",
    Kind.FEE_BUYDOWN_ADJUSTMENT: "Buy Down Fee Adjustment",
}
ACCRUALS = ("Accrual", "Accrual Adjustment", "Accrual Activity")
STATUSES = {
    LoanStatus.ACTIVE: ("active",),
    LoanStatus.CLOSED: ("closed_obligations_met", "closed (obligations met)"),
    LoanStatus.OVERPAID: ("overpaid",),
    LoanStatus.WRITTEN_OFF: ("closed_written_off",),
    LoanStatus.PENDING: ("approved", "submitted_and_pending_approval"),
}
ROW_FIELDS = {
    "principal": "principal_minor",
    "interest": "interest_minor",
    "fees": "fee_minor",
    "penalties": "penalty_minor",
    "due": "due_minor",
    "paid": "paid_minor",
    "in_advance": "early_minor",
    "late": "late_minor",
    "waived": "waived_minor",
    "outstanding": "open_minor",
    "balance": "balance_minor",
}


def compare_key(
    key: str, expected: Any, found: BookPosition, decimals: int, late: DaysPastDue, bucket: Bucket
) -> str:
    """This function will compare one counted key and return "" or the first difference."""
    if "delinquency" in key:
        return compare_lateness(key, expected, late, bucket)
    if key == "schedule":
        return compare_schedule(expected, found, decimals)
    if key == "schedule_total":
        return compare_total(expected, found)
    if key in ("transactions", "transactions_without_accruals"):
        return compare_lines(expected, found)
    if key == "status":
        names = STATUSES[found.status]
        return "" if expected.lower() in names else f"status {found.status.value}, not {expected}"
    if key == "closed_obligations_met":
        closed = found.status in (LoanStatus.CLOSED,)
        return "" if closed is expected else f"{found.status.value}, open {found.outstanding_minor}"
    if key == "outstanding":
        return differs("outstanding", expected, found.outstanding_minor)
    return f"unsupported: {key}"


def range_of(days: int, bucket: Bucket) -> str:
    """This function will name the range in which days past due lie."""
    for name, first, last in bucket:
        if first <= days and (last is None or days <= last):
            return str(name)
    return "NO_DELINQUENCY"


def compare_lateness(key: str, expected: Any, late: DaysPastDue, bucket: Bucket) -> str:
    """This function will compare a loan's or its instalments' days past due and ranges."""
    name = range_of(late.counted_days, bucket)
    counted_from = late.counted_from.isoformat() if late.counted_from else None
    if key == "delinquency":
        ours = {"range": name, "delinquent_date": None if name == "NO_DELINQUENCY" else counted_from}
        return "" if ours == expected else f"expected {expected}, ours {ours}"
    if key == "loan_delinquency":
        mine = (name, late.amount_minor, counted_from, late.counted_days, late.past_due_days)
        its = [
            (
                row["classification"],
                minor(row["delinquentamount"]),
                row["delinquentdate"],
                int(row["delinquentdays"]),
                int(row["pastduedays"]),
            )
            for row in expected
        ]
        return "" if [mine] == its else f"expected {its}, ours {mine}"
    sums: dict[str, int] = {}
    for _, days, amount in late.rows if late.counted_days else ():
        if days > 0:
            sums[range_of(days, bucket)] = sums.get(range_of(days, bucket), 0) + amount
    given = {row["range"]: minor(row["amount"]) for row in expected}
    return "" if sums == given else f"expected {given}, ours {sums}"


def differs(name: str, expected: Any, ours: int, decimals: int = 2) -> str:
    """This function will return "" if an amount agrees, else both."""
    return (
        ""
        if minor(expected or 0, decimals) == ours
        else f"{name}: expected {expected}, ours {ours / 100:.2f}"
    )


def compare_schedule(schedule: Mapping[str, Any], found: BookPosition, decimals: int) -> str:
    """This function will compare the instalments in order; payouts are compared as lines of the statement."""
    wanted = [row for row in schedule["rows"] if row.get("nr") is not None]
    if schedule.get("partial_rows"):
        ours_by_number = {row.number: row for row in found.rows}
        pairs = [(row, ours_by_number[row["nr"]]) for row in wanted if row["nr"] in ours_by_number]
        return first_difference(pairs, decimals) if len(pairs) == len(wanted) else "rows are missing"
    if len(wanted) != len(found.rows):
        return f"{len(wanted)} rows expected, ours {len(found.rows)}"
    return first_difference(list(zip(wanted, found.rows, strict=True)), decimals)


def first_difference(pairs: list[tuple[Mapping[str, Any], BookRow]], decimals: int) -> str:
    """This function will return the first difference among pairs of instalments, "" if none."""
    for row, ours in pairs:
        if difference := compare_row(row, ours, decimals):
            return f"row {ours.number} {difference}"
    return ""


def compare_row(row: Mapping[str, Any], ours: BookRow, decimals: int) -> str:
    """This function will compare one instalment, every given figure of it."""
    if "date" in row and row["date"] != ours.due_date.isoformat():
        return f"due {row['date']}, ours {ours.due_date}"
    if row.get("days") is not None and row["days"] != (ours.due_date - ours.start_date).days:
        return f"days {row['days']}, ours {(ours.due_date - ours.start_date).days}"
    if "paid_date" in row and row["paid_date"] != (ours.settled_on.isoformat() if ours.settled_on else None):
        return f"settled {row['paid_date']}, ours {ours.settled_on}"
    for name, attribute in ROW_FIELDS.items():
        if row.get(name) is not None and (
            difference := differs(name, row[name], getattr(ours, attribute), decimals)
        ):
            return difference
    return ""


def compare_total(total: Mapping[str, Any], found: BookPosition) -> str:
    """This function will compare the sums of the instalments."""
    for name, attribute in ROW_FIELDS.items():
        ours = sum(getattr(row, attribute) for row in found.rows)
        if (
            name in total
            and total[name] is not None
            and (difference := differs(f"total {name}", total[name], ours))
        ):
            return difference
    return ""


def compare_lines(rows: list[Mapping[str, Any]], found: BookPosition) -> str:
    """This function will compare the statement, accruals left out, each day's lines in any order."""
    kept = [row for row in rows if row["type"] not in ACCRUALS]
    tells = any("reverted" in row for row in kept)
    wanted = sorted(line_of(row) for row in kept)
    ours = sorted((*own_line(line)[:-1], line.is_reversed and tells) for line in found.lines)
    if len(wanted) != len(ours):
        return f"{len(wanted)} lines expected, ours {len(ours)}"
    for one, other in zip(wanted, ours, strict=True):
        if one != other:
            return f"line expected {one}, ours {other}"
    return ""


def line_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """This function will read one expected line: date, name, amount, parts, balance, reversed."""
    parts = [minor(row[name] or 0) for name in ("amount", "principal", "interest", "fees", "penalties")]
    balance = minor(row.get("balance") or 0)
    return (row["date"], row["type"], *parts, balance, bool(row.get("reverted", False)))


def own_line(line: StatementLine) -> tuple[Any, ...]:
    """This function will write one of our lines in the same form. The peer shows a third party's fee as interest."""
    if line.kind in (Kind.FEE_BUYDOWN, Kind.FEE_BUYDOWN_ADJUSTMENT):
        amount = line.amount_minor
        return (line.value_date.isoformat(), NAMES[line.kind], amount, 0, amount, 0, 0, 0, line.is_reversed)
    return (
        line.value_date.isoformat(),
        NAMES[line.kind],
        line.amount_minor,
        line.principal_minor,
        line.interest_minor,
        line.fee_minor,
        line.penalty_minor,
        line.balance_minor,
        line.is_reversed,
    )
