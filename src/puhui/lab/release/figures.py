"""Every figure that a release stands by: decisions, quotes, positions and postings, as stored and as worked out again.

The figures of a release are archived with its database. The next release reads that database, and each archived field
must be there with the same value, both as stored and as worked out again by the code of the day. A field that a later
release adds is no difference; one that it drops, renames or changes is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from puhui.core.canonical import plain
from puhui.core.differences import FieldDifference, list_differences
from puhui.journeys.staff_replay import REPLAYS, UNREADABLE
from puhui.loans.queries import get_position, get_terms, list_events, list_loan_ids
from puhui.offers.queries import list_quote_ids
from puhui.runtime.queries import list_audit_hashes, verify_audit_chain

Figures = dict[str, dict[str, Any]]  # kind → id → document of JSON's own types
DATED = "position on a date"  # kind of the positions of every day on which something happens to a loan
AUDIT = "audit"  # kind of the audit chain: links are added by every upgrade, those of the archive stay as they were


def stored_figures() -> Figures:
    """This function will read every figure of this deployment as it is stored, and the dated positions."""
    return _figures(lambda kind, id: REPLAYS[kind][0](id))


def again_figures() -> Figures:
    """This function will work every figure of this deployment out again from what it came from.

    What can no longer be read stands there as {"unreadable": name of the error}.
    """

    def again(kind: str, id: str) -> Any:
        try:
            return REPLAYS[kind][1](id, plain(REPLAYS[kind][0](id)))
        except UNREADABLE as error:
            return {"unreadable": f"{type(error).__name__}: {error}"}

    return _figures(again)


def _figures(read: Callable[[str, str], Any]) -> Figures:
    found: Figures = {
        kind: {id: plain(read(kind, id)) for id in ids()} for kind, (_, _, ids) in REPLAYS.items()
    }
    found[DATED] = {id: dict(_dated(id)) for id in list_loan_ids(limit=100_000)}
    links = {str(seq): link for seq, link in list_audit_hashes()}
    found[AUDIT] = {"chain": {"ok": verify_audit_chain().ok, "links": links}}
    assert len(found["quote"]) == len(list_quote_ids(limit=1_000_000)), "every quote stands in the figures"
    return found


def _dated(loan_id: str) -> Iterator[tuple[str, Any]]:
    events = list_events(loan_id=loan_id)
    dates: set[date] = {one.value_date for one in events} | {one.booking_date for one in events}
    dates |= {
        row.due_date
        for row in get_position(loan_id=loan_id, as_of=get_terms(loan_id=loan_id).value_date).rows
    }
    for day in sorted(dates):
        yield day.isoformat(), plain(get_position(loan_id=loan_id, as_of=day))


def compare_figures(*, archived: Figures, found: Figures) -> list[tuple[str, str, FieldDifference]]:
    """This function will list (kind, id, field) where `found` does not say what `archived` says."""
    differences: list[tuple[str, str, FieldDifference]] = []
    for kind, documents in archived.items():
        for id, document in documents.items():
            now = _known(document, found.get(kind, {}).get(id))
            differences += [(kind, id, one) for one in list_differences(document, now)]
    return differences


def _known(archived: Any, found: Any) -> Any:
    """`found` without the fields that the archive does not know."""
    if isinstance(archived, dict) and isinstance(found, dict):
        return {name: _known(archived[name], value) for name, value in found.items() if name in archived}
    if isinstance(archived, list) and isinstance(found, list) and len(archived) == len(found):
        return [_known(old, new) for old, new in zip(archived, found, strict=True)]
    return found
