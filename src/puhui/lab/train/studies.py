"""Studies beside a model, asked for by the command: reject inference and sources one by one, in words and as a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

from puhui.lab.train.card import figure, percent
from puhui.lab.train.report import interval

PICTURE = "sources.svg"
WIDE, ROW, LEFT, RIGHT = 760, 26, 190, 120  # of the picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Studies:
    """What was studied."""

    rejects: dict[str, Any] | None = None  # of reject inference
    sources: dict[str, Any] | None = None  # of sources one by one

    @property
    def card(self) -> dict[str, Any]:
        """What the card's JSON says of them, {} when nothing was asked for."""
        named = {"reject_inference": self.rejects, "sources": self.sources}
        return {name: one for name, one in named.items() if one is not None}

    @property
    def lines(self) -> list[str]:
        """What the card says of them, as Markdown."""
        return [
            *(_rejects(self.rejects) if self.rejects else []),
            *(_sources(self.sources) if self.sources else []),
        ]

    @property
    def files(self) -> dict[str, str]:
        """Files to write beside the card, by name."""
        return {PICTURE: draw_sources(self.sources)} if self.sources else {}


def _rejects(found: dict[str, Any]) -> list[str]:
    known = found["known"]
    lines = [
        "",
        "## Reject inference",
        "",
        f"{found['rejects']} refused applications beside {found['accepted']} accepted ones ({percent(found['accepted_bad_ppm'])} bad).",
        "Method: parcelling; each tenth of the accepted by expected risk lends the refused of that tenth its share of bad, or",
        "the model's own expectation where that is higher, times a factor. Separation is measured on accepted rows, out of fold.",
        "",
        "| model | factor | assumed bad | expects of the refused | KS on the accepted | AUC |",
        "| --- | --- | --- | --- | --- | --- |",
        _reject_row("known good and bad", "–", "–", known),
    ]
    for one in found["inferred"]:
        factor = f"{one['factor_ppm'] / 1_000_000:.1f}"
        lines.append(_reject_row("with the refused", factor, percent(one["assumed_bad_ppm"]), one))
    lines += ["", *_explored(found), ""]
    lines += [
        "Honest limit: nobody saw what the refused would have done. The rows above assume it, three times over, and a better",
        "KS among the accepted proves nothing about the refused (Hand and Henley 1993). The model that decides is the one of",
        "known good and bad; only outcomes of people who were financed below the cut-off can tell which row is right.",
        "",
        *[f"- {one}" for one in found["sources"]],
    ]
    return lines


def _reject_row(name: str, factor: str, assumed: str, one: dict[str, Any]) -> str:
    on = one["on_accepted"]
    ks, auc = figure(interval(on["ks"])), figure(interval(on["auc"]))
    return f"| {name} | {factor} | {assumed} | {percent(one['expected_of_rejects_ppm'])} | {ks} | {auc} |"


def _explored(found: dict[str, Any]) -> list[str]:
    known = found["known"]["on_explored"]
    if known is None:
        return [f"Outcomes of refused people: {found['observed']}, too few to compare with (fewer than 30)."]
    came = figure(interval(known["came"]))
    lines = [
        f"{known['rows']} of them were financed all the same; {came} went bad, each counted by 1 / propensity. Expected:",
        "",
        "| model | factor | expected | inside the interval |",
        "| --- | --- | --- | --- |",
    ]
    rows = [("known good and bad", "–", known)]
    rows += [
        ("with the refused", f"{one['factor_ppm'] / 1_000_000:.1f}", one["on_explored"])
        for one in found["inferred"]
    ]
    return lines + [
        f"| {name} | {factor} | {percent(one['expected_ppm'])} | {'yes' if one['within'] else 'no'} |"
        for name, factor, one in rows
    ]


