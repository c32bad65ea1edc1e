"""Read contracts, loans, events and positions as values. Money is always read from events, never from snapshots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Q

from puhui.core.ids import spoken_range
from puhui.core.refusals import Refusal
from puhui.loans.domain import (
    ChangeNotFound,
    ChangePolicy,
    ChangeQuote,
    ChangesNotOffered,
    Contract,
    ContractTerms,
    Loan,
    LoanEvent,
    LoanEvents,
    LoanSnapshot,
    LoanState,
    Position,
    SignedChange,
    accrued_of,
    position,
)
from puhui.loans.domain.portfolio import PortfolioLoan, portfolio_loan
from puhui.loans.models import (
    ChangeRow,
    ChangeSignatureRow,
    ContractRow,
    LoanEventRow,
    LoanRow,
    LoanSnapshotRow,
)
from puhui.loans.policy_files import changes
from puhui.runtime.remembered import Remembered
from puhui.runtime.rows import find_row, list_rows, list_rows_where

_known: Remembered[LoanEvents] = Remembered(most=200_000)  # events, of the loans that were read last


class LoanNotFound(Refusal):
    """There is no such loan."""

    field = "loan"
    status = 404


class ContractNotFound(Refusal):
    """There is no such contract."""

    field = "contract"
    status = 404


def find_contract(*, id: str) -> Contract | None:
    """This function will return one contract, or None."""
    row = find_row(ContractRow, id=id)
    return None if row is None else row.to_domain()


def get_contract(*, id: str) -> Contract:
    """This function will return one contract. Raises: ContractNotFound."""
    found = find_contract(id=id)
    if found is None:
        raise ContractNotFound()
    return found


def find_contract_of_quote(*, quote_id: str) -> Contract | None:
    """This function will return the contract that a quote became, or None."""
    row = find_row(ContractRow, quote_id=quote_id)
    return None if row is None else row.to_domain()


def list_contracts(*, customer_id: str) -> list[Contract]:
    """This function will return every contract of a customer, newest first. One query."""
    rows = list_rows(ContractRow, order=("-signed_at", "-id"), customer_id=customer_id)
    return [row.to_domain() for row in rows]


def find_loan(*, id: str) -> Loan | None:
    """This function will return one loan, or None."""
    row = find_row(LoanRow, id=id)
    return None if row is None else row.to_domain()


def get_loan(*, id: str) -> Loan:
    """This function will return one loan. Raises: LoanNotFound."""
    found = find_loan(id=id)
    if found is None:
        raise LoanNotFound()
    return found


def find_loan_of_contract(*, contract_id: str) -> Loan | None:
    """This function will return the loan of a contract, or None."""
    row = find_row(LoanRow, contract_id=contract_id)
    return None if row is None else row.to_domain()


def find_customer_by_number(number: str) -> str | None:
    """This function will return whose contract or loan has a number (`C-20261120-7F3AKQ`), None when nobody's. Two queries."""
    first, end = spoken_range(number)
    where, values = "number = %s AND id >= %s AND id < %s", [number, first, end]
    signed = list_rows_where(ContractRow, where, values)
    whose = [row.customer_id for row in signed]
    whose += [row.customer_id for row in list_rows_where(LoanRow, where, values)]
    return whose[0] if whose else None


def list_loans(*, customer_id: str) -> list[Loan]:
    """This function will return every loan of a customer, newest first."""
    rows = list_rows(LoanRow, order=("-opened_at", "-id"), customer_id=customer_id)
    return [row.to_domain() for row in rows]


def count_loans() -> int:
    """This function will return the number of loans, whatever their state."""
    return LoanRow.objects.count()


def get_terms(*, loan_id: str) -> ContractTerms:
    """This function will return the terms of a loan's contract. Raises: LoanNotFound."""
    return get_contract(id=get_loan(id=loan_id).contract_id).terms


def list_events(*, loan_id: str, known_at: datetime | None = None) -> Sequence[LoanEvent]:
    """This function will return a loan's events in order of recording, those booked by `known_at` where given."""
    told = read_events(loan_id=loan_id)
    return told if known_at is None else [one for one in told if one.booked_at <= known_at]


def list_stored_events(*, loan_id: str) -> list[LoanEvent]:
    """This function will return a loan's events as they stand in the database now, whatever this process knows of them:
    for whoever checks what is stored.
    """
    return [row.to_domain() for row in list_rows(LoanEventRow, order=("seq",), loan_id=loan_id)]


