"""Values of the ledger: accounts, postings, balances. Pure.

One row is one debit, one credit and one amount above zero, so that an imbalance cannot be written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from puhui.core.money import exponent


class AccountKind(Enum):
    """Which side of the books an account belongs to."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of the chart."""

    code: str  # four digits
    en: str  # English name
    zh: str  # Chinese name
    kind: AccountKind  # side of the books


def _chart(*rows: tuple[str, str, str, AccountKind]) -> dict[str, Account]:
    return {code: Account(code=code, en=en, zh=zh, kind=kind) for code, en, zh, kind in rows}


ACCOUNTS = _chart(
    ("1001", "Bank (rail settlement account)", "银行存款（清算账户）", AccountKind.ASSET),
    ("1002", "Payouts in transit", "在途放款", AccountKind.ASSET),
    ("1003", "Collections in transit", "在途扣款", AccountKind.ASSET),
    (
        "1004",
        "Third parties (merchants, buyers, disputes)",
        "应收第三方款项（商户、受让方、争议）",
        AccountKind.ASSET,
    ),
    ("1302", "Interest and penalties accrued, not received", "应计利息及罚息", AccountKind.ASSET),
    ("1301", "Loan principal", "贷款本金", AccountKind.ASSET),
    ("2001", "Suspense (unallocated cash)", "待核销款项", AccountKind.LIABILITY),
    ("2002", "Credit balances owed to customers", "应退客户款", AccountKind.LIABILITY),
    ("4001", "Interest income", "利息收入", AccountKind.INCOME),
    ("4002", "Penalty income", "罚息收入", AccountKind.INCOME),
    ("4003", "Fee income", "手续费收入", AccountKind.INCOME),
    ("4004", "Interest and penalties earned, not received", "应计未收利息收入", AccountKind.INCOME),
    ("4005", "Merchant subsidies", "商户贴息收入", AccountKind.INCOME),
    ("5001", "Waivers", "减免", AccountKind.EXPENSE),
    ("5002", "Write-offs", "核销损失", AccountKind.EXPENSE),
    ("5003", "Loss on loans sold", "贷款转让损失", AccountKind.EXPENSE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One movement of money between two accounts."""

    debit: str  # code of the account debited
    credit: str  # code of the account credited
    amount_minor: int  # minor units, above zero
    currency: str  # ISO 4217 code

    def __post_init__(self) -> None:
        assert self.debit in ACCOUNTS and self.credit in ACCOUNTS, (
            f"{self.debit}/{self.credit}: not in the chart"
        )
        assert self.debit != self.credit, "a posting moves money between two accounts"
        assert isinstance(self.amount_minor, int) and self.amount_minor > 0, (
            "a posting has an amount above zero"
        )
        exponent(self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A posting as it stands in the books."""

    source: str  # what caused it, e.g. "event:<id>"; unique with seq
    seq: int  # 1, 2, … within the source
    posting: Posting  # accounts, amount, currency
    business_date: date  # the lender's date it belongs to
    loan_id: str | None  # the loan it concerns, None for none
    memo: str  # short reason, no personal data
    recorded_at: datetime  # instant of the commit's act


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One account and currency in the trial balance."""

    account: Account  # of the chart
    currency: str  # ISO 4217 code
    debit_minor: int  # sum of debits, minor units
    credit_minor: int  # sum of credits, minor units

    @property
    def balance_minor(self) -> int:
        """Debits less credits, minor units; below zero for a credit balance."""
        return self.debit_minor - self.credit_minor
