"""What cannot be posted cannot be written down."""

from __future__ import annotations

import pytest

from puhui.core.refusals import Refusal
from puhui.ledger.domain import ACCOUNTS, AccountKind, Posting


def test_the_chart() -> None:
    lines = [f"{a.code} {a.kind.value:9} {a.en} | {a.zh}" for a in ACCOUNTS.values()]
    assert lines == [
        "1001 asset     Bank (rail settlement account) | 银行存款（清算账户）",
        "1002 asset     Payouts in transit | 在途放款",
        "1003 asset     Collections in transit | 在途扣款",
        "1004 asset     Third parties (merchants, buyers, disputes) | 应收第三方款项（商户、受让方、争议）",
        "1302 asset     Interest and penalties accrued, not received | 应计利息及罚息",
        "1301 asset     Loan principal | 贷款本金",
        "2001 liability Suspense (unallocated cash) | 待核销款项",
        "2002 liability Credit balances owed to customers | 应退客户款",
        "4001 income    Interest income | 利息收入",
        "4002 income    Penalty income | 罚息收入",
        "4003 income    Fee income | 手续费收入",
        "4004 income    Interest and penalties earned, not received | 应计未收利息收入",
        "4005 income    Merchant subsidies | 商户贴息收入",
        "5001 expense   Waivers | 减免",
        "5002 expense   Write-offs | 核销损失",
        "5003 expense   Loss on loans sold | 贷款转让损失",
    ]
    first = {
        "1": AccountKind.ASSET,
        "2": AccountKind.LIABILITY,
        "4": AccountKind.INCOME,
        "5": AccountKind.EXPENSE,
    }
    assert all(account.kind is first[code[0]] for code, account in ACCOUNTS.items())


@pytest.mark.parametrize(
    ("debit", "credit", "amount_minor", "currency", "error"),
    [
        ("1301", "1001", 0, "CNY", AssertionError),
        ("1301", "1001", -1, "CNY", AssertionError),
        ("1301", "1301", 1, "CNY", AssertionError),
        ("9999", "1001", 1, "CNY", AssertionError),
        ("1301", "1001", 1.5, "CNY", AssertionError),
        ("1301", "1001", 1, "XXX", Refusal),
    ],
)
def test_impossible_postings(
    debit: str, credit: str, amount_minor: int, currency: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        Posting(debit=debit, credit=credit, amount_minor=amount_minor, currency=currency)
