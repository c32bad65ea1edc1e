"""An analyst takes a scorecard as a workbook, edits its points, and gives it back as a proposed scorecard."""

from __future__ import annotations

from datetime import datetime

from puhui.access.staff.domain import Permission
from puhui.access.staff.queries import refuse_role
from puhui.core.refusals import Refusal
from puhui.decisions.registry import operations as registry
from puhui.decisions.registry.admission import ModelFilesRefused, admit_edited
from puhui.decisions.registry.domain import ModelKind, RegisteredModel
from puhui.decisions.registry.points import PointsInvalid, read_points, write_points
from puhui.decisions.registry.queries import ModelUnknown, get_scorecard_document
from puhui.journeys import models
from puhui.protection.texts.workbook.blame import find_cell
from puhui.protection.texts.workbook.excel import read_workbook, write_workbook
from puhui.runtime.operations import record_audit
from puhui.runtime.transactions import transaction

FOLDER = "models"
SAID = (
    ("What this is", "The points of a scorecard. Edit points, give it a name of its own, then upload it as a proposed model.", "一张评分卡的分值。可以修改分值，并起一个新名称，然后作为拟登记的模型上传。"),
    ("What stays", "Bins, counts and names of columns were measured and stay as they are.", "分箱、人数和列名是训练得来的，保持不变。"),
)  # fmt: skip


class NoPointsToEdit(Refusal):
    """Boosted trees have no points that a person could edit."""

    field = "files"


class PointsRefused(Refusal):
    """Every cell can be read, and together they are no scorecard."""

    field = "files"


def write(model_id: str, now: datetime) -> tuple[str, bytes]:
    """This function will return the name of a scorecard and its points as an .xlsx file.

    Raises: ModelUnknown, NoPointsToEdit.
    """
    model, document = _scorecard(model_id, now)
    return model.name, write_workbook(text=write_points(document), path=f"{FOLDER}/{model.id}", said=SAID)


def propose(*, body: bytes, owner: str, by: str, now: datetime) -> RegisteredModel:
    """This function will read a workbook and keep the scorecard that it makes as proposed; it scores nobody yet.

    Raises: those of `read_workbook`; RoleMayNot, ModelUnknown, NoPointsToEdit, PointsRefused, OwnerMissing, ModelKnown.
    """
    refuse_role(login=by, permission=Permission.MODELS)
    returned = read_workbook(body)
    base, document = _scorecard(returned.path.removeprefix(f"{FOLDER}/"), now)
    try:
        edited, changes = read_points(document, returned.text)
        admission = admit_edited(edited, changes=changes, of=base, by=by)
    except (PointsInvalid, ModelFilesRefused) as error:
        why = str(error.facts["why"]) if isinstance(error, ModelFilesRefused) else str(error)
        cell, _name = find_cell(returned, why)
        raise PointsRefused(cell=cell or "scorecard", why=why) from None
    with transaction():
        made = registry.record_model(admission=admission, owner=owner, by=by, now=now)
        record_audit(
            actor=f"staff:{by}",
            action="model.proposed",
            subject=f"model:{made.id}",
            detail={"sha256": made.sha256, "of": base.sha256, "changes": str(len(changes))},
            now=now,
        )
    return made


def _scorecard(model_id: str, now: datetime) -> tuple[RegisteredModel, str]:
    """A scorecard of the registry or of the policies folder, with its JSON."""
    model = next((one for one in models.list_registered(now) if one.id == model_id), None)
    if model is None:
        raise ModelUnknown()
    if model.kind is not ModelKind.SCORECARD:
        raise NoPointsToEdit()
    return model, get_scorecard_document(model)
