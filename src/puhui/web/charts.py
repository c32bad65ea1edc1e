"""Small drawings as SVG text: pure functions of numbers, coloured by the style sheet, readable as text.

Each chart carries a sentence for readers who do not see it; the page shows the figures beside it. Coordinates are
floats (a drawing is not money); amounts are only ever written by the caller.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One step of a waterfall."""

    label: str  # what it is
    size: int  # how much it adds, may be negative; any unit, the same for all parts
    text: str  # the figure as people read it
    css: str = "k1"  # colour class


def _point(angle: float, radius: float = 46.0) -> tuple[float, float]:
    turned = math.radians(angle)
    return 60 + radius * math.sin(turned), 58 - radius * math.cos(turned)


def _arc(start: float, end: float, css: str) -> str:
    x1, y1 = _point(start)
    x2, y2 = _point(end)
    large = 1 if end - start > 180 else 0
    return f'<path class="{css}" d="M{x1:.1f} {y1:.1f}A46 46 0 {large} 1 {x2:.1f} {y2:.1f}"/>'


def dial(*, sign: str, part: int, whole: int, css: str) -> SafeString:
    """This function will draw a 240° arc filled to part/whole with its sign inside (decoration, hidden from readers)."""
    share = min(max(part / whole if whole else 0.0, 0.02), 1.0)
    end = -120 + 240 * share
    x, y = _point(end)
    drawn = _arc(-120, 120, "rail") + _arc(-120, end, css)
    knob = f'<circle class="{css}" cx="{x:.1f}" cy="{y:.1f}" r="8"/>'
    word = f'<text class="{css}" x="60" y="70" lang="zh-Hans">{escape(sign)}</text>'
    return mark_safe(f'<svg class="dial" viewBox="4 2 112 92" aria-hidden="true">{drawn}{knob}{word}</svg>')


def track(*, days: int, today: int, at: int, ticks: Sequence[int]) -> SafeString:
    """This function will draw the time machine's track: the past in jade, ahead to the chosen day, the due days as ticks."""
    whole = max(days, 1)

    def x(day: int) -> float:
        return 1000 * min(max(day, 0), whole) / whole

    done = min(today, at)
    drawn = f'<rect class="rest" x="0" y="0" width="1000" height="10" rx="5"/><rect class="past" x="0" y="0" width="{x(done):.0f}" height="10"/>'
    if at > today:
        drawn += f'<rect class="ahead" x="{x(today):.0f}" y="0" width="{x(at) - x(today):.0f}" height="10"/>'
    drawn += "".join(f'<line x1="{x(day):.0f}" x2="{x(day):.0f}" y1="0" y2="10"/>' for day in ticks)
    return mark_safe(
        f'<svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>'
    )


HATCH, SLANT = 24, 14  # of a track's 1000: from stripe to stripe, and how far each leans


def reach(*, low: int, high: int, first: int, last: int, now: int) -> SafeString:
    """This function will draw the track of a range from `low` to `high`: `first` to `last` can be had, a mark at `now`."""
    whole = max(high - low, 1)

    def x(at: int) -> float:
        return 1000 * (min(max(at, low), high) - low) / whole

    stripes, at = "", x(first)
    while at + HATCH / 2 + SLANT <= x(last):
        stripes += f"M{at:.0f} 10h{HATCH / 2:.0f}l{SLANT} -10h-{HATCH / 2:.0f}z"
        at += HATCH
    return mark_safe(
        '<svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="1000" height="10" rx="5"/>'
        f'<path class="past" d="{stripes}"/><line class="here" vector-effect="non-scaling-stroke" x1="{x(now):.0f}" x2="{x(now):.0f}" y1="-6" y2="16"/></svg>'
    )


