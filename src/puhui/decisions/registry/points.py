"""The points of a scorecard as rows that an analyst edits, and edited rows back as another scorecard.

Only points change: which columns are read, where bins are cut and which probability a total stands for were measured
and stay; a total beyond the measured ones takes the probability of the nearest. The new scorecard says in its summary
what it was made of and that nobody has measured it since.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from typing import Any

from puhui.decisions.domain.scorecard import body_hash

HEAD, ROWS = "scorecard", "bins"
NAME = re.compile(r"[a-z][a-z0-9.-]{2,59}")
ABSENT = "absent · 缺失"
MOST_SPAN = 2000  # points between the lowest and the highest total


class PointsInvalid(ValueError):
    """Edited rows cannot be meant; names the row ("inq_fi.2")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsChange:
    """One bin whose points are others than before."""

    feature: str  # of the scorecard, "" for the points that everybody begins with
    values: str  # the bin, as a person reads it
    before: int  # points
    after: int  # points


def write_points(document: str) -> str:
    """This function will return the points of a scorecard's JSON as TOML: a head, and one `[[bins]]` row for each bin."""
    body = json.loads(document)
    lines = [
        "# Points of a scorecard. Edit base_points and the column points, and give it a name of its own; the rest stays.",
        f"[{HEAD}]",
        f"name = {_text(body['name'])}",
        f"base_points = {body['base_points']}",
    ]
    for feature, place, one in _bins(body):
        lines += [
            "",
            f"[[{ROWS}]]",
            f"id = {_text(_id(feature, place))}",
            f"values = {_text(_values(feature, one))}",
            f"rows = {one['rows']}",
            f"bad = {one['bad']}",
            f"points = {one['points']}",
        ]
    return "\n".join([*lines, ""])


def read_points(document: str, edited: str) -> tuple[str, tuple[PointsChange, ...]]:
    """This function will return the JSON of a scorecard with edited points, and what changed.

    Raises: PointsInvalid when anything but points and the name changed, nothing did, or the name is not another.
    """
    body, before, after = json.loads(document), tomllib.loads(write_points(document)), tomllib.loads(edited)
    head, rows = after.get(HEAD, {}), after.get(ROWS, [])
    if set(after) != {HEAD, ROWS} or set(head) != set(before[HEAD]):
        raise PointsInvalid("name and base_points stand in the head, and nothing else")
    if [one.get("id") for one in rows] != [one["id"] for one in before[ROWS]]:
        raise PointsInvalid("rows are the bins of the scorecard, each once and in their order")
    changes = _changes(before, after)
    if not changes:
        raise PointsInvalid("no points differ")
    name = head["name"]
    if name == body["name"] or not NAME.fullmatch(name):
        raise PointsInvalid(f"name {name!r} is not another name of small letters, digits, dots and hyphens")
    made = _with_points(body, after)
    _check_order(made)
    _cover(made)
    made["name"] = name
    made["summary"] = _summary(body, len(changes))
    made["content_sha256"] = body_hash(made)
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n", changes


def _with_points(body: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(body))
    made["base_points"] = _whole(after[HEAD]["base_points"], "base_points")
    for (_feature, _place, one), row in zip(_bins(made), after[ROWS], strict=True):
        one["points"] = _whole(row["points"], row["id"])
    return made


def _check_order(made: dict[str, Any]) -> None:
    """Along a number, points rise or fall: the bins were cut so, and a reason that names one must stay true."""
    for feature in made["features"]:
        points = [one["points"] for one in feature["bins"]]
        ordered = sorted(points) in (points, points[::-1])
        if feature["kind"] == "number" and not ordered:
            turn = next(
                i
                for i in range(1, len(points) + 1)
                if sorted(points[:i]) not in (points[:i], points[:i][::-1])
            )
            raise PointsInvalid(
                f"row {feature['name']}.{turn}: points must only rise or only fall from bin to bin"
            )


def _cover(made: dict[str, Any]) -> None:
    """A total that no measured one reached takes the probability of the nearest that one did."""
    table, low, high = made["pd_table"], made["base_points"], made["base_points"]
    for feature in made["features"]:
        points = [
            0,
            *(one["points"] for one in (*feature["bins"], *feature["special"], feature["missing"])),
        ]
        low, high = low + min(points), high + max(points)
    if high - low > MOST_SPAN:
        raise PointsInvalid(f"totals would reach from {low} to {high}; at most {MOST_SPAN} points apart")
    pd, lowest = table["pd_ppm"], table["lowest_points"]
    before, after = max(lowest - low, 0), max(high - (lowest + len(pd) - 1), 0)
    table["pd_ppm"] = [pd[0]] * before + pd + [pd[-1]] * after
    table["lowest_points"] = lowest - before


def _changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[PointsChange, ...]:
    found = []
    was, now = before[HEAD]["base_points"], _whole(after[HEAD]["base_points"], "base_points")
    if was != now:
        found.append(PointsChange(feature="", values="base_points", before=was, after=now))
    for old, new in zip(before[ROWS], after[ROWS], strict=True):
        if other := [key for key in old if key != "points" and new.get(key) != old[key]] or set(new) - set(
            old
        ):
            raise PointsInvalid(f"row {old['id']}: {min(other)} is as it was measured; only points change")
        points = _whole(new.get("points"), old["id"])
        if points != old["points"]:
            feature = old["id"].rpartition(".")[0]
            found.append(
                PointsChange(feature=feature, values=old["values"], before=old["points"], after=points)
            )
    return tuple(found)


def _whole(value: object, row: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise PointsInvalid(f"row {row}: points are a whole number")
    return value


def _bins(body: dict[str, Any]) -> list[tuple[dict[str, Any], int, dict[str, Any]]]:
    """Every bin, special value and absence with points of its own: (feature, number from 1, what holds the points)."""
    found = []
    for feature in body["features"]:
        own = [*feature["bins"], *feature["special"], feature["missing"]]
        found += [(feature, place, one) for place, one in enumerate(own, 1)]
    return found


def _id(feature: dict[str, Any], place: int) -> str:
    return f"{feature['name']}.{place}"


def _values(feature: dict[str, Any], one: dict[str, Any]) -> str:
    if "categories" in one:
        return " | ".join(one["categories"])
    if "value" in one:
        return f"= {_scaled(feature, one['value'])}"
    if "below" not in one:
        return ABSENT
    place = feature["bins"].index(one)
    low = f">= {_scaled(feature, feature['bins'][place - 1]['below'])}" if place else ""
    high = f"< {_scaled(feature, one['below'])}" if one["below"] is not None else ""
    return ", ".join(part for part in (low, high) if part) or "*"


def _scaled(feature: dict[str, Any], value: int) -> str:
    decimals = feature["decimals"]
    if not decimals:
        return str(value)
    whole, part = divmod(abs(value), 10**decimals)
    return f"{'-' if value < 0 else ''}{whole}.{part:0{decimals}d}"


def _summary(body: dict[str, Any], count: int) -> dict[str, str]:
    made_of = f"{body['name']} {body['content_sha256'][:8]}"
    return {
        "en": f"{made_of} with points edited by hand in {count} places. Nobody has measured it since: let it score beside first.",
        "zh": f"由 {made_of} 人工改动 {count} 处分值而成。改动后尚未衡量：请先让它只在旁边打分。",
    }


def _text(said: str) -> str:
    return json.dumps(said, ensure_ascii=False)
