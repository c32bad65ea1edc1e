"""What is asked of the registry: models, their history, who decides, and what was logged beside a decision."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from puhui.core.ids import derive_id
from puhui.core.refusals import Refusal
from puhui.decisions.domain.challenger import Challenger, parse_challenger
from puhui.decisions.domain.scorecard import Scorecard, parse_scorecard
from puhui.decisions.registry.domain import (
    Assignment,
    ModelEvent,
    ModelFigures,
    ModelKind,
    ModelState,
    RegisteredModel,
    ShadowScore,
)
from puhui.decisions.registry.models import AssignmentRow, ModelEventRow, ModelRow, ShadowScoreRow
from puhui.decisions.registry.points import PointsChange
from puhui.runtime.rows import find_row, list_rows


class ModelUnknown(Refusal):
    """There is no such model in the registry."""

    field = "model"
    status = 404


@lru_cache(maxsize=16)
def _load(id: str, sha256: str) -> Scorecard | Challenger:
    """Read and parse once: an id follows from a content hash, and kept texts never change."""
    row = ModelRow.objects.get(id=id)
    found = (
        parse_scorecard(row.document, name=row.name, silence_priced=True)
        if row.kind == ModelKind.SCORECARD.value
        else parse_challenger(row.document, row.trees, name=row.name)
    )
    assert found.sha256 == sha256, f"model {id} is not the one that was admitted"
    return found


def get_model(id: str) -> RegisteredModel:
    """This function will return one registered model. Raises: ModelUnknown."""
    row = find_row(ModelRow, id=id)
    if row is None:
        raise ModelUnknown()
    return row.to_domain()


def list_models(shipped: Scorecard | None = None) -> list[RegisteredModel]:
    """This function will return all models, the newest first; last the scorecard that the credit policy names."""
    rows = ModelRow.objects.order_by("-admitted_at", "-id").defer("document", "trees")
    found = [row.to_domain() for row in rows]
    if shipped is not None:
        found.append(describe_shipped(shipped, champion=not any(_crowned(one) for one in found)))
    return found


def _crowned(one: RegisteredModel) -> bool:
    return one.state is ModelState.CHAMPION


def describe_shipped(card: Scorecard, *, champion: bool) -> RegisteredModel:
    """This function will describe the scorecard of the policies folder: champion whenever no other model is."""
    path = Path(settings.POLICIES_DIR) / "models" / f"{card.name}.card.json"
    ks = json.loads(path.read_text(encoding="utf-8"))["out_of_fold"]["ks"] if path.is_file() else None
    return RegisteredModel(
        id=derive_id("model", card.sha256),
        name=card.name,
        kind=ModelKind.SCORECARD,
        owner="house",
        state=ModelState.CHAMPION if champion else ModelState.RETIRED,
        share_ppm=0,
        sha256=card.sha256,
        manifest_sha256="",
        signed="shipped",
        key_id="",
        figures=ModelFigures(ks_ppm=ks["value_ppm"], low_ppm=ks["low_ppm"], high_ppm=ks["high_ppm"])
        if ks
        else None,
        reasons=tuple(one.reason for one in card.features),
        files={},
        admitted_at=None,
    )


def list_model_events(model_id: str) -> list[ModelEvent]:
    """This function will return what happened to a model, in order."""
    return [row.to_domain() for row in list_rows(ModelEventRow, order=("seq",), model_id=model_id)]


def list_scoring() -> list[tuple[RegisteredModel, Scorecard | Challenger]]:
    """This function will return champion, challenger and shadows with what scores. One query; none in a fresh house."""
    live = [ModelState.CHAMPION.value, ModelState.CHALLENGER.value, ModelState.SHADOW.value]
    rows = ModelRow.objects.filter(state__in=live).order_by("id").defer("document", "trees")
    return [(row.to_domain(), _load(row.id, row.sha256)) for row in rows]


def find_scorecard(sha256: str) -> Scorecard | None:
    """This function will return a registered scorecard by its content hash, retired ones too, None when unknown."""
    row = ModelRow.objects.filter(sha256=sha256).defer("document", "trees").first()
    found = _load(row.id, row.sha256) if row else None
    return found if isinstance(found, Scorecard) else None


def get_scorecard_document(model: RegisteredModel) -> str:
    """This function will return the JSON of a scorecard, registered or shipped with the policies."""
    assert model.kind is ModelKind.SCORECARD, "trees have no points"
    row = find_row(ModelRow, id=model.id)
    if row is not None:
        return row.document
    path = Path(settings.POLICIES_DIR) / "models" / f"{model.name}.json"
    return path.read_text(encoding="utf-8")


def list_points_changes(model_id: str) -> list[PointsChange]:
    """This function will return which points were edited to make a model; nothing of one that was trained."""
    row = find_row(ModelRow, id=model_id)
    if row is None or row.signed != "edited":
        return []
    return [PointsChange(**one) for one in json.loads(row.manifest)["changes"]]


def get_scorer(id: str) -> Scorecard | Challenger:
    """This function will return what scores of a registered model. Raises: ModelUnknown."""
    model = get_model(id)
    return _load(model.id, model.sha256)


def find_assignment(decision_id: str) -> Assignment | None:
    """This function will return how a decision got its model, None when nothing was being tried."""
    row = find_row(AssignmentRow, decision_id=decision_id)
    return row.to_domain() if row else None


def list_shadow_scores(decision_id: str) -> list[ShadowScore]:
    """This function will return what shadows said about a decision."""
    return [
        row.to_domain() for row in list_rows(ShadowScoreRow, order=("model_id",), decision_id=decision_id)
    ]


def count_scored(model_id: str) -> tuple[int, int]:
    """This function will return how many decisions a model made as a challenger, and how many it scored beside."""
    made = AssignmentRow.objects.filter(model_id=model_id, challenged=True).count()
    return made, ShadowScoreRow.objects.filter(model_id=model_id).count()
