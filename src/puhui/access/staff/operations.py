"""Write verbs of the staff's desk. Each locks what it changes, refuses in a fixed order, then writes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password

from puhui.access.domain import Role, UserKind
from puhui.access.models import User
from puhui.access.operations import RoleUnknown, refuse_short
from puhui.access.staff.domain import WHY_MAX, Approval, ApprovalKind, Claim, ClaimAct, StaffNote
from puhui.access.staff.models import AnswerRow, ApprovalRow, ClaimEventRow, ClaimRow, NoteRow
from puhui.access.staff.queries import ApprovalUnknown, get_approval, get_claim
from puhui.core.canonical import canonical_bytes
from puhui.core.refusals import Refusal
from puhui.runtime.rows import find_row, insert_if_absent, insert_row
from puhui.runtime.sealing import seal
from puhui.runtime.transactions import require_transaction

NOTE_MAX = 2000  # characters of one note


class WhyMissing(Refusal):
    """An act that needs a second person needs a reason, in at most 300 characters."""

    field = "why"


class ApprovalPending(Refusal):
    """The same act on the same thing waits for a second person already."""

    field = "approval"
    status = 409


class ApprovalAnswered(Refusal):
    """A second person has answered already."""

    field = "approval"
    status = 409


class SecondPersonNeeded(Refusal):
    """The person who asked cannot be the second person."""

    field = "approval"
    status = 403


class ItemMoved(Refusal):
    """Somebody changed who has the item while this page was open."""

    field = "item"
    status = 409


class HeldByAnother(Refusal):
    """A colleague has the item in hand."""

    field = "item"
    status = 409


class NoteMissing(Refusal):
    """There is nothing in the note, or more than 2,000 characters."""

    field = "text"


class ColleagueUnknown(Refusal):
    """There is no such active member of staff."""

    field = "to"


def ask_approval(
    *, id: str, kind: str, subject: str, body: Mapping[str, Any], why: str, asked_by: str, now: datetime
) -> Approval:
    """This function will record that `asked_by` asks for an act; nothing else happens until a second person agrees.

    Raises: WhyMissing, ApprovalPending, in this order.
    """
    require_transaction()
    wanted = ApprovalKind(kind)
    reason = why.strip()
    if not 0 < len(reason) <= WHY_MAX:
        raise WhyMissing(longest=WHY_MAX)
    if ApprovalRow.objects.filter(kind=wanted.value, subject=subject, answer=None).exclude(id=id).exists():
        raise ApprovalPending()
    insert_row(
        ApprovalRow(
            id=id,
            kind=wanted.value,
            subject=subject,
            body=canonical_bytes(dict(body)).decode(),
            why_sealed=seal(reason),
            asked_by=asked_by,
            asked_at=now,
        )
    )
    return get_approval(id)


def answer_approval(*, id: str, agreed: bool, answered_by: str, note: str, now: datetime) -> Approval:
    """This function will record the second person's answer and return the approval; the caller carries the act out in
    the same transaction. Raises: ApprovalUnknown, SecondPersonNeeded, ApprovalAnswered, in this order.
    """
    require_transaction()
    row = find_row(ApprovalRow, lock=True, id=id)
    if row is None:
        raise ApprovalUnknown()
    if row.asked_by == answered_by:
        raise SecondPersonNeeded()
    answer = AnswerRow(
        approval_id=id,
        asked_by=row.asked_by,
        answered_by=answered_by,
        agreed=agreed,
        note_sealed=seal(note.strip()[:WHY_MAX]) if note.strip() else "",
        answered_at=now,
    )
    if not insert_if_absent(answer):
        raise ApprovalAnswered()
    return get_approval(id)


def take_claim(*, subject: str, by: str, version: int, now: datetime) -> Claim:
    """This function will give a free item to `by`; an item she has already stays hers.

    Raises: HeldByAnother; ItemMoved when it changed since `version` was read.
    """
    require_transaction()
    held = _locked(subject)
    if held.holder == by:
        return held
    if held.holder:
        raise HeldByAnother(holder=held.holder)
    return _move(held, version=version, holder=by, act=ClaimAct.TAKEN, by=by, now=now)


def hand_over(*, subject: str, by: str, to: str, version: int, now: datetime) -> Claim:
    """This function will give an item that `by` has, or nobody has, to a colleague.

    Raises: HeldByAnother, ColleagueUnknown, ItemMoved, in this order.
    """
    require_transaction()
    held = _locked(subject)
    if held.holder not in ("", by):
        raise HeldByAnother(holder=held.holder)
    refuse_strangers(to)
    return _move(held, version=version, holder=to, act=ClaimAct.HANDED, by=by, now=now)


def release_claim(*, subject: str, by: str, now: datetime) -> Claim:
    """This function will make an item free that `by` has; a free one stays free. Raises: HeldByAnother."""
    require_transaction()
    held = _locked(subject)
    if not held.holder:
        return held
    if held.holder != by:
        raise HeldByAnother(holder=held.holder)
    return _move(held, version=held.version, holder="", act=ClaimAct.RELEASED, by=by, now=now)


def unlock_claim(*, subject: str, by: str, to: str, now: datetime) -> Claim:
    """This function will give an item to `to`, whoever has it: two people agreed. Raises: ColleagueUnknown."""
    require_transaction()
    refuse_strangers(to)
    held = _locked(subject)
    return _move(held, version=held.version, holder=to, act=ClaimAct.UNLOCKED, by=by, now=now)


def refuse_held(*, subject: str, by: str) -> None:
    """This function will return when `by` may act on an item: she has it, or nobody does. Raises: HeldByAnother."""
    held = _locked(subject)
    if held.holder not in ("", by):
        raise HeldByAnother(holder=held.holder)


def refuse_strangers(login: str) -> None:
    """This function will return for an active member of staff. Raises: ColleagueUnknown."""
    known = User.objects.filter(login=login, kind=UserKind.STAFF.value, is_active=True)
    if not known.exists():
        raise ColleagueUnknown()


def _locked(subject: str) -> Claim:
    find_row(ClaimRow, lock=True, subject=subject)
    return get_claim(subject)


def _move(held: Claim, *, version: int, holder: str, act: ClaimAct, by: str, now: datetime) -> Claim:
    if held.version != version:
        raise ItemMoved()
    event = ClaimEventRow(subject=held.subject, seq=version + 1, act=act.value, by=by, holder=holder, at=now)
    if not insert_if_absent(event):  # two pages at the same instant: the unique index decides
        raise ItemMoved()
    row = ClaimRow(subject=held.subject, holder=holder, version=version + 1, at=now)
    if version:
        row.save(force_update=True)
    else:
        insert_row(row)
    return row.to_domain()


def set_staff_role(*, login: str, role: str) -> None:
    """This function will give a staff login another role. Raises: RoleUnknown, ColleagueUnknown."""
    require_transaction()
    if not role or role not in {one.value for one in Role}:
        raise RoleUnknown(roles=", ".join(one.value for one in Role if one.value))
    changed = User.objects.filter(login=login, kind=UserKind.STAFF.value).update(
        role=role, is_superuser=role == Role.ADMIN.value
    )
    if changed != 1:
        raise ColleagueUnknown()


def set_staff_active(*, login: str, active: bool) -> None:
    """This function will open or close a staff login. Raises: ColleagueUnknown."""
    require_transaction()
    if User.objects.filter(login=login, kind=UserKind.STAFF.value).update(is_active=active) != 1:
        raise ColleagueUnknown()


def set_staff_password(*, login: str, password: str) -> None:
    """This function will store another password of a staff login; sessions opened with the old one end.

    Raises: PasswordTooShort, ColleagueUnknown.
    """
    require_transaction()
    refuse_short(password)
    _colleague(login)
    User.objects.filter(login=login).update(password=make_password(password))


def forget_second_factors(*, login: str) -> int:
    """This function will remove the second factors of a staff login and return how many. Raises: ColleagueUnknown."""
    require_transaction()
    return int(Authenticator.objects.filter(user_id=_colleague(login)).delete()[0])


def _colleague(login: str) -> int:
    found = find_row(User, login=login, kind=UserKind.STAFF.value)
    if found is None:
        raise ColleagueUnknown()
    return int(found.pk)


def add_note(*, id: str, subject: str, by: str, text: str, now: datetime) -> StaffNote:
    """This function will keep a note for colleagues, sealed; it is never changed. Raises: NoteMissing."""
    require_transaction()
    cleaned = text.strip()
    if not 0 < len(cleaned) <= NOTE_MAX:
        raise NoteMissing(longest=NOTE_MAX)
    row = NoteRow(id=id, subject=subject, by=by, text_sealed=seal(cleaned), at=now)
    insert_row(row)
    return row.to_domain(text=cleaned)