def _sources(found: dict[str, Any]) -> list[str]:
    record = found["record"]
    lines = [
        "",
        "## Source by source",
        "",
        f"Out of fold (seed {found['seed']}); intervals (95 %) from {found['resamples']} bootstrap resamples; what is lost is measured",
        "on the same resampled rows with and without the source.",
        "",
        "| source | columns | alone: KS | alone: AUC | without it: KS | KS lost without it | AUC lost |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        f"| all | {sum(len(one['columns']) for one in found['sources'])} | {figure(interval(found['all']['ks']))}"
        f" | {figure(interval(found['all']['auc']))} | | | |",
    ]
    for one in found["sources"]:
        cells = [
            one["alone"]["ks"],
            one["alone"]["auc"],
            one["without"]["ks"],
            one["loses"]["ks"],
            one["loses"]["auc"],
        ]
        written = " | ".join(figure(interval(cell)) for cell in cells)
        lines.append(f"| {one['source']} | {len(one['columns'])} | {written} |")
    lines += [
        "",
        f"![KS of each source alone, and of the model without it]({PICTURE})",
        "",
        f"### Without a credit record (`{record['source']}` absent)",
        "",
        f"Among {record['rows_with']} people with a record ({record['rows_without']} have none): the width of the range in which her probability",
        "of default would be found if her record were there, knowing nothing of her, and knowing other sources.",
        "",
        "| known of her | width of the range | narrower by |",
        "| --- | --- | --- |",
        f"| nothing | {figure(interval(record['width_knowing_nothing']))} | |",
    ]
    lines += [
        f"| {one['source']} | {figure(interval(one['width']))} | {figure(interval(one['narrows']))} |"
        for one in record["known"]
    ]
    lines += [
        "",
        "People without a record may differ from those with one: this measures the sources, not her.",
    ]
    return lines


@dataclass(slots=True, kw_only=True)
class _Drawing:
    highest: int  # KS at the right end, ppm
    parts: list[str] = field(default_factory=list)

    def at(self, value_ppm: int) -> float:
        return LEFT + (WIDE - LEFT - RIGHT) * min(max(value_ppm, 0), self.highest) / self.highest

    def bar(self, y: int, one: dict[str, int], colour: str) -> None:
        low, value, high = (self.at(one[name]) for name in ("low_ppm", "value_ppm", "high_ppm"))
        self.parts += [
            f'<rect x="{LEFT}" y="{y}" width="{value - LEFT:.1f}" height="9" fill="{colour}"/>',
            f'<path d="M{low:.1f} {y + 4.5}H{high:.1f}M{low:.1f} {y + 1}v7M{high:.1f} {y + 1}v7" stroke="#222" fill="none"/>',
            f'<text x="{high + 6:.1f}" y="{y + 9}" font-size="10">{percent(one["value_ppm"])}</text>',
        ]


def draw_sources(found: dict[str, Any]) -> str:
    """This function will draw KS of each source alone and of the model without it, with intervals, as SVG."""
    rows = found["sources"]
    highest = max(found["all"]["ks"]["high_ppm"], *(one["alone"]["ks"]["high_ppm"] for one in rows), 1)
    drawing = _Drawing(highest=highest)
    high = ROW * (len(rows) + 1) + 50
    drawing.parts.append(f'<text x="{LEFT - 8}" y="38" text-anchor="end">all</text>')
    drawing.bar(30, found["all"]["ks"], "#1f6f5c")
    for place, one in enumerate(rows, start=1):
        y = 26 + ROW * place
        drawing.parts.append(
            f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(one["source"][:26])}</text>'
        )
        drawing.bar(y, one["alone"]["ks"], "#1f6f5c")
        drawing.bar(y + 11, one["without"]["ks"], "#c9a15a")
    whole = drawing.at(found["all"]["ks"]["value_ppm"])
    title = "KS out of fold, 95 % intervals: each source alone (green), all but it (ochre)"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high}" width="{WIDE}" height="{high}" '
            f'role="img" aria-label="{title}" font-family="sans-serif" font-size="12" fill="#222">',
            f'<rect width="{WIDE}" height="{high}" fill="#fff"/>',
            f'<text x="8" y="16">{title}</text>',
            f'<path d="M{whole:.1f} 24V{high - 20}" stroke="#1f6f5c" stroke-dasharray="3 3"/>',
            *drawing.parts,
            "</svg>",
            "",
        ]
    )
