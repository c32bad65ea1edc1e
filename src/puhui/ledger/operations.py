"""The one write verb of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from puhui.ledger.domain import Posting
from puhui.ledger.models import Entry
from puhui.runtime.rows import insert_all_if_absent, list_rows
from puhui.runtime.transactions import require_transaction


def post_entries(
    *,
    source: str,
    postings: Sequence[Posting],
    business_date: date,
    loan_id: str | None,
    memo: str,
    now: datetime,
) -> None:
    """This function will write `postings` into the books under `source`, numbered from 1, on `business_date`.

    A source that was posted before is left as it is when it says the same. Two queries at most; an empty sequence
    writes nothing. Raises: AssertionError outside a transaction, or when the source was posted with other content.
    """
    require_transaction()
    rows = [
        Entry(
            source=source,
            seq=seq,
            debit=posting.debit,
            credit=posting.credit,
            amount_minor=posting.amount_minor,
            currency=posting.currency,
            business_date=business_date,
            loan_id=loan_id,
            memo=memo,
            recorded_at=now,
        )
        for seq, posting in enumerate(postings, start=1)
    ]
    if rows and insert_all_if_absent(rows) == len(rows):
        return
    # Some of it stands in the books already: either all of it and the same, or somebody reused a source.
    stored = [row.to_domain() for row in list_rows(Entry, order=("seq",), source=source)]
    same = [entry.posting for entry in stored] == list(postings) and all(
        (entry.business_date, entry.loan_id) == (business_date, loan_id) for entry in stored
    )
    assert same, f"{source} was posted before with other content"
