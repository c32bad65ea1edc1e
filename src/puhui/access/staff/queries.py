"""Read → values: staff logins, approvals, claims."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from puhui.access.domain import UserKind, UserView
from puhui.access.models import User
from puhui.access.staff.domain import Approval, Claim, Permission, StaffNote, may
from puhui.access.staff.models import ApprovalRow, ClaimRow, NoteRow
from puhui.core.refusals import Refusal
from puhui.runtime.rows import find_row
from puhui.runtime.sealing import unseal


class ApprovalUnknown(Refusal):
    """There is no such request for a second person."""

    field = "approval"
    status = 404


class RoleMayNot(Refusal):
    """The role does not hold the permission that the act needs."""

    status = 403


def refuse_role(*, login: str, permission: Permission) -> None:
    """This function will return when an active member of staff holds a permission. Raises: RoleMayNot."""
    user = find_row(User, login=login)
    if user is None or not user.is_active or not may(user.role, permission):
        raise RoleMayNot()


def list_staff() -> list[UserView]:
    """This function will return every staff login, closed ones too, by name."""
    return [row.to_domain() for row in User.objects.filter(kind=UserKind.STAFF.value).order_by("login")]


def _approval(row: ApprovalRow) -> Approval:
    answer = getattr(row, "answer", None)
    note = unseal(answer.note_sealed) if answer and answer.note_sealed else ""
    return row.to_domain(answer=answer, why=unseal(row.why_sealed), note=note)


def get_approval(id: str) -> Approval:
    """This function will return one approval. Raises: ApprovalUnknown."""
    row = ApprovalRow.objects.select_related("answer").filter(id=id).first()
    if row is None:
        raise ApprovalUnknown()
    return _approval(row)


def list_approvals(
    *,
    open_only: bool = False,
    subject: str | None = None,
    kinds: Iterable[str] | None = None,
    limit: int = 100,
) -> list[Approval]:
    """This function will return approvals: open ones oldest first, else the newest first. One query."""
    rows = ApprovalRow.objects.select_related("answer")
    rows = (
        rows.filter(answer=None).order_by("asked_at", "id")
        if open_only
        else rows.order_by("-asked_at", "-id")
    )
    if subject is not None:
        rows = rows.filter(subject=subject)
    if kinds is not None:
        rows = rows.filter(kind__in=list(kinds))
    return [_approval(row) for row in rows[:limit]]


def count_open_approvals() -> int:
    """This function will return how many acts wait for a second person."""
    return ApprovalRow.objects.filter(answer=None).count()


def get_claim(subject: str) -> Claim:
    """This function will return who has an item in hand; version 0 and nobody when it was never taken."""
    row = find_row(ClaimRow, subject=subject)
    return row.to_domain() if row else Claim(subject=subject, holder="", version=0, at=None)


def list_claims(subjects: Collection[str]) -> dict[str, Claim]:
    """This function will return the claims on these items, by subject, in one query; free items are left out."""
    rows = ClaimRow.objects.filter(subject__in=list(subjects)).exclude(holder="")
    return {row.subject: row.to_domain() for row in rows}


def list_notes(subject: str, *, limit: int = 50) -> list[StaffNote]:
    """This function will return what staff wrote about something, the newest first."""
    rows = NoteRow.objects.filter(subject=subject).order_by("-at", "-id")[:limit]
    return [row.to_domain(text=unseal(row.text_sealed)) for row in rows]