def waterfall(parts: Sequence[Part], *, total: Part, sentence: str, small: bool = False) -> SafeString:
    """This function will draw how parts add up to a total, one row each, the figure at its end; `small` fits a phone."""
    height, left, room = (31, 92, 140) if small else (31, 150, 330)
    whole = max(total.size, sum(max(part.size, 0) for part in parts), 1)
    rows: list[str] = []
    run = 0
    for index, part in enumerate([*parts, total]):
        last = index == len(parts)
        start = 0 if last else run + min(part.size, 0)
        run += part.size
        x, width = left + room * start / whole, max(room * abs(part.size) / whole, 2)
        y = index * height + (6 if last else 0)
        mark = ' class="s"' if last else ""
        rows.append(
            f'<text{mark} x="{left - 10}" y="{y + 19}" text-anchor="end">{escape(part.label)}</text>'
            f'<rect class="{part.css}" x="{x:.1f}" y="{y + 7}" width="{width:.1f}" height="17" rx="3"/>'
            f'<text class="{"s" if last else "v"}" x="{x + width + 7:.1f}" y="{y + 19}">{escape(part.text)}</text>'
        )
    y = len(parts) * height + 2
    rows.append(f'<line x1="{left}" x2="{left + room + 60}" y1="{y}" y2="{y}"/>')
    size = f"0 0 {left + room + 70} {len(parts) * height + 40}"
    return mark_safe(
        f'<svg class="plot{" small" if small else ""}" viewBox="{size}" role="img" aria-label="{escape(sentence)}">{"".join(rows)}</svg>'
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One place on a line or one column."""

    label: str  # under the axis, "" for none
    size: float  # height, any unit
    text: str  # the figure as people read it, shown when pointed at
    css: str = "k1"  # colour class of a column


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line with its name at its end."""

    name: str  # at the end of the line
    points: tuple[Point, ...]  # from left to right
    css: str  # colour class, "c1" to "c6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What was said and what came of it, with the interval in which chance alone would leave it."""

    said: float  # along the axis
    came: float  # up the axis
    low: float  # of what may come, at least
    high: float  # at most
    text: str  # what is read when it is pointed at
    holds: bool  # whether what was said lies in the interval


WIDEST = 48  # of a column, where there are few
WIDE, TALL, LEFT, RIGHT, TOP, FOOT = 380, 230, 44, 56, 12, 26  # of a plot, in its own units
EDGE = 16  # right of columns, which name nothing at their end


def ticks_up_to(most: float) -> tuple[float, ...]:
    """This function will return three to six round numbers from zero to at least `most`."""
    if most <= 0:
        return (0.0, 1.0)
    unit = 10.0 ** math.floor(math.log10(most))
    step = next(
        unit * part for part in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0) if most / (unit * part) <= 5
    )
    return tuple(step * n for n in range(math.ceil(most / step - 1e-9) + 1))


def _frame(top: float, ticks: Sequence[float], write: Callable[[float], str], *, right: int = RIGHT) -> str:
    drawn = []
    for tick in ticks:
        y = _up(tick, top)
        drawn.append(
            f'<line x1="{LEFT}" x2="{WIDE - right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(write(tick))}</text>'
        )
    return "".join(drawn)


def _up(size: float, top: float) -> float:
    return TALL - FOOT - (TALL - FOOT - TOP) * (size / top if top else 0)


def _along(place: int, count: int) -> float:
    return LEFT + (WIDE - LEFT - RIGHT) * (place / (count - 1) if count > 1 else 0.5)


def _plot(inside: str, sentence: str) -> SafeString:
    return mark_safe(
        f'<svg class="plot" viewBox="0 0 {WIDE} {TALL}" role="img" aria-label="{escape(sentence)}">{inside}</svg>'
    )


def nothing(text: str) -> SafeString:
    """This function will stand in for a plot that has nothing to show: an empty frame that says so."""
    return mark_safe(
        f'<svg class="plot" viewBox="0 0 {WIDE} {TALL}" role="img" aria-label="{escape(text)}">{_frame(1.0, (0.0, 1.0), lambda _: "")}'
        f'<text class="none" x="{(LEFT + WIDE - RIGHT) / 2}" y="{TALL / 2}" text-anchor="middle">{escape(text)}</text></svg>'
    )


