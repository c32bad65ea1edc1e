"""Her credit record: what she borrowed here and how she paid it, for her to take wherever she likes.

Somebody without a record elsewhere has one here, and it belongs to her. It is a pure function of her loans' positions on a
day, so that the same day gives the same bytes; the house signs those bytes, and whoever receives them checks the signature
with the published key. Late days are told with the loan they belong to, never as a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from puhui.core.canonical import canonical_bytes
from puhui.core.writing import format_day, format_money
from puhui.loans.domain.loan import Loan
from puhui.loans.domain.position import LoanState, Position, PositionRow
from puhui.protection.domain import FilledLetter, LetterKind, LetterTable

FORMAT = "puhui-credit-record-1"
GROUP = 16  # hexadecimal signs that stand together on paper
NEVER = frozenset({LoanState.PENDING, LoanState.CANCELLED})  # no money reached her: no part of a record
STATES = {
    LoanState.ACTIVE: ("还款中", "being repaid"),
    LoanState.CLOSED: ("已还清", "repaid"),
    LoanState.WITHDRAWN: ("已撤回", "withdrawn"),
    LoanState.WRITTEN_OFF: ("已核销", "written off"),
    LoanState.SOLD: ("已转让", "sold"),
}
HEAD = (
    ("借款", "放款日", "本金", "未还本金", "按时/到期", "最长晚", "状态"),
    ("Loan", "Paid out", "Amount", "Principal left", "On time/due", "Latest", "State"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRecordLoan:
    """One loan of a record, on its day. Amounts in minor units."""

    number: str  # L-20261120-7F3AKQ
    currency: str  # ISO 4217
    principal_minor: int  # paid out
    outstanding_minor: int  # principal not yet repaid
    late_minor: int  # due before the day and unpaid
    disbursed_on: date  # value date of the payout
    closed_on: date | None  # None while it runs
    state: str  # active, closed, withdrawn, written_off, sold
    instalments: int  # of its schedule
    due: int  # instalments whose day has come
    on_time: int  # of them, settled on their day or before
    late_days_most: int  # longest that one of them waited, up to the day
    days_past_due: int  # since the oldest unpaid due date, 0 = not late
    eased: bool  # whether its terms were eased because she could not pay


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRecord:
    """Everything that a record says, on a day."""

    format: str  # FORMAT
    lender_zh: str  # who says so
    lender_en: str  # the same
    licence: str  # of the lender
    name: str  # hers
    number_masked: str  # her resident number as a page shows it
    as_of: date  # everything of that day is counted
    first_on: date | None  # her first payout here; None without a loan
    due: int  # instalments whose day has come, all loans
    on_time: int  # of them, settled on their day or before
    loans: tuple[CreditRecordLoan, ...]  # oldest first


def _has_come(row: PositionRow, as_of: date) -> bool:
    """Its day is over, or it is today and she has paid: nobody is late on the due date itself."""
    return row.due_date < as_of or (row.due_date == as_of and row.paid_on is not None)


def _waited(row: PositionRow, as_of: date) -> int:
    """Days from the due date to the day of settlement, or to now while it is open."""
    return max(0, ((row.paid_on or as_of) - row.due_date).days)


def record_loan(*, loan: Loan, there: Position) -> CreditRecordLoan | None:
    """This function will return what a record says of a loan, None where no money reached her."""
    if there.state in NEVER or there.disbursed_on is None:
        return None
    due = [row for row in there.rows if _has_come(row, there.as_of)]
    settled = [row for row in due if row.paid_on is not None and row.paid_on <= row.due_date]
    return CreditRecordLoan(
        number=loan.number,
        currency=there.currency,
        principal_minor=there.disbursed_minor,
        outstanding_minor=there.principal_outstanding_minor,
        late_minor=there.late_minor,
        disbursed_on=there.disbursed_on,
        closed_on=there.closed_on,
        state=there.state.value,
        instalments=len(there.rows),
        due=len(due),
        on_time=len(settled),
        late_days_most=max((_waited(row, there.as_of) for row in due), default=0),
        days_past_due=there.dpd_days,
        eased=there.restructured,
    )


def make_credit_record(
    *,
    loans: Sequence[CreditRecordLoan],
    lender_zh: str,
    lender_en: str,
    licence: str,
    name: str,
    number_masked: str,
    as_of: date,
) -> CreditRecord:
    """This function will put her loans together, oldest first."""
    ordered = tuple(sorted(loans, key=lambda one: (one.disbursed_on, one.number)))
    return CreditRecord(
        format=FORMAT,
        lender_zh=lender_zh,
        lender_en=lender_en,
        licence=licence,
        name=name,
        number_masked=number_masked,
        as_of=as_of,
        first_on=ordered[0].disbursed_on if ordered else None,
        due=sum(one.due for one in ordered),
        on_time=sum(one.on_time for one in ordered),
        loans=ordered,
    )


def write_credit_record(record: CreditRecord) -> str:
    """This function will write the bytes that the house signs: canonical JSON."""
    return canonical_bytes(record).decode()


def _spaced(signs: str) -> str:
    """Long rows of signs in groups, so that a line of paper can break and a person can compare them."""
    head, colon, hexadecimal = signs.rpartition(":")
    groups = " ".join(hexadecimal[at : at + GROUP] for at in range(0, len(hexadecimal), GROUP))
    return f"{head}{colon} {groups}".strip()


def fill_credit_record(
    *, record: CreditRecord, sha256: str, signature: str, key_id: str, language: str
) -> FilledLetter:
    """This function will fill the record as a letter; `signature` is of the JSON text, whose hash is `sha256`."""
    chinese = language.startswith("zh")
    tongue = "zh" if chinese else "en"
    states = {state.value: said[0 if chinese else 1] for state, said in STATES.items()}
    eased = "（已宽减）" if chinese else " (eased)"
    days = "{} 天" if chinese else "{} d"
    rows = [
        [
            one.number,
            one.disbursed_on.isoformat(),
            format_money(one.principal_minor, one.currency),
            format_money(one.outstanding_minor, one.currency),
            f"{one.on_time}/{one.due}",
            days.format(one.late_days_most),
            states[one.state] + (eased if one.eased else ""),
        ]
        for one in record.loans
    ]
    values = {
        "number_masked": record.number_masked.replace("*", "×"),  # two stars begin bold type in a letter
        "record_on": format_day(record.as_of, tongue),
        "first_on": "–" if record.first_on is None else format_day(record.first_on, tongue),
        "count": str(len(record.loans)),
        "due": str(record.due),
        "on_time": str(record.on_time),
        "record_hash": _spaced(sha256),
        "record_signature": _spaced(signature),
        "record_key": key_id,
    }
    table = LetterTable(head=HEAD[0 if chinese else 1], rows=rows)
    return FilledLetter(
        kind=LetterKind.RECORD, number=record.as_of.isoformat(), values=values, tables={"record_rows": table}
    )
