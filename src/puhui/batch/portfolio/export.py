"""The database's loans as a portfolio of events, through the same words that pages use for the engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pyarrow as pa

from puhui.batch.portfolio.columns import SEMANTICS, TermsTable, pack, with_terms
from puhui.loans.domain.book_events import engine_events, engine_terms, table_of
from puhui.loans.domain.engine import BookEvent, LoanTerms
from puhui.loans.domain.events import EventKind
from puhui.loans.domain.position_v2 import counted_events
from puhui.loans.queries import get_terms, list_events, list_loan_ids

PAGE = 500  # loans of one query


def loans_of_database(*, as_of: date) -> Iterator[tuple[str, LoanTerms, list[BookEvent]]]:
    """This function will yield the loans paid out by `as_of` whose contracts name our semantics, with the events in force;
    those of older contracts and those taken back are left out.
    """
    after = ""
    while ids := list_loan_ids(after=after, limit=PAGE):
        for loan_id in ids:
            terms = get_terms(loan_id=loan_id)
            if terms.semantics_version != SEMANTICS:
                continue
            events = counted_events(list_events(loan_id=loan_id), as_of)
            payout = next((one for one in events if one.kind is EventKind.DISBURSE), None)
            over = any(one.kind in (EventKind.CANCEL, EventKind.DISBURSE_RETURNED) for one in events)
            if payout is None or over:
                continue
            rows = table_of(terms, payout)
            yield loan_id, engine_terms(terms, rows, payout.value_date), engine_events(terms, events)
        after = ids[-1]


def export_tables(*, as_of: date) -> list[pa.Table]:
    """This function will write the database's loans as tables of events, PAGE loans each, all with the same terms."""
    terms, tables = TermsTable(), []
    page: list[tuple[str, LoanTerms, list[BookEvent]]] = []
    for loan in loans_of_database(as_of=as_of):
        page.append(loan)
        if len(page) == PAGE:
            tables.append(pack(page, terms))
            page = []
    if page:
        tables.append(pack(page, terms))
    return [with_terms(table, terms) for table in tables]
