"""The one write verb of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from puhui.ledger.domain import Posting
from puhui.ledger.models import Entry
from puhui.ledger.queries import find_last_date, get_balance
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


def post_level(
    *, stem: str, debit: str, credit: str, level_minor: int, currency: str, business_date: date, now: datetime
) -> int:
    """This function will bring the account `debit` to `level_minor` on `business_date` by one entry against `credit`,
    and return by how much it moved, minor units. Its source is `stem:date`; a date at or before the last one posted
    under this stem posts nothing and returns 0, so that runs may be repeated and come late.
    """
    require_transaction()
    last = find_last_date(stem=stem)
    moved = level_minor - get_balance(code=debit, currency=currency)
    if not moved or (last is not None and business_date <= last):
        return 0
    sides = (debit, credit) if moved > 0 else (credit, debit)
    posting = Posting(debit=sides[0], credit=sides[1], amount_minor=abs(moved), currency=currency)
    post_entries(
        source=f"{stem}:{business_date.isoformat()}",
        postings=[posting],
        business_date=business_date,
        loan_id=None,
        memo=stem,
        now=now,
    )
    return moved
