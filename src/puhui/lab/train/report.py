"""The report on both models: what a second person must read before she approves either."""

from __future__ import annotations

from typing import Any

from puhui.lab.train.card import figure, percent, thousandths
from puhui.lab.train.metrics import Interval

FORMAT = "puhui-report-1"
MODELS = ("scorecard", "challenger")


def plain(one: Interval) -> dict[str, int]:
    """This function will write an interval as plain JSON types."""
    return {"value_ppm": one.value_ppm, "low_ppm": one.low_ppm, "high_ppm": one.high_ppm}


def interval(row: dict[str, int]) -> Interval:
    """This function will read an interval back."""
    return Interval(value_ppm=row["value_ppm"], low_ppm=row["low_ppm"], high_ppm=row["high_ppm"])


def render_report(report: dict[str, Any]) -> str:
    """This function will write the report as Markdown."""
    training = report["training"]
    lines = [
        f"# Report: {report['name']}",
        "",
        f"{training['rows']} rows of `{training['file']}`, {training['bad']} of them bad (`{training['target']}` = {training['bad_value']!r}).",
        "Two models of the same columns: a scorecard that a person can check line by line, and boosted trees that may only",
        "challenge it until two people approve more.",
        "",
        "## Out of fold",
        "",
        f"{training['folds']} folds, mean of {len(training['seeds'])} seeds; everything that learns, learns inside each fold. Intervals (95 %) from",
        f"{training['resamples']} bootstrap resamples of the rows.",
        "",
        *_measures(report["out_of_fold"]),
        "",
        *_calibration(report["calibration"]),
        *_out_of_time(report["out_of_time"]),
        *_fairness(report["fairness"]),
        "## What they do with special cases",
        "",
        *(
            [
                "- Absent or special in the scorecard: points of their own where enough rows have them. Silence is priced, so no",
                "  credit policy accepts this scorecard (G2); train with `--missing neutral` for one that may decide.",
            ]
            if report["silence_priced"]
            else ["- Absent or special in the scorecard: 0 points, exactly neutral (G2)."]
        ),
        "- Absent in the challenger: where the trees learnt that absent rows go; it prices silence where silence spoke, so it",
        "  must not decide on columns that come from a proof.",
        "- A category never seen: neutral in both, and counted when a file is scored.",
        f"- Directions of the challenger: {_directions(report['monotone'])}.",
        "",
        "## Not used",
        "",
        *[f"- `{name}`: {why}" for name, why in report["excluded"].items()],
        "",
        "## Identity",
        "",
        *[f"- {name} `{sha}`" for name, sha in report["models"].items()],
        f"- data sha256 `{training['file_sha256']}`",
        f"- binning: {report['binning']}",
        f"- made with {', '.join(f'{name} {version}' for name, version in report['versions'].items())}",
        f"- command: `{report['command']}`",
        "",
    ]
    return "\n".join(lines)


def _measures(measures: dict[str, Any]) -> list[str]:
    def cell(model: str, name: str) -> str:
        one = interval(measures[model][name])
        return thousandths(one) if name == "brier" else figure(one)

    return [
        "| measure | scorecard | challenger |",
        "| --- | --- | --- |",
        *[
            f"| {title} | {cell('scorecard', name)} | {cell('challenger', name)} |"
            for name, title in (("ks", "KS"), ("auc", "AUC"), ("brier", "Brier"))
        ],
    ]


def _calibration(found: dict[str, Any]) -> list[str]:
    rows = zip(found["scorecard"], found["challenger"], strict=True)
    return [
        "Calibration, tenths by rising pd (predicted → observed):",
        "",
        "| tenth | scorecard | challenger |",
        "| --- | --- | --- |",
        *[
            f"| {i} | {percent(a['predicted_ppm'])} → {percent(a['observed_ppm'])}"
            f" | {percent(b['predicted_ppm'])} → {percent(b['observed_ppm'])} |"
            for i, (a, b) in enumerate(rows, start=1)
        ],
        "",
    ]


def _out_of_time(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return ["## Out of time", "", "Not measured: no `--time` column was named.", ""]
    psi = {model: interval(found["psi"][model]) for model in MODELS}
    return [
        "## Out of time",
        "",
        f"Trained on {found['early_rows']} rows before `{found['column']}` = {found['first_late']}, measured on the {found['late_rows']} rows from then on.",
        "",
        *_measures(found["measures"]),
        f"| PSI, later against earlier | {figure(psi['scorecard'])} | {figure(psi['challenger'])} |",
        "",
        "PSI below 10 % is read as stable, above 25 % as moved.",
        "",
    ]


def _fairness(found: dict[str, Any]) -> list[str]:
    if not found:
        return ["## Fairness", "", "Not measured: no `--group` column was named.", ""]
    lines = [
        "## Fairness",
        "",
        "Approved: the 80 % with the lowest pd, out of fold. Ratio: approval against the best group's; below 0.80 is a flag,",
        "the target is 0.90. No group column is a feature.",
        "",
    ]
    for column, by_model in found.items():
        lines += [
            f"| `{column}` | rows | bad | model | predicted | approved | ratio | AUC | verdict |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        lines += [_group(one, model) for model in MODELS for one in by_model[model]]
        lines.append("")
    return lines


def _group(one: dict[str, Any], model: str) -> str:
    ratio = "" if one["ratio_ppm"] is None else f"0.{one['ratio_ppm'] // 10_000:02d}"
    ratio = "1.00" if one["ratio_ppm"] == 1_000_000 else ratio
    return (
        f"| {one['group']} | {one['rows']} | {percent(one['bad_ppm'])} | {model} | {percent(one['predicted_ppm'])}"
        f" | {percent(one['approved_ppm'])} | {ratio} | {percent(one['auc_ppm'])} | {one['verdict']} |"
    )


def _directions(monotone: dict[str, int]) -> str:
    rising = [f"`{name}`" for name, one in monotone.items() if one > 0]
    falling = [f"`{name}`" for name, one in monotone.items() if one < 0]
    parts = [f"riskier when higher: {', '.join(rising)}" if rising else ""]
    parts.append(f"safer when higher: {', '.join(falling)}" if falling else "")
    return "; ".join(one for one in parts if one) or "none (categories only)"
