"""Wrong passwords and factors of staff are counted in the database, whichever process they reach."""

from __future__ import annotations

import hashlib
from datetime import datetime

from puhui.access import operations as access
from puhui.core.refusals import Refusal
from puhui.runtime.transactions import transaction

PASSWORD, FACTOR = "staff_password", "staff_factor"  # what is tried


class TooManyAttempts(Refusal):
    """Too many wrong tries for this name from this place."""

    field = "login"
    status = 429


def take_try(*, what: str, login: str, place: str, now: datetime) -> None:
    """This function will count one try from a place (a network address) before it is checked. Raises: TooManyAttempts."""
    with transaction():
        until = access.take_try(purpose=what, subject=_subject(login, place), now=now)
    if until is not None:
        raise TooManyAttempts(until=until)


def forget_tries(*, what: str, login: str, place: str) -> None:
    """This function will forget the tries before the right one."""
    with transaction():
        access.forget_tries(purpose=what, subject=_subject(login, place))


def _subject(login: str, place: str) -> str:
    return hashlib.sha256(f"{login}\x1f{place}".encode()).hexdigest()
