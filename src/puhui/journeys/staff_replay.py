"""An auditor has anything stored worked out again: identical, or where it differs, field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from puhui.core.canonical import plain
from puhui.core.differences import FieldDifference, list_differences
from puhui.core.ids import derive_id
from puhui.core.refusals import Refusal
from puhui.decisions.domain.stored import DecisionUnknown
from puhui.decisions.policy_files import RulesUnknown
from puhui.decisions.queries import list_decision_ids
from puhui.journeys import staff_again, staff_again_quote
from puhui.loans.queries import list_loan_ids
from puhui.offers.queries import QuoteNotFound, list_quote_ids

MOST = 1_000_000  # ids that a sample is drawn from
UNREADABLE = (KeyError, TypeError, ValueError, AssertionError, RulesUnknown, Refusal)  # edited beyond reading


class ReplayKindUnknown(Refusal):
    """Only decisions, quotes, positions and postings can be replayed."""

    field = "kind"


class ReplayMissing(Refusal):
    """Nothing is stored under this id."""

    field = "id"
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What working one thing out again gave."""

    kind: str  # "decision", "quote", "position" or "posting"
    id: str  # of what was stored; of the loan for positions and postings
    differences: tuple[FieldDifference, ...]  # none when identical


def replay(*, kind: str, id: str) -> Replayed:
    """This function will work one stored thing out again. Raises: ReplayKindUnknown, ReplayMissing."""
    if kind not in REPLAYS:
        raise ReplayKindUnknown()
    stored = _read(kind, id)
    if stored is None:
        raise ReplayMissing()
    try:
        again = REPLAYS[kind][1](id, stored)
    except UNREADABLE as error:
        again = {"unreadable": type(error).__name__}
    return Replayed(kind=kind, id=id, differences=list_differences(plain(stored), plain(again)))


def _read(kind: str, id: str) -> Any:
    """What is stored; a row that cannot even be read is a difference by itself."""
    try:
        return REPLAYS[kind][0](id)
    except (DecisionUnknown, QuoteNotFound):
        return None
    except UNREADABLE as error:
        return {"stored row": type(error).__name__}


def sample(*, kind: str, count: int, seed: str) -> list[Replayed]:
    """This function will replay `count` of what is stored, drawn by `seed`, so that the same draw can be asked again.

    Raises: ReplayKindUnknown.
    """
    if kind not in REPLAYS:
        raise ReplayKindUnknown()
    drawn = sorted(REPLAYS[kind][2](), key=lambda id: derive_id("sample", seed, id))[:count]
    return [replay(kind=kind, id=id) for id in drawn]


# kind → how to read what is stored, how to work it out again, and how to list the ids.
REPLAYS: dict[str, tuple[Callable[[str], Any], Callable[[str, Any], Any], Callable[[], list[str]]]] = {
    "decision": (staff_again.decision, staff_again.decision_again, partial(list_decision_ids, limit=MOST)),
    "quote": (staff_again_quote.quote, staff_again_quote.quote_again, partial(list_quote_ids, limit=MOST)),
    "position": (staff_again.loan, staff_again.loan_again, partial(list_loan_ids, limit=MOST)),
    "posting": (staff_again.entries, staff_again.entries_again, partial(list_loan_ids, limit=MOST)),
}
