"""The change of a contract as text: what changes, before and after, what is to pay. She signs these very bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from puhui.core.money import format_minor
from puhui.core.writing import format_day, format_money, format_rate
from puhui.loans.domain.change import ChangeFigures
from puhui.loans.domain.change_quote import ChangeQuote
from puhui.protection.domain import FilledLetter, LetterKind, LetterTable

ROWS_HEAD = (("#", "到期日", "应还", "其中本金"), ("#", "Due", "To pay", "Principal in it"))
COMPARE_HEAD = (("", "现在", "签署后"), ("", "Today", "Once signed"))


def fill_change_letter(
    *, quote: ChangeQuote, loan_number: str, contract_number: str, valid_until: date, language: str
) -> FilledLetter:
    """This function will fill the text of a quoted change, in Chinese where the language begins with "zh"."""
    zh = language.startswith("zh")
    tongue, after = "zh" if zh else "en", quote.after
    values = {
        "loan_number": loan_number,
        "contract_number": contract_number,
        "change_number": quote.number,
        "valid_until": format_day(valid_until, tongue),
        "total": format_money(after.total_minor, quote.currency),
        "first": format_money(after.next.amount_minor, quote.currency),
        "first_on": format_day(after.next.due_date, tongue),
        "last_on": format_day(after.last.due_date, tongue),
        "rate": format_rate(after.annual_rate_ppm),
    }
    rows = [
        [
            str(n),
            one.due_date.isoformat(),
            format_minor(one.amount_minor, quote.currency),
            format_minor(one.principal_minor, quote.currency),
        ]
        for n, one in enumerate(after.payments, 1)
    ]
    now, then = _said(quote.before, quote.currency, zh), _said(after, quote.currency, zh)
    compared = [[name, before, there] for (name, before), (_, there) in zip(now, then, strict=True)]
    tables = {
        "changes": LetterTable(head=(), rows=[[one] for one in changes_in_words(quote, zh=zh)]),
        "change_compared": LetterTable(head=COMPARE_HEAD[0 if zh else 1], rows=compared, shape="pairs"),
        "change_rows": LetterTable(head=ROWS_HEAD[0 if zh else 1], rows=rows),
    }
    return FilledLetter(kind=LetterKind.CHANGE, number=quote.number, values=values, tables=tables)


def _said(figures: ChangeFigures, currency: str, zh: bool) -> list[tuple[str, str]]:
    tongue = "zh" if zh else "en"
    return [
        ("还剩几期" if zh else "Payments to come", str(len(figures.payments))),
        ("下一笔" if zh else "Next payment", format_money(figures.next.amount_minor, currency)),
        ("最高一笔" if zh else "Highest payment", format_money(figures.highest_minor, currency)),
        ("最后一笔到期" if zh else "Last payment due", format_day(figures.last.due_date, tongue)),
        ("一共还要还" if zh else "To pay in all", format_money(figures.total_minor, currency)),
        (
            "其中利息和费用" if zh else "Interest and fees in it",
            format_money(figures.interest_minor, currency),
        ),
        ("合同年利率" if zh else "Contract rate a year", format_rate(figures.annual_rate_ppm)),
        ("综合年化成本(单利)" if zh else "All-in cost a year, nominal", format_rate(figures.apr_nominal_ppm)),
        (
            "综合年化成本(复利)" if zh else "All-in cost a year, effective",
            format_rate(figures.apr_effective_ppm),
        ),
    ]


def changes_in_words(quote: ChangeQuote, *, zh: bool) -> Iterator[str]:
    """This function will say each change in one sentence, in Chinese or English."""
    choice, tongue = quote.choice, "zh" if zh else "en"
    if choice.due_day is not None:
        first = format_day(quote.after.next.due_date, tongue)
        yield (
            f"还款日改为每月 {choice.due_day} 日，改后第一笔 {first}"
            if zh
            else f"payments fall due on day {choice.due_day} of the month, the first one on {first}"
        )
    if choice.payments is not None:
        old, new = len(quote.before.payments), len(quote.after.payments)
        yield f"剩余期数从 {old} 期改为 {new} 期" if zh else f"{new} payments are to come instead of {old}"
    if choice.annual_rate_ppm is not None:
        old_rate, new_rate = format_rate(quote.before.annual_rate_ppm), format_rate(choice.annual_rate_ppm)
        on = format_day(quote.on_date, tongue)
        yield (
            f"从 {on} 起，合同年利率从 {old_rate} 降到 {new_rate}"
            if zh
            else f"from {on} on the contract rate falls from {old_rate} to {new_rate} a year"
        )
