"""A person puts background work back that the worker gave up."""

from __future__ import annotations

from datetime import datetime

from puhui.access.staff.domain import Permission
from puhui.access.staff.queries import refuse_role
from puhui.runtime.operations import record_audit, requeue_work
from puhui.runtime.transactions import transaction


def requeue(*, work_key: str, by: str, now: datetime) -> None:
    """This function will make a dead item ready again under its own key. Raises: RoleMayNot, WorkNotDead."""
    refuse_role(login=by, permission=Permission.REQUEUE)
    with transaction():
        requeue_work(key=work_key, now=now)
        record_audit(
            actor=f"staff:{by}", action="work.requeued", subject=f"work:{work_key}", detail={}, now=now
        )
