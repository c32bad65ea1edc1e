"""Write verbs of loans: open what was signed, record what happens. One door for events: `record_event`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime

from puhui.core.canonical import canonical_bytes
from puhui.core.ids import reference
from puhui.core.refusals import Refusal
from puhui.loans.domain import (
    ChangeAlreadySigned,
    ChangeAltered,
    ChangeExpired,
    ChangeNotFound,
    ChangeNotYours,
    ChangeQuote,
    ChangeStale,
    Contract,
    EventKind,
    Loan,
    LoanEvent,
    LoanSnapshot,
    LoanState,
    Position,
    RecordedEvent,
    SignedChange,
    change_sha256,
    change_signed_text,
    change_to_plain,
    from_quote,
    position,
    postings,
    snapshot_of,
    terms_to_plain,
    try_event,
)
from puhui.loans.models import (
    ChangeRow,
    ChangeSignatureRow,
    ContractRow,
    LoanEventRow,
    LoanRow,
    LoanSnapshotRow,
)
from puhui.loans.queries import LoanNotFound, get_contract, keep_events, list_loan_positions, read_events
from puhui.offers.domain import SignedQuote
from puhui.runtime.rows import find_row, insert_row, update_row, upsert_rows
from puhui.runtime.signing import sign_bytes
from puhui.runtime.transactions import require_transaction


class LoanNotYours(Refusal):
    """The loan is another customer's. Answered like one that does not exist."""

    field = "loan"
    status = 404


def open_contract(*, id: str, signed: SignedQuote, on_date: date) -> Contract:
    """This function will record the contract that a signed quote becomes, its terms fixed. `on_date` is the business
    date of signing, for its number. One query.
    """
    require_transaction()
    quote = signed.quote
    terms = from_quote(quote=quote)
    row = ContractRow(
        id=id,
        number=reference("C", id, on_date.isoformat()),
        quote_id=quote.id,
        customer_id=signed.signer_customer_id,
        line_id=quote.line_id,
        semantics_version=terms.semantics_version,
        terms_json=canonical_bytes(terms_to_plain(terms)).decode(),
        text_sha256=signed.contract_sha256,
        language=signed.language,
        signed_at=signed.signed_at,
    )
    insert_row(row)
    return row.to_domain()


def open_loan(*, id: str, contract: Contract, on_date: date, now: datetime) -> Loan:
    """This function will open the loan of a contract, pending until its payout is recorded. Two queries."""
    require_transaction()
    terms = contract.terms
    row = LoanRow(
        id=id,
        number=reference("L", id, on_date.isoformat()),
        contract_id=contract.id,
        customer_id=contract.customer_id,
        line_id=contract.line_id,
        currency=terms.currency,
        principal_minor=terms.principal_minor,
        state=LoanState.PENDING.value,
        opened_at=now,
    )
    insert_row(row)
    pending = position(terms=terms, events=(), as_of=on_date)
    _write_snapshots([snapshot_of(loan_id=id, customer_id=contract.customer_id, position=pending)])
    return row.to_domain()


def lock_loan(*, loan_id: str) -> None:
    """This function will hold a loan until the end of the transaction, so that what is read of it then still stands when
    it is acted on (SQLite: the transaction itself holds it). Raises: LoanNotFound.
    """
    require_transaction()
    if find_row(LoanRow, lock=True, id=loan_id) is None:
        raise LoanNotFound()


def record_event(
    *, loan_id: str, event: LoanEvent, customer_id: str | None = None, may_overpay: bool = False
) -> RecordedEvent:
    """This function will record an event of a loan: lock the loan, read its events again, refuse in a fixed order,
    then write event, state and snapshot. Five queries, one more when the state changes. The journey books `postings`
    in the same transaction.

    `event.seq` is ignored and given here. An event already recorded under this id changes nothing and says so.
    `customer_id`, where given, must be the borrower's. `may_overpay` is for money that has already arrived.
    Raises, in this order: LoanNotFound, LoanNotYours, then as `domain.check_event`.
    """
    require_transaction()
    row = find_row(LoanRow, lock=True, id=loan_id)
    if row is None:
        raise LoanNotFound()
    if customer_id is not None and row.customer_id != customer_id:
        raise LoanNotYours()
    terms = get_contract(id=row.contract_id).terms
    events = read_events(loan_id=loan_id)
    assert event.loan_id == loan_id
    if (known := events.find(event.id)) is not None:
        as_of = max(event.booking_date, events.latest)
        return _repeated(known, event, position(terms=terms, events=events, as_of=as_of))
    tried = try_event(terms=terms, events=events, event=event, may_overpay=may_overpay)
    done, before, after = tried.event, tried.before, tried.after
    _insert(done)
    if after.state.value != row.state:
        row.state = after.state.value
        update_row(row, ["state"])
    _write_snapshots([snapshot_of(loan_id=loan_id, customer_id=row.customer_id, position=after)])
    keep_events(loan_id=loan_id, events=tried.events)
    taken = events.find(done.payload["event_id"]) if done.kind is EventKind.REVERSE else None
    undone = taken.kind if taken else None
    booked = tuple(postings(before=before, after=after, event=done, undone=undone))
    return RecordedEvent(event=done, before=before, after=after, postings=booked, repeated=False)


