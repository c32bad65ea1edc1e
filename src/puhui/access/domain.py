"""Values of access: who may sign in, in which role, and how a one-time code ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

WRONG_CODE_CAP = 5  # wrong codes for one subject before it is locked
LOCK_SECONDS = 15 * 60  # how long it is then locked
WRONG_PASSWORD_CAP = 5  # wrong passwords or factors for one subject before it is locked, as long as a code is
RESEND_SECONDS = 60  # least time between two codes for one subject
CODES_PER_HOUR = 5  # codes for one subject within an hour
PASSWORD_LENGTH_MIN = 10  # characters, as NIST SP 800-63B wants length rather than composition


class UserKind(Enum):
    """Which side of the desk a login is on."""

    BORROWER = "borrower"
    STAFF = "staff"


class Role(Enum):
    """What a member of staff is here for; a borrower has none."""

    NONE = ""
    ANALYST = "analyst"
    OPERATIONS = "operations"
    COLLECTIONS = "collections"
    COMPLAINTS = "complaints"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """A login, as other stages see it."""

    id: int  # primary key
    login: str  # unique; a user name for staff, "c." and a prefix of the customer's id for borrowers
    kind: UserKind  # borrower or staff
    role: Role  # of staff
    is_active: bool  # may sign in


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCode:
    """A code that was issued; the code itself is not here, only its keyed hash is stored."""

    id: str  # 26 characters, an argument of `open_code`
    purpose: str  # what it opens: "sign_in", "sign_quote", …
    subject: str  # blind index of a phone, or the id of a quote; never personal data
    issued_at: datetime  # instant of issue
    expires_at: datetime  # first instant at which it no longer opens anything
    used_at: datetime | None  # instant at which it was redeemed, None when it was not


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGate:
    """How many tries are left for a subject."""

    remaining: int  # wrong codes that are still forgiven
    locked_until: datetime | None  # until when no code is accepted, None when not locked


class CodeOutcome(Enum):
    """How a try to redeem a code ended."""

    OK = "ok"
    WRONG = "wrong"
    EXPIRED = "expired"  # too old, or none was ever issued
    USED = "used"
    LOCKED = "locked"
