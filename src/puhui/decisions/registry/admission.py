"""What a model has to show at the door: a signed manifest whose every hash fits, and a file that parses strictly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from puhui.core.canonical import plain
from puhui.core.refusals import Refusal
from puhui.decisions.domain.challenger import ChallengerInvalid, parse_challenger
from puhui.decisions.domain.scorecard import ScorecardInvalid, parse_scorecard
from puhui.decisions.registry.domain import ModelFigures, ModelKind, RegisteredModel
from puhui.decisions.registry.points import PointsChange
from puhui.decisions.registry.signing import MANIFEST, SIGNATURE, Manifest, ModelFilesInvalid, check_manifest

EDITED = "puhui-model-edit-1"  # format of the manifest of a scorecard whose points were edited
ROLE = {ModelKind.SCORECARD: "scorecard", ModelKind.TREES: "challenger"}


class ModelFilesRefused(Refusal):
    """The files are not what was trained, not signed by the house's key, or no model of this kind."""

    field = "files"


class ModelKeyMissing(Refusal):
    """The house has no key against which a model's signature could be checked."""

    field = "files"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A model that showed what it has to."""

    name: str  # as its file says
    kind: ModelKind  # what it is made of
    sha256: str  # content hash of the model
    document: str  # its JSON
    trees: str  # LightGBM text, empty for a scorecard
    manifest: str  # the manifest's text
    manifest_sha256: str  # its hash
    signed: str  # how the signature was made
    key_id: str  # which key signed
    figures: ModelFigures | None  # how well it ranks, as its report says
    reasons: tuple[str, ...]  # codes that it may give


def admit(folder: Path, *, kind: ModelKind, key: Path | None) -> Admission:
    """This function will check the files of a folder that `puhui lab train` wrote and return the model of one kind.

    Raises: ModelKeyMissing; ModelFilesRefused for a missing or changed file, a missing or wrong signature, or a file
    that is no model.
    """
    if key is None or not key.is_file():
        raise ModelKeyMissing()
    try:
        manifest = check_manifest(folder, key=key)
        name, sha256, reasons = _parse(folder, manifest, kind)
    except (ModelFilesInvalid, ScorecardInvalid, ChallengerInvalid) as error:
        raise ModelFilesRefused(why=str(error).replace(f"{folder}/", "")) from None
    text = (folder / MANIFEST).read_text(encoding="utf-8")
    signature = json.loads((folder / SIGNATURE).read_text(encoding="utf-8"))
    return Admission(
        name=name,
        kind=kind,
        sha256=sha256,
        document=_text(folder, manifest, ROLE[kind]),
        trees=_text(folder, manifest, "trees") if kind is ModelKind.TREES else "",
        manifest=text,
        manifest_sha256=hashlib.sha256(text.encode()).hexdigest(),
        signed=manifest.signed,
        key_id=str(signature["key"])[:16],
        figures=_figures(folder, list(json.loads(text)["files"]), ROLE[kind]),
        reasons=reasons,
    )


def admit_edited(
    document: str, *, changes: Sequence[PointsChange], of: RegisteredModel, by: str
) -> Admission:
    """This function will return a scorecard whose points somebody edited, with what it was made of in its manifest.

    It has no signature of a training run; its maker is named, and two people let it decide. Raises: ModelFilesRefused
    where the points cannot be meant (a bin out of order, a total outside the table of probabilities).
    """
    name = str(json.loads(document)["name"])
    try:
        card = parse_scorecard(document, name=name, silence_priced=True)
    except ScorecardInvalid as error:
        raise ModelFilesRefused(why=str(error)) from None
    body = {
        "format": EDITED,
        "name": name,
        "files": {f"{name}.json": hashlib.sha256(document.encode()).hexdigest()},
        "of": of.sha256,
        "by": by,
        "changes": plain(list(changes)),
    }
    manifest = json.dumps(body, indent=1, ensure_ascii=False) + "\n"
    return Admission(
        name=name,
        kind=ModelKind.SCORECARD,
        sha256=card.sha256,
        document=document,
        trees="",
        manifest=manifest,
        manifest_sha256=hashlib.sha256(manifest.encode()).hexdigest(),
        signed="edited",
        key_id="",
        figures=None,
        reasons=tuple(one.reason for one in card.features),
    )


def _text(folder: Path, manifest: Manifest, role: str) -> str:
    if role not in manifest.roles:
        raise ModelFilesInvalid(f"{MANIFEST}: names no {role}; train with one, or propose the other kind")
    return (folder / manifest.roles[role]).read_text(encoding="utf-8")


def _parse(folder: Path, manifest: Manifest, kind: ModelKind) -> tuple[str, str, tuple[str, ...]]:
    document = _text(folder, manifest, ROLE[kind])
    file = manifest.roles[ROLE[kind]]
    if kind is ModelKind.TREES:
        boosted = parse_challenger(document, _text(folder, manifest, "trees"), name=file)
        return boosted.name, boosted.sha256, tuple(one.reason for one in boosted.features)
    card = parse_scorecard(document, name=file, silence_priced=True)
    return card.name, card.sha256, tuple(one.reason for one in card.features)


def _figures(folder: Path, files: list[str], role: str) -> ModelFigures | None:
    """The report that trained both names a KS for each; the card of a lone scorecard names its own."""
    for file in files:
        if not file.endswith(".json"):
            continue
        body = json.loads((folder / file).read_text(encoding="utf-8"))
        found = body.get("out_of_fold") if isinstance(body, dict) else None
        if not isinstance(found, dict) or (role not in found and role != "scorecard"):
            continue
        ks = found.get(role, found).get("ks")
        if ks:
            return ModelFigures(ks_ppm=ks["value_ppm"], low_ppm=ks["low_ppm"], high_ppm=ks["high_ppm"])
    return None
