"""What a member of staff may enter on a loan by hand: the fields of each kind, read strictly from what was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from puhui.core.money import parse_minor
from puhui.core.refusals import InputRefused
from puhui.loans.domain.checks import MOST_INSTALMENTS, CountUnfit, EventNotFound, standing
from puhui.loans.domain.events import PAYMENTS, STAFF_KINDS, EventKind, LoanEvent

WAIVABLE = ("interest", "fee", "penalty", "principal")
NOTICE_MAX = 40  # characters of a credit note's number


class EventKindUnknown(InputRefused):
    """No such event may be entered by hand."""

    field = "kind"


class EventFieldMissing(InputRefused):
    """A field of the event is missing or cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedEvent:
    """An event as a member of staff asked for it."""

    kind: EventKind  # what shall happen
    value_date: date  # from which date it counts
    amount_minor: int  # minor units, 0 for kinds without
    payload: dict[str, Any]  # what the kind needs beside


# Kind → fields beside the value date. "amount" is the event's own, the others go into its payload.
FIELDS: dict[EventKind, tuple[str, ...]] = {
    EventKind.WAIVE: ("component", "amount"),
    EventKind.FEE: ("amount", "due", "penalty"),
    EventKind.RATE_CHANGE: ("annual_rate",),
    EventKind.MOVE_DUE: ("from", "to"),
    EventKind.INTEREST_PAUSE: ("from", "to"),
    EventKind.LATENESS_PAUSE: ("from", "to"),
    EventKind.DEFER: ("from", "to"),
    EventKind.EXTEND: ("count",),
    EventKind.RE_AGE: ("first_due", "count"),
    EventKind.RE_AMORTISE: (),
    EventKind.REFUND: ("amount", "notice"),
    EventKind.CREDIT_REFUND: ("amount",),
    EventKind.CHARGEBACK: ("event_id", "amount"),
    EventKind.CHARGE_OFF: (),
    EventKind.WRITE_OFF: (),
    EventKind.RECOVERY: ("amount",),
    EventKind.SALE: ("amount",),
    EventKind.REVERSE: ("event_id",),
}


def undoable(events: Sequence[LoanEvent]) -> list[LoanEvent]:
    """This function will return the events entered by hand that still count, newest first. Payments are undone where
    their money is.
    """
    return [one for one in reversed(standing(events)) if one.kind in STAFF_KINDS]


def disputable(events: Sequence[LoanEvent]) -> list[LoanEvent]:
    """This function will return the payments that still count, newest first."""
    return [one for one in reversed(standing(events)) if one.kind in PAYMENTS]


def read_event(
    *, typed: Mapping[str, str], events: Sequence[LoanEvent], currency: str, today: date
) -> AskedEvent:
    """This function will read what was typed into an event's form; `today` is its date where none was typed.

    Raises: EventKindUnknown, EventFieldMissing, AmountInvalid, CountUnfit, EventNotFound.
    """
    kind = next((one for one in FIELDS if one.value == typed.get("kind", "")), None)
    if kind is None:
        raise EventKindUnknown()
    said = {name: str(typed.get(name, "")).strip() for name in ("value_date", *FIELDS[kind])}
    on = _day("value_date", said["value_date"]) if said["value_date"] else today
    amount = parse_minor(said["amount"], currency, field="amount") if "amount" in said else 0
    payload = {
        STORED.get(name, name): READERS[name](name, said[name])
        for name in FIELDS[kind]
        if name != "amount" and (said[name] or name not in OPTIONAL)
    }
    if kind is EventKind.RECOVERY:
        payload["via"] = "third_party"  # money that she pays herself comes by the rail
    if kind is EventKind.REVERSE:
        target = next((one for one in undoable(events) if one.id == payload["event_id"]), None)
        if target is None:
            raise EventNotFound()
        on = target.value_date
    return AskedEvent(kind=kind, value_date=on, amount_minor=amount, payload=payload)


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise EventFieldMissing(name) from None


def _iso(name: str, text: str) -> str:
    return _day(name, text).isoformat()


def _count(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise CountUnfit(most=MOST_INSTALMENTS)
    return int(text)


def _rate(name: str, text: str) -> int:
    """Per cent a year with at most four decimals, to ppm."""
    whole, dot, part = text.removesuffix("%").strip().partition(".")
    good = whole.isascii() and whole.isdigit() and len(whole) <= 3 and len(part) <= 4
    if not good or (dot and not (part.isascii() and part.isdigit())):
        raise EventFieldMissing(name)
    return int(whole) * 10_000 + int(part.ljust(4, "0") or "0")


def _component(name: str, text: str) -> str:
    if text not in WAIVABLE:
        raise EventFieldMissing(name)
    return text


def _text(name: str, text: str) -> str:
    if not 0 < len(text) <= NOTICE_MAX or not text.isprintable():
        raise EventFieldMissing(name)
    return text


READERS: dict[str, Callable[[str, str], Any]] = {
    "component": _component,
    "due": _iso,
    "from": _iso,
    "to": _iso,
    "first_due": _iso,
    "count": _count,
    "annual_rate": _rate,
    "event_id": _text,
    "notice": _text,
    "penalty": lambda name, text: text == "1",
}
STORED = {"annual_rate": "annual_rate_ppm"}
OPTIONAL = frozenset({"penalty", "notice"})
