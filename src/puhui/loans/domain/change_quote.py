"""A change as a binding quote: what the house signed, word for word, and how it is stored and read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from puhui.core.canonical import canonical_bytes, content_hash, plain
from puhui.core.ids import reference
from puhui.core.time import start_of
from puhui.loans.domain.change import (
    ChangeChoice,
    ChangeFigures,
    ChangeLoan,
    ChangePayment,
    ChangeTerms,
    change_events,
    figures_after,
    figures_now,
)
from puhui.loans.domain.change_policy import ChangePolicy
from puhui.loans.domain.events import EventKind
from puhui.loans.domain.terms import terms_to_plain

FORMAT = "puhui-change-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStep:
    """One event of a change, as it will be recorded."""

    kind: EventKind  # what happens
    value_date: date  # from which date it counts
    payload: Mapping[str, Any]  # what the kind needs


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeQuote:
    """What she may sign. Every figure is that of `on_date`, whenever she signs until `valid_until`."""

    id: str  # text(26)
    number: str  # what people read aloud
    customer_id: str  # to whom
    loan_id: str  # of which loan
    currency: str  # ISO 4217
    on_date: date  # business date of the figures
    event_count: int  # events that the loan had: with one more it no longer holds
    choice: ChangeChoice  # what she asked for
    steps: tuple[ChangeStep, ...]  # what signing records
    before: ChangeFigures  # what is to pay without it
    after: ChangeFigures  # what is to pay with it
    decision_id: str  # the decision that a lower rate rests on, "" = none
    proof_ids: tuple[str, ...]  # the proofs behind that decision
    policy_version: str  # of the rules of changes
    policy_sha256: str  # content hash of their text
    input_hash: str  # over contract, events and date: from what it was worked out
    issued_at: datetime  # UTC
    valid_until: datetime  # UTC, last instant


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedChange:
    """A change that she signed."""

    quote: ChangeQuote  # what
    quote_sha256: str  # its fingerprint
    text_sha256: str  # signed text, a blob
    language: str  # of the signed text
    signed_at: datetime  # UTC


def build_change(
    *,
    id: str,
    customer_id: str,
    choice: ChangeChoice,
    loan: ChangeLoan,
    within: ChangeTerms,
    policy: ChangePolicy,
    decision_id: str,
    proof_ids: Iterable[str],
    valid_days: int,
    zone: str,
    issued_at: datetime,
) -> ChangeQuote:
    """This function will work a choice out and quote it. It binds as many days as a quote, but ends before the next
    payment, of the old or the new table, falls due. Raises: what `figures_after` refuses.
    """
    after, before = figures_after(choice, loan, within), figures_now(loan)
    steps = tuple(
        ChangeStep(kind=one.kind, value_date=one.value_date, payload=one.payload)
        for one in change_events(choice, loan, within)
    )
    coming = min(one.due_date for one in (*before.payments, *after.payments) if one.due_date > loan.on_date)
    last = min(loan.on_date + timedelta(days=valid_days), coming - timedelta(days=1))
    return ChangeQuote(
        id=id,
        number=reference("M", id),
        customer_id=customer_id,
        loan_id=loan.events[0].loan_id,
        currency=loan.terms.currency,
        on_date=loan.on_date,
        event_count=len(loan.events),
        choice=choice,
        steps=steps,
        before=before,
        after=after,
        decision_id=decision_id,
        proof_ids=tuple(sorted(proof_ids)),
        policy_version=policy.version,
        policy_sha256=policy.sha256,
        input_hash=content_hash(
            {
                "terms": terms_to_plain(loan.terms),
                "events": [plain(one) for one in loan.events],
                "on_date": loan.on_date.isoformat(),
                "within": plain(within),
            }
        ),
        issued_at=issued_at,
        valid_until=start_of(last + timedelta(days=1), zone=zone) - timedelta(microseconds=1),
    )


def change_to_plain(quote: ChangeQuote) -> dict[str, Any]:
    """This function will turn a change into JSON's own types, canonical, for storing."""
    found: dict[str, Any] = plain(quote)
    return found


def change_from_plain(data: Mapping[str, Any]) -> ChangeQuote:
    """This function will read back what `change_to_plain` wrote. Raises: AssertionError for other fields."""
    values = dict(data)
    assert set(values) == {field.name for field in fields(ChangeQuote)}, "a stored change has its fields"
    values["on_date"] = date.fromisoformat(values["on_date"])
    values["choice"] = ChangeChoice(**values["choice"])
    values["steps"] = tuple(
        ChangeStep(
            kind=EventKind(one["kind"]),
            value_date=date.fromisoformat(one["value_date"]),
            payload=one["payload"],
        )
        for one in values["steps"]
    )
    values["before"], values["after"] = _figures(values["before"]), _figures(values["after"])
    values["proof_ids"] = tuple(values["proof_ids"])
    values["issued_at"] = datetime.fromisoformat(values["issued_at"])
    values["valid_until"] = datetime.fromisoformat(values["valid_until"])
    return ChangeQuote(**values)


def _figures(data: Mapping[str, Any]) -> ChangeFigures:
    payments = tuple(
        ChangePayment(**{**one, "due_date": date.fromisoformat(one["due_date"])}) for one in data["payments"]
    )
    return ChangeFigures(**{**data, "payments": payments})


def change_sha256(quote: ChangeQuote) -> str:
    """This function will return the SHA-256 of the change's canonical bytes: its fingerprint."""
    return content_hash(change_to_plain(quote))


def change_signed_text(change: Mapping[str, Any]) -> bytes:
    """This function will return the bytes that the house signs of a change as it is stored (`change_to_plain`)."""
    return canonical_bytes({"format": FORMAT, "change": dict(change)})
