"""Write verbs of access: logins, and one-time codes that open one thing once."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from puhui.access.domain import (
    CODES_PER_HOUR,
    LOCK_SECONDS,
    PASSWORD_LENGTH_MIN,
    RESEND_SECONDS,
    WRONG_CODE_CAP,
    WRONG_PASSWORD_CAP,
    CodeOutcome,
    OneTimeCode,
    Role,
    UserKind,
)
from puhui.access.models import Code, Gate, User
from puhui.access.queries import get_code_gate
from puhui.core.refusals import Refusal
from puhui.runtime.rows import find_row, insert_if_absent
from puhui.runtime.sealing import blind_index
from puhui.runtime.transactions import require_transaction


class CodeTooSoon(Refusal):
    """A code was sent less than a minute ago."""

    field = "code"
    status = 429


class CodeLocked(Refusal):
    """Too many wrong codes, or too many codes asked for; locked until an instant."""

    field = "code"
    status = 429


class CodeWrong(Refusal):
    """The code is not the newest one that was sent; some tries remain."""

    field = "code"


class CodeExpired(Refusal):
    """The code is too old, or none was sent."""

    field = "code"


class CodeUsed(Refusal):
    """The code has already opened what it was for."""

    field = "code"


class LoginTaken(Refusal):
    """Another login has this name."""

    field = "login"
    status = 409


class RoleUnknown(Refusal):
    """The role is not one that staff can have."""

    field = "role"


class PasswordTooShort(Refusal):
    """The password has too few characters."""

    field = "password"


def create_borrower_login(*, login: str, now: datetime) -> int:
    """This function will create a borrower's login, which opens by one-time code only, and return its id.

    Raises: LoginTaken.
    """
    require_transaction()
    if User.objects.filter(login=login).exists():
        raise LoginTaken(login=login)
    return int(User.objects.create_user(login, kind=UserKind.BORROWER.value, created_at=now).pk)


def refuse_short(password: str) -> None:
    """This function will refuse a password that is too short. Raises: PasswordTooShort."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise PasswordTooShort(minimum=PASSWORD_LENGTH_MIN)


def create_staff(*, login: str, password: str, role: str, now: datetime) -> int:
    """This function will create a staff login with `role` and return its id.

    Raises: RoleUnknown, PasswordTooShort, LoginTaken, in this order.
    """
    require_transaction()
    if not role or role not in {one.value for one in Role}:
        raise RoleUnknown(roles=", ".join(one.value for one in Role if one.value))
    refuse_short(password)
    if User.objects.filter(login=login).exists():
        raise LoginTaken(login=login)
    user = User.objects.create_user(
        login,
        password,
        kind=UserKind.STAFF.value,
        role=role,
        is_superuser=role == Role.ADMIN.value,
        created_at=now,
    )
    return int(user.pk)


def _lock_gate(purpose: str, subject: str) -> Gate | None:
    """Return the gate of a subject, locked for the rest of the transaction (SQLite: the write lock is ours already)."""
    return find_row(Gate, lock=True, purpose=purpose, subject=subject)


def take_try(*, purpose: str, subject: str, now: datetime) -> datetime | None:
    """This function will count one try of a password or factor before it is checked, and return None, or the instant
    until which the subject is locked after five tries that were not followed by `forget_tries`.

    Counted first and kept in the database, so that simultaneous tries and several web processes share one count. The
    caller commits whatever follows. The first try of a subject sweeps out those whose time is over.
    """
    require_transaction()
    until = now + timedelta(seconds=LOCK_SECONDS)
    if insert_if_absent(Gate(purpose=purpose, subject=subject, wrong=1, locked_until=until)):
        Gate.objects.filter(purpose=purpose, locked_until__lte=now).delete()
        return None
    gate = _lock_gate(purpose, subject)
    if gate is None:  # swept out or forgotten in between
        return take_try(purpose=purpose, subject=subject, now=now)
    counts = gate.locked_until is not None and now < gate.locked_until
    if counts and gate.wrong >= WRONG_PASSWORD_CAP:
        return gate.locked_until
    Gate.objects.filter(pk=gate.pk).update(wrong=gate.wrong + 1 if counts else 1, locked_until=until)
    return None


def forget_tries(*, purpose: str, subject: str) -> None:
    """This function will end the count of a subject that has shown the right password or factor."""
    require_transaction()
    Gate.objects.filter(purpose=purpose, subject=subject).delete()


def _hash_of(*, id: str, code: str) -> str:
    return blind_index(code, purpose=f"access.code\x1f{id}")


