"""Write verbs of the registry. One door for every move, refused by the one table, with its event in the same commit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from puhui.core.canonical import canonical_bytes
from puhui.core.ids import derive_id
from puhui.core.refusals import InputRefused, Refusal
from puhui.decisions.registry.admission import Admission
from puhui.decisions.registry.domain import (
    DECIDING,
    SHARE_MAX_PPM,
    TRANSITIONS,
    Assignment,
    ModelAct,
    ModelKind,
    ModelState,
    RegisteredModel,
    ShadowScore,
)
from puhui.decisions.registry.models import AssignmentRow, ModelEventRow, ModelRow, ShadowScoreRow
from puhui.decisions.registry.queries import ModelUnknown
from puhui.runtime.rows import (
    find_row,
    insert_all_if_absent,
    insert_if_absent,
    insert_row,
    list_rows,
    update_row,
)
from puhui.runtime.transactions import require_transaction


class ModelKnown(Refusal):
    """A model with the same content was proposed before."""

    field = "files"
    status = 409


class ModelMoveNotAllowed(Refusal):
    """The table of moves has no such move from where the model stands."""

    field = "to"
    status = 409


class ChallengerShareOutOfRange(InputRefused):
    """A challenger decides for more than nobody and for half of the customers at most."""

    field = "share"


class ChallengerStands(Refusal):
    """Another challenger is being tried; two at once cannot be told apart."""

    field = "to"
    status = 409


class TreesCannotDecide(Refusal):
    """Boosted trees price silence, so they may score beside and never decide (G2)."""

    field = "to"


class OwnerMissing(InputRefused):
    """A model has somebody who answers for it."""

    field = "owner"


def record_model(*, admission: Admission, owner: str, by: str, now: datetime) -> RegisteredModel:
    """This function will keep a checked model as proposed; it scores nobody. Raises: OwnerMissing, ModelKnown."""
    require_transaction()
    if not 0 < len(owner.strip()) <= 64:
        raise OwnerMissing()
    figures = admission.figures
    row = ModelRow(
        id=derive_id("model", admission.sha256),
        name=admission.name,
        kind=admission.kind.value,
        owner=owner.strip(),
        state=TRANSITIONS[None, ModelAct.PROPOSE].value,
        sha256=admission.sha256,
        document=admission.document,
        trees=admission.trees,
        manifest=admission.manifest,
        manifest_sha256=admission.manifest_sha256,
        signed=admission.signed,
        key_id=admission.key_id,
        figures_json=canonical_bytes(figures).decode() if figures else "",
        reasons_json=json.dumps(list(admission.reasons)),
        admitted_at=now,
    )
    if not insert_if_absent(row):
        raise ModelKnown(name=admission.name)
    _append(row, ModelAct.PROPOSE, asked_by=by, agreed_by="", now=now)
    return row.to_domain()


def refuse_move(*, model_id: str, act: ModelAct, share_ppm: int) -> None:
    """This function will return when a move may be made now.

    Raises: ModelUnknown, ModelMoveNotAllowed, TreesCannotDecide, ChallengerShareOutOfRange, ChallengerStands.
    """
    row = find_row(ModelRow, id=model_id)
    if row is None:
        raise ModelUnknown()
    _refuse(row, act, share_ppm)


def _refuse(row: ModelRow, act: ModelAct, share_ppm: int) -> ModelState:
    after = TRANSITIONS.get((ModelState(row.state), act))
    if after is None:
        raise ModelMoveNotAllowed()
    if row.kind == ModelKind.TREES.value and act in DECIDING:
        raise TreesCannotDecide()
    if act is ModelAct.CHALLENGE:
        if not 0 < share_ppm <= SHARE_MAX_PPM:
            raise ChallengerShareOutOfRange(most=SHARE_MAX_PPM)
        if any(one.id != row.id for one in list_rows(ModelRow, state=ModelState.CHALLENGER.value)):
            raise ChallengerStands()
    return after


def move_model(
    *, model_id: str, act: ModelAct, share_ppm: int, asked_by: str, agreed_by: str, now: datetime
) -> RegisteredModel:
    """This function will make a move that two people agreed on; crowning retires the champion before it.

    Raises: ModelUnknown, ModelMoveNotAllowed, TreesCannotDecide, ChallengerShareOutOfRange, ChallengerStands.
    """
    require_transaction()
    assert asked_by and agreed_by and asked_by != agreed_by, "two people"
    row = find_row(ModelRow, lock=True, id=model_id)
    if row is None:
        raise ModelUnknown()
    after = _refuse(row, act, share_ppm)
    if act is ModelAct.CROWN:
        for before in list_rows(ModelRow, lock=True, state=ModelState.CHAMPION.value):
            _set(before, ModelState.RETIRED, 0)
            _append(before, ModelAct.RETIRE, asked_by=asked_by, agreed_by=agreed_by, now=now)
    _set(row, after, share_ppm if after is ModelState.CHALLENGER else 0)
    _append(row, act, asked_by=asked_by, agreed_by=agreed_by, now=now)
    return row.to_domain()


def _set(row: ModelRow, state: ModelState, share_ppm: int) -> None:
    row.state, row.share_ppm = state.value, share_ppm
    update_row(row, ["state", "share_ppm"])


def _append(row: ModelRow, act: ModelAct, *, asked_by: str, agreed_by: str, now: datetime) -> None:
    seq = ModelEventRow.objects.filter(model_id=row.id).count() + 1  # the model's row is locked
    insert_row(
        ModelEventRow(
            model_id=row.id,
            seq=seq,
            act=act.value,
            state=row.state,
            share_ppm=row.share_ppm,
            asked_by=asked_by,
            agreed_by=agreed_by,
            at=now,
        )
    )


def record_beside(*, decision_id: str, assignment: Assignment | None, shadows: Sequence[ShadowScore]) -> None:
    """This function will keep, beside a decision, how it got its model and what shadows said; again changes nothing."""
    require_transaction()
    if assignment is not None:
        insert_if_absent(
            AssignmentRow(
                decision_id=decision_id,
                model_id=assignment.model_id,
                sha256=assignment.sha256,
                challenged=assignment.challenged,
                bucket_ppm=assignment.bucket_ppm,
                share_ppm=assignment.share_ppm,
                propensity_ppm=assignment.propensity_ppm,
            )
        )
    insert_all_if_absent(
        [
            ShadowScoreRow(
                decision_id=decision_id,
                model_id=one.model_id,
                pd_ppm=one.pd_ppm,
                reasons_json=json.dumps(list(one.reasons)),
            )
            for one in shadows
        ]
    )
