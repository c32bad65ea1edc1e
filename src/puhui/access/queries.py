"""Read → values: logins and how many tries a subject has left."""

from __future__ import annotations

from datetime import datetime

from puhui.access.domain import WRONG_CODE_CAP, CodeGate, UserView
from puhui.access.models import Gate, User


def get_user(id: int) -> UserView | None:
    """This function will return the login of `id`, or None."""
    row = User.objects.filter(pk=id).first()
    return row.to_domain() if row else None


def find_user(login: str) -> UserView | None:
    """This function will return the login named `login`, or None."""
    row = User.objects.filter(login=login).first()
    return row.to_domain() if row else None


def get_code_gate(*, purpose: str, subject: str, now: datetime) -> CodeGate:
    """This function will return how many wrong codes are still forgiven at `now`, and until when a lock lasts."""
    gate = Gate.objects.filter(purpose=purpose, subject=subject).first()
    if gate is None:
        return CodeGate(remaining=WRONG_CODE_CAP, locked_until=None)
    if gate.locked_until is not None and now < gate.locked_until:
        return CodeGate(remaining=0, locked_until=gate.locked_until)
    return CodeGate(remaining=WRONG_CODE_CAP - gate.wrong, locked_until=None)
