"""Replay (guarantee G6): the stored input, decided again by the texts that it names, must give the stored bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from puhui.core.canonical import canonical_bytes, content_hash
from puhui.decisions.domain.codec import read_input
from puhui.decisions.domain.decide import decide
from puhui.decisions.domain.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first place where two documents differ."""

    path: str  # e.g. "verdict.limit_minor"
    stored: str  # what was stored, as JSON, "" when the place does not exist
    replayed: str  # what came out now, as JSON, "" when the place does not exist


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a replay found."""

    identical: bool  # whether the bytes are the same
    stored_sha256: str  # hash of the stored output
    replayed_sha256: str  # hash of the output now
    first_difference: Difference | None  # None when identical
    same_evaluator: bool  # whether the source that ran first is the source that ran now


def replay(*, input_text: str, output_text: str, rules: Rules) -> Replay:
    """This function will decide a stored input again and compare byte for byte."""
    input = read_input(input_text)
    again = canonical_bytes(decide(input, rules=rules))
    stored = output_text.encode()
    identical = again == stored
    return Replay(
        identical=identical,
        stored_sha256=content_hash(stored),
        replayed_sha256=content_hash(again),
        first_difference=None
        if identical
        else find_difference(json.loads(stored), json.loads(again), path=""),
        same_evaluator=input.evaluator_sha256 == rules.evaluator_sha256,
    )


def find_difference(stored: Any, replayed: Any, *, path: str) -> Difference | None:
    """This function will return the first difference of two JSON values, keys in order; None when they are equal."""
    if isinstance(stored, dict) and isinstance(replayed, dict):
        for key in sorted(stored.keys() | replayed.keys()):
            where = f"{path}.{key}" if path else key
            if key not in stored or key not in replayed:
                return Difference(path=where, stored=_show(stored, key), replayed=_show(replayed, key))
            if found := find_difference(stored[key], replayed[key], path=where):
                return found
        return None
    if isinstance(stored, list) and isinstance(replayed, list):
        for i, (one, other) in enumerate(zip(stored, replayed, strict=False)):
            if found := find_difference(one, other, path=f"{path}[{i}]"):
                return found
        if len(stored) == len(replayed):
            return None
    elif type(stored) is type(replayed) and stored == replayed:
        return None
    return Difference(path=path, stored=_text(stored), replayed=_text(replayed))


def _show(document: dict[str, Any], key: str) -> str:
    return _text(document[key]) if key in document else ""


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
