"""A model enters the registry, and two people give it a part in decisions: shadow, challenger, champion, none."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings

from puhui.access.staff.domain import Approval, Permission
from puhui.access.staff.queries import refuse_role
from puhui.core.refusals import Refusal
from puhui.decisions.domain.stored import StoredDecision
from puhui.decisions.queries import get_rules, refuse_unfit
from puhui.decisions.registry import operations as registry
from puhui.decisions.registry.admission import admit
from puhui.decisions.registry.domain import DECIDING, ModelAct, ModelKind, RegisteredModel
from puhui.decisions.registry.queries import list_models
from puhui.decisions.registry.scoring import Chosen, score_shadows
from puhui.journeys import house
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction


class ModelActUnknown(Refusal):
    """A registered model has no such move, or is of no such kind."""

    field = "to"


def list_registered(now: datetime) -> list[RegisteredModel]:
    """This function will return every model that ever scored or was proposed, the policy's own one last."""
    policy = house.policy(now)
    rules = get_rules(jurisdiction=policy.jurisdiction, on_date=house.today(now))
    return list_models(rules.model)


def propose(
    *, folder: Path, kind: str, owner: str, by: str, now: datetime, key: Path | None = None
) -> RegisteredModel:
    """This function will check the files of a trained model and keep it; it scores nobody until two people agree.

    Without a `key` the signature is checked against the house's own.

    Raises: RoleMayNot, ModelActUnknown, ModelKeyMissing, ModelFilesRefused, OwnerMissing, ModelKnown.
    """
    refuse_role(login=by, permission=Permission.MODELS)
    if kind not in list(ModelKind):
        raise ModelActUnknown()
    if key is None and settings.MODEL_KEY_FILE:
        key = Path(settings.MODEL_KEY_FILE)
    admission = admit(folder, kind=ModelKind(kind), key=key)
    with transaction():
        made = registry.record_model(admission=admission, owner=owner, by=by, now=now)
        record_audit(
            actor=f"staff:{by}",
            action="model.proposed",
            subject=f"model:{made.id}",
            detail={"sha256": made.sha256, "manifest": made.manifest_sha256, "key": made.key_id},
            now=now,
        )
    return made


def refuse_move(*, model_id: str, act: str, share_ppm: int, now: datetime) -> ModelAct:
    """This function will return the move when it may be asked for now.

    Raises: ModelActUnknown, ModelUnknown, ModelMoveNotAllowed, TreesCannotDecide, ChallengerShareOutOfRange,
    ChallengerStands, ModelDoesNotFit.
    """
    if act not in list(ModelAct) or act == ModelAct.PROPOSE:
        raise ModelActUnknown()
    move = ModelAct(act)
    registry.refuse_move(model_id=model_id, act=move, share_ppm=share_ppm)
    if move in DECIDING:
        policy = house.policy(now)
        refuse_unfit(model_id, jurisdiction=policy.jurisdiction, on_date=house.today(now))
    return move


def carry_out(approval: Approval, now: datetime) -> None:
    """This function will make the move that the second person agreed to, if it still may be made."""
    body = approval.body
    share_ppm = int(body["share_ppm"])
    act = refuse_move(model_id=body["model_id"], act=body["to"], share_ppm=share_ppm, now=now)
    registry.move_model(
        model_id=body["model_id"],
        act=act,
        share_ppm=share_ppm,
        asked_by=approval.asked_by,
        agreed_by=approval.answered_by,
        now=now,
    )


def record_beside(decided: StoredDecision, chosen: Chosen) -> None:
    """This function will keep beside a decision how it got its model and what shadows say, in the decision's commit."""
    shadows = score_shadows(decided.input, rules=chosen.rules, shadows=chosen.shadows)
    registry.record_beside(decision_id=decided.id, assignment=chosen.assignment, shadows=shadows)