def read_events(*, loan_id: str) -> LoanEvents:
    """This function will return a loan's events as a value that can be gone on with. What this process knows of them is
    not read again, its last one apart, which must stand there as it is known. One query.
    """
    known = _known.recall(loan_id)
    if known is None:
        told = LoanEvents(list_stored_events(loan_id=loan_id))
    else:
        where, values = "loan_id = %s AND seq >= %s", [loan_id, len(known)]
        rows = list_rows_where(LoanEventRow, where, values, ending="ORDER BY seq")
        if not rows or rows[0].to_domain() != known[-1]:
            _known.drop(loan_id)
            return read_events(loan_id=loan_id)
        told = known
        for row in rows[1:]:
            told = told.with_event(row.to_domain())
    if told is not known and told:
        _known.keep(loan_id, told)
    return told


def keep_events(*, loan_id: str, events: LoanEvents) -> None:
    """This function will remember a loan's events with the one that was just written, once that is committed."""
    if not events[-1].payload:  # stored text may give a payload back in other types
        _known.keep(loan_id, events)


def get_position(*, loan_id: str, as_of: date, known_at: datetime | None = None) -> Position:
    """This function will compute a loan's position on `as_of` from its events, in three queries at most. Raises: LoanNotFound."""
    terms = get_terms(loan_id=loan_id)
    events = list_events(loan_id=loan_id, known_at=known_at)
    return position(terms=terms, events=events, as_of=as_of)


def list_positions(
    *, loan_ids: Sequence[str], as_of: date, booked_by: date | None = None
) -> dict[str, Position]:
    """This function will compute the positions of many loans on `as_of`, by loan id, in three queries."""
    found = list_loan_positions(loan_ids=loan_ids, as_of=as_of, booked_by=booked_by)
    return {loan.id: one for loan, one in found}


def list_loan_positions(
    *, loan_ids: Sequence[str], as_of: date, booked_by: date | None = None
) -> list[tuple[Loan, Position]]:
    """This function will return many loans with their positions on `as_of`, in order of their ids, in three queries.
    With `booked_by` only what was booked up to that date counts: what the books of that date can say.
    """
    if not loan_ids:
        return []
    loans = list_rows_where(LoanRow, f"id IN ({_marks(loan_ids)})", loan_ids, ending="ORDER BY id")
    signed = [loan.contract_id for loan in loans]
    contracts = list_rows_where(ContractRow, f"id IN ({_marks(signed)})", signed) if signed else []
    terms = {row.id: row.to_terms() for row in contracts}
    events = _events_by_loan(loan_ids)
    if booked_by is not None:
        for id, told in events.items():
            events[id] = [one for one in told if one.booking_date <= booked_by]
    return [
        (loan.to_domain(), position(terms=terms[loan.contract_id], events=events[loan.id], as_of=as_of))
        for loan in loans
    ]


def _marks(ids: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(ids))


def _events_by_loan(loan_ids: Sequence[str]) -> defaultdict[str, list[LoanEvent]]:
    found: defaultdict[str, list[LoanEvent]] = defaultdict(list)
    if not loan_ids:  # PostgreSQL has no empty list
        return found
    where = f"loan_id IN ({_marks(loan_ids)})"
    for row in list_rows_where(LoanEventRow, where, loan_ids, ending="ORDER BY loan_id, seq"):
        found[row.loan_id].append(row.to_domain())
    return found


def list_loan_ids(*, state: LoanState | None = None, after: str = "", limit: int = 500) -> list[str]:
    """This function will return loan ids in order, from the one after `after`: a page of the portfolio."""
    rows = LoanRow.objects.filter(id__gt=after)
    if state is not None:
        rows = rows.filter(state=state.value)
    return list(rows.order_by("id").values_list("id", flat=True)[:limit])


def list_due_loan_ids(*, by: date, after: str = "", limit: int = 500) -> list[str]:
    """This function will return ids, in order, of active loans that have or may have something due on `by` or before.

    Read from snapshots, so it may name a loan too many, never one too few: what is due is the position's to say.
    """
    return [one.loan_id for one in list_due_snapshots(by=by, after=after, limit=limit)]


def list_due_snapshots(*, by: date, after: str = "", limit: int = 500) -> list[LoanSnapshot]:
    """This function will return list figures of active loans that have or may have something due on `by` or before, in
    order of their ids. For choosing loans, never for money.
    """
    rows = list_rows_where(
        LoanSnapshotRow,
        "state = %s AND loan_id > %s AND (next_due_date <= %s OR due_minor > 0)",
        [LoanState.ACTIVE.value, after, by],
        ending=f"ORDER BY loan_id LIMIT {limit:d}",
    )
    return [row.to_domain() for row in rows]


