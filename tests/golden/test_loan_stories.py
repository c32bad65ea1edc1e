"""Whole lives of loans as text: what she was shown on some days, and every receipt."""

from __future__ import annotations

from datetime import date

import pytest

from puhui.loans.domain import EventKind, imagine, plan, position
from puhui.products.domain import CLASSIC, Method
from tests.golden import loan_values as values
from tests.golden.golden import check
from tests.golden.loans_text import position_text, receipts_text, terms_text
from tests.spec.loan_tables import events_of

LATE_AND_FROZEN = """
date       | what           | amount   | note
2026-11-20 | disburse       | 20000.00 | -
2026-12-20 | repay          | 1807.51  | -
2027-01-29 | repay          | 1000.00  | -
2027-02-04 | penalty_freeze | -        | until 2027-02-18
2027-03-01 | repay          | 2700.00  | -
2027-03-20 | repay          | 1900.00  | -
"""
PREPAID = """
date       | what     | amount   | note
2026-11-20 | disburse | 20000.00 | -
2026-12-20 | repay    | 1807.51  | -
2027-01-05 | prepay   | 5000.00  | -
2027-01-15 | prepay   | 2000.00  | -
2027-01-20 | repay    | 1159.20  | -
2027-02-10 | repay    | 1157.89  | -
2027-02-11 | prepay   | 3000.00  | -
2027-03-03 | payoff   | 7200.00  | -
2027-03-04 | credit_refund | 10.00 | -
"""


@pytest.mark.parametrize("method", list(CLASSIC))
def test_late_and_frozen(method: Method) -> None:
    terms = values.terms(method=method)
    events = events_of(terms, LATE_AND_FROZEN)
    days = [date(2027, 1, 28), date(2027, 2, 10), date(2027, 3, 21)]
    found = [position(terms=terms, events=events, as_of=day) for day in days]
    text = "\n".join([terms_text(terms), *(position_text(one) for one in found)])
    check(f"loans/late-and-frozen-{method.value}.txt", f"{text}\n{receipts_text(found[-1], events)}")


@pytest.mark.parametrize("method", list(CLASSIC))
def test_prepaid_and_paid_off(method: Method) -> None:
    terms = values.terms(method=method)
    events = events_of(terms, PREPAID)
    days = [date(2027, 1, 5), date(2027, 1, 15), date(2027, 2, 11), date(2027, 3, 3)]
    found = [position(terms=terms, events=events, as_of=day) for day in days]
    text = "\n".join([terms_text(terms), *(position_text(one) for one in found)])
    last = position(terms=terms, events=events, as_of=date(2027, 3, 4))
    check(
        f"loans/prepaid-{method.value}.txt",
        f"{text}\n{receipts_text(last, events)}credit left {last.credit_minor}\n",
    )


def test_paid_out_on_the_31st() -> None:
    """Paid out five days after the stated date, on a table that reaches month ends; and the plan of its whole life."""
    terms = values.terms(values.haoqidai(), months=6, value_date=date(2026, 12, 31))
    events = events_of(terms, "date | what | amount | note\n2027-01-05 | disburse | 20000.00 | -")
    now = position(terms=terms, events=events, as_of=date(2027, 1, 5))
    end = plan(terms=terms, events=events, today=date(2027, 1, 5), as_of=date(2027, 5, 1))
    check("loans/paid-out-later.txt", f"{terms_text(terms)}\n{position_text(now)}\n{position_text(end)}")


def test_what_if() -> None:
    """ "What if I pay ¥5,000 early in March?", asked of a quote: the plan with one imagined payment."""
    terms = values.terms()
    early = imagine(kind=EventKind.PREPAY, amount_minor=5_000_00, value_date=date(2027, 3, 5))
    asked = {"terms": terms, "events": (), "today": values.DAY, "as_of": date(2027, 11, 20)}
    plain, other = plan(**asked), plan(**asked, extra=[early])
    saved = plain.paid_minor - other.paid_minor
    check("loans/what-if.txt", f"saves {saved / 100:.2f}\n\n{position_text(other)}")
