"""Logins of staff from the command line: the first one, another password, a lost device. The pages change them by two people."""

from __future__ import annotations

from datetime import datetime

from puhui.access import operations as access
from puhui.access.staff import operations as desk
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction

ACTOR = "command line"


def open_login(*, login: str, role: str, password: str, now: datetime) -> None:
    """This function will create a login of staff. Raises: RoleUnknown, PasswordTooShort, LoginTaken."""
    with transaction():
        access.create_staff(login=login, password=password, role=role, now=now)
        _audit(action="staff.login_created", login=login, detail={"role": role}, now=now)


def change_password(*, login: str, password: str, now: datetime) -> None:
    """This function will give a login of staff another password, which ends its sessions.

    Raises: PasswordTooShort, ColleagueUnknown.
    """
    with transaction():
        desk.set_staff_password(login=login, password=password)
        _audit(action="staff.password_changed", login=login, detail={}, now=now)


def forget_factors(*, login: str, now: datetime) -> int:
    """This function will remove every second factor of a login (a lost device) and return how many there were.

    She adds a new one when she signs in next. Raises: ColleagueUnknown.
    """
    with transaction():
        removed = desk.forget_second_factors(login=login)
        _audit(action="second_factor.forgotten", login=login, detail={"removed": removed}, now=now)
    return removed


def close_login(*, login: str, now: datetime) -> None:
    """This function will close a login of staff at once; its sessions end. Raises: ColleagueUnknown."""
    with transaction():
        desk.set_staff_active(login=login, active=False)
        _audit(action="staff.login_closed", login=login, detail={}, now=now)


def _audit(*, action: str, login: str, detail: dict[str, object], now: datetime) -> None:
    record_audit(actor=ACTOR, action=action, subject=f"staff:{login}", detail=detail, now=now)