def area(points: Sequence[Point], *, write: Callable[[float], str], sentence: str) -> SafeString:
    """This function will draw one quantity over time as an area, its last value named."""
    if not points:
        return _plot("", sentence)
    ticks = ticks_up_to(max(point.size for point in points))
    count = len(points)
    places = [(_along(i, count), _up(point.size, ticks[-1])) for i, point in enumerate(points)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    foot = TALL - FOOT
    drawn = [
        _frame(ticks[-1], ticks, write),
        f'<polygon class="under" points="{places[0][0]:.1f},{foot} {line} {places[-1][0]:.1f},{foot}"/>',
        f'<polyline class="line c1" points="{line}"/>',
    ]
    for (x, y), point in zip(places, points, strict=True):
        drawn.append(
            f'<circle class="spot" cx="{x:.1f}" cy="{y:.1f}" r="7"><title>{escape(point.text)}</title></circle>'
        )
        if point.label:
            drawn.append(
                f'<text x="{x:.1f}" y="{TALL - 8}" text-anchor="middle">{escape(point.label)}</text>'
            )
    x, y = places[-1]
    drawn.append(
        f'<circle class="dot c1" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
        f'<text class="s" x="{x + 7:.1f}" y="{y + 4:.1f}">{escape(write(points[-1].size))}</text>'
    )
    return _plot("".join(drawn), sentence)


def columns(
    points: Sequence[Point],
    *,
    write: Callable[[float], str],
    sentence: str,
    cap_at: float | None = None,
    cap_text: str = "",
) -> SafeString:
    """This function will draw a histogram; `cap_at` (in columns from the left) is a limit that is not to be crossed."""
    if not points:
        return _plot("", sentence)
    ticks = ticks_up_to(max(point.size for point in points))
    room = (WIDE - LEFT - EDGE) / len(points)
    drawn = [_frame(ticks[-1], ticks, write, right=EDGE)]
    for i, point in enumerate(points):
        x, y = LEFT + i * room, _up(point.size, ticks[-1])
        width, height = min(max(room - 4, 2), WIDEST), TALL - FOOT - y
        drawn.append(
            f'<rect class="{point.css}" x="{x + (room - width) / 2:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2">'
            f"<title>{escape(point.text)}</title></rect>"
        )
        if point.label:
            drawn.append(
                f'<text x="{x + room / 2:.1f}" y="{TALL - 8}" text-anchor="middle">{escape(point.label)}</text>'
            )
    if cap_at is not None:
        x = LEFT + cap_at * room
        drawn.append(
            f'<line class="cap" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{TALL - FOOT}"/>'
            f'<text class="cap" x="{x - 5:.1f}" y="{TOP + 6}" text-anchor="end">{escape(cap_text)}</text>'
        )
    return _plot("".join(drawn), sentence)


def lines(
    series: Sequence[Series], *, write: Callable[[float], str], along: Sequence[str], sentence: str
) -> SafeString:
    """This function will draw lines from a common start, each named at its end; `along` are the labels of the axis."""
    most = max((point.size for one in series for point in one.points), default=0)
    ticks = ticks_up_to(most)
    count = max(len(along), 2)
    drawn = [_frame(ticks[-1], ticks, write)]
    for i, label in enumerate(along):
        if label:
            x = _along(i, count)
            drawn.append(f'<text x="{x:.1f}" y="{TALL - 8}" text-anchor="middle">{escape(label)}</text>')
    taken: list[float] = []
    for one in series:
        places = [(_along(i, count), _up(point.size, ticks[-1])) for i, point in enumerate(one.points)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        x, y = places[-1]
        told = y + 4
        while any(abs(told - other) < 12 for other in taken):
            told -= 12
        taken.append(told)
        text = f"{one.name}: {one.points[-1].text}"
        drawn.append(
            f'<polyline class="line {one.css}" points="{line}"><title>{escape(text)}</title></polyline>'
            f'<circle class="dot {one.css}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
            f'<text class="end {one.css}" x="{x + 7:.1f}" y="{told:.1f}">{escape(one.name)}</text>'
        )
    return _plot("".join(drawn), sentence)


def stairs(
    lines: Sequence[tuple[str, Sequence[tuple[int, float]]]],
    *,
    write: Callable[[float], str],
    along: Sequence[tuple[int, str]],
    sentence: str,
) -> SafeString:
    """This function will draw quantities that hold until they change: (class, (place, height)…) each; `along` are the
    labels of the axis, the first and last of which are its ends.
    """
    ticks = ticks_up_to(max((size for _, points in lines for _, size in points), default=0))
    first, last = along[0][0], along[-1][0]

    def x(at: int) -> float:
        return LEFT + (WIDE - LEFT - EDGE) * (at - first) / max(last - first, 1)

    drawn = [_frame(ticks[-1], ticks, write, right=EDGE)]
    for i, (at, label) in enumerate(along):
        anchor = "start" if i == 0 else "end" if i == len(along) - 1 else "middle"
        drawn.append(f'<text x="{x(at):.1f}" y="{TALL - 8}" text-anchor="{anchor}">{escape(label)}</text>')
    for css, points in lines:
        (at, size), *rest = points
        path = f"M{x(at):.1f} {_up(size, ticks[-1]):.1f}"
        path += "".join(f"H{x(at):.1f}V{_up(size, ticks[-1]):.1f}" for at, size in rest)
        drawn.append(f'<path class="stair {css}" d="{path}"/>')
    return _plot("".join(drawn), sentence)


def calibration(points: Sequence[Interval], *, write: Callable[[float], str], sentence: str) -> SafeString:
    """This function will draw what came over what was said as dots with intervals; on the diagonal both are the same."""
    if not points:
        return _plot("", sentence)
    up, along = (
        ticks_up_to(max(point.high for point in points)),
        ticks_up_to(max(point.said for point in points)),
    )

    def place(said: float) -> float:
        return LEFT + (WIDE - LEFT - EDGE) * said / along[-1]

    corner = min(up[-1], along[-1])
    drawn = [_frame(up[-1], up, write, right=EDGE)]
    drawn += [
        f'<text x="{place(tick):.1f}" y="{TALL - 8}" text-anchor="middle">{escape(write(tick))}</text>'
        for tick in along
    ]
    drawn.append(
        f'<line class="even" x1="{LEFT}" x2="{place(corner):.1f}" y1="{TALL - FOOT}" y2="{_up(corner, up[-1]):.1f}"/>'
    )
    for point in points:
        x, css = place(point.said), "c1" if point.holds else "c5"
        drawn.append(
            f'<g class="{css}"><title>{escape(point.text)}</title>'
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_up(point.high, up[-1]):.1f}" y2="{_up(point.low, up[-1]):.1f}"/>'
            f'<circle class="dot {css}" cx="{x:.1f}" cy="{_up(point.came, up[-1]):.1f}" r="4"/></g>'
        )
    return _plot("".join(drawn), sentence)


def strip(part: int, whole: int, css: str) -> SafeString:
    """This function will draw one bar for a cell of a table: decoration, the figure stands beside it."""
    width = 100 * part / whole if whole else 0
    return mark_safe(
        '<svg class="strip" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="{css}" x="0" y="0" width="{max(width, 1 if part else 0):.1f}" height="10"/></svg>'
    )
