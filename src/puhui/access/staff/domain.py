"""Values of the staff's desk: the one table of permissions, claims on items, and approvals by a second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from puhui.access.domain import Role

WHY_MAX = 300  # characters of a reason


class Permission(StrEnum):
    """One thing that a role may see or do."""

    QUEUE = "queue"  # the work queue, limited to the kinds that she may work on or read
    WORK = "work"  # take an item, hand it over, write a note
    SEARCH = "search"  # find a customer by phone, number, name or case
    FILE = "file"  # a customer's file, masked
    UNMASK = "unmask"  # her numbers in full, written to her log
    COMPLAINTS = "complaints"  # answer complaints
    QUESTIONS = "questions"  # answer questions
    HELP = "help"  # work on requests for help
    DECIDE = "decide"  # decide what the policy sends to a person
    REQUEUE = "requeue"  # put dead work back
    SETTLE = "settle"  # ask for acts on suspense, discrepancies and payments
    APPROVE_MONEY = "approve_money"  # be the second person on money
    STAFF = "staff"  # ask for logins to be opened, closed, given another role
    APPROVE_ACCESS = "approve_access"  # be the second person on logins and on other people's items
    PORTFOLIO = "portfolio"  # portfolio pages
    EXPORT = "export"  # their rows as files
    LEDGER = "ledger"  # trial balance and entries
    REPLAY = "replay"  # replay decisions, quotes, positions, postings
    MODELS = "models"  # ask for moves of registered models
    APPROVE_MODELS = "approve_models"  # be the second person on models
    POLICIES = "policies"  # draft policy texts and ask for them to be published
    APPROVE_POLICIES = "approve_policies"  # be the second person on policy texts
    AUDIT = "audit"  # the audit chain and the log of who looked at whom
    WEBHOOKS = "webhooks"  # what partners were told and how they answered; send it again
    TABLES = "tables"  # raw tables, read-only


P = Permission
_READ = {P.QUEUE, P.SEARCH, P.FILE}
_DESK = _READ | {P.WORK}

# The one table of who may what. The access matrix in docs/reference is generated from it.
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.NONE: frozenset(),
    Role.ANALYST: frozenset(
        _DESK
        | {P.DECIDE, P.PORTFOLIO, P.EXPORT, P.LEDGER, P.REPLAY, P.MODELS, P.APPROVE_MODELS}
        | {P.POLICIES, P.APPROVE_POLICIES}
    ),
    Role.OPERATIONS: frozenset(
        _DESK
        | {P.UNMASK, P.QUESTIONS, P.HELP, P.DECIDE, P.REQUEUE, P.SETTLE, P.APPROVE_MONEY, P.LEDGER, P.REPLAY}
        | {P.WEBHOOKS, P.APPROVE_MODELS, P.APPROVE_POLICIES}
    ),
    Role.COLLECTIONS: frozenset(_DESK | {P.HELP}),
    Role.COMPLAINTS: frozenset(_DESK | {P.UNMASK, P.COMPLAINTS, P.QUESTIONS, P.HELP, P.REPLAY}),
    Role.AUDITOR: frozenset(_READ | {P.PORTFOLIO, P.EXPORT, P.LEDGER, P.REPLAY, P.AUDIT, P.TABLES}),
    Role.ADMIN: frozenset({P.QUEUE, P.WORK, P.REQUEUE, P.STAFF, P.APPROVE_ACCESS, P.TABLES, P.WEBHOOKS}),
}


def may(role: Role | str, permission: Permission) -> bool:
    """This function will tell whether a role holds a permission; an unknown role holds none."""
    known = role if isinstance(role, Role) else next((one for one in Role if one.value == role), Role.NONE)
    return permission in PERMISSIONS[known]


class ApprovalKind(StrEnum):
    """An act that needs a second person."""

    SUSPENSE_APPLY = "suspense.apply"  # cash in suspense counts as a repayment of a loan
    SUSPENSE_PAIR = "suspense.pair"  # two items of suspense cancel each other
    DISCREPANCY_CLOSE = "discrepancy.close"  # rail and house agree again, by hand
    PAYMENT_REFUND = "payment.refund"  # a payment is taken off its loan and sent back
    LOAN_EVENT = "loan.event"  # an event is entered on a loan by hand
    SCAN_ANSWER = "scan.answer"  # a payout that the second scan holds leaves, or stops for good
    ITEM_UNLOCK = "item.unlock"  # a colleague's item is given to somebody else
    MODEL_MOVE = "model.move"  # a registered model gets another part in decisions
    RELIEF_GRANT = "relief.grant"  # a plan refused for its cost joins a customer's options
    TEXT_PUBLISH = "text.publish"  # a policy text holds from its first day on
    STAFF_OPEN = "staff.open"  # a login opens again
    STAFF_CLOSE = "staff.close"  # a login is closed
    STAFF_ROLE = "staff.role"  # a login gets another role


# Who may ask for an act, and who may be its second person.
APPROVALS: dict[ApprovalKind, tuple[Permission, Permission]] = {
    ApprovalKind.SUSPENSE_APPLY: (P.SETTLE, P.APPROVE_MONEY),
    ApprovalKind.SUSPENSE_PAIR: (P.SETTLE, P.APPROVE_MONEY),
    ApprovalKind.DISCREPANCY_CLOSE: (P.SETTLE, P.APPROVE_MONEY),
    ApprovalKind.PAYMENT_REFUND: (P.SETTLE, P.APPROVE_MONEY),
    ApprovalKind.LOAN_EVENT: (P.SETTLE, P.APPROVE_MONEY),
    ApprovalKind.SCAN_ANSWER: (P.DECIDE, P.APPROVE_MONEY),
    ApprovalKind.ITEM_UNLOCK: (P.WORK, P.WORK),
    ApprovalKind.MODEL_MOVE: (P.MODELS, P.APPROVE_MODELS),
    ApprovalKind.RELIEF_GRANT: (P.HELP, P.APPROVE_MONEY),
    ApprovalKind.TEXT_PUBLISH: (P.POLICIES, P.APPROVE_POLICIES),
    ApprovalKind.STAFF_OPEN: (P.STAFF, P.APPROVE_ACCESS),
    ApprovalKind.STAFF_CLOSE: (P.STAFF, P.APPROVE_ACCESS),
    ApprovalKind.STAFF_ROLE: (P.STAFF, P.APPROVE_ACCESS),
}


class ApprovalState(StrEnum):
    """Where an approval stands."""

    OPEN = "open"  # waits for the second person
    AGREED = "agreed"  # done
    REFUSED = "refused"  # not done


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One act that needs two people."""

    id: str  # text(26)
    kind: ApprovalKind  # which act
    subject: str  # what it acts on, "suspense:<id>"; never personal data
    body: dict[str, Any]  # its arguments, JSON values
    why: str  # reason of the one who asks; sealed at rest
    asked_by: str  # login
    asked_at: datetime  # UTC
    state: ApprovalState  # open, agreed or refused
    answered_by: str  # login of the second person, empty while open
    answered_at: datetime | None  # UTC, None while open
    note: str  # reason of the second person; sealed at rest, may be empty


class ClaimAct(StrEnum):
    """What happened to the ownership of an item."""

    TAKEN = "taken"
    HANDED = "handed"  # to a colleague
    RELEASED = "released"
    UNLOCKED = "unlocked"  # given to another by two people


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who has an item of the queue in hand."""

    subject: str  # "case:<id>", "application:<id>", …
    holder: str  # login, empty when nobody has it
    version: int  # grows by one with every change; a form carries the one it was drawn with
    at: datetime | None  # UTC, since when; None when it was never taken


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffNote:
    """What a member of staff wrote about something, for colleagues."""

    id: str  # text(26)
    subject: str  # "customer:<id>", …
    by: str  # login
    text: str  # sealed at rest
    at: datetime  # UTC
