"""The registry of models: the list with a form to propose one, and a model's card with the forms for its next part."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from puhui.access.staff.domain import Permission
from puhui.access.staff.queries import RoleMayNot, list_approvals
from puhui.decisions.registry.admission import ModelFilesRefused
from puhui.decisions.registry.domain import SHARE_MAX_PPM, TRANSITIONS, ModelKind, RegisteredModel
from puhui.decisions.registry.queries import count_scored, list_model_events, list_points_changes
from puhui.journeys import model_workbooks, models, staff_model
from puhui.protection.texts.workbook import archive as workbook_archive
from puhui.web import clock
from puhui.web.errors import NotFoundHere
from puhui.web.shared import inputs
from puhui.web.staff import model_swaps
from puhui.web.staff.guard import allowed, desk, holds, login_of

ENDING = ".xlsx"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SEEN_BY = (Permission.MODELS, Permission.APPROVE_MODELS, Permission.AUDIT)
MOST_FILES = 20
MOST_BYTES = 20_000_000  # of all files together


@require_http_methods(["GET", "POST"])
@allowed(*SEEN_BY)
def list_page(request: HttpRequest) -> HttpResponseBase:
    """This function will list the registry, or keep a proposed model whose files were uploaded."""
    if request.method == "POST":
        if not holds(request, Permission.MODELS):
            raise RoleMayNot()
        return redirect("staff_model", _propose(request).id)
    return desk(
        request,
        "models",
        here="models",
        models=models.list_registered(clock.now(request)),
        kinds=[one.value for one in ModelKind],
    )


def _propose_edited(request: HttpRequest, file: UploadedFile[Any]) -> RegisteredModel:
    """A workbook says itself of which scorecard it is."""
    if (file.size or 0) > workbook_archive.MOST_BYTES:
        raise workbook_archive.WorkbookTooLarge(most=workbook_archive.MOST_BYTES // 1_000_000)
    return model_workbooks.propose(
        body=file.read(),
        owner=inputs.text(request, "owner", limit=64),
        by=login_of(request),
        now=clock.now(request),
    )


@require_safe
@allowed(*SEEN_BY)
def workbook(request: HttpRequest, model_id: str) -> HttpResponseBase:
    """This function will give the points of a scorecard as an .xlsx file."""
    name, body = model_workbooks.write(model_id, clock.now(request))
    headers = {"Content-Disposition": f'attachment; filename="{name}{ENDING}"'}
    return HttpResponse(body, content_type=XLSX, headers=headers)


def _propose(request: HttpRequest) -> RegisteredModel:
    files = request.FILES.getlist("files")
    if len(files) == 1 and (files[0].name or "").lower().endswith(ENDING):
        return _propose_edited(request, files[0])
    if not 0 < len(files) <= MOST_FILES or sum(one.size or 0 for one in files) > MOST_BYTES:
        raise ModelFilesRefused(why=f"1 to {MOST_FILES} files, {MOST_BYTES // 1_000_000} MB")
    with tempfile.TemporaryDirectory() as folder:
        for one in files:
            (Path(folder) / Path(one.name or "unnamed").name).write_bytes(one.read())
        return models.propose(
            folder=Path(folder),
            kind=inputs.text(request, "kind", limit=10),
            owner=inputs.text(request, "owner", limit=64),
            by=login_of(request),
            now=clock.now(request),
        )


@require_http_methods(["GET", "POST"])
@allowed(*SEEN_BY)
def card_page(request: HttpRequest, model_id: str) -> HttpResponseBase:
    """This function will show one model with its history, or ask for it to get another part."""
    now = clock.now(request)
    model = next((one for one in models.list_registered(now) if one.id == model_id), None)
    if model is None:
        raise NotFoundHere()
    if request.method == "POST":
        if not holds(request, Permission.MODELS):
            raise RoleMayNot()
        share = inputs.text(request, "share", required=False, limit=10)
        staff_model.ask_move(
            model_id=model_id,
            act=inputs.text(request, "to", limit=10),
            share_ppm=inputs.number(share, "share") if share else 0,
            why=inputs.text(request, "why", required=False, limit=2000),
            by=login_of(request),
            key=inputs.form_key(request),
            now=now,
        )
        return redirect("staff_model", model_id)
    shipped = model.admitted_at is None
    decided, beside = count_scored(model_id)
    return desk(
        request,
        "model",
        here="models",
        model=model,
        shipped=shipped,
        events=list_model_events(model_id),
        approvals=list_approvals(subject=f"model:{model_id}"),
        moves=[] if shipped else [act.value for state, act in TRANSITIONS if state is model.state],
        most_share=SHARE_MAX_PPM,
        decided=decided,
        changes=list_points_changes(model_id),
        editable=model.kind is ModelKind.SCORECARD,
        beside=beside,
        **model_swaps.context(model, now=now, as_of=clock.today(request)),
    )