def list_snapshots(
    *,
    customer_id: str | None = None,
    state: LoanState | None = None,
    bucket: str | None = None,
    after: str = "",
    limit: int = 100,
) -> list[LoanSnapshot]:
    """This function will return list figures by loan id, from the one after `after`. For lists, never for money."""
    rows = LoanSnapshotRow.objects.filter(loan_id__gt=after)
    if customer_id is not None:
        rows = rows.filter(customer_id=customer_id)
    if state is not None:
        rows = rows.filter(state=state.value)
    if bucket is not None:
        rows = rows.filter(bucket=bucket)
    return [row.to_domain() for row in rows.order_by("loan_id")[:limit]]


def find_snapshot(*, loan_id: str) -> LoanSnapshot | None:
    """This function will return the list figures of one loan as they are stored, or None."""
    row = find_row(LoanSnapshotRow, loan_id=loan_id)
    return None if row is None else row.to_domain()


def list_portfolio(*, as_of: date, after: str = "", limit: int = 500) -> list[PortfolioLoan]:
    """This function will return the loans signed by `as_of`, by id, with what they are on that date, in two queries.

    A loan signed later is left out; one paid out later stands as pending.
    """
    rows = list(LoanRow.objects.select_related("contract").filter(id__gt=after).order_by("id")[:limit])
    events = _events_by_loan([row.id for row in rows])
    found = []
    for row in rows:
        contract = row.contract.to_domain()
        there = position(terms=contract.terms, events=events[row.id], as_of=as_of)
        found.append(
            portfolio_loan(
                loan_id=row.id,
                quote_id=contract.quote_id,
                customer_id=row.customer_id,
                signed_at=contract.signed_at,
                annual_rate_ppm=contract.terms.annual_rate_ppm,
                position=there,
            )
        )
    return found


def portfolio_version() -> tuple[int, str]:
    """This function will return what changes whenever an event is recorded: how many there are, and the newest."""
    newest = LoanEventRow.objects.order_by("-booked_at", "-id").values_list("id", flat=True).first()
    return LoanEventRow.objects.count(), newest or ""


def get_accrued(*, as_of: date) -> int:
    """This function will add up what all loans had earned and not received at the end of `as_of`, minor units, from what
    was booked up to then: the same figure whenever it is asked for.
    """
    total, after = 0, ""
    while ids := _ids_alive(as_of, after):
        for one in list_positions(loan_ids=ids, as_of=as_of, booked_by=as_of).values():
            total += accrued_of(one)
        after = ids[-1]
    return total


def _ids_alive(on: date, after: str, limit: int = 500) -> list[str]:
    """A page of the loans that were active at the end of a date: those that still are, and those that something ended since."""
    ended_since = LoanEventRow.objects.filter(booking_date__gt=on).values("loan_id")
    rows = LoanRow.objects.filter(Q(state=LoanState.ACTIVE.value) | Q(id__in=ended_since), id__gt=after)
    return list(rows.order_by("id").values_list("id", flat=True)[:limit])


def get_change_policy(*, jurisdiction: str, on_date: date) -> ChangePolicy:
    """This function will return the rules of changes in force on a day. Raises: ChangesNotOffered."""
    valid = [one for one in changes.get() if one.jurisdiction == jurisdiction and one.holds_on(on_date)]
    if not valid:
        raise ChangesNotOffered()
    return valid[-1]


def find_change(*, id: str) -> ChangeQuote | None:
    """This function will return one quoted change, or None."""
    row = find_row(ChangeRow, id=id)
    return None if row is None else row.to_domain()


def get_change(*, id: str) -> ChangeQuote:
    """This function will return one quoted change. Raises: ChangeNotFound."""
    found = find_change(id=id)
    if found is None:
        raise ChangeNotFound()
    return found


def list_changes(*, loan_id: str) -> list[tuple[ChangeQuote, bool]]:
    """This function will return every change quoted for a loan, newest first, and whether it was signed. One query."""
    rows = ChangeRow.objects.filter(loan_id=loan_id).select_related("signature").order_by("-issued_at", "-id")
    return [(row.to_domain(), hasattr(row, "signature")) for row in rows]


def find_change_signature(*, change_id: str) -> SignedChange | None:
    """This function will return what was signed of a change, or None where it was not."""
    row = ChangeSignatureRow.objects.select_related("change").filter(change_id=change_id).first()
    return None if row is None else row.to_domain()
