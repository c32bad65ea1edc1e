"""Registered models: their states and moves, who gets which model, and what a shadow would have said."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PPM = 1_000_000
SHARE_MAX_PPM = 500_000  # a challenger never decides more than the champion
DIGITS = 20  # characters of a hexadecimal hash that place a customer: 80 bits, so that a ppm is not skewed


class ModelState(StrEnum):
    """What a registered model may do."""

    PROPOSED = "proposed"  # admitted to the registry, scores nobody yet
    SHADOW = "shadow"  # scores beside every decision; no decision reads it
    CHALLENGER = "challenger"  # decides for a share of the customers
    CHAMPION = "champion"  # decides for everybody else
    RETIRED = "retired"  # scores nobody any more; old decisions still replay


class ModelAct(StrEnum):
    """One move of a registered model."""

    PROPOSE = "propose"  # its files were checked and kept
    SHADOW = "shadow"  # let it score beside
    CHALLENGE = "challenge"  # let it decide for a share; again, to change the share
    CROWN = "crown"  # let it decide for everybody; the champion before it is retired
    RETIRE = "retire"  # let it score nobody


# The one table of moves. From file to champion a model has at least scored beside.
TRANSITIONS: dict[tuple[ModelState | None, ModelAct], ModelState] = {
    (None, ModelAct.PROPOSE): ModelState.PROPOSED,
    (ModelState.PROPOSED, ModelAct.SHADOW): ModelState.SHADOW,
    (ModelState.PROPOSED, ModelAct.CHALLENGE): ModelState.CHALLENGER,
    (ModelState.PROPOSED, ModelAct.RETIRE): ModelState.RETIRED,
    (ModelState.SHADOW, ModelAct.CHALLENGE): ModelState.CHALLENGER,
    (ModelState.SHADOW, ModelAct.CROWN): ModelState.CHAMPION,
    (ModelState.SHADOW, ModelAct.RETIRE): ModelState.RETIRED,
    (ModelState.CHALLENGER, ModelAct.SHADOW): ModelState.SHADOW,
    (ModelState.CHALLENGER, ModelAct.CHALLENGE): ModelState.CHALLENGER,
    (ModelState.CHALLENGER, ModelAct.CROWN): ModelState.CHAMPION,
    (ModelState.CHALLENGER, ModelAct.RETIRE): ModelState.RETIRED,
    (ModelState.CHAMPION, ModelAct.RETIRE): ModelState.RETIRED,
}
DECIDING = (ModelAct.CHALLENGE, ModelAct.CROWN)  # after these its score decides


class ModelKind(StrEnum):
    """What a registered model is made of."""

    SCORECARD = "scorecard"  # points per bin; may decide where a policy accepts it
    TREES = "trees"  # boosted trees; they price silence, so they only score beside (G2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFigures:
    """How well a model ranks, as its own report says."""

    ks_ppm: int  # KS out of fold
    low_ppm: int  # lower end of its 95 % interval
    high_ppm: int  # upper end


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredModel:
    """One model of the registry."""

    id: str  # text(26)
    name: str  # as its file says
    kind: ModelKind  # what it is made of
    owner: str  # who answers for it
    state: ModelState  # what it may do
    share_ppm: int  # share of the customers that it decides for, 0 unless it is the challenger
    sha256: str  # content hash of the model, the identity that decisions store
    manifest_sha256: str  # hash of the manifest that lists its files
    signed: str  # how its signature was made: "ed25519", "hmac-sha256"; "shipped" with the house's policies
    key_id: str  # which key signed, empty for a shipped one
    figures: ModelFigures | None  # None when its report states none
    reasons: tuple[str, ...]  # codes of the reasons that it may give, in its order
    files: dict[str, str]  # SHA-256 by file of the manifest
    admitted_at: datetime | None  # UTC; None for a shipped one


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEvent:
    """One move of a registered model."""

    seq: int  # from 1
    act: ModelAct  # which move
    state: ModelState  # where it led
    share_ppm: int  # share after it
    asked_by: str  # login of the first person
    agreed_by: str  # login of the second person; empty for a proposal, which scores nobody
    at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Which model a customer was given while a challenger was being tried, and how likely that was."""

    model_id: str  # the challenger that was being tried
    sha256: str  # model that decided
    challenged: bool  # whether it was the challenger
    bucket_ppm: int  # where the hash put her, 0 to 999,999
    share_ppm: int  # the challenger's share then
    propensity_ppm: int  # chance that she was given this very model


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowScore:
    """What a model that decides nothing said about a decision."""

    model_id: str  # which model
    pd_ppm: int  # probability of default
    reasons: tuple[str, ...]  # at most four codes, the heaviest first


def bucket_of(customer_id: str, *, model_id: str) -> int:
    """This function will place a customer between 0 and 999,999 for one challenger: the same place for ever.

    Each challenger has its own order of customers, so that nobody is the one experimented on every time; a larger share
    keeps those who had the challenger before.
    """
    digest = hashlib.sha256(f"puhui assignment 1:{model_id}:{customer_id}".encode()).hexdigest()
    return int(digest[:DIGITS], 16) * PPM >> (4 * DIGITS)


def assign(
    customer_id: str, *, model_id: str, challenger_sha256: str, champion_sha256: str, share_ppm: int
) -> Assignment:
    """This function will choose champion or challenger for a customer, with the propensity of the choice (ppm)."""
    assert 0 < share_ppm <= SHARE_MAX_PPM, "the door of the registry keeps shares in range"
    bucket = bucket_of(customer_id, model_id=model_id)
    challenged = bucket < share_ppm
    return Assignment(
        model_id=model_id,
        sha256=challenger_sha256 if challenged else champion_sha256,
        challenged=challenged,
        bucket_ppm=bucket,
        share_ppm=share_ppm,
        propensity_ppm=share_ppm if challenged else PPM - share_ppm,
    )
