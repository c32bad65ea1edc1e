"""Models to register: the shipped scorecard with a harsher table of probabilities, sealed with a key of the test."""

from __future__ import annotations

import json
from pathlib import Path

from puhui.decisions.domain.scorecard import body_hash
from puhui.decisions.registry.signing import write_manifest
from tests.decisions_kit import MODEL_TEXT, POLICIES

SECRET = b"a secret of the tests, long enough"
KS = json.loads((POLICIES / "models/scorecard-2026-11-01.card.json").read_text(encoding="utf-8"))[
    "out_of_fold"
]["ks"]


def write_key(folder: Path, secret: bytes = SECRET) -> Path:
    """Write a shared secret."""
    key = folder / "house.key"
    key.write_bytes(secret)
    return key


def write_model(
    folder: Path, *, name: str = "scorecard-harsher", factor: int = 130, key: Path | None
) -> Path:
    """Write a sealed scorecard whose probabilities are `factor` percent of the shipped one's."""
    folder.mkdir(parents=True, exist_ok=True)
    document = json.loads(MODEL_TEXT)
    document["name"] = name
    table = document["pd_table"]
    table["pd_ppm"] = [min(one * factor // 100, 999_999) for one in table["pd_ppm"]]
    document["content_sha256"] = body_hash(document)
    (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / f"{name}.card.json").write_text(json.dumps({"out_of_fold": {"ks": KS}}), encoding="utf-8")
    files = [f"{name}.json", f"{name}.card.json"]
    write_manifest(folder, name=name, roles={"scorecard": files[0]}, files=files, key=key)
    return folder
