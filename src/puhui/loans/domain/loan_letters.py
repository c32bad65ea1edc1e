"""What letters about a loan say: a statement, what pays it off, what is due, what is missing, that nothing is owed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from puhui.core.money import format_minor
from puhui.core.time import shift_days
from puhui.core.writing import format_day, format_money, format_rate
from puhui.loans.domain.compute import position
from puhui.loans.domain.events import LoanEvent
from puhui.loans.domain.loan import Contract, Loan
from puhui.loans.domain.position import LoanState, Position, RowState
from puhui.loans.domain.terms import ContractTerms
from puhui.protection.domain import FilledLetter, LetterKind, LetterTable

PAYOFF_DAYS = 7  # days after the date for which a payoff letter says the amount
STATES = {
    RowState.PAID: ("已还", "paid"),
    RowState.DUE: ("待还", "to come"),
    RowState.LATE: ("逾期", "late"),
    RowState.PLANNED: ("待还", "to come"),
}
HEADS = {
    "instalments": (
        ("期", "到期日", "应还", "已还", "剩余本金", "状态"),
        ("#", "Due", "To pay", "Paid", "Left after", "State"),
    ),
    "payments": (
        ("#", "日期", "金额", "罚息", "费用", "利息", "本金"),
        ("#", "Day", "Amount", "Penalty", "Fees", "Interest", "Principal"),
    ),
    "payoff_days": (("付款日", "结清金额"), ("If paid on", "Amount")),
    "late_rows": (("期", "到期日", "应还", "已还", "还差"), ("#", "Due", "To pay", "Paid", "Missing")),
}


def letter_days(*, terms: ContractTerms, events: Sequence[LoanEvent], on_date: date) -> list[Position]:
    """This function will return the positions that a letter speaks of: on the date, and on each of PAYOFF_DAYS after it."""
    dates = [shift_days(on_date, one) for one in range(PAYOFF_DAYS + 1)]
    return [position(terms=terms, events=events, as_of=day) for day in dates]


def letter_that_fits(kind: LetterKind, there: Position) -> LetterKind | None:
    """This function will return the kind that fits where the loan stands, None when there is nothing to say.

    Who asks for a payoff letter of a closed loan gets the proof of settlement.
    """
    if kind is LetterKind.PAYOFF and there.state is LoanState.CLOSED:
        return LetterKind.SETTLED
    active = there.state is LoanState.ACTIVE
    fits = {
        LetterKind.STATEMENT: there.disbursed_on is not None,
        LetterKind.PAYOFF: active,
        LetterKind.REMINDER: active and there.next_due_date is not None,
        LetterKind.ARREARS: active and there.late_minor > 0,
    }
    return kind if fits[kind] else None


def fill_loan_letter(
    *, kind: LetterKind, loan: Loan, contract: Contract, terms: ContractTerms, events: Sequence[LoanEvent],
    days: Sequence[Position], product_name: str, account_tail: str, freeze_days: int, language: str,
) -> FilledLetter:  # fmt: skip
    """This function will fill a letter about a loan: `days` are its positions on the date and on the days after it, if nothing is paid.

    `account_tail` is of the account that she bound last, "" where there is none; `freeze_days` is what asking for help gives.
    """
    there, tongue = days[0], _short(language)
    late = [row for row in there.rows if row.state is RowState.LATE]

    def money(amount_minor: int) -> str:
        return format_money(amount_minor, there.currency)

    def day(when: date | None) -> str:
        return "–" if when is None else format_day(when, tongue)

    values = {
        "loan_number": loan.number, "contract_number": contract.number,
        "product_name": product_name,
        "principal": money(terms.principal_minor), "disbursed_on": day(there.disbursed_on),
        "outstanding": money(there.principal_outstanding_minor), "paid": money(there.paid_minor),
        "paid_principal": money(there.paid_principal_minor), "paid_interest": money(there.paid_interest_minor),
        "paid_fee": money(there.paid_fee_minor), "paid_penalty": money(there.paid_penalty_minor),
        "due": money(there.due_minor), "late": money(there.late_minor), "payoff": money(there.payoff_minor),
        "credit": money(there.credit_minor), "saves": money(there.payoff_saves_minor),
        "account_tail": account_tail or "–", "closed_on": day(there.closed_on),
        "next_due": money(there.next_due_minor), "next_due_on": day(there.next_due_date),
        "late_since": day(late[0].due_date if late else None), "days": str(there.dpd_days),
        "penalty": money(there.penalty_outstanding_minor),
        "penalty_rate": format_rate(terms.penalty_daily_rate_ppm, 3 if terms.penalty_daily_rate_ppm % 100 else 2),
        "freeze_days": str(freeze_days),
    }  # fmt: skip
    tables = {
        "instalments": _table("instalments", list(_instalments(there, language)), language),
        "payments": _table("payments", list(_payments(there, events)), language),
        "payoff_days": _table(
            "payoff_days",
            [[day(one.as_of), money(one.payoff_minor)] for one in days[1:]],
            language,
            shape="pairs",
        ),
        "late_rows": _table(
            "late_rows",
            [
                [
                    str(row.number),
                    row.due_date.isoformat(),
                    *_written(there, row.payment_minor, row.paid_minor, row.open_minor),
                ]
                for row in late
            ],
            language,
        ),
    }
    return FilledLetter(kind=kind, number=loan.number, values=values, tables=tables)


def _pick(pair: tuple[str, str], language: str) -> str:
    return pair[0] if language.startswith("zh") else pair[1]


def _short(language: str) -> str:
    return "zh" if language.startswith("zh") else "en"


def _table(name: str, rows: list[list[str]], language: str, *, shape: str = "figures") -> LetterTable:
    zh, en = HEADS[name]
    return LetterTable(head=zh if language.startswith("zh") else en, rows=rows, shape=shape)


def _written(there: Position, *amounts: int) -> list[str]:
    return [format_minor(one, there.currency) for one in amounts]


def _instalments(there: Position, language: str) -> Iterator[list[str]]:
    for row in there.rows:
        figures = _written(there, row.payment_minor, row.paid_minor, row.balance_minor)
        yield [str(row.number), row.due_date.isoformat(), *figures, _pick(STATES[row.state], language)]


def _payments(there: Position, events: Sequence[LoanEvent]) -> Iterator[list[str]]:
    dates = {one.id: one.value_date for one in events}
    for number, one in enumerate(there.allocations, 1):
        parts = (one.amount_minor, one.penalty_minor, one.fee_minor, one.interest_minor, one.principal_minor)
        yield [str(number), dates[one.event_id].isoformat(), *_written(there, *parts)]
