"""The model card: what the scorecard is good for, how good it is, and what it must not be used for."""

from __future__ import annotations

from typing import Any

from puhui.lab.train.metrics import Interval

GOAL_KS_PPM = 400_000  # what a telecom-style score with full data is asked to reach


def percent(value_ppm: int) -> str:
    """This function will write parts per million as a percentage with one decimal, half up."""
    tenths = (value_ppm + 500) // 1000
    return f"{tenths // 10}.{tenths % 10} %"


def figure(one: Interval) -> str:
    """This function will write a share with its 95 % interval."""
    return f"{percent(one.value_ppm)} (95 % {percent(one.low_ppm)} to {percent(one.high_ppm)})"


def thousandths(one: Interval) -> str:
    """This function will write a figure between 0 and 1 with four decimals and its interval."""
    digits = [f"0.{(value + 50) // 100:04d}" for value in (one.value_ppm, one.low_ppm, one.high_ppm)]
    return f"{digits[0]} (95 % {digits[1]} to {digits[2]})"


def make_summary(ks: Interval, rows: int, bad: int) -> dict[str, str]:
    """This function will say in one sentence a language what the model is and whether it meets the goal."""
    met = ks.value_ppm >= GOAL_KS_PPM
    goal = percent(GOAL_KS_PPM)
    en = "which meets" if met else "which is below"
    zh = "达到" if met else "低于"
    zh_figures = [
        percent(one).replace(" ", "") for one in (ks.value_ppm, ks.low_ppm, ks.high_ppm, GOAL_KS_PPM)
    ]
    return {
        "en": f"Scorecard from {rows} past loans, {bad} of them bad. Out-of-fold KS {figure(ks)}, {en} the goal of {goal}.",
        "zh": f"用 {rows} 笔历史借款（其中 {bad} 笔变坏）训练的评分卡。折外 KS {zh_figures[0]}"
        f"（95% 区间 {zh_figures[1]} 到 {zh_figures[2]}），{zh}目标 {zh_figures[3]}。",
    }


def make_card(
    document: dict[str, Any],
    *,
    measures: dict[str, Interval],
    calibration: list[dict[str, int]],
    dropped: dict[str, str],
    notes: dict[str, list[str]],
    holdout: dict[str, Any] | None,
) -> dict[str, Any]:
    """This function will return the card as plain JSON types."""
    return {
        "model": document["name"],
        "model_sha256": document["content_sha256"],
        "summary": document["summary"],
        "training": document["training"],
        "out_of_fold": {
            name: {"value_ppm": one.value_ppm, "low_ppm": one.low_ppm, "high_ppm": one.high_ppm}
            for name, one in measures.items()
        },
        "goal_ks_ppm": GOAL_KS_PPM,
        "goal_met": measures["ks"].value_ppm >= GOAL_KS_PPM,
        "calibration": calibration,
        "holdout": holdout,
        "not_used": {**document["training"]["excluded"], **dropped},
        "notes": notes,
    }


def render_card(
    card: dict[str, Any], document: dict[str, Any], measures: dict[str, Interval], *, more: list[str]
) -> str:
    """This function will write the card as Markdown; `more` are lines of studies beside the model."""
    training = card["training"]
    lines = [
        f"# Model card: {card['model']}",
        "",
        card["summary"]["en"],
        "",
        card["summary"]["zh"],
        "",
        *[f"- {one}" for one in card["notes"]["en"]],
        "",
        *[f"- {one}" for one in card["notes"]["zh"]],
        "",
        "## How good, on rows that the model had not seen",
        "",
        f"Five-fold cross-validation, mean of {len(training['seeds'])} seeds, binning and selection inside each fold;",
        f"intervals from {training['resamples']} bootstrap resamples of the rows.",
        "",
        "| measure | value |",
        "| --- | --- |",
        f"| KS | {figure(measures['ks'])} |",
        f"| AUC | {figure(measures['auc'])} |",
        f"| Brier | {thousandths(measures['brier'])} |",
        f"| goal: KS {percent(GOAL_KS_PPM)} | {'met' if card['goal_met'] else 'not met'} |",
        *_holdout(card["holdout"]),
        "",
        "## Calibration, out of fold",
        "",
        "| part of the rows | rows | predicted | observed |",
        "| --- | --- | --- | --- |",
        *[
            f"| {i} | {one['rows']} | {percent(one['predicted_ppm'])} | {percent(one['observed_ppm'])} |"
            for i, one in enumerate(card["calibration"], start=1)
        ],
        "",
        "## Points",
        "",
        f"A person about whom nothing is known has {document['base_points']} points. {_silence(document)}",
        "",
        "| feature | value | rows | bad | points |",
        "| --- | --- | --- | --- | --- |",
        *[line for row in document["features"] for line in _bins(row)],
        *more,
        "",
        "## Not used",
        "",
        *[f"- `{name}`: {why}" for name, why in card["not_used"].items()],
        "",
        "## Identity",
        "",
        f"- model `{card['model_sha256']}`",
        f"- data `{training['file']}`, sha256 `{training['file_sha256']}`",
        f"- command: `{training['command']}`",
        "",
    ]
    return "\n".join(lines)


def _holdout(holdout: dict[str, Any] | None) -> list[str]:
    if holdout is None:
        return []
    return [
        f"| KS on `{holdout['file']}` ({holdout['rows']} rows never used in training) | {percent(holdout['ks_ppm'])} |",
        f"| AUC on the same | {percent(holdout['auc_ppm'])} |",
    ]


def _bins(row: dict[str, Any]) -> list[str]:
    lines, low = [], None
    for one in row["bins"]:
        if row["kind"] == "category":
            label = ", ".join(one["categories"])
        else:
            label = _range(low, one["below"], row["decimals"])
            low = one["below"]
        lines.append(f"| `{row['name']}` | {label} | {one['rows']} | {one['bad']} | {one['points']:+d} |")
    if row["missing"]["rows"]:
        lines.append(
            f"| `{row['name']}` | absent | {row['missing']['rows']} | {row['missing']['bad']} | {_signed(row['missing']['points'])} |"
        )
    lines += [
        f"| `{row['name']}` | special: {_decimal(one['value'], row['decimals'])} | {one['rows']} | {one['bad']} | {_signed(one['points'])} |"
        for one in row["special"]
        if one["points"]
    ]
    return lines


def _silence(document: dict[str, Any]) -> str:
    if any(row["missing"]["points"] for row in document["features"]):
        return "Never seen: 0 (neutral). Absent has points where enough rows had no value, so no credit policy may use it."
    return "Absent, special or never seen: 0 (neutral)."


def _signed(points: int) -> str:
    return f"{points:+d}" if points else "0"


def _range(low: int | None, below: int | None, decimals: int) -> str:
    if low is None and below is None:
        return "any"
    if low is None:
        return f"below {_decimal(below, decimals)}"
    if below is None:
        return f"{_decimal(low, decimals)} or more"
    return f"{_decimal(low, decimals)} to below {_decimal(below, decimals)}"


def _decimal(value: int | None, decimals: int) -> str:
    assert value is not None
    if decimals == 0:
        return str(value)
    whole, part = divmod(abs(value), 10**decimals)
    return f"{'-' if value < 0 else ''}{whole}.{part:0{decimals}d}"
