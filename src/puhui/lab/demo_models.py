"""Two models beside the scorecard that the policy names: boosted trees that only score beside, and a challenger that decides.

Both were trained by `puhui lab train` on the demo's own training half and signed; they enter the registry like any other,
by its checks and by two people.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings

from puhui.access.domain import Role
from puhui.decisions.registry.domain import ModelAct, ModelKind
from puhui.journeys import models, staff_four_eyes, staff_model
from puhui.lab import demo_logins

FOLDER = "models/lab-2026-11-22"  # below DATA_DIR; the key against which it is checked stands beside it
SHARE_PPM = 100_000  # of the customers of the demo's last weeks, for whom the challenger decides
PARTS = ((ModelKind.TREES, ModelAct.SHADOW, 0), (ModelKind.SCORECARD, ModelAct.CHALLENGE, SHARE_PPM))
WHY = "Trained on the same loans; we want to see it beside the scorecard in use."


def try_models(*, now: datetime) -> None:
    """This function will have an analyst propose both models and ask for their parts, and a second person agree."""
    demo_logins.make_staff(now=now)
    folder = Path(settings.DATA_DIR) / FOLDER
    for kind, act, share_ppm in PARTS:
        made = models.propose(
            folder=folder,
            kind=kind.value,
            owner="risk desk",
            by=Role.ANALYST.value,
            now=now,
            key=folder.with_suffix(".pem"),
        )
        asked = staff_model.ask_move(
            model_id=made.id,
            act=act.value,
            share_ppm=share_ppm,
            why=WHY,
            by=Role.ANALYST.value,
            key=f"demo-{kind.value}",
            now=now,
        )
        staff_four_eyes.answer(approval_id=asked.id, agreed=True, by=Role.OPERATIONS.value, note="", now=now)