def open_code(
    *, id: str, purpose: str, subject: str, code: str, now: datetime, ttl_seconds: int = 300
) -> OneTimeCode:
    """This function will store the keyed hash of `code`, valid for `ttl_seconds`, and make older codes of the same
    purpose and subject void. The same `id` again returns what it opened the first time.

    Raises: CodeLocked (five wrong tries: 15 minutes; five codes within an hour: until the oldest is an hour old),
    CodeTooSoon (within 60 seconds of the last one).
    """
    require_transaction()
    row = Code(
        id=id,
        purpose=purpose,
        subject=subject,
        code_hmac=_hash_of(id=id, code=code),
        issued_at=now,
        expires_at=now + timedelta(seconds=ttl_seconds),
    )
    if insert_if_absent(Gate(purpose=purpose, subject=subject, code_id=id)):
        assert insert_if_absent(row), "one id opens one code"  # the first code: nothing to refuse or void
        return row.to_domain()
    gate = _lock_gate(purpose, subject)
    assert gate is not None, "a gate is never removed"
    if gate.code_id == id:
        return Code.objects.get(id=id).to_domain()
    _refuse_sending(gate, now)
    if not insert_if_absent(row):
        kept = Code.objects.get(id=id)
        assert (kept.purpose, kept.subject) == (purpose, subject), "one id opens one code"
        return kept.to_domain()
    Gate.objects.filter(pk=gate.pk).update(code_id=id)
    return row.to_domain()


def _refuse_sending(gate: Gate, now: datetime) -> None:
    """Raise the refusal that stands against another code for this subject now, if any."""
    if gate.locked_until and now < gate.locked_until:
        raise CodeLocked(until=gate.locked_until)
    recent = list(
        Code.objects.filter(
            purpose=gate.purpose, subject=gate.subject, issued_at__gt=now - timedelta(hours=1)
        )
        .order_by("-issued_at")
        .values_list("issued_at", flat=True)[:CODES_PER_HOUR]
    )
    if len(recent) == CODES_PER_HOUR:
        raise CodeLocked(until=recent[-1] + timedelta(hours=1))
    if recent and now < recent[0] + timedelta(seconds=RESEND_SECONDS):
        wait = recent[0] + timedelta(seconds=RESEND_SECONDS) - now
        raise CodeTooSoon(seconds=-(-wait // timedelta(seconds=1)))


def redeem_code(*, purpose: str, subject: str, code: str, now: datetime) -> CodeOutcome:
    """This function will try `code` against the newest one of the subject. It never raises a refusal.

    The caller commits whatever the outcome: a wrong try that is rolled back would not count. Of two simultaneous
    tries with the right code one is OK and the other USED.
    """
    require_transaction()
    gate = _lock_gate(purpose, subject)
    if gate is None:
        return CodeOutcome.EXPIRED
    if gate.locked_until and now < gate.locked_until:
        return CodeOutcome.LOCKED
    kept = find_row(Code, id=gate.code_id) if gate.code_id else None
    if kept is None or now >= kept.expires_at:
        return CodeOutcome.EXPIRED
    if kept.used_at is not None:
        return CodeOutcome.USED
    if not hmac.compare_digest(kept.code_hmac, _hash_of(id=kept.id, code=code)):
        return _record_wrong(gate, now)
    # The condition repeats the check above: the row, not our reading of it, decides who was first.
    if Code.objects.filter(id=kept.id, used_at=None).update(used_at=now) != 1:
        return CodeOutcome.USED
    if gate.wrong or gate.locked_until:
        Gate.objects.filter(pk=gate.pk).update(wrong=0, locked_until=None)
    return CodeOutcome.OK


def _record_wrong(gate: Gate, now: datetime) -> CodeOutcome:
    wrong = gate.wrong + 1
    if wrong < WRONG_CODE_CAP:
        Gate.objects.filter(pk=gate.pk).update(wrong=wrong, locked_until=None)
        return CodeOutcome.WRONG
    # The lock starts the count afresh and voids the code: after it, she asks for a new one.
    until = now + timedelta(seconds=LOCK_SECONDS)
    Gate.objects.filter(pk=gate.pk).update(wrong=0, locked_until=until, code_id="")
    return CodeOutcome.LOCKED


def refuse_outcome(*, outcome: CodeOutcome, purpose: str, subject: str, now: datetime) -> None:
    """This function will return for OK and raise the refusal of every other outcome, with what remains or until when.

    Call it after the transaction of `redeem_code` has committed. Raises: CodeWrong, CodeExpired, CodeUsed, CodeLocked.
    """
    match outcome:
        case CodeOutcome.OK:
            return
        case CodeOutcome.WRONG:
            raise CodeWrong(remaining=get_code_gate(purpose=purpose, subject=subject, now=now).remaining)
        case CodeOutcome.EXPIRED:
            raise CodeExpired()
        case CodeOutcome.USED:
            raise CodeUsed()
        case CodeOutcome.LOCKED:
            raise CodeLocked(until=get_code_gate(purpose=purpose, subject=subject, now=now).locked_until)