def refresh_snapshots(*, loan_ids: Sequence[str], as_of: date) -> int:
    """This function will bring the list figures of these loans to `as_of`, in four queries, and return how many.

    The day roll calls it page by page; running it again changes nothing.
    """
    require_transaction()
    found = list_loan_positions(loan_ids=loan_ids, as_of=as_of)
    _write_snapshots(
        snapshot_of(loan_id=loan.id, customer_id=loan.customer_id, position=one) for loan, one in found
    )
    return len(found)


def _repeated(recorded: LoanEvent, event: LoanEvent, stands: Position) -> RecordedEvent:
    """The answer for an event that is already recorded. Another event under the same id is a bug."""
    same = (recorded.kind, recorded.value_date, recorded.amount_minor)
    assert same == (event.kind, event.value_date, event.amount_minor), "an id names one event"
    return RecordedEvent(event=recorded, before=stands, after=stands, postings=(), repeated=True)


def _insert(event: LoanEvent) -> None:
    row = LoanEventRow(
        id=event.id,
        loan_id=event.loan_id,
        seq=event.seq,
        kind=event.kind.value,
        value_date=event.value_date,
        booking_date=event.booking_date,
        booked_at=event.booked_at,
        amount_minor=event.amount_minor,
        payload=canonical_bytes(dict(event.payload)).decode(),
        schema_version=event.schema_version,
    )
    insert_row(row)


def _write_snapshots(snapshots: Iterable[LoanSnapshot]) -> None:
    rows = [LoanSnapshotRow(**{**asdict(one), "state": one.state.value}) for one in snapshots]
    upsert_rows(rows)


def issue_change(*, quote: ChangeQuote, now: datetime) -> ChangeQuote:
    """This function will sign a change for the house and record it as quoted; recording it again changes nothing.

    Raises: AssertionError where the id names another change, or it was not built for `now` (bugs).
    """
    require_transaction()
    assert quote.issued_at == now, "a change is recorded at the instant it was built for"
    sha256 = change_sha256(quote)
    earlier = find_row(ChangeRow, id=quote.id)
    if earlier is not None:
        assert earlier.sha256 == sha256, "a quoted change never changes"
        return quote
    body = change_to_plain(quote)
    row = ChangeRow(
        id=quote.id,
        number=quote.number,
        loan_id=quote.loan_id,
        customer_id=quote.customer_id,
        issued_at=quote.issued_at,
        valid_until=quote.valid_until,
        sha256=sha256,
        body=canonical_bytes(body).decode(),
        house_signature=sign_bytes(change_signed_text(body)),
    )
    insert_row(row)
    return quote


def sign_change(
    *, change_id: str, signer_customer_id: str, language: str, text_sha256: str, now: datetime
) -> SignedChange:
    """This function will sign a change: hold its loan, refuse, write the one signature. The journey records its steps in
    the same transaction. Of two signers, or two clicks, exactly one signs.

    `text_sha256` is the hash of the text that she read, in `language`. Raises, in this order: ChangeNotFound,
    ChangeNotYours, ChangeAltered, ChangeAlreadySigned, ChangeExpired, ChangeStale where the loan has other events.
    """
    require_transaction()
    row = find_row(ChangeRow, lock=True, id=change_id)
    if row is None:
        raise ChangeNotFound()
    if row.customer_id != signer_customer_id:
        raise ChangeNotYours()
    if not row.is_genuine:
        raise ChangeAltered(number=row.number)
    lock_loan(loan_id=row.loan_id)
    if find_row(ChangeSignatureRow, change_id=change_id) is not None:
        raise ChangeAlreadySigned(number=row.number)
    if now > row.valid_until:
        raise ChangeExpired(number=row.number, valid_until=row.valid_until)
    quote = row.to_domain()
    if len(read_events(loan_id=row.loan_id)) != quote.event_count:
        raise ChangeStale(number=row.number)
    signature = ChangeSignatureRow(
        change=row, language=language, text_sha256=text_sha256, change_sha256=row.sha256, signed_at=now
    )
    insert_row(signature)
    return signature.to_domain()
