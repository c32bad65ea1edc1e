"""The page of loan events: what can happen to a loan, and what each kind did to the books of one worked example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from puhui.core.rounding import Rounding
from puhui.lab.docs.markdown import cell, code, page, table
from puhui.lab.docs.source import comments_of
from puhui.ledger.domain import ACCOUNTS
from puhui.loans.domain import ContractTerms, EventKind, LoanEvent, disbursement, freeze_payload, position
from puhui.loans.domain.checks import CLOSING
from puhui.loans.domain.events import PAYMENTS, REVERSIBLE, SCHEMA_VERSION, UPCASTERS, WITHOUT_MONEY
from puhui.loans.domain.postings import postings
from puhui.products.domain import CapBasis, CapRule, Method, build_schedule

INTRO = (
    "A loan is its contract, these events and a date ([explanation](../explanation/one-core.md)). Events are append-only: a "
    "correction is a further event. Each carries the **value date** from which it counts, the **booking date** and instant on "
    "which we recorded it, an amount in minor units, and a payload. Stored payloads are never rewritten: an older shape is "
    "lifted when it is read. What may be recorded now is decided in one fixed order of refusals "
    "(`puhui.loans.domain.checks`, see [refusals](refusals.md#loans))."
)
EXAMPLE = (
    "A loan of ¥3,000.00 for 3 months at 14.40 % a year, paid out on 2026-01-05; each row is recorded after the ones "
    "above it (withdrawal and returned payout: right after the payout). Computed by the product's own functions when this page was written."
)


def make_page() -> str:
    """This function will return the page."""
    said = comments_of(EventKind)
    rows = []
    for kind in EventKind:
        what, payload = _payload(said[kind.name])
        rows.append(
            [
                code(kind.value),
                cell(what),
                "no" if kind in WITHOUT_MONEY else "yes",
                cell(payload) if payload else "–",
                "yes" if kind in REVERSIBLE else "no",
                "yes" if kind in PAYMENTS else "no",
                "yes" if kind in CLOSING else "no",
            ]
        )
    head = [
        "kind",
        "what happened",
        "moves money",
        "payload",
        "reversible",
        "a payment",
        "worked out from all before",
    ]
    version = f"Shape version {SCHEMA_VERSION}; upcasters: {len(UPCASTERS)}."
    fields = [[code(name), cell(text)] for name, text in comments_of(LoanEvent).items()]
    return page(
        "Loan events",
        INTRO,
        table(head, rows),
        version,
        "## Fields",
        table(["field", "meaning"], fields),
        "## What the books say",
        EXAMPLE,
        table(["event", "value date", "amount", "debit", "credit"], _booked()),
    )


def _payload(said: str) -> tuple[str, str]:
    """Split a kind's comment: what happened, and what its payload holds."""
    what, _, payload = said.partition("payload ")
    if payload and not what:
        payload, _, what = payload.partition(": ")
    return what.rstrip("; :"), payload


def _terms() -> ContractTerms:
    rows = build_schedule(
        principal_minor=3_000_00, annual_rate_ppm=144_000, months=3, method=Method.EQUAL_INSTALMENT,
        value_date=date(2026, 1, 5),
    )  # fmt: skip
    return ContractTerms(
        semantics_version=1,
        currency="CNY",
        principal_minor=3_000_00,
        annual_rate_ppm=144_000,
        penalty_daily_rate_ppm=500,
        months=3,
        method=Method.EQUAL_INSTALMENT,
        instalment_rounding=Rounding.HALF_EVEN,
        value_date=date(2026, 1, 5),
        due_day=None,
        rows=rows,
        cap=CapRule(cap_ppm=240_000, basis=CapBasis.EFFECTIVE),
        withdrawal_days=14,
    )


def _event(
    kind: EventKind, day: date, amount_minor: int = 0, payload: Mapping[str, Any] | None = None
) -> LoanEvent:
    return LoanEvent(
        id=f"{kind.value}-{day}",
        loan_id="example",
        seq=0,
        kind=kind,
        value_date=day,
        booking_date=day,
        booked_at=datetime(day.year, day.month, day.day, 4, tzinfo=UTC),
        amount_minor=amount_minor,
        payload=payload or {},
    )


def _booked() -> list[list[str]]:
    """Rows of the example: each event's postings, from the positions without and with it."""
    terms = _terms()
    paid_out = disbursement(
        terms=terms, event=_event(EventKind.DISBURSE, date(2026, 1, 5), terms.principal_minor)
    )
    first = terms.rows[0]
    due = first.principal_minor + first.interest_minor
    repaid = _event(EventKind.REPAY, first.due_date, due, {"through": 1})
    part = _event(EventKind.PREPAY, date(2026, 2, 20), 500_00)
    story = [
        paid_out,
        repaid,
        part,
        _event(EventKind.REVERSE, part.value_date, payload={"event_id": part.id}),
        _event(
            EventKind.PENALTY_FREEZE,
            date(2026, 2, 25),
            payload=freeze_payload(from_date=date(2026, 2, 25), until_date=date(2026, 3, 11)),
        ),
    ]
    rows: list[list[str]] = []
    known: list[LoanEvent] = []
    for one in story:
        rows += _rows(terms, known, one)
        known.append(replace(one, seq=len(known) + 1))
    left = position(terms=terms, events=known, as_of=date(2026, 3, 2)).payoff_minor
    over = _event(EventKind.PAYOFF, date(2026, 3, 2), left + 10_00)
    rows += _rows(terms, known, over)
    known.append(replace(over, seq=len(known) + 1))
    rows += _rows(terms, known, _event(EventKind.CREDIT_REFUND, date(2026, 3, 3), 10_00))
    start = [replace(paid_out, seq=1)]
    undo = position(terms=terms, events=start, as_of=date(2026, 1, 9)).withdrawal_minor or 0
    rows += _rows(terms, start, _event(EventKind.WITHDRAW, date(2026, 1, 9), undo))
    return rows + _rows(
        terms, start, _event(EventKind.DISBURSE_RETURNED, date(2026, 1, 6), terms.principal_minor)
    )


def _rows(terms: ContractTerms, known: list[LoanEvent], event: LoanEvent) -> list[list[str]]:
    known = [replace(one, seq=number) for number, one in enumerate(known, start=1)]
    with_it = [*known, replace(event, seq=len(known) + 1)]
    before = position(terms=terms, events=known, as_of=event.booking_date)
    after = position(terms=terms, events=with_it, as_of=event.booking_date)
    found = postings(before=before, after=after, event=event)
    day = event.value_date.isoformat()
    if not found:
        return [[code(event.kind.value), day, "–", "nothing", "nothing"]]
    return [
        [code(event.kind.value), day, f"¥{one.amount_minor // 100:,}.{one.amount_minor % 100:02d}",
         _account(one.debit), _account(one.credit)]
        for one in found
    ]  # fmt: skip


def _account(number: str) -> str:
    return f"{code(number)} {cell(ACCOUNTS[number].en)}"
