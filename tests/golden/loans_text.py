"""Schedules, quotes and positions as plain text tables, for golden files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from puhui.core.money import format_minor
from puhui.loans.domain import ContractTerms, LoanEvent, Position
from puhui.offers.domain import Quote, cost_lines
from puhui.products.domain import AllInCost, ScheduleRow


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """This function will draw a table with right-aligned columns."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(head))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]]) + "\n"


def money(amount_minor: int) -> str:
    """This function will write yuan."""
    return format_minor(amount_minor, "CNY")


def percent(ppm: int) -> str:
    """This function will write a rate to four decimals of a percent."""
    return f"{ppm // 10_000}.{ppm % 10_000:04d}%"


def schedule_text(rows: Sequence[ScheduleRow], cost: AllInCost) -> str:
    """This function will write a schedule with its totals and its cost."""
    drawn = [
        (
            row.number,
            row.due_date,
            money(row.principal_minor),
            money(row.interest_minor),
            money(row.fee_minor),
            money(row.payment_minor),
            money(row.balance_minor),
        )
        for row in rows
    ]
    principal = sum(row.principal_minor for row in rows)
    total = (
        "",
        "total",
        money(principal),
        money(cost.interest_minor),
        money(cost.fee_minor),
        money(cost.total_minor),
        "",
    )
    head = ("#", "due", "principal", "interest", "fee", "to pay", "left after")
    rates = f"APR {percent(cost.apr_nominal_ppm)} nominal, {percent(cost.apr_effective_ppm)} effective"
    return f"{table(head, [*drawn, total])}\n{rates}; cost {money(cost.total_cost_minor)}\n"


def quote_text(quote: Quote) -> str:
    """This function will write a quote as a borrower reads it."""
    lines = [
        f"quote {quote.number}, {quote.product_name_zh}, signable until {quote.valid_until.isoformat()}",
        f"receives {money(quote.amount_minor)} on {quote.value_date}, pays back {money(quote.all_in.total_minor)}",
        f"rate {percent(quote.annual_rate_ppm)}, late {percent(quote.penalty_daily_rate_ppm)} a day on late principal",
        "",
    ]
    costs = [(line.name_en, line.party_en, money(line.amount_minor)) for line in cost_lines(quote)]
    total = ("total cost", "", money(quote.all_in.total_cost_minor))
    return "\n".join(
        [
            *lines,
            table(("what", "to whom", "amount"), [*costs, total]),
            schedule_text(quote.rows, quote.all_in),
        ]
    )


def position_text(found: Position) -> str:
    """This function will write a position with its table."""
    facts = [
        ("state", found.state.value),
        ("principal outstanding", money(found.principal_outstanding_minor)),
        ("interest accrued", money(found.interest_accrued_minor)),
        ("penalty", money(found.penalty_outstanding_minor)),
        ("due now", money(found.due_minor)),
        ("late", f"{money(found.late_minor)}, {found.dpd_days} days, {found.bucket}"),
        ("payoff", f"{money(found.payoff_minor)}, saves {money(found.payoff_saves_minor)}"),
        ("next", f"{found.next_due_date} {money(found.next_due_minor)}"),
        ("paid", f"{money(found.paid_minor)}, of it principal {money(found.paid_principal_minor)}"),
        ("credit", money(found.credit_minor)),
        ("frozen until", str(found.frozen_until)),
        ("withdraw", "no" if found.withdrawal_minor is None else money(found.withdrawal_minor)),
    ]
    head = ("#", "due", "principal", "interest", "fee", "penalty", "paid", "prepaid", "left after", "state")
    rows = [
        (
            row.number,
            row.due_date,
            money(row.principal_minor),
            money(row.interest_minor),
            money(row.fee_minor),
            money(row.penalty_minor),
            money(row.paid_minor),
            money(row.prepaid_minor),
            money(row.balance_minor),
            row.state.value,
        )
        for row in found.rows
    ]
    lines = [f"{name}: {value}" for name, value in facts]
    return "\n".join([f"as of {found.as_of}", *lines, "", table(head, rows)])


def receipts_text(found: Position, events: Sequence[LoanEvent]) -> str:
    """This function will write what each payment was used for."""
    by_id = {event.id: event for event in events}
    head = ("date", "kind", "amount", "penalty", "fee", "interest", "principal", "credit")
    rows = [
        (
            by_id[one.event_id].value_date,
            by_id[one.event_id].kind.value,
            money(one.amount_minor),
            money(one.penalty_minor),
            money(one.fee_minor),
            money(one.interest_minor),
            money(one.principal_minor),
            money(one.credit_minor),
        )
        for one in found.allocations
    ]
    return table(head, rows)


def terms_text(terms: ContractTerms) -> str:
    """This function will write the terms in one line."""
    return (
        f"{money(terms.principal_minor)} for {terms.months} months from {terms.value_date}, {terms.method.value}, "
        f"{percent(terms.annual_rate_ppm)} a year, penalty {percent(terms.penalty_daily_rate_ppm)} a day\n"
    )
