"""Somebody asks for a registered model to get another part in decisions; a second person answers."""

from __future__ import annotations

from datetime import datetime

from puhui.access.staff.domain import Approval, ApprovalKind
from puhui.journeys import models, staff_four_eyes


def ask_move(
    *, model_id: str, act: str, share_ppm: int, why: str, by: str, key: str, now: datetime
) -> Approval:
    """This function will ask for a move that could be made now; nothing happens until a second person agrees.

    Raises: RoleMayNot, ModelActUnknown, ModelUnknown, ModelMoveNotAllowed, TreesCannotDecide,
    ChallengerShareOutOfRange, ChallengerStands, ModelDoesNotFit, WhyMissing, ApprovalPending.
    """
    models.refuse_move(model_id=model_id, act=act, share_ppm=share_ppm, now=now)
    return staff_four_eyes.ask(
        kind=ApprovalKind.MODEL_MOVE,
        subject=f"model:{model_id}",
        body={"model_id": model_id, "to": act, "share_ppm": str(share_ppm)},
        why=why,
        by=by,
        key=key,
        now=now,
    )
