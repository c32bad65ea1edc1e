"""State diagrams as SVG, drawn by ourselves so that a page needs no script and no foreign host.

States stand in one row in the order of their table; a step forward runs above them, a step back below, and each on a
level of its own where it would meet another. Acts that change nothing are written inside their state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

LEVEL, GAP_LEAST, LETTER = 38, 56, 6.6
INK, LINE, PAPER, FILL = "#1f2937", "#64748b", "#ffffff", "#eef4f2"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrow:
    """One drawn step; several acts between the same two states share it."""

    first: int  # index of the state it leaves
    last: int  # index of the state it enters
    label: str  # the acts
    level: int  # 1 = nearest to the row


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Where the row of states stands."""

    lefts: Sequence[float]  # left edge of each state
    widths: Sequence[float]  # width of each state
    top: float  # upper edge of all
    box: float  # height of all


def draw_states(*, title: str, states: Sequence[str], steps: Mapping[tuple[str, str], Sequence[str]]) -> str:
    """This function will return an SVG of `states` and the acts of each step (from, to)."""
    stays = {a: acts for (a, b), acts in steps.items() if a == b}
    arrows = _levels(states, {pair: acts for pair, acts in steps.items() if pair[0] != pair[1]})
    widths = [
        max(len(name), *(len(act) + 2 for act in stays.get(name, [""])), 8) * LETTER + 28 for name in states
    ]
    lefts = _lefts(states, widths, arrows)
    up = max([one.level for one in arrows if one.first < one.last], default=0)
    down = max([one.level for one in arrows if one.first > one.last], default=0)
    box = 42 + 17 * max([len(acts) for acts in stays.values()], default=0)
    top = up * LEVEL + 24
    frame = _Frame(lefts=lefts, widths=widths, top=top, box=box)
    high = top + box + (down * LEVEL + 20 if down else 0) + 20
    parts = [_head(title, lefts[-1] + widths[-1] + 16, high)]
    parts += [_path(one, frame, arrows) for one in arrows]
    parts += [_state(name, index, frame, stays.get(name, [])) for index, name in enumerate(states)]
    parts += [_label(one, frame, arrows) for one in arrows]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _levels(states: Sequence[str], steps: Mapping[tuple[str, str], Sequence[str]]) -> list[_Arrow]:
    """Give each step a level, short ones first, so that no two on one side run over each other."""
    place = {name: index for index, name in enumerate(states)}
    taken: dict[tuple[bool, int], list[tuple[int, int]]] = {}
    found = []

    def short_first(step: tuple[tuple[str, str], Sequence[str]]) -> tuple[int, int, int]:
        a, b = place[step[0][0]], place[step[0][1]]
        return abs(a - b), a, b

    for (start, end), acts in sorted(steps.items(), key=short_first):
        a, b = place[start], place[end]
        low, high, level = min(a, b), max(a, b), 1
        while any(low < other[1] and other[0] < high for other in taken.get((a < b, level), [])):
            level += 1
        taken.setdefault((a < b, level), []).append((low, high))
        found.append(_Arrow(first=a, last=b, label=" · ".join(acts), level=level))
    return found


def _lefts(states: Sequence[str], widths: Sequence[float], arrows: Sequence[_Arrow]) -> list[float]:
    """Left edges: the gap between two neighbours is wide enough for the labels that only it carries."""
    lefts = [16.0]
    for index in range(1, len(states)):
        beside = [one for one in arrows if {one.first, one.last} == {index - 1, index}]
        label = max([len(one.label) * LETTER for one in beside], default=0.0)
        gap = max(GAP_LEAST, label + 24 - (widths[index - 1] + widths[index]) / 2)
        lefts.append(lefts[-1] + widths[index - 1] + gap)
    return lefts


def _head(title: str, wide: float, high: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" height="{high:.0f}" '
        f'role="img" font-family="system-ui, sans-serif" font-size="12">\n<title>{escape(title)}</title>\n'
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>\n'
        f'<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker></defs>'
    )


def _state(name: str, index: int, frame: _Frame, stays: Sequence[str]) -> str:
    """A box with the state's name, and in it the acts that leave it as it is."""
    left, wide = frame.lefts[index], frame.widths[index]
    middle, first = left + wide / 2, frame.top + frame.box / 2 + 4 - 8.5 * len(stays)
    lines = [
        f'<rect x="{left:.0f}" y="{frame.top:.0f}" width="{wide:.0f}" height="{frame.box:.0f}" rx="10" fill="{FILL}" stroke="{INK}"/>',
        f'<text x="{middle:.0f}" y="{first:.0f}" text-anchor="middle" font-weight="600" fill="{INK}">{escape(name)}</text>',
    ]
    for number, act in enumerate(stays, start=1):
        y = first + 17 * number
        lines.append(
            f'<text x="{middle:.0f}" y="{y:.0f}" text-anchor="middle" fill="{LINE}">↺ {escape(act)}</text>'
        )
    return "\n".join(lines)


def _run(one: _Arrow, frame: _Frame) -> float:
    """Height of the arrow's level run."""
    if one.first < one.last:
        return frame.top - one.level * LEVEL
    return frame.top + frame.box + one.level * LEVEL


def _path(one: _Arrow, frame: _Frame, arrows: Sequence[_Arrow]) -> str:
    """One step: out of its state, along its level, into the other; ends on one side of a state stand apart."""
    x1, x2 = _port(one, one.first, frame, arrows), _port(one, one.last, frame, arrows)
    edge = frame.top if one.first < one.last else frame.top + frame.box
    path = f"M{x1:.0f} {edge:.0f}V{_run(one, frame):.0f}H{x2:.0f}V{edge:.0f}"
    return f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.4" stroke-linejoin="round" marker-end="url(#tip)"/>'


def _label(one: _Arrow, frame: _Frame, arrows: Sequence[_Arrow]) -> str:
    """The acts, over every line that crosses them."""
    x1, x2 = _port(one, one.first, frame, arrows), _port(one, one.last, frame, arrows)
    y = _run(one, frame) + (-6 if one.first < one.last else 15)
    halo = f'paint-order="stroke" stroke="{PAPER}" stroke-width="5" stroke-linejoin="round"'
    return f'<text x="{(x1 + x2) / 2:.0f}" y="{y:.0f}" text-anchor="middle" fill="{INK}" {halo}>{escape(one.label)}</text>'


def _port(one: _Arrow, state: int, frame: _Frame, arrows: Sequence[_Arrow]) -> float:
    """Where on the state's edge the arrow touches: those that go left stand left, the longest outermost."""
    above = one.first < one.last
    here = [each for each in arrows if state in (each.first, each.last) and (each.first < each.last) == above]

    def outward(each: _Arrow) -> tuple[int, int]:
        other = each.last if each.first == state else each.first
        return (0, each.level) if other < state else (1, -each.level)

    place = sorted(here, key=outward).index(one)
    return frame.lefts[state] + frame.widths[state] * (place + 1) / (len(here) + 1)
