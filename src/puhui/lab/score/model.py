"""A trained model as loaded from its folder: every hash checked, then parsed strictly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from puhui.decisions.domain.challenger import Challenger, ChallengerInvalid, parse_challenger
from puhui.decisions.domain.scorecard import Scorecard, ScorecardInvalid, parse_scorecard
from puhui.decisions.registry.signing import ModelFilesInvalid, check_manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelColumn:
    """A column that the models ask for."""

    name: str  # column
    decimals: int  # of a number
    known: list[str] | None  # texts seen in training; None for a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The models of a folder."""

    card: Scorecard  # the scorecard
    challenger: Challenger | None  # None if it was trained without one
    signed: str  # how its signature was checked, "" if it was not
    columns: tuple[ModelColumn, ...]  # what both ask for


def load_model(folder: Path, *, key: Path | None) -> Loaded:
    """This function will read a folder that `puhui lab train` wrote.

    Raises: ModelFilesInvalid for a missing or changed file, a missing or wrong signature, or a file that is no model.
    """
    manifest = check_manifest(folder, key=key)
    if "scorecard" not in manifest.roles:
        raise ModelFilesInvalid(f"{folder}: the manifest names no scorecard")
    texts = {role: (folder / file).read_text(encoding="utf-8") for role, file in manifest.roles.items()}
    challenger = None
    try:
        card = parse_scorecard(
            texts["scorecard"], name=manifest.roles["scorecard"], silence_priced=True
        )  # scores of a file decide nothing; a policy that loads the same file refuses it
        if "challenger" in texts and "trees" in texts:
            challenger = parse_challenger(
                texts["challenger"], texts["trees"], name=manifest.roles["challenger"]
            )
    except (ScorecardInvalid, ChallengerInvalid) as error:
        raise ModelFilesInvalid(str(error)) from None
    return Loaded(
        card=card, challenger=challenger, signed=manifest.signed, columns=_columns(card, challenger)
    )


def _columns(card: Scorecard, challenger: Challenger | None) -> tuple[ModelColumn, ...]:
    found: dict[str, ModelColumn] = {}
    for one in card.features:
        known = list(one.categories) if one.categories else None
        found[one.name] = ModelColumn(name=one.name, decimals=one.decimals, known=known)
    for other in challenger.features if challenger else ():
        known = None
        if other.categories is not None:
            before = found[other.name].known or [] if other.name in found else []
            known = list(dict.fromkeys([*before, *other.categories]))
        found[other.name] = ModelColumn(name=other.name, decimals=other.decimals, known=known)
    return tuple(found.values())
