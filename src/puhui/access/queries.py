"""Read → values: logins and how many tries a subject has left."""

from __future__ import annotations

from datetime import datetime

from puhui.access.domain import WRONG_CODE_CAP, CodeGate, UserView
from puhui.access.models import Gate, User
from puhui.runtime.rows import find_row


def get_user(id: int) -> UserView | None:
    """This function will return the login of `id`, or None."""
    row = find_row(User, id=id)
    return row.to_domain() if row else None


def find_user(login: str) -> UserView | None:
    """This function will return the login named `login`, or None."""
    row = find_row(User, login=login)
    return row.to_domain() if row else None


def get_code_gate(*, purpose: str, subject: str, now: datetime) -> CodeGate:
    """This function will return how many wrong codes are still forgiven at `now`, and until when a lock lasts."""
    gate = find_row(Gate, purpose=purpose, subject=subject)
    if gate is None:
        return CodeGate(remaining=WRONG_CODE_CAP, locked_until=None)
    if gate.locked_until is not None and now < gate.locked_until:
        return CodeGate(remaining=0, locked_until=gate.locked_until)
    return CodeGate(remaining=WRONG_CODE_CAP - gate.wrong, locked_until=None)
