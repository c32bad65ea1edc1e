"""The kinds of work in the queue, who sees which, and what stands in one line of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from puhui.access.staff.domain import Permission


class ItemKind(StrEnum):
    """What kind of work."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    HELP = "help"
    DECISION = "decision"  # the policy sends it to a person
    SCAN = "scan"  # a payout that the second scan holds
    PAPER = "paper"  # a proof that was read unsurely
    SUSPENSE = "suspense"  # cash that no order explains
    DISCREPANCY = "discrepancy"  # rail and house do not agree
    WORK = "work"  # background work that died
    APPROVAL = "approval"  # waits for a second person


# Who sees a kind: the permission to work on it; an auditor reads all.
NEEDS: dict[ItemKind, frozenset[Permission]] = {
    ItemKind.COMPLAINT: frozenset({Permission.COMPLAINTS, Permission.AUDIT}),
    ItemKind.QUESTION: frozenset({Permission.QUESTIONS, Permission.AUDIT}),
    ItemKind.HELP: frozenset({Permission.HELP, Permission.AUDIT}),
    ItemKind.DECISION: frozenset({Permission.DECIDE, Permission.AUDIT}),
    ItemKind.SCAN: frozenset({Permission.DECIDE, Permission.AUDIT}),
    ItemKind.PAPER: frozenset({Permission.DECIDE, Permission.AUDIT}),
    ItemKind.SUSPENSE: frozenset({Permission.SETTLE, Permission.AUDIT}),
    ItemKind.DISCREPANCY: frozenset({Permission.SETTLE, Permission.AUDIT}),
    ItemKind.WORK: frozenset({Permission.REQUEUE, Permission.AUDIT}),
    ItemKind.APPROVAL: frozenset(
        {
            Permission.APPROVE_MONEY,
            Permission.APPROVE_ACCESS,
            Permission.APPROVE_MODELS,
            Permission.APPROVE_POLICIES,
            Permission.AUDIT,
        }
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """One thing that waits for a person."""

    subject: str  # "case:<id>", "application:<id>", …; what a claim names
    id: str  # id of the thing itself
    kind: ItemKind  # what kind of work
    number: str  # what people read aloud
    customer_id: str  # whom it concerns, empty for none
    why: str  # why it is here, in machine words or her own
    amount_minor: int  # amount that it is about, 0 for none; minor units
    since: datetime  # UTC, since when it waits
    due_at: datetime  # UTC, the last second in which we keep our word
